# SPDX-License-Identifier: Apache-2.0
"""dma_read gives every client the bytes it asked for, packed from lane 0, in order, a word a cycle, whatever fails."""

from __future__ import annotations

import random
from collections import deque

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge

from testbench.unit.axi_memory import AxiMemory, all_answered

BASE = 0x0001_2345_6789_0000
SIZE = 1 << 17


class Clients:
    """All read clients: queued requests go out with random pauses, answers are checked against memory as they come."""

    def __init__(self, dut, memory: AxiMemory, stall: float = 0.0):
        self.dut, self.memory, self.stall = dut, memory, stall
        self.count = len(dut.c_req_valid)
        self.rng = random.Random(cocotb.RANDOM_SEED + 5)
        self.queues = [deque() for _ in range(self.count)]
        self.waiting = [deque() for _ in range(self.count)]
        self.partial = [b""] * self.count
        self.answered = self.failed = self.cycle = self.words = 0
        self.taken_at: list[int] = []
        self.word_at: list[int] = []
        self.event_bytes = self.event_bursts = self.event_errors = 0
        for name in ("valid", "addr", "len", "tag"):
            getattr(dut, f"c_req_{name}").value = 0
        cocotb.start_soon(self._run())

    def ask(self, client: int, address: int, length: int) -> None:
        """Queue one request."""
        self.queues[client].append((address, length, self.rng.randrange(256)))

    @property
    def done(self) -> bool:
        """Everything asked for is answered."""
        return not any(self.queues) and not any(self.waiting)

    async def _run(self):
        dut, edge = self.dut, RisingEdge(self.dut.clk)
        offered = [False] * self.count
        while True:
            valid = address = length = tag = 0
            for i, queue in enumerate(self.queues):
                if queue and (offered[i] or self.rng.random() >= self.stall):
                    offered[i] = True
                    valid |= 1 << i
                    address |= queue[0][0] << 64 * i
                    length |= queue[0][1] << 16 * i
                    tag |= queue[0][2] << 8 * i
            dut.c_req_valid.value = valid
            dut.c_req_addr.value = address
            dut.c_req_len.value = length
            dut.c_req_tag.value = tag
            await ReadOnly()
            taken = valid & int(dut.c_req_ready.value)
            answer = int(dut.c_rsp_valid.value)
            if answer:
                self.check_answer(answer)
            if int(dut.evt_burst.value):
                self.event_bursts += 1
                self.event_bytes += int(dut.evt_bytes.value)
            self.event_errors += int(dut.evt_error.value)
            for i in range(self.count):
                if taken >> i & 1:
                    offered[i] = False
                    self.waiting[i].append(self.queues[i].popleft())
                    self.taken_at.append(self.cycle)
            await edge
            self.cycle += 1

    def check_answer(self, one_hot: int) -> None:
        """One word of an answer: whose it is, its place, and at the end its bytes, tag and error."""
        dut, keep_w = self.dut, self.memory.keep_w
        client = one_hot.bit_length() - 1
        assert one_hot == 1 << client, f"answer for several clients: {one_hot:#b}"
        assert self.waiting[client], f"an answer client {client} did not ask for"
        address, length, tag = self.waiting[client][0]
        self.word_at.append(self.cycle)
        self.partial[client] += int(dut.c_rsp_data.value).to_bytes(keep_w, "little")
        last = len(self.partial[client]) >= length
        assert int(dut.c_rsp_last.value) == last, f"last is {not last} at {len(self.partial[client])} of {length} bytes"
        assert int(dut.c_rsp_tag.value) == tag
        if not last:
            return
        got, self.partial[client] = self.partial[client][:length], b""
        failed = self.expect_failure(address, length)
        assert int(dut.c_rsp_error.value) == failed, f"error {not failed} for {address:#x}+{length}"
        if not failed:
            offset = address - self.memory.base
            assert got == self.memory.data[offset : offset + length], f"wrong bytes for {address:#x}+{length}"
        self.failed += failed
        self.answered += 1
        self.waiting[client].popleft()

    def expect_failure(self, address: int, length: int) -> bool:
        """Any bus word that holds a byte of the request fails."""
        keep_w = self.memory.keep_w
        return any(self.memory.word(word)[1] for word in range(address - address % keep_w, address + length, keep_w))


async def start(dut, stall=0.0, latency=20, client_stall=0.0, fails=lambda address: False):
    """Clock, reset, a memory of random bytes, clients."""
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    rng = random.Random(cocotb.RANDOM_SEED)
    data = bytearray(rng.randbytes(SIZE))
    memory = AxiMemory(dut, data, BASE, write=False, latency=latency, stall=stall, fails=fails)
    dut.rst.value = 1
    dut.c_req_valid.value = 0
    for _ in range(4):
        await RisingEdge(dut.clk)
    dut.rst.value = 0
    return rng, memory, Clients(dut, memory, client_stall)


async def finish(dut, clients, limit=60_000):
    """Wait until all is answered and the block says it is idle."""
    await all_answered(dut, clients, limit)
    assert int(dut.m_axi_arvalid.value) == 0


