# SPDX-License-Identifier: Apache-2.0
"""Block bench of hw/nic/irq/msix.v."""

import pytest

from testbench.lib.bench import run_bench


@pytest.mark.parametrize("simulator,pairs", [("icarus", 1), ("icarus", 8), ("verilator", 3), ("verilator", 16)])
def test_msix(simulator, pairs):
    sources = ["hw/nic/common/arbiter_rr.v", "hw/nic/irq/msix.v"]
    run_bench("msix", "testbench.unit.bench_msix", sources, simulator, {"QUEUE_PAIRS": pairs})
