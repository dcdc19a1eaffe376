# SPDX-License-Identifier: Apache-2.0
"""fifo_sync keeps order and loses nothing under random stalls on both sides."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge

from testbench.lib.streams import Sink, Source


@cocotb.test()
async def keeps_order_under_stalls(dut):
    """Words come out as they went in, whatever the stalls."""
    rng = random.Random(cocotb.RANDOM_SEED)
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    source = Source(dut, dut.clk, ["data"], "s_", "valid", "ready", stall=rng.random() * 0.8)
    sink = Sink(dut, dut.clk, ["data"], "m_", "valid", "ready", stall=rng.random() * 0.8)
    dut.rst.value = 1
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0
    words = [rng.randrange(256) for _ in range(500)]
    for word in words:
        source.send({"data": word})
    for _ in range(20_000):
        await RisingEdge(dut.clk)
        if len(sink.words) == len(words):
            break
    assert [word["data"] for word in sink.words] == words
