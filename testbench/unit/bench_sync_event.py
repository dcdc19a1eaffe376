# SPDX-License-Identifier: Apache-2.0
"""sync_event gives exactly as many events as it got, between any two clocks and however long the receiver waits."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge


@cocotb.test()
@cocotb.parametrize(periods=[(4000, 6400), (6400, 4000), (4000, 4002), (2000, 20_000), (20_000, 2000)])
async def loses_and_invents_nothing(dut, periods):
    """Bursts of up to 15 events, the most that may be under way, to a receiver that is ready now and then."""
    rng = random.Random(cocotb.RANDOM_SEED)
    clocks = [Clock(dut.s_clk, periods[0], "ps"), Clock(dut.m_clk, periods[1], "ps")]
    for clock in clocks:
        cocotb.start_soon(clock.start())
    dut.s_event.value = dut.m_ready.value = 0
    dut.s_rst.value = dut.m_rst.value = 1
    await ClockCycles(dut.s_clk, 12)
    await ClockCycles(dut.m_clk, 12)
    dut.s_rst.value = dut.m_rst.value = 0
    count = {"sent": 0, "given": 0}

    async def receive():
        while True:
            dut.m_ready.value = int(rng.random() < 0.4)
            await ReadOnly()
            count["given"] += int(dut.m_event.value) and int(dut.m_ready.value)
            await RisingEdge(dut.m_clk)
            assert count["given"] <= count["sent"], "an event from nowhere"

    cocotb.start_soon(receive())
    for _ in range(30):
        await RisingEdge(dut.s_clk)
        for _ in range(rng.randrange(1, 16)):
            dut.s_event.value = 1
            count["sent"] += 1
            await RisingEdge(dut.s_clk)
            dut.s_event.value = 0
            if rng.random() < 0.3:
                await ClockCycles(dut.s_clk, rng.randrange(1, 6))
        for _ in range(1000):
            await RisingEdge(dut.m_clk)
            if count["given"] == count["sent"]:
                break
    await ClockCycles(dut.m_clk, 40)
    assert count["given"] == count["sent"]


@cocotb.test()
@cocotb.parametrize(before=[1, 6, 15])
async def a_sender_without_a_clock_gives_nothing_after_a_reset(dut, before):
    """Both sides are reset while the sending clock stands still: no event comes of what was sent before."""
    cocotb.start_soon(Clock(dut.m_clk, 4000, "ps").start())
    sending = Clock(dut.s_clk, 6400, "ps")
    sending.start()
    dut.s_event.value = 0
    dut.m_ready.value = 1
    dut.s_rst.value = dut.m_rst.value = 1
    await ClockCycles(dut.s_clk, 12)
    dut.s_rst.value = dut.m_rst.value = 0
    await ClockCycles(dut.s_clk, 12)
    dut.s_event.value = 1
    await ClockCycles(dut.s_clk, before)
    dut.s_event.value = 0
    await ClockCycles(dut.s_clk, 40)
    sending.stop()
    dut.s_rst.value = dut.m_rst.value = 1
    await ClockCycles(dut.m_clk, 12)
    dut.m_rst.value = 0
    given = 0
    for cycle in range(200):
        await RisingEdge(dut.m_clk)
        given += int(dut.m_event.value)
        if cycle == 60:
            sending.start()
        if cycle == 120:
            dut.s_rst.value = 0
    assert not given
