# SPDX-License-Identifier: Apache-2.0
"""stats against a plain list of integers: nothing is lost, and every snapshot is the counters of one single cycle."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge

from firmware import regs
from testbench.unit.axil import reset

COUNT = len(regs.STATS)
AMOUNTS = [number for number, name in enumerate(regs.STATS) if name.endswith("_bytes")]


async def read_copy(dut, port):
    """All counters of one port's snapshot."""
    values = []
    getattr(dut, f"{port}_rd_en").value = 1
    for word in range(2 * COUNT):
        getattr(dut, f"{port}_rd_word").value = word
        await RisingEdge(dut.clk)
        await RisingEdge(dut.clk)
        await ReadOnly()
        values.append(int(getattr(dut, f"{port}_rd_data").value))
        await RisingEdge(dut.clk)
    getattr(dut, f"{port}_rd_en").value = 0
    return [low | high << 32 for low, high in zip(values[::2], values[1::2], strict=True)]


class Load:
    """Random events; keeps what the counters were in every cycle since ``mark``."""

    def __init__(self, dut, rng):
        self.dut, self.rng = dut, rng
        self.totals = [0] * COUNT
        self.history = []
        self.running = True
        cocotb.start_soon(self._run())

    async def _run(self):
        dut, rng = self.dut, self.rng
        density = 1.0
        cycle = 0
        while self.running:
            if cycle % 200 == 0:
                density = rng.choice([0.0, 0.02, 0.5, 1.0])
            cycle += 1
            if density == 1.0:
                inc = (1 << COUNT) - 1
            elif density == 0.5:
                inc = rng.getrandbits(COUNT)
            else:
                inc = sum(1 << number for number in range(COUNT) if rng.random() < density)
            amounts = [rng.choice([0, 1, 0xFFFF, rng.randrange(1 << 16)]) for _ in AMOUNTS]
            dut.inc.value = inc
            dut.amount.value = sum(amount << 16 * number for number, amount in enumerate(amounts))
            for number in range(COUNT):
                if inc >> number & 1:
                    self.totals[number] += amounts[AMOUNTS.index(number)] if number in AMOUNTS else 1
            await RisingEdge(dut.clk)
            self.history.append(tuple(self.totals))
        dut.inc.value = 0


async def start(dut):
    """Clock, quiet inputs, reset."""
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    for name in (
        "inc",
        "amount",
        "mgmt_snapshot",
        "mgmt_rd_en",
        "mgmt_rd_word",
        "host_snapshot",
        "host_rd_en",
        "host_rd_word",
    ):
        getattr(dut, name).value = 0
    await reset(dut)


async def snapshot(dut, *ports):
    """Take one on these ports and wait for the copy."""
    for port in ports:
        getattr(dut, f"{port}_snapshot").value = 1
    await RisingEdge(dut.clk)
    for port in ports:
        getattr(dut, f"{port}_snapshot").value = 0
    for port in ports:
        for _ in range(400):
            await RisingEdge(dut.clk)
            await ReadOnly()
            if getattr(dut, f"{port}_copying").value == 0:
                break
        else:
            raise AssertionError("the snapshot does not end")
    await RisingEdge(dut.clk)


@cocotb.test()
async def zero_after_reset(dut):
    """Both copies read zeros once the first round is over, and never X."""
    await start(dut)
    assert await read_copy(dut, "mgmt") == [0] * COUNT
    for _ in range(200):
        await RisingEdge(dut.clk)
    assert await read_copy(dut, "host") == [0] * COUNT


@cocotb.test()
async def snapshots_are_one_instant(dut):
    """Each snapshot equals the counters of some cycle after its request; the ports' copies are independent."""
    await start(dut)
    rng = random.Random(cocotb.RANDOM_SEED)
    load = Load(dut, rng)
    held = None
    for round_ in range(8):
        for _ in range(rng.randrange(300)):
            await RisingEdge(dut.clk)
        port = ("mgmt", "host")[round_ % 2]
        asked = len(load.history)
        await snapshot(dut, port)
        ended = len(load.history)
        values = tuple(await read_copy(dut, port))
        assert values in load.history[asked - 1 : ended], "a snapshot that never was"
        if held:
            assert tuple(await read_copy(dut, held[0])) == held[1], "one port's snapshot changed the other's copy"
        held = (port, values)


@cocotb.test()
async def nothing_is_lost(dut):
    """After the load ends, both ports read exactly what was sent."""
    await start(dut)
    load = Load(dut, random.Random(cocotb.RANDOM_SEED + 1))
    for round_ in range(6):
        for _ in range(400):
            await RisingEdge(dut.clk)
        await snapshot(dut, *(("mgmt",), ("host",), ("mgmt", "host"))[round_ % 3])
    load.running = False
    for _ in range(3):
        await RisingEdge(dut.clk)
    await snapshot(dut, "mgmt", "host")
    assert await read_copy(dut, "mgmt") == load.totals
    assert await read_copy(dut, "host") == load.totals