def some_length(rng) -> int:
    return rng.choice([rng.randint(1, 40), rng.randint(1, 40), rng.randint(1, 700), rng.randint(500, 5000)])


@cocotb.test()
async def any_alignment_and_length_under_stalls(dut):
    """Every client gets its bytes in order, across 4 KiB boundaries, with all channels pausing at random."""
    rng, memory, clients = await start(dut, stall=0.3, client_stall=random.random() * 0.5)
    asked = requests = 0
    for i in range(clients.count):
        for _ in range(40):
            length = some_length(rng)
            near = rng.choice([0, 4096 * rng.randint(1, 20) - rng.randint(0, 80)])
            address = BASE + (near or rng.randrange(SIZE - 6000))
            clients.ask(i, address, length)
            asked += length
            requests += 1
    await finish(dut, clients)
    assert clients.answered == requests and clients.failed == 0 and clients.event_errors == 0
    assert clients.event_bursts == memory.read_bursts
    assert clients.event_bytes == asked


@cocotb.test()
async def every_offset_with_every_short_length(dut):
    """All lanes times all lengths around a bus word, back to back, so that each kind of request meets each other."""
    rng, memory, clients = await start(dut)
    cases = [(offset, length) for offset in range(memory.keep_w) for length in range(1, 2 * memory.keep_w + 2)]
    rng.shuffle(cases)
    for offset, length in cases[:1000]:
        clients.ask(rng.randrange(clients.count), BASE + 4096 - 2 * memory.keep_w + offset, length)
    await finish(dut, clients)
    assert clients.answered == min(len(cases), 1000)


@cocotb.test()
async def the_longest_request_is_answered(dut):
    """65,535 bytes from an odd address."""
    _, _, clients = await start(dut)
    clients.ask(0, BASE + 4093, 65_535)
    clients.ask(clients.count - 1, BASE, 1)
    await finish(dut, clients)
    assert clients.answered == 2


@cocotb.test()
async def many_reads_are_in_flight(dut):
    """At a long latency the whole allowance of bursts is used, and not one more."""
    _, memory, clients = await start(dut, latency=400)
    for length in (48, 2048):  # a burst a request, then several
        memory.max_reads = 0
        for n in range(80):
            clients.ask(n % clients.count, BASE + 64 * n, length)
        await finish(dut, clients)
        assert memory.max_reads == 32


@cocotb.test()
async def small_aligned_requests_go_out_one_a_cycle(dut):
    """16 requests of one bus word leave in 16 cycles and their answers come without a gap."""
    _, memory, clients = await start(dut, latency=30)
    for n in range(16):
        clients.ask(n % clients.count, BASE + memory.keep_w * n, memory.keep_w)
    await finish(dut, clients)
    assert clients.taken_at[-1] - clients.taken_at[0] == 15
    assert clients.word_at[-1] - clients.word_at[0] == 15


@cocotb.test()
async def a_long_unaligned_read_gives_a_word_a_cycle(dut):
    """R is never stalled and the answer has no gap, though every burst boundary is crossed at an odd offset."""
    _, memory, clients = await start(dut, latency=8)
    clients.ask(0, BASE + 5, 8192)
    clients.ask(0, BASE + 8192 + 5, 8192)
    await finish(dut, clients)
    span = clients.word_at[-1] - clients.word_at[0] + 1
    assert span <= 2 * 8192 // memory.keep_w + 8, f"{span} cycles"


@cocotb.test()
async def failed_reads_are_reported_and_survived(dut):
    """A failing word marks exactly the requests it belongs to; all their words come and the rest is untouched."""
    bad = {random.Random(cocotb.RANDOM_SEED + n).randrange(SIZE // 64) for n in range(40)}
    rng, _, clients = await start(dut, stall=0.2, fails=lambda address: (address - BASE) // 64 in bad)
    for i in range(clients.count):
        for _ in range(60):
            clients.ask(i, BASE + rng.randrange(SIZE - 6000), some_length(rng))
        for block in sorted(bad)[:5]:
            clients.ask(i, BASE + 64 * block, 64)
            clients.ask(i, BASE - 4096, rng.randint(1, 600))
    await finish(dut, clients)
    assert clients.failed >= 10 * clients.count
    assert clients.event_errors == clients.failed


@cocotb.test()
async def a_busy_client_does_not_starve_the_others(dut):
    """While one client asks without end, one request of each other client is taken within a few of its requests."""
    _, memory, clients = await start(dut, latency=10)
    for busy in range(clients.count):
        for n in range(150):
            clients.ask(busy, BASE + 64 * n, 64)
        for _ in range(30):
            await RisingEdge(dut.clk)
        others = [i for i in range(clients.count) if i != busy]
        for i in others:
            clients.ask(i, BASE + i, 64)
        for _ in range(40 + 8 * clients.count * 64 // memory.keep_w):
            await RisingEdge(dut.clk)
        assert not any(clients.queues[i] for i in others)
        await finish(dut, clients)
