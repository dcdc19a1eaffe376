# SPDX-License-Identifier: Apache-2.0
"""Block bench of hw/offload/coalesce."""

import pytest

from testbench.lib.bench import run_bench


@pytest.mark.parametrize("simulator,pairs", [("icarus", 1), ("icarus", 8), ("verilator", 3), ("verilator", 16)])
def test_coalesce(simulator, pairs):
    sources = ["hw/offload/coalesce/coalesce.v"]
    run_bench("coalesce", "testbench.unit.bench_coalesce", sources, simulator, {"QUEUE_PAIRS": pairs})
