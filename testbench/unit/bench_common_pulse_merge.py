# SPDX-License-Identifier: Apache-2.0
"""pulse_merge gives as many events as both inputs together, coincidences included, and none before its cause."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge

WAITING = 63  # coincidences its backlog holds


@cocotb.test()
async def loses_and_invents_nothing(dut):
    """Coincidences up to what may wait, in bursts with pauses."""
    rng = random.Random(cocotb.RANDOM_SEED)
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    dut.merge_a.value = dut.merge_b.value = 0
    dut.rst.value = 1
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0
    given = got = 0
    bursts = [(1.0, WAITING)] + [(rng.choice((0.3, 0.6, 0.9)), rng.randrange(1, WAITING)) for _ in range(10)]
    for chance, length in bursts:
        for left in range(length + 150, 0, -1):
            a, b = (int(left > 150 and rng.random() < chance) for _ in range(2))
            dut.merge_a.value, dut.merge_b.value = a, b
            given += a + b
            await FallingEdge(dut.clk)
            got += int(dut.merge_any.value)
            assert got <= given, "an event from nowhere"
            await RisingEdge(dut.clk)
        assert got == given
