# SPDX-License-Identifier: Apache-2.0
"""One ring engine for transmit and receive: nothing gets lost, and no received frame waits for one that is sent."""

import pytest

from testbench.lib import tools
from testbench.lib.bench import run_bench

SOURCES = ["hw/nic/dma/fifo_ram.v", "hw/nic/virtqueue/ring_share.v"]
CARDS = {
    "small": {"PAIRS": 1, "QUEUE_SIZE_MAX": 16, "ADDR_W": 32},
    "wide": {"PAIRS": 3, "QUEUE_SIZE_MAX": 8, "ADDR_W": 64},
}


@pytest.mark.parametrize("card", CARDS)
@pytest.mark.parametrize("simulator", ["verilator", "icarus"])
def test_ring_share(simulator, card):
    run_bench("ring_share", "testbench.unit.bench_ring_share", SOURCES, simulator, CARDS[card])


BROKEN = {
    "pops without room": ("assign room = enough && !popped;", "assign room = 1'b1;"),
    "counts begun chains only": ("{1'b0, taken} + {1'b0, owed} < CHAINS", "{1'b0, taken} < CHAINS"),
    "receive queues are numbered from 0": ("rx_cpl_valid ? rx_cpl_wide + FIRST", "rx_cpl_valid ? rx_cpl_wide"),
}


@pytest.mark.parametrize("what", BROKEN)
def test_a_broken_one_is_found(what, tmp_path):
    right, wrong = BROKEN[what]
    text = (tools.ROOT / SOURCES[1]).read_text()
    assert text.count(right) == 1
    path = tmp_path / "ring_share.v"
    path.write_text(text.replace(right, wrong))
    with pytest.raises(pytest.fail.Exception, match="failed in simulation"):
        run_bench("ring_share", "testbench.unit.bench_ring_share", [SOURCES[0], path], "icarus", CARDS["small"])
