# SPDX-License-Identifier: Apache-2.0
"""axi_ram holds what either side writes, keeps the order that the card relies on, and its map misses no write."""

from __future__ import annotations

import os
import random
from collections import deque

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import Event, RisingEdge

from testbench.lib.streams import Sink, Source
from testbench.unit.axil import reset
from testbench.unit.wishbone import WbMaster

BYTES = int(os.environ.get("RAM_BYTES", "16384"))
BASE = 0x1000_0000
LINE = 256
MAP_WORDS = BYTES // LINE // 32
OKAY, DECERR = 0, 3


class Card:
    """An AXI master of 64 bits: bursts as the card makes them."""

    def __init__(self, dut, rng, stall):
        self.dut = dut

        def source(channel, fields):
            return Source(dut, dut.clk, fields, f"s_axi_{channel}", "valid", "ready", stall, rng)

        self.aw, self.ar = source("aw", ["addr", "id"]), source("ar", ["addr", "len", "id"])
        self.w = source("w", ["data", "strb", "last"])
        self.b = Sink(dut, dut.clk, ["resp", "id"], "s_axi_b", "valid", "ready", stall, rng, self._b)
        self.r = Sink(dut, dut.clk, ["data", "resp", "last", "id"], "s_axi_r", "valid", "ready", stall, rng, self._r)
        self.writes, self.reads = deque(), deque()

    def _b(self, word):
        done, answer, number = self.writes.popleft()
        assert word["id"] == number
        answer.append(word["resp"])
        done.set()

    def _r(self, word):
        done, words, count, number = self.reads[0]
        words.append((word["data"], word["resp"]))
        assert word["last"] == (len(words) == count) and word["id"] == number
        if word["last"]:
            self.reads.popleft()
            done.set()

    async def write(self, address, beats, number=0):
        """(data, strobe) words; the response."""
        done, answer = Event(), []
        self.writes.append((done, answer, number))
        self.aw.send({"addr": address, "id": number})
        for place, (data, strobe) in enumerate(beats, 1):
            self.w.send({"data": data, "strb": strobe, "last": int(place == len(beats))})
        await done.wait()
        return answer[0]

    async def read(self, address, count, number=0):
        """Words and responses."""
        done, words = Event(), []
        self.reads.append((done, words, count, number))
        self.ar.send({"addr": address, "len": count - 1, "id": number})
        await done.wait()
        return words


class PairReader(WbMaster):
    """The bridge: it is given two words, and told which is meant."""

    async def read(self, address):
        pair = await super().read(address)
        return pair >> 32 * (address & 1) & 0xFFFF_FFFF


