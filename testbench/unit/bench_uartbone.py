# SPDX-License-Identifier: Apache-2.0
"""uartbone reads and writes what its messages say, as LiteX's does, and gets over garbage and over half messages."""

from __future__ import annotations

import os
import random
import struct

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles

from testbench.unit.axil import reset
from testbench.unit.serial_line import SerialBench
from testbench.unit.wishbone import WbSlave

DIV = int(os.environ.get("BAUD_DIV", "4"))
TIMEOUT = 1 << int(os.environ.get("TIMEOUT_LOG2", "9"))
WRITE, READ, WRITE_FIXED, READ_FIXED = 1, 2, 3, 4
BYTE = 10 * DIV
LONGEST = int(os.environ.get("LONGEST", "255"))


class Bench:
    """The bridge between a line and a memory that remembers every access."""

    def __init__(self, dut):
        self.dut, self.rng = dut, random.Random(cocotb.RANDOM_SEED)
        self.memory: dict[int, int] = {}
        self.writes: list[tuple[int, int]] = []

    async def start(self):
        cocotb.start_soon(Clock(self.dut.clk, 10, "ns").start())
        self.line = SerialBench(self.dut, DIV, self.rng)
        cocotb.start_soon(WbSlave(self.dut, self.rng, self._read, self._write, BYTE // 2).run())
        await reset(self.dut)
        return self

    def _read(self, address):
        return self.memory.setdefault(address, self.rng.getrandbits(32))

    def _write(self, address, data):
        self.memory[address] = data
        self.writes.append((address, data))

    async def message(self, command, address, words):
        """Send one; for a read ``words`` is their number. Its answer."""
        count = words if command in (READ, READ_FIXED) else len(words)
        data = b"" if command in (READ, READ_FIXED) else struct.pack(f">{count}I", *words)
        await self.line.send(struct.pack(">BBI", command, count, address) + data)
        if command in (READ, READ_FIXED):
            answer = await self.line.take(4 * count, 4 * count * BYTE * 3 + 2000)
            assert len(answer) == 4 * count, f"{len(answer)} bytes of {4 * count}"
            return list(struct.unpack(f">{count}I", answer))
        return []

    async def check(self):
        """A write and a read go through."""
        address, value = self.rng.getrandbits(30), self.rng.getrandbits(32)
        await self.message(WRITE, address, [value])
        assert await self.message(READ, address, 1) == [value]
        assert self.writes[-1] == (address, value)

    async def rest(self):
        """Long enough for a half message to be forgotten."""
        await ClockCycles(self.dut.clk, TIMEOUT + 12 * BYTE)


@cocotb.test()
async def messages(dut):
    """Reads and writes of every kind and of many lengths."""
    bench = await Bench(dut).start()
    rng = bench.rng
    for length in [1, 2, LONGEST, *(rng.randrange(1, 12) for _ in range(20))]:
        address = rng.getrandbits(30) & ~0x3FF
        words = [rng.getrandbits(32) for _ in range(length)]
        await bench.message(WRITE, address, words)
        assert await bench.message(READ, address, length) == words
        await bench.message(WRITE_FIXED, address, words)
        got = await bench.message(READ, address, length)
        assert got == [words[-1], *words[1:]]
        assert await bench.message(READ_FIXED, address + 1, min(length, 5)) == [bench._read(address + 1)] * min(
            length, 5
        )
    await ClockCycles(dut.clk, BYTE)
    assert not int(dut.busy.value) and not bench.line.received


@cocotb.test()
async def half_messages(dut):
    """Cut anywhere, a message is forgotten after the timeout; only its whole words have been written."""
    bench = await Bench(dut).start()
    whole = struct.pack(">BBI", WRITE, 2, 0x1234) + struct.pack(">2I", 0xA5A5A5A5, 0x5A5A5A5A)
    for cut in range(1, len(whole)):
        bench.writes.clear()
        await bench.line.send(whole[:cut])
        await ClockCycles(dut.clk, TIMEOUT // 4)
        await bench.rest()
        assert not int(dut.busy.value)
        assert bench.writes == ([(0x1234, 0xA5A5A5A5)] if cut >= 10 else [])
        await bench.check()


@cocotb.test()
async def slow_messages(dut):
    """A message whose bytes come slowly, each within the timeout, is whole."""
    bench = await Bench(dut).start()
    for byte in struct.pack(">BBII", WRITE, 1, 0x77, 0xCAFEF00D):
        await bench.line.send(bytes((byte,)))
        await ClockCycles(dut.clk, TIMEOUT * 3 // 4)
    assert bench.writes == [(0x77, 0xCAFEF00D)]


@cocotb.test()
async def garbage(dut):
    """Bytes that mean nothing, broken frames and spikes: afterwards it works, and answers only what was asked."""
    bench = await Bench(dut).start()
    for _ in range(12):
        kind = bench.rng.randrange(4)
        if kind == 0:
            await bench.line.send(bytes(bench.rng.randrange(5, 256) for _ in range(20)))
        elif kind == 1:
            await bench.line.send(bench.rng.randbytes(bench.rng.randrange(1, 30)))
        elif kind == 2:
            await bench.line.send(struct.pack(">BBII", WRITE, 1, 0x99, 1), stop=0)
            assert (0x99, 1) not in bench.writes
        else:
            dut.rxd.value = 0
            await ClockCycles(dut.clk, 1)
            dut.rxd.value = 1
        # what begins like a read is answered, at most 255 words
        await ClockCycles(dut.clk, 255 * 4 * BYTE if int(dut.busy.value) else 1)
        await bench.rest()
        await ClockCycles(dut.clk, 2 * 255 * 4 * BYTE if int(dut.busy.value) else 1)
        await bench.rest()
        assert not int(dut.busy.value)
        bench.line.received.clear()
        await bench.check()


@cocotb.test()
async def nothing(dut):
    """A message of no words is none."""
    bench = await Bench(dut).start()
    for command in (WRITE, READ, WRITE_FIXED, READ_FIXED):
        await bench.line.send(bytes((command, 0)))
        await bench.check()
    assert not bench.line.received
