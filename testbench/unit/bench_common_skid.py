# SPDX-License-Identifier: Apache-2.0
"""skid keeps order, loses nothing, holds a stalled word, and passes a word a cycle when nobody stalls."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge

from testbench.lib.streams import Sink, Source

WORDS = 300


@cocotb.test()
@cocotb.parametrize(stalls=[(0.0, 0.0), (0.6, 0.1), (0.1, 0.6), (0.4, 0.4)])
async def keeps_order_holds_a_stalled_word_and_costs_no_cycle(dut, stalls):
    """With stalls on neither side, so many words take so many cycles."""
    rng = random.Random(cocotb.RANDOM_SEED)
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    source = Source(dut, dut.clk, ["data"], "skid_s_", "valid", "ready", stall=stalls[0])
    sink = Sink(dut, dut.clk, ["data"], "skid_m_", "valid", "ready", stall=stalls[1])
    dut.rst.value = 1
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0

    async def holds():
        stalled = None
        while True:
            await FallingEdge(dut.clk)
            valid, word = int(dut.skid_m_valid.value), dut.skid_m_data.value
            assert stalled is None or (valid and word == stalled), "a stalled word changed or went away"
            stalled = word if valid and not int(dut.skid_m_ready.value) else None

    cocotb.start_soon(holds())
    words = [rng.randrange(256) for _ in range(WORDS)]
    for word in words:
        source.send({"data": word})
    cycles = 0
    while len(sink.words) < WORDS and cycles < 20 * WORDS:
        await RisingEdge(dut.clk)
        cycles += 1
    assert [word["data"] for word in sink.words] == words
    if stalls == (0.0, 0.0):
        assert cycles <= WORDS + 4, f"{cycles} cycles for {WORDS} words"