class Bench:
    """Both sides and what memory must hold."""

    def __init__(self, dut, stall=0.3):
        self.dut, self.rng, self.stall = dut, random.Random(cocotb.RANDOM_SEED), stall
        self.memory = bytearray(BYTES)

    async def start(self):
        cocotb.start_soon(Clock(self.dut.clk, 10, "ns").start())
        self.card = Card(self.dut, self.rng, self.stall)
        self.bridge = PairReader(self.dut, "wb", self.rng, self.stall)
        self.map = WbMaster(self.dut, "map", self.rng, self.stall)
        await reset(self.dut)
        await self.fill()
        return self

    async def fill(self):
        """Known everywhere, and quickly."""
        self.memory[:] = self.rng.randbytes(BYTES)
        self.bridge.stall = 0
        for at in range(BYTES // 4):
            await self.bridge.write(at, self.word(at))
        self.bridge.stall = self.stall

    def burst(self, low=0, high=BYTES):
        """(offset, words) within 4 KiB."""
        offset = self.rng.randrange(low, high, 8)
        room = min(high - offset, 4096 - offset % 4096) // 8
        return offset, self.rng.randrange(1, min(room, 64) + 1)

    async def store(self, offset, count):
        """The card writes random bytes under random strobes."""
        beats = [(self.rng.getrandbits(64), self.rng.choice((255, 255, self.rng.randrange(256)))) for _ in range(count)]
        for place, (data, strobe) in enumerate(beats):
            for lane in range(8):
                if strobe >> lane & 1:
                    self.memory[offset + 8 * place + lane] = data >> 8 * lane & 255
        assert await self.card.write(BASE + offset, beats, self.rng.randrange(2)) == OKAY

    def word(self, at):
        return int.from_bytes(self.memory[4 * at : 4 * at + 4], "little")


@cocotb.test()
async def both_sides(dut):
    """Everything written by one side is read by both, at once after the answer."""
    bench = await Bench(dut).start()
    for _ in range(80):
        offset, count = bench.burst()
        await bench.store(offset, count)
        words = await bench.card.read(BASE + offset, count)
        want = [int.from_bytes(bench.memory[offset + 8 * at : offset + 8 * at + 8], "little") for at in range(count)]
        assert words == [(data, OKAY) for data in want]
        at = (offset + 8 * bench.rng.randrange(count)) // 4
        assert await bench.bridge.read(at) == bench.word(at)
        at, value = bench.rng.randrange(BYTES // 4), bench.rng.getrandbits(32)
        bench.memory[4 * at : 4 * at + 4] = value.to_bytes(4, "little")
        await bench.bridge.write(at, value)
        ((data, _),) = await bench.card.read(BASE + (4 * at & ~7), 1)
        assert data >> 32 * (at & 1) & 0xFFFF_FFFF == value


@cocotb.test()
async def outside(dut):
    """Beyond either end an access is answered with DECERR, changes nothing and is in no map."""
    bench = await Bench(dut).start()
    for word in range(MAP_WORDS):
        await bench.map.read(word)
    for address in (BASE - 4096, BASE + BYTES, 0, BASE + (1 << 32), (1 << 64) - 4096, BASE + 2 * BYTES):
        assert await bench.card.write(address, [(bench.rng.getrandbits(64), 255)] * 3) == DECERR
        assert [response for _, response in await bench.card.read(address, 5)] == [DECERR] * 5
    await bench.store(0, 1)
    assert [await bench.map.read(word) for word in range(MAP_WORDS)] == [1, *[0] * (MAP_WORDS - 1)]
    for at in range(0, BYTES // 4, 7):
        assert await bench.bridge.read(at) == bench.word(at)


@cocotb.test()
async def traffic(dut):
    """Reads, writes and the bridge at the same time, each in a third of memory; no order is lost and nobody starves."""
    bench = await Bench(dut, stall=0.1).start()
    third = BYTES // 4096 // 3 * 4096

    async def writer():
        for _ in range(60):
            await bench.store(*bench.burst(0, third))

    async def reader():
        for _ in range(60):
            offset, count = bench.burst(third, 2 * third)
            words = await bench.card.read(BASE + offset, count)
            for place, (data, response) in enumerate(words):
                at = offset + 8 * place
                assert (data, response) == (int.from_bytes(bench.memory[at : at + 8], "little"), OKAY)

    async def bridge():
        for _ in range(400):
            at, value = bench.rng.randrange(2 * third // 4, BYTES // 4), bench.rng.getrandbits(32)
            bench.memory[4 * at : 4 * at + 4] = value.to_bytes(4, "little")
            await bench.bridge.write(at, value)
            assert await bench.bridge.read(at) == value

    for task in [cocotb.start_soon(part()) for part in (writer, reader, bridge)]:
        await task
    for at in range(0, BYTES // 4, 5):
        assert await bench.bridge.read(at) == bench.word(at)


@cocotb.test()
async def map_misses_nothing(dut):
    """A host that takes the map and then reads the lines has in the end what memory has, however both interleave."""
    bench = await Bench(dut, stall=0.05).start()
    copy = bytearray(BYTES)
    going = True

    async def fetch():
        found = 0
        for word in range(MAP_WORDS):
            bits = await bench.map.read(word)
            for bit in (bit for bit in range(32) if bits >> bit & 1):
                found += 1
                for at in range((32 * word + bit) * LINE // 4, (32 * word + bit + 1) * LINE // 4):
                    copy[4 * at : 4 * at + 4] = (await bench.bridge.read(at)).to_bytes(4, "little")
        return found

    copy[:] = bench.memory
    await fetch()

    async def host():
        while going:
            await fetch()

    task = cocotb.start_soon(host())
    for _ in range(60):
        await bench.store(*bench.burst())
    going = False
    await task
    while await fetch():
        pass
    assert copy == bench.memory
    for _ in range(3):
        await RisingEdge(dut.clk)
    assert await fetch() == 0


@cocotb.test()
async def map_is_taken_at_any_time(dut):
    """However often the map is taken while the card writes, each line that was written is told of."""
    bench = await Bench(dut, stall=0.2).start()
    bench.map.stall = 0
    told, going = set(), True

    async def take():
        for word in range(MAP_WORDS):
            bits = await bench.map.read(word)
            told.update(32 * word + bit for bit in range(32) if bits >> bit & 1)

    async def host():
        while going:
            await take()

    task = cocotb.start_soon(host())
    lines = bench.rng.sample(range(BYTES // LINE), BYTES // LINE - 5)
    for line in lines:
        await bench.store(line * LINE + 8 * bench.rng.randrange(LINE // 8), 1)
    going = False
    await task
    await take()
    assert told == set(lines)
