# SPDX-License-Identifier: Apache-2.0
"""Generated sequences of operations on model and RTL: wire, memory, counters, registers and interrupts are equal."""

import itertools

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

from testbench.differential.compare import hold_equal
from testbench.differential.server import ModelDevice, RtlDevice
from testbench.differential.strategies import sequences
from testbench.lib.bench import bench_seed

SEQUENCES = {1: 400, 4: 100}  # of each number of queue pairs


@pytest.mark.parametrize("pairs", SEQUENCES)
def test_model_and_rtl_agree(pairs):
    first = bench_seed()
    print(f"seed {first} (run again with FERRULE_SEED={first})")  # pytest shows it with a failure
    model, rtl, salts = ModelDevice(pairs), RtlDevice(pairs), itertools.count()

    @seed(first)
    @settings(
        max_examples=SEQUENCES[pairs], deadline=None, database=None, suppress_health_check=list(HealthCheck),
        phases=[Phase.generate, Phase.shrink],
    )  # fmt: skip
    @given(sequences(pairs))
    def agree(sequence):
        hold_equal(sequence, model, rtl, next(salts))

    try:
        agree()
    finally:
        rtl.close()
