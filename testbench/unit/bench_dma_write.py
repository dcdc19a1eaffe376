# SPDX-License-Identifier: Apache-2.0
"""dma_write puts exactly the bytes it was given where they belong and answers every client in order, whatever fails."""

from __future__ import annotations

import random
from collections import deque

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge

from testbench.unit.axi_memory import AxiMemory, all_answered

BASE = 0x7FFF_0000_0000
AREA = 1 << 15  # of one client; clients never write each other's area


class Clients:
    """All write clients: requests and data go out with random pauses, answers are checked as they come."""

    def __init__(self, dut, memory: AxiMemory, stall: float = 0.0):
        self.dut, self.memory, self.stall = dut, memory, stall
        self.count = len(dut.c_req_valid)
        self.rng = random.Random(cocotb.RANDOM_SEED + 5)
        self.requests = [deque() for _ in range(self.count)]
        self.data = [deque() for _ in range(self.count)]
        self.waiting = [deque() for _ in range(self.count)]
        self.expected = bytearray(memory.data)
        self.touched: set[int] = set()
        self.answered = self.failed = self.cycle = 0
        self.word_at: list[int] = []
        self.event_bytes = self.event_bursts = self.event_errors = 0
        self.data_of: dict[int, int] = {}  # client: requests whose data it has; not in it: all
        self.data_after_request: set[int] = set()
        self.taken = [0] * self.count
        self.begun = [0] * self.count
        for name in ("req_valid", "req_addr", "req_len", "req_tag", "dat_valid", "dat_data"):
            getattr(dut, f"c_{name}").value = 0
        cocotb.start_soon(self._run())

    def write(self, client: int, address: int, payload: bytes) -> None:
        """Queue one request and its data words; lanes beyond the end carry noise."""
        keep_w = self.memory.keep_w
        self.requests[client].append((address, len(payload), self.rng.randrange(256)))
        padded = payload + self.rng.randbytes(-len(payload) % keep_w)
        words = range(0, len(padded), keep_w)
        for place in words:
            self.data[client].append((int.from_bytes(padded[place : place + keep_w], "little"), place == words[-1]))
        for n, byte in enumerate(payload):
            place = address + n - self.memory.base
            if 0 <= place < len(self.expected) and not self.memory.fails(address + n):
                self.expected[place] = byte
                self.touched.add(address + n)

    @property
    def done(self) -> bool:
        """Every request is answered."""
        return not any(self.requests) and not any(self.waiting) and not any(self.data)

    def may_offer_data(self, client: int) -> bool:
        """Data of a request are there unless the test holds them back."""
        if not self.data[client] or self.begun[client] >= self.data_of.get(client, 1 << 30):
            return False
        return client not in self.data_after_request or self.taken[client] > self.begun[client]

    async def _run(self):
        dut, edge, data_w = self.dut, RisingEdge(self.dut.clk), self.memory.keep_w * 8
        offered, shown = [False] * self.count, [False] * self.count
        while True:
            valid = address = length = tag = have = data = 0
            for i in range(self.count):
                if self.requests[i] and (offered[i] or self.rng.random() >= self.stall):
                    offered[i] = True
                    valid |= 1 << i
                    address |= self.requests[i][0][0] << 64 * i
                    length |= self.requests[i][0][1] << 16 * i
                    tag |= self.requests[i][0][2] << 8 * i
                if shown[i] or (self.may_offer_data(i) and self.rng.random() >= self.stall):
                    shown[i] = True
                    have |= 1 << i
                    data |= self.data[i][0][0] << data_w * i
            dut.c_req_valid.value = valid
            dut.c_req_addr.value = address
            dut.c_req_len.value = length
            dut.c_req_tag.value = tag
            dut.c_dat_valid.value = have
            dut.c_dat_data.value = data
            await ReadOnly()
            taken = valid & int(dut.c_req_ready.value)
            moved = have & int(dut.c_dat_ready.value)
            answer = int(dut.c_rsp_valid.value)
            if answer:
                self.check_answer(answer)
            if int(dut.evt_burst.value):
                self.event_bursts += 1
                self.event_bytes += int(dut.evt_bytes.value)
            self.event_errors += int(dut.evt_error.value)
            if moved:
                self.word_at.append(self.cycle)
            for i in range(self.count):
                if taken >> i & 1:
                    offered[i] = False
                    self.waiting[i].append(self.requests[i].popleft())
                    self.taken[i] += 1
                if moved >> i & 1:
                    shown[i] = False
                    self.begun[i] += self.data[i].popleft()[1]
            await edge
            self.cycle += 1

    def check_answer(self, one_hot: int) -> None:
        """The oldest request of that client, with its tag; an answer comes only when its bytes are in memory."""
        dut = self.dut
        client = one_hot.bit_length() - 1
        assert one_hot == 1 << client, f"answer for several clients: {one_hot:#b}"
        assert self.waiting[client], f"an answer client {client} is not waiting for"
        address, length, tag = self.waiting[client].popleft()
        assert int(dut.c_rsp_tag.value) == tag
        keep_w = self.memory.keep_w
        words = range(address - address % keep_w, address + length, keep_w)
        failed = any(self.memory.word(word)[1] for word in words)
        assert int(dut.c_rsp_error.value) == failed, f"error {not failed} for {address:#x}+{length}"
        if not failed:
            assert set(range(address, address + length)) <= self.memory.written, "answered before it was written"
        self.failed += failed
        self.answered += 1


