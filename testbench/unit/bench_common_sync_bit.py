# SPDX-License-Identifier: Apache-2.0
"""sync_bit shows a level two edges after it came, starts at its reset value, and never shows what was not there."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge, Timer


@cocotb.test()
async def follows_a_level_two_edges_later(dut):
    """The level changes at any time between edges; what counts is what it is at an edge."""
    rng = random.Random(cocotb.RANDOM_SEED)
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    dut.sync_d.value = 1
    dut.rst.value = 1
    await ClockCycles(dut.clk, 3)
    await FallingEdge(dut.clk)
    assert (int(dut.sync_low.value), int(dut.sync_high.value)) == (0, 1)
    dut.sync_d.value = 0
    dut.rst.value = 0
    low, high = [0], [1]  # what each shows after the next edge; the first stage starts at the reset value
    level = 0
    for _ in range(500):
        low.append(level)
        high.append(level)
        await RisingEdge(dut.clk)
        await Timer(rng.randrange(100, 1900), "ps")
        dut.sync_d.value = rng.randrange(2)  # a glitch that no edge sees
        await FallingEdge(dut.clk)
        for shown, signal in ((low, dut.sync_low), (high, dut.sync_high)):
            assert int(signal.value) == shown.pop(0)
        level = rng.randrange(2)
        dut.sync_d.value = level
