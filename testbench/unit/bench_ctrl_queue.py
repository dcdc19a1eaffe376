# SPDX-License-Identifier: Apache-2.0
"""ctrl_queue between a ring engine, host memory and firmware that are all played here: any split, errors, stops."""

import random
from collections import deque

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge

from testbench.lib.streams import Sink, Source
from testbench.unit.axil import reset

SIZE = 1 << 16

INPUTS = """stop chain_ready pop_ready ctl_done_valid ctl_done_length ctl_ram_we ctl_ram_addr ctl_ram_wdata
    rd_rsp_valid rd_rsp_data rd_rsp_last rd_rsp_tag rd_rsp_error wr_rsp_valid wr_rsp_tag wr_rsp_error"""


class Bench:
    """The three peers of the block. ``bad``: byte addresses at which the memory fails."""

    def __init__(self, dut, rng, latency=12):
        self.dut, self.rng, self.latency = dut, rng, latency
        self.keep_w = len(dut.rd_rsp_data) // 8
        self.base = 0x7000_0000 << (4 if int(dut.ADDR_W.value) > 32 else 0)
        self.ram, self.listed = int(dut.RAM_BYTES.value), int(dut.WRITABLE.value)
        self.memory = bytearray(rng.randbytes(SIZE))
        self.bad: set[int] = set()
        self.chains: deque[list[dict]] = deque()
        self.pops = 0
        for name in INPUTS.split():
            getattr(dut, name).value = 0
        stall = rng.random() * 0.6
        names = ["addr", "len", "write", "last", "error", "id", "ndesc"]
        self.segs = Source(dut, dut.clk, names, "seg_", "valid", "ready", stall, rng)
        self.done = Sink(dut, dut.clk, ["id", "ndesc", "len"], "cpl_", "valid", "ready", stall, rng)
        self.reads = Sink(dut, dut.clk, ["addr", "len"], "rd_req_", "valid", "ready", stall, rng)
        self.writes = Sink(dut, dut.clk, ["addr", "len"], "wr_req_", "valid", "ready", stall, rng)
        self.data = Sink(dut, dut.clk, ["data"], "wr_dat_", "valid", "ready", stall, rng)
        cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
        cocotb.start_soon(self._engine())
        cocotb.start_soon(self._read_client())
        cocotb.start_soon(self._write_client())

    async def _engine(self):
        dut, edge = self.dut, RisingEdge(self.dut.clk)
        while True:
            await edge
            dut.chain_ready.value = int(bool(self.chains))
            dut.pop_ready.value = int(self.rng.random() < 0.5)
            await ReadOnly()
            if dut.pop_valid.value == 1:
                assert self.chains, "popped with no chain ready"
                if dut.pop_ready.value == 1:
                    for word in self.chains.popleft():
                        self.segs.send(word)
                    self.pops += 1
                    await edge
                    dut.chain_ready.value = 0
                    dut.pop_ready.value = 0

    def _fails(self, address, length):
        return any(place in self.bad for place in range(address, address + length))

    async def _pulse(self, prefix, **values):
        for name, value in values.items():
            getattr(self.dut, prefix + name).value = value
        getattr(self.dut, prefix + "valid").value = 1
        await RisingEdge(self.dut.clk)
        getattr(self.dut, prefix + "valid").value = 0

    async def _wait(self):
        for _ in range(self.rng.randrange(1, self.latency)):
            await RisingEdge(self.dut.clk)

    async def _read_client(self):
        while True:
            await RisingEdge(self.dut.clk)
            if not self.reads.words:
                continue
            request = self.reads.words.popleft()
            await self._wait()
            at, length = request["addr"] - self.base, request["len"]
            assert 0 < length <= self.keep_w and 0 <= at <= SIZE - length
            data = int.from_bytes(self.memory[at : at + length], "little")
            await self._pulse("rd_rsp_", data=data, last=1, error=int(self._fails(at, length)))

    async def _write_client(self):
        while True:
            await RisingEdge(self.dut.clk)
            if not (self.writes.words and self.data.words):
                continue
            request, data = self.writes.words.popleft(), self.data.words.popleft()["data"]
            await self._wait()
            at, length = request["addr"] - self.base, request["len"]
            assert 0 < length <= self.keep_w and 0 <= at <= SIZE - length
            if not self._fails(at, length):
                self.memory[at : at + length] = data.to_bytes(self.keep_w, "little")[:length]
            await self._pulse("wr_rsp_", error=int(self._fails(at, length)))

    def chain(self, readable, writable, error=False):
        """Put a chain of (offset, length) pieces; returns its id and descriptor count."""
        pieces = [(*piece, 0) for piece in readable] + [(*piece, 1) for piece in writable]
        ident = self.rng.randrange(1 << 16)
        words = [
            {
                "addr": self.base + at,
                "len": length,
                "write": write,
                "last": int(number == len(pieces)),
                "id": ident,
                "ndesc": number,
            }
            for number, (at, length, write) in enumerate(pieces, 1)
        ]
        if error:
            words[-1].update(error=1, addr=self.rng.getrandbits(64), len=self.rng.getrandbits(32))
        self.chains.append(words)
        return ident, len(pieces)

    async def wait_for(self, condition, what, limit=30_000):
        """Step until ``condition()`` holds."""
        for _ in range(limit):
            await RisingEdge(self.dut.clk)
            await ReadOnly()
            if condition():
                await RisingEdge(self.dut.clk)
                return
        raise AssertionError(f"no {what} within {limit} cycles")

    async def pending(self):
        await self.wait_for(lambda: self.dut.ctl_pending.value == 1, "ctl_pending")

    async def completion(self):
        await self.wait_for(lambda: bool(self.done.words), "completion")
        word = self.done.words.popleft()
        return word["id"], word["ndesc"], word["len"]

    async def command(self):
        """What firmware reads: too_long, capacity, bytes."""
        dut = self.dut
        length = int(dut.ctl_length.value)
        data = b""
        for word in range((length + 3) // 4):
            dut.ctl_ram_addr.value = word
            for _ in range(3):
                await RisingEdge(dut.clk)
            data += int(dut.ctl_ram_rdata.value).to_bytes(4, "little")
        return int(dut.ctl_too_long.value), int(dut.ctl_capacity.value), data[:length]

    async def answer(self, data, length=None):
        """Firmware writes the answer and says how long it is."""
        dut = self.dut
        for word in range(0, len(data), 4):
            chunk = data[word : word + 4]
            dut.ctl_ram_addr.value = word // 4
            dut.ctl_ram_wdata.value = int.from_bytes(chunk, "little")
            dut.ctl_ram_we.value = (1 << len(chunk)) - 1
            await RisingEdge(dut.clk)
        dut.ctl_ram_we.value = 0
        await self._pulse("ctl_done_", length=len(data) if length is None else length)

    def split(self, start, length, pieces):
        """``length`` bytes from ``start`` on in that many pieces, with gaps between them."""
        cuts = sorted(self.rng.sample(range(1, length), min(pieces, length) - 1)) if length > 1 else []
        sizes = [b - a for a, b in zip([0, *cuts], [*cuts, length], strict=True)]
        out, at = [], start
        for size in sizes:
            out.append((at, size))
            at += size + self.rng.randrange(5)
        return out

    def bytes_at(self, pieces):
        return b"".join(bytes(self.memory[at : at + length]) for at, length in pieces)


async def start(dut, seed=0, **settings):
    """The bench after reset."""
    bench = Bench(dut, random.Random(cocotb.RANDOM_SEED + seed), **settings)
    await reset(dut)
    return bench


async def serve(bench, readable, writable, answer):
    """One command from the chain to the completion, checked on every side."""
    sent, before = bench.bytes_at(readable), bytes(bench.memory)
    ident, ndesc = bench.chain(readable, writable)
    await bench.pending()
    room = sum(length for _, length in writable[: bench.listed])
    assert await bench.command() == (int(len(sent) > bench.ram), room, sent[: bench.ram])
    await bench.answer(answer)
    fits = answer[:room]
    assert await bench.completion() == (ident, ndesc, len(fits))
    assert bench.bytes_at(writable[: bench.listed])[: len(fits)] == fits
    expected = bytearray(before)
    rest = fits
    for at, length in writable:
        piece, rest = rest[:length], rest[length:]
        expected[at : at + len(piece)] = piece
    assert bytes(bench.memory) == bytes(expected), "bytes outside the answer changed"


@cocotb.test()
async def any_split_arrives_and_returns_exactly(dut):
    """Random commands and answers in random pieces, writable parts larger and smaller than the answer."""
    bench = await start(dut)
    rng = bench.rng
    for _ in range(25):
        size, room, reply = rng.choice([1, 2, 17, 80, 300]), rng.choice([1, 5, 40, 120]), rng.choice([1, 1, 9, 64, 130])
        readable = bench.split(rng.randrange(64), size, rng.randrange(1, 12))
        writable = bench.split(30_000 + rng.randrange(64), room, rng.randrange(1, 8))
        await serve(bench, readable, writable, rng.randbytes(reply))


@cocotb.test()
async def one_byte_descriptors(dut):
    """A hundred descriptors of one byte each way; only the first WRITABLE writable ones are remembered."""
    bench = await start(dut, 1)
    readable = [(3 * number, 1) for number in range(100)]
    writable = [(40_000 + 3 * number, 1) for number in range(70)]
    await serve(bench, readable, writable, bench.rng.randbytes(100))


@cocotb.test()
async def longest_command_and_answer(dut):
    """As many bytes as the RAM has fit; one more is too long, is still drained, and firmware's answer arrives."""
    bench = await start(dut, 2, latency=3)
    await serve(bench, [(1, bench.ram)], [(20_000, bench.ram)], bench.rng.randbytes(bench.ram))
    await serve(bench, [(1, bench.ram - 6), (5000, 7)], [(20_000, 1)], b"\x01")
    await serve(bench, [(0, 2), (5000, 9000), (1, 1)], [(20_000, 1)], b"\x01")
    await serve(bench, [(9, 20)], [(20_000, 4)], b"\x00")


@cocotb.test()
async def no_answer_and_no_room(dut):
    """Length 0 completes without a write; a command without a writable part completes with 0."""
    bench = await start(dut, 3)
    await serve(bench, [(7, 12)], [(20_000, 4)], b"")
    await serve(bench, [(7, 12)], [], b"\x55\x66")
    await serve(bench, [], [(20_000, 4)], b"\x55\x66")


@cocotb.test()
async def errors_complete_with_zero(dut):
    """A bad chain, a read error and a write error complete with length 0, and the next command is served."""
    bench = await start(dut, 4)
    rng = bench.rng
    for round_ in range(12):
        kind = round_ % 3
        readable = bench.split(100, 60, 4)
        writable = bench.split(30_000, 40, 3)
        if kind == 0:
            chain = bench.chain(readable, writable[: rng.randrange(3)], error=True)
        elif kind == 1:
            bench.bad = {readable[rng.randrange(len(readable))][0]}
            chain = bench.chain(readable, writable)
        else:
            bench.bad = {writable[rng.randrange(len(writable))][0]}
            chain = bench.chain(readable, writable)
            await bench.pending()
            await bench.answer(rng.randbytes(40))
        assert await bench.completion() == (*chain, 0)
        bench.bad = set()
        await serve(bench, bench.split(100, 30, 3), bench.split(30_000, 8, 2), rng.randbytes(8))


@cocotb.test()
async def stop_gives_up_at_any_moment(dut):
    """A stop while gathering, pending or scattering completes the chain, nothing new is popped until it ends."""
    bench = await start(dut, 5)
    rng = bench.rng
    for round_ in range(16):
        writable = bench.split(30_000, 200, 3)
        ident, ndesc = bench.chain(bench.split(100, 120, 5), writable)
        pops = bench.pops
        if round_ % 2:
            await bench.pending()
            if round_ % 4 == 3:
                await bench.answer(rng.randbytes(200))
        else:
            await bench.wait_for(lambda pops=pops: bench.pops > pops, "pop")
        for _ in range(rng.randrange(120)):
            await RisingEdge(dut.clk)
        dut.stop.value = 1
        word = await bench.completion()
        assert word[:2] == (ident, ndesc) and word[2] in (0, 200)
        bench.chain([(0, 2)], [(20_000, 1)])
        for _ in range(100):
            await RisingEdge(dut.clk)
        assert bench.pops == pops + 1 and dut.ctl_pending.value == 0
        bench.chains.clear()
        for _ in range(3):
            await RisingEdge(dut.clk)
        dut.stop.value = 0
        await serve(bench, [(9, 20)], [(20_000, 4)], b"\x00\x01")