async def start(dut, stall=0.0, latency=20, client_stall=0.0, fails=lambda address: False):
    """Clock, reset, memory, clients."""
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    rng = random.Random(cocotb.RANDOM_SEED)
    size = AREA * len(dut.c_req_valid)
    memory = AxiMemory(dut, bytearray(rng.randbytes(size)), BASE, read=False, latency=latency, stall=stall, fails=fails)
    dut.rst.value = 1
    dut.c_req_valid.value = 0
    dut.c_dat_valid.value = 0
    for _ in range(4):
        await RisingEdge(dut.clk)
    dut.rst.value = 0
    return rng, memory, Clients(dut, memory, client_stall)


async def finish(dut, clients, limit=60_000):
    """Wait until all is answered and the block says it is idle; then memory must be as expected, byte for byte."""
    await all_answered(dut, clients, limit)
    assert clients.memory.data == clients.expected
    assert clients.memory.written == clients.touched, "a byte outside the requests was strobed"


@cocotb.test()
async def any_alignment_and_length_under_stalls(dut):
    """Only the requested bytes change, across 4 KiB boundaries, with all channels and clients pausing at random."""
    rng, memory, clients = await start(dut, stall=0.3, client_stall=random.random() * 0.5)
    total = count = 0
    for i in range(clients.count):
        if rng.random() < 0.5:
            clients.data_after_request.add(i)
        for _ in range(40):
            length = rng.choice([rng.randint(1, 40), rng.randint(1, 40), rng.randint(1, 700), rng.randint(500, 3000)])
            near = rng.choice([0, 4096 * rng.randint(1, 6) - rng.randint(0, 80)])
            clients.write(i, BASE + AREA * i + (near or rng.randrange(AREA - 3000)), rng.randbytes(length))
            total += length
            count += 1
    await finish(dut, clients)
    assert clients.answered == count and clients.failed == 0
    assert clients.event_bursts == memory.write_bursts
    assert clients.event_bytes == total


