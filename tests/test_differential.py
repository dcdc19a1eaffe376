# SPDX-License-Identifier: Apache-2.0
"""Generated sequences of operations on model and RTL: wire, memory, counters, registers and interrupts are equal."""

import pytest

from testbench.differential.search import search
from testbench.differential.server import ModelDevice, RtlDevice
from testbench.lib.bench import bench_seed

# parts run beside each other: (queue pairs, sequences)
PARTS = {"one pair": (1, 220), "one pair again": (1, 220), "four pairs": (4, 120)}


@pytest.mark.parametrize("part", PARTS)
def test_model_and_rtl_agree(part):
    pairs, count = PARTS[part]
    chosen = bench_seed()
    print(f"seed {chosen} (run again with FERRULE_SEED={chosen})")  # pytest shows it with a failure
    rtl = RtlDevice(pairs)
    try:
        found = search(ModelDevice(pairs), rtl, pairs, chosen + list(PARTS).index(part), count)
    finally:
        rtl.close()
    assert found is None, found
