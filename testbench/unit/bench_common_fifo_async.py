# SPDX-License-Identifier: Apache-2.0
"""fifo_async keeps order between any two clocks, takes exactly DEPTH words, and its counts err on the safe side."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge

from testbench.lib.streams import Sink, Source

DEPTH, WORDS = 8, 200
PERIODS_PS = [(4000, 6400), (6400, 4000), (4000, 4002), (2000, 20_000), (20_000, 2000)]


async def start(dut, periods, stalls):
    """Both sides running after their resets."""
    for clock, period in zip((dut.wr_clk, dut.rd_clk), periods, strict=True):
        cocotb.start_soon(Clock(clock, period, "ps").start())
    source = Source(dut, dut.wr_clk, ["data"], "fifo_s_", "valid", "ready", stall=stalls[0])
    sink = Sink(dut, dut.rd_clk, ["data"], "fifo_m_", "valid", "ready", stall=stalls[1])
    dut.wr_rst.value = dut.rd_rst.value = 1
    await ClockCycles(dut.wr_clk, 12)
    await ClockCycles(dut.rd_clk, 12)
    dut.wr_rst.value = dut.rd_rst.value = 0
    return source, sink


@cocotb.test()
@cocotb.parametrize(periods=PERIODS_PS)
async def keeps_order_and_counts_safely(dut, periods):
    """The writer never believes there is more room, the reader never more words, than there is."""
    rng = random.Random(cocotb.RANDOM_SEED)
    source, sink = await start(dut, periods, (rng.random() * 0.6, rng.random() * 0.6))
    words = [rng.randrange(256) for _ in range(WORDS)]
    for word in words:
        source.send({"data": word})

    async def count(clock, signal, safe):
        while True:
            await FallingEdge(clock)
            inside = WORDS - len(source.queue) - len(sink.words)
            assert safe(int(signal.value), inside), f"{signal._name} is {int(signal.value)} with {inside} inside"

    cocotb.start_soon(count(dut.wr_clk, dut.fifo_wr_count, lambda shown, inside: inside <= shown <= DEPTH))
    cocotb.start_soon(count(dut.rd_clk, dut.fifo_rd_count, lambda shown, inside: 0 <= shown <= inside))
    for _ in range(100 * WORDS):
        await RisingEdge(dut.rd_clk)
        if len(sink.words) == WORDS:
            break
    assert [word["data"] for word in sink.words] == words
    await ClockCycles(dut.wr_clk, 12)
    assert int(dut.fifo_wr_count.value) == 0 == int(dut.fifo_rd_count.value)


@cocotb.test()
async def takes_as_many_words_as_it_is_deep(dut):
    """With nobody reading: DEPTH words and no more; then all of them come out."""
    source, sink = await start(dut, (4000, 6400), (0.0, 1.0))
    for word in range(DEPTH + 3):
        source.send({"data": word})
    await ClockCycles(dut.wr_clk, 40)
    assert len(source.queue) == 3 and not int(dut.fifo_s_ready.value)
    assert int(dut.fifo_wr_count.value) == DEPTH == int(dut.fifo_rd_count.value)
    sink.stall = 0.0
    await ClockCycles(dut.rd_clk, 60)
    assert [word["data"] for word in sink.words] == list(range(DEPTH + 3))


@cocotb.test()
@cocotb.parametrize(before=[1, DEPTH - 1, DEPTH + 5])
async def a_writer_without_a_clock_gives_nothing_after_a_reset(dut, before):
    """Both are reset while the write clock stands still: what was written before never comes, what comes after does."""
    dut.fifo_s_valid.value = dut.fifo_m_ready.value = 0
    dut.wr_rst.value = dut.rd_rst.value = 1
    cocotb.start_soon(Clock(dut.rd_clk, 4000, "ps").start())
    writing = Clock(dut.wr_clk, 6400, "ps")
    writing.start()
    await ClockCycles(dut.wr_clk, 12)
    dut.wr_rst.value = dut.rd_rst.value = 0
    source = Source(dut, dut.wr_clk, ["data"], "fifo_s_", "valid", "ready")
    sink = Sink(dut, dut.rd_clk, ["data"], "fifo_m_", "valid", "ready")
    for word in range(before):
        source.send({"data": word})
    await ClockCycles(dut.wr_clk, 60)
    assert len(sink.words) == before
    writing.stop()
    dut.wr_rst.value = dut.rd_rst.value = 1
    await ClockCycles(dut.rd_clk, 12)
    dut.rd_rst.value = 0
    sink.words.clear()
    await ClockCycles(dut.rd_clk, 60)
    writing.start()
    await ClockCycles(dut.wr_clk, 12)
    dut.wr_rst.value = 0
    await ClockCycles(dut.wr_clk, 4)
    for word in range(DEPTH + 3):
        source.send({"data": 100 + word})
    await ClockCycles(dut.wr_clk, 60)
    assert [word["data"] for word in sink.words] == [100 + word for word in range(DEPTH + 3)]