@cocotb.test()
async def every_offset_with_every_short_length(dut):
    """All lanes times all lengths around a bus word, each to a place of its own."""
    rng, memory, clients = await start(dut)
    cases = [(offset, length) for offset in range(memory.keep_w) for length in range(1, 2 * memory.keep_w + 2)]
    rng.shuffle(cases)
    for n, (offset, length) in enumerate(cases[:800]):
        place = 4 * memory.keep_w * (n % (AREA // (4 * memory.keep_w)))
        client = rng.randrange(clients.count)
        clients.write(client, BASE + AREA * client + place + offset, rng.randbytes(length))
    await finish(dut, clients)
    assert clients.answered == min(len(cases), 800)


@cocotb.test()
async def many_writes_are_in_flight(dut):
    """At a long latency the whole allowance of bursts is used, and not one more."""
    rng, memory, clients = await start(dut, latency=400)
    for n in range(100):
        client = n % clients.count
        clients.write(client, BASE + AREA * client + 64 * n, rng.randbytes(8))
    await finish(dut, clients)
    assert memory.max_writes == 32


@cocotb.test()
async def narrow_writes_take_two_cycles_of_one_client_and_one_of_several(dut):
    """Writes of 1 to 8 bytes: the client's data move every second cycle, every cycle when two clients take turns."""
    rng, _, clients = await start(dut, latency=4)
    for used in {1, min(2, clients.count)}:
        clients.word_at.clear()
        for n in range(20 * used):
            client = n % used
            clients.write(client, BASE + AREA * client + 8 * n, rng.randbytes(rng.randint(1, 8)))
        await finish(dut, clients)
        span = clients.word_at[-1] - clients.word_at[0] + 1
        assert span <= (2 if used == 1 else 1) * 20 * used + 4, f"{span} cycles with {used} clients"


@cocotb.test()
async def a_long_unaligned_write_takes_a_word_a_cycle(dut):
    """Bursts of one request follow each other without a gap."""
    rng, memory, clients = await start(dut, latency=8)
    clients.write(0, BASE + 5, rng.randbytes(16_384))
    await finish(dut, clients)
    span = clients.word_at[-1] - clients.word_at[0] + 1
    assert span <= 16_384 // memory.keep_w + 4, f"{span} cycles"


@cocotb.test()
async def the_longest_request_is_written(dut):
    """65,535 bytes to an odd address; what is beyond the memory fails and is reported once."""
    rng, _, clients = await start(dut)
    clients.write(0, BASE + 3, rng.randbytes(65_535 if clients.count > 2 else AREA - 300))
    await finish(dut, clients)
    assert clients.answered == 1 and clients.failed == 0


@cocotb.test()
async def a_client_without_data_holds_nobody_up(dut):
    """Client 0 has data for none, then for one of its two requests: the others go on, no AW without data leaves."""
    rng, memory, clients = await start(dut)
    others = range(1, clients.count)
    for given in (0, 1):
        served = clients.answered
        clients.data_of[0] = clients.begun[0] + given
        for n in range(2):
            clients.write(0, BASE + 100 + 400 * n, rng.randbytes(300))
        for _ in range(100):  # nobody else asks at the end of its first request
            await RisingEdge(dut.clk)
        for i in others:
            for n in range(10):
                clients.write(i, BASE + AREA * i + 400 * n + i, rng.randbytes(399))
        for _ in range(2000 + 1600 * clients.count // memory.keep_w):
            await RisingEdge(dut.clk)
        assert clients.answered == served + 10 * len(others) + given
        assert not memory.writes, "an address without data left"
        assert int(dut.idle.value) == 0
        clients.data_of.clear()
        await finish(dut, clients)


@cocotb.test()
async def failed_writes_are_reported_and_survived(dut):
    """A failing word marks exactly the requests it belongs to, with one answer each; the rest is untouched."""
    bad = {random.Random(cocotb.RANDOM_SEED + n).randrange(AREA // 64) for n in range(15)}
    rng, _, clients = await start(dut, stall=0.2, fails=lambda address: (address - BASE) // 64 % (AREA // 64) in bad)
    for i in range(clients.count):
        for _ in range(30):
            clients.write(i, BASE + AREA * i + rng.randrange(AREA - 2000), rng.randbytes(rng.randint(1, 2000)))
        for block in sorted(bad)[:5]:
            clients.write(i, BASE + AREA * i + 64 * block, rng.randbytes(64))
        clients.write(i, BASE - 8192, rng.randbytes(rng.randint(1, 600)))
    await finish(dut, clients)
    assert clients.failed >= 6 * clients.count
    assert clients.event_errors == clients.failed
