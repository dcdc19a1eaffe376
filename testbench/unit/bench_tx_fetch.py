# SPDX-License-Identifier: Apache-2.0
"""tx_fetch with dma_read turns chains of any shape into whole frames in order, completes each once, and drops bad ones.

A buffer is overwritten the moment its chain is completed, so a completion that comes too early spoils the frame; a bus
word outside the readable buffers of a chain makes the memory model raise.
"""

from __future__ import annotations

import os
import random
from collections import Counter, deque
from dataclasses import dataclass, field

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge

from testbench.unit.axi_memory import AxiMemory

BASE = 0x0000_4321_0000_0000
SIZE = 1 << 20
HEADER = int(os.environ.get("HEADER_BYTES", "12"))
LIMIT = 65_535 + 32 + HEADER  # longest chain
SLOW_MEMORY = 125  # cycles: 500 ns at 250 MHz
EVENTS = ("drop_chain", "drop_dma", "drop_too_short", "drop_too_long")


@dataclass
class Segment:
    """One descriptor as the ring engine hands it over."""

    address: int
    length: int
    write: bool = False
    error: bool = False


@dataclass
class Chain:
    """A chain, what must come of it (``drop`` is the name of its event, or None), and the frame it carries."""

    queue: int
    ident: int
    segments: list[Segment]
    payload: bytes = b""
    drop: str | None = None
    ndesc: int = 0
    readable: list[Segment] = field(default_factory=list)


class Memory(AxiMemory):
    """Host memory in which only the readable buffers of chains handed over may be touched."""

    def __init__(self, *args, **kwargs):
        self.allowed: set[int] = set()
        super().__init__(*args, **kwargs)

    def check_burst(self, kind, address, beats):
        super().check_burst(kind, address, beats)
        for word in range(address, address + beats * self.keep_w, self.keep_w):
            assert word in self.allowed, f"read of {word:#x}, outside every buffer"


class Bench:
    """Ring model, stream sink and scoreboard in one process a cycle."""

    def __init__(self, dut, memory: Memory, stall: float):
        self.dut, self.memory, self.stall = dut, memory, stall
        self.rng = random.Random(cocotb.RANDOM_SEED + 9)
        self.queues = [deque() for _ in range(len(dut.chain_ready))]
        self.words: deque[tuple[Chain, int]] = deque()
        self.popped: deque[Chain] = deque()  # not completed
        self.expected: deque[Chain] = deque()  # popped, their frame has not come
        self.metas: deque[int] = deque()
        self.frame = b""
        self.done_frames: deque[tuple[bytes, int]] = deque()
        self.events: Counter[str] = Counter()
        self.drops: Counter[str] = Counter()
        self.cycle = self.free = self.completed = self.good = self.cut = self.begun = self.meta_offered = 0
        self.descriptors = self.queued = 0
        self.last_at: list[int] = []
        self.pops: list[int] = []
        self.hold_pops = self.hold_frames = self.hold_meta = False
        for name in ("chain_ready", "pop_ready", "seg_valid", "cpl_ready", "m_meta_ready", "m_axis_tready"):
            getattr(dut, name).value = 0
        for name in ("queue", "addr", "len", "write", "last", "error", "id", "ndesc"):
            getattr(dut, f"seg_{name}").value = 0
        cocotb.start_soon(self._run())

    # ---- making chains
    def place(self, payload: bytes, align: int | None = None) -> int:
        """Put bytes into fresh memory at a random (or the given) alignment; no two buffers share a bus word."""
        keep_w = self.memory.keep_w
        offset = self.rng.randrange(keep_w) if align is None else align
        start = -(-self.free // keep_w) * keep_w + offset
        if start + len(payload) > SIZE - 4096:
            start = offset
        self.memory.data[start : start + len(payload)] = payload
        self.free = start + len(payload)
        return BASE + start

    def chain(self, cuts: list[int], queue: int = 0, payload: bytes | None = None, align: int | None = None) -> Chain:
        """Queue a chain with descriptors of these lengths; its drop reason follows from its length alone."""
        payload = payload if payload is not None else self.rng.randbytes(sum(cuts))
        segments, place = [], 0
        for cut in cuts:
            segments.append(Segment(self.place(payload[place : place + cut], align), cut))
            place += cut
        chain = Chain(queue, self.rng.randrange(1 << 16), segments, payload)
        if len(payload) > LIMIT:
            chain.drop = "drop_too_long"
        elif len(payload) < HEADER + 14:
            chain.drop = "drop_too_short"
        return self.add(chain)

    def add(self, chain: Chain) -> Chain:
        """Queue a chain, and work out which of its buffers may be read."""
        total, chain.ndesc = 0, self.rng.choice([1, len(chain.segments)])
        for segment in chain.segments:
            total += segment.length
            if segment.write or segment.error or total > LIMIT:
                break
            chain.readable.append(segment)
        self.queues[chain.queue].append(chain)
        self.queued += 1
        if chain.drop:
            self.drops[chain.drop] += 1
        self.descriptors += sum(not segment.error for segment in chain.segments)
        return chain

    def bus_words(self, segment: Segment) -> range:
        keep_w = self.memory.keep_w
        return range(segment.address - segment.address % keep_w, segment.address + segment.length, keep_w)

    # ---- one process a cycle
    async def _run(self):
        dut, edge, rng = self.dut, RisingEdge(self.dut.clk), self.rng
        seg_shown = False
        while True:
            dut.chain_ready.value = sum(1 << i for i, queue in enumerate(self.queues) if queue)
            pop_open = not self.hold_pops and rng.random() >= self.stall and len(self.words) < 3
            cpl_open = rng.random() >= self.stall
            meta_open = not self.hold_meta and rng.random() >= self.stall
            axis_open = not self.hold_frames and rng.random() >= self.stall
            seg_shown = bool(self.words) and (seg_shown or rng.random() >= self.stall)
            dut.pop_ready.value, dut.cpl_ready.value = int(pop_open), int(cpl_open)
            dut.m_meta_ready.value, dut.m_axis_tready.value = int(meta_open), int(axis_open)
            dut.seg_valid.value = int(seg_shown)
            if seg_shown:
                self.show(*self.words[0])
            await ReadOnly()
            if pop_open and int(dut.pop_valid.value):
                self.pop(int(dut.pop_queue.value))
            if seg_shown and int(dut.seg_ready.value):
                self.words.popleft()
                seg_shown = False
            if cpl_open and int(dut.cpl_valid.value):
                self.complete()
            self.take_frame(meta_open, axis_open)
            for name in EVENTS:
                self.events[name] += int(getattr(dut, f"evt_{name}").value)
            self.events["descriptor"] += int(dut.evt_descriptor.value)
            await edge
            self.cycle += 1

    def show(self, chain: Chain, index: int) -> None:
        """Drive one word of a chain."""
        dut, segment = self.dut, chain.segments[index]
        last = index == len(chain.segments) - 1
        dut.seg_queue.value, dut.seg_id.value = chain.queue, chain.ident
        dut.seg_addr.value, dut.seg_len.value = segment.address, segment.length
        dut.seg_write.value, dut.seg_error.value = int(segment.write), int(segment.error)
        dut.seg_last.value = int(last)
        dut.seg_ndesc.value = chain.ndesc if last else min(index + 1, chain.ndesc)

    def pop(self, queue: int) -> None:
        chain = self.queues[queue].popleft()
        self.pops.append(queue)
        self.popped.append(chain)
        self.expected.append(chain)
        self.words.extend((chain, index) for index in range(len(chain.segments)))
        for segment in chain.readable:
            self.memory.allowed.update(self.bus_words(segment))

    def complete(self) -> None:
        """The oldest popped chain, whole; from now on its buffers are somebody else's."""
        dut = self.dut
        assert self.popped, "completion of nothing"
        chain = self.popped.popleft()
        got = [int(getattr(dut, f"cpl_{name}").value) for name in ("queue", "id", "ndesc", "len", "more")]
        assert got == [chain.queue, chain.ident, chain.ndesc, 0, 0]
        assert not self.words or self.words[0][0] is not chain, "completed before its last descriptor was taken"
        for segment in chain.readable:
            start = segment.address - BASE
            self.memory.data[start : start + segment.length] = bytes(segment.length)
            self.memory.allowed.difference_update(self.bus_words(segment))
        self.completed += 1

    def take_frame(self, meta_open: bool, axis_open: bool) -> None:
        dut = self.dut
        meta_valid = int(dut.m_meta_valid.value)
        if int(dut.m_axis_tvalid.value):
            if not self.frame:
                assert self.meta_offered + meta_valid > self.begun, "first beat before its side-band word"
            if axis_open:
                self.take_beat()
        if meta_valid and meta_open:
            self.meta_offered += 1
            self.metas.append(int(dut.m_meta.value))
        while self.metas and self.done_frames:
            self.check_frame(self.metas.popleft(), *self.done_frames.popleft())

    def take_beat(self) -> None:
        dut = self.dut
        keep, last = int(dut.m_axis_tkeep.value), int(dut.m_axis_tlast.value)
        count = keep.bit_count()
        assert keep == (1 << count) - 1 and count, f"tkeep {keep:#x}"
        assert last or count == self.memory.keep_w, "partial beat inside a frame"
        if not self.frame:
            self.begun += 1
        self.frame += int(dut.m_axis_tdata.value).to_bytes(self.memory.keep_w, "little")[:count]
        if last:
            self.done_frames.append((self.frame, int(dut.m_axis_tuser.value)))
            self.frame = b""
            self.last_at.append(self.cycle)

    def check_frame(self, meta: int, frame: bytes, dropped: int) -> None:
        """The next good chain's frame, or the beginning of a bad one marked as dropped."""
        while self.expected and self.expected[0].drop and (not dropped or not self.belongs(self.expected[0], frame)):
            self.expected.popleft()
        assert self.expected, "a frame nobody sent"
        chain = self.expected.popleft()
        header = chain.payload[:HEADER].ljust(12, b"\0")
        assert meta == int.from_bytes(header[:10], "little") | chain.queue << 80, f"side-band word {meta:#x}"
        assert bool(dropped) == bool(chain.drop), f"drop mark {dropped} on a chain with {chain.drop}"
        if chain.drop:
            self.cut += 1
            return
        assert frame == chain.payload[HEADER:], f"wrong frame of {len(frame)} bytes"
        self.good += 1

    @staticmethod
    def belongs(chain: Chain, frame: bytes) -> bool:
        """Whether a cut-off frame begins like this chain's (what follows a failed read is not compared)."""
        return frame[:8] == chain.payload[HEADER : HEADER + len(frame[:8])]

    async def finish(self, limit=60_000):
        """Everything is completed, idle is high, events and frames are as many as they must be."""
        dut = self.dut
        quiet = 0
        for _ in range(limit):
            await RisingEdge(dut.clk)
            quiet = quiet + 1 if self.completed == self.queued and int(dut.idle.value) else 0
            if quiet == 5:
                break
        assert quiet == 5, f"{self.queued - self.completed} of {self.queued} chains open, idle {dut.idle.value}"
        assert not self.words and not self.frame and not self.metas and not self.done_frames
        expected = {name: self.drops[name] for name in EVENTS} | {"descriptor": self.descriptors}
        assert dict(self.events) == expected
        assert self.good == self.queued - sum(self.drops.values())
        assert all(chain.drop for chain in self.expected)


async def start(dut, stall=0.0, latency=20, memory_stall=None, fails=lambda address: False) -> Bench:
    """Clock, reset, memory, ring model."""
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    memory = Memory(
        dut, bytearray(SIZE), BASE, write=False, latency=latency,
        stall=stall if memory_stall is None else memory_stall, fails=fails,
    )  # fmt: skip
    bench = Bench(dut, memory, stall)
    # features are negotiated after a reset
    dut.cfg_enable.value, dut.cfg_hash_report.value = 1, int(HEADER != 20)
    dut.rst.value = 1
    for _ in range(4):
        await RisingEdge(dut.clk)
    dut.rst.value, dut.cfg_hash_report.value = 0, int(HEADER == 20)
    return bench


def some_cuts(rng, total: int) -> list[int]:
    """A random way to cut a chain into descriptors: one, header apart, or many of a few bytes or more."""
    style = rng.randrange(4)
    if style == 0 or total <= HEADER:
        return [total]
    if style == 1:
        return [HEADER, total - HEADER]
    longest = rng.choice([3, 40, 700])
    cuts = []
    while sum(cuts) < total and len(cuts) < 40:
        cuts.append(min(rng.randint(1, longest), total - sum(cuts)))
    return [*cuts, total - sum(cuts)] if sum(cuts) < total else cuts


@cocotb.test()
async def chains_of_any_shape_become_frames_in_order(dut):
    """Any cut, any alignment, all queues, all channels pausing at random."""
    bench = await start(dut, stall=random.Random(cocotb.RANDOM_SEED).choice([0.1, 0.3, 0.5]))
    for _ in range(120):
        total = HEADER + bench.rng.choice([bench.rng.randint(14, 100), bench.rng.randint(14, 1600)])
        bench.chain(some_cuts(bench.rng, total), bench.rng.randrange(len(bench.queues)))
    await bench.finish()
    assert set(bench.pops) == set(range(len(bench.queues)))


@cocotb.test()
async def one_byte_descriptors_make_a_frame(dut):
    """Every byte of header and frame in a descriptor of its own."""
    bench = await start(dut)
    for extra in range(14, 40):
        bench.chain([1] * (HEADER + extra), extra % len(bench.queues))
    await bench.finish()


@cocotb.test()
async def every_length_around_a_word_from_every_lane(dut):
    """All endings of a frame meet all alignments of its buffer."""
    bench = await start(dut)
    keep_w = bench.memory.keep_w
    lanes = range(keep_w) if keep_w <= 16 else bench.rng.sample(range(keep_w), 8)
    for align in lanes:
        for total in range(HEADER + 14, HEADER + 14 + min(keep_w, 32) + 1):
            bench.chain([total], align=align)
    await bench.finish()


@cocotb.test()
async def frames_up_to_the_longest_pass(dut):
    """A super-frame of exactly the limit in pages, then jumbo frames; one byte more is dropped and counted."""
    bench = await start(dut)
    page = 4096
    bench.chain([page] * (LIMIT // page) + [LIMIT % page])
    bench.chain([HEADER, 9014])
    bench.chain([LIMIT])
    await bench.finish()
    assert bench.good == 3


@cocotb.test()
async def too_long_chains_are_dropped_and_read_no_further(dut):
    """Beyond the limit nothing is read (the memory model would raise), whatever the length; the next frame is whole."""
    bench = await start(dut, stall=0.1)
    page = 4096
    for cuts in ([page] * (LIMIT // page) + [LIMIT % page + 1, 30], [LIMIT + 1], [LIMIT, 1, 1]):
        bench.chain(cuts)
        bench.chain([HEADER + 60])
    for lengths in ([0xFFFF_FFFF], [100, 0xFFFF_FFFF, 0xFFFF_FFFF, 50], [100, 0xFFFF_FFFF - 99]):
        segments = [Segment(bench.place(bench.rng.randbytes(min(n, 200))), n) for n in lengths]
        payload = bytes(bench.memory.data[segments[0].address - BASE :][: lengths[0]]) if len(lengths) > 1 else b""
        bench.add(Chain(0, 7, segments, payload, "drop_too_long"))
        bench.chain([HEADER + 60])
    await bench.finish()
    assert bench.good == 6


@cocotb.test()
async def short_frames_are_dropped_and_counted(dut):
    """Chains shorter than header and 14 bytes give no good frame; the shortest allowed does."""
    bench = await start(dut, stall=0.2)
    for total in range(1, HEADER + 16):
        bench.chain(some_cuts(bench.rng, total), total % len(bench.queues))
    await bench.finish()
    assert bench.good == 2


@cocotb.test()
async def bad_chains_are_dropped_and_completed(dut):
    """A writable descriptor, a zero length or the ring engine's error at any place of a chain, among good chains."""
    bench = await start(dut, stall=random.Random(cocotb.RANDOM_SEED).choice([0.0, 0.3]), memory_stall=0.1)
    rng = bench.rng
    for n in range(90):
        queue = rng.randrange(len(bench.queues))
        if n % 3 == 0:
            bench.chain(some_cuts(rng, HEADER + rng.randint(14, 300)), queue)
            continue
        payload = rng.randbytes(rng.choice([30, 200, 900]))
        cuts = rng.randint(1, 4)
        pieces = [payload[len(payload) * i // cuts : len(payload) * (i + 1) // cuts] for i in range(cuts)]
        segments = [Segment(bench.place(piece), len(piece)) for piece in pieces]
        kind = rng.choice(["write", "zero", "error"])
        at = rng.randint(0, cuts)
        if kind == "error":
            segments = [*segments[:at], Segment(rng.getrandbits(64), rng.getrandbits(32), bool(n & 1), error=True)]
        else:
            segments.insert(at, Segment(rng.getrandbits(64), 0 if kind == "zero" else 99, kind == "write"))
        bench.add(Chain(queue, n, segments, payload, "drop_chain"))
    await bench.finish()


@cocotb.test()
async def a_chain_known_to_be_bad_gives_no_frame_at_all(dut):
    """All of the chain is judged before its first bytes are back from memory: nothing reaches the stream."""
    bench = await start(dut, latency=60)
    for n in range(10):
        payload = bench.rng.randbytes(HEADER + 300)
        segments = [Segment(bench.place(payload), len(payload)), Segment(BASE, 99, write=bool(n & 1), error=not n & 1)]
        bench.add(Chain(0, n, segments, payload, "drop_chain"))
        bench.chain([HEADER + 60])
    await bench.finish()
    assert bench.begun == bench.good == 10


@cocotb.test()
async def a_frame_waits_for_the_side_band_of_its_predecessor(dut):
    """With the side band held, one frame may come; no word of it is lost when it is let go."""
    bench = await start(dut)
    bench.hold_meta = True
    for n in range(6):
        bench.chain([HEADER + 60], n % len(bench.queues))
    for _ in range(300):
        await RisingEdge(dut.clk)
    assert bench.begun == 1
    bench.hold_meta = False
    await bench.finish()


@cocotb.test()
async def an_abandoned_frame_is_closed_though_nothing_follows(dut):
    """The error comes long after the first bytes have left: the frame ends with tuser, also exactly at a word's end."""
    bench = await start(dut)
    keep_w = bench.memory.keep_w
    for extra in (0, 1, keep_w - 1):
        payload = bench.rng.randbytes(HEADER + 4 * keep_w + extra)
        segments = [Segment(bench.place(payload), len(payload)), Segment(0, 0, error=True)]
        chain = bench.add(Chain(0, 5, segments, payload, "drop_chain"))
        for _ in range(300):  # the ring engine is slow to find out
            await RisingEdge(dut.clk)
            if bench.words and bench.words[0][1] == 1:
                held = bench.words.popleft()
                break
        assert held[0] is chain
        for _ in range(100):
            await RisingEdge(dut.clk)
        assert bench.completed < bench.queued and bench.frame, "the frame was to be under way"
        bench.words.append(held)
        await bench.finish()
    assert bench.cut == 3


@cocotb.test()
async def failed_reads_drop_their_frame_only(dut):
    """An AXI error on any word of a frame drops it, early or late; it is counted once and completed, the rest whole."""
    failing: set[int] = set()
    bench = await start(dut, stall=0.2, fails=lambda address: address in failing)
    for n in range(80):
        total = HEADER + bench.rng.choice([60, 100, 1500, 3000])
        chain = bench.chain(some_cuts(bench.rng, total), bench.rng.randrange(len(bench.queues)))
        if n % 3 == 1:
            segment = bench.rng.choice(chain.segments)
            failing.add(bench.rng.choice(list(bench.bus_words(segment))))
            chain.drop = "drop_dma"
            bench.drops["drop_dma"] += 1
    await bench.finish()


@cocotb.test()
async def queues_take_turns(dut):
    """With work on every queue, pops go round."""
    bench = await start(dut)
    bench.hold_pops = True
    for n in range(4 * len(bench.queues)):
        bench.chain([HEADER + 60], n % len(bench.queues))
    await RisingEdge(dut.clk)
    bench.hold_pops = False
    await bench.finish()
    turn = len(bench.queues)
    assert all(sorted(bench.pops[i : i + turn]) == list(range(turn)) for i in range(0, 4 * turn, turn)), bench.pops


@cocotb.test()
async def no_pops_while_disabled_and_none_of_a_stopped_queue(dut):
    """Popped chains are finished after cfg_enable falls; a queue whose chains are taken back is not popped."""
    bench = await start(dut)
    for _ in range(40):
        bench.chain([HEADER + 200])
    while len(bench.pops) < 5:
        await RisingEdge(dut.clk)
    dut.cfg_enable.value = 0
    for _ in range(400):
        await RisingEdge(dut.clk)
    assert bench.completed == len(bench.pops) <= 7
    assert int(dut.idle.value) == 1
    bench.hold_pops = True
    dut.cfg_enable.value = 1
    for _ in range(5):
        await RisingEdge(dut.clk)
    bench.queued -= len(bench.queues[0])
    bench.descriptors -= len(bench.queues[0])
    bench.queues[0].clear()
    bench.hold_pops = False
    bench.chain([HEADER + 60], len(bench.queues) - 1)
    await bench.finish()


@cocotb.test()
async def a_stalled_wire_stops_reads_not_completions(dut):
    """With the output held, reads stop when the FIFO is full, what has arrived is completed, and then all goes on."""
    bench = await start(dut, latency=60)
    bench.hold_frames = True
    for _ in range(12):
        bench.chain([HEADER + 9000])
    for _ in range(3000):
        await RisingEdge(dut.clk)
    fifo = 256 * bench.memory.keep_w
    assert fifo - 1200 <= bench.memory.read_words * bench.memory.keep_w <= fifo + 1200 + 8 * bench.memory.keep_w
    assert bench.completed == fifo // (HEADER + 9000)
    bench.hold_frames = False
    await bench.finish()


async def cycles_a_frame(dut, cuts: list[int], frames: int = 160) -> tuple[float, Bench]:
    """Steady-state distance of frames on the stream at 125 cycles of memory latency."""
    bench = await start(dut, latency=SLOW_MEMORY)
    for n in range(frames):
        bench.chain(cuts, n % len(bench.queues), align=2 if len(cuts) == 1 else None)
    await bench.finish()
    last = bench.last_at[frames // 4 :]
    cycles = (last[-1] - last[0]) / (len(last) - 1)
    dut._log.info("%s bytes a frame: %.2f cycles, %d reads in flight", cuts, cycles, bench.memory.max_reads)
    return cycles, bench


@cocotb.test()
async def small_frames_come_fast_from_slow_memory(dut):
    """60-byte frames in one descriptor with their header: 8 cycles at 128 bits and more, never more than 16."""
    cycles, bench = await cycles_a_frame(dut, [HEADER + 60])
    assert cycles <= (16 if bench.memory.keep_w == 8 else 8)
    assert bench.memory.max_reads >= 10


@cocotb.test()
async def small_frames_in_two_descriptors_come_fast_from_slow_memory(dut):
    """Header and frame apart: twice the reads, still at most 16 cycles."""
    cycles, bench = await cycles_a_frame(dut, [HEADER, 60])
    assert cycles <= 16
    assert bench.memory.max_reads >= 16


@cocotb.test()
async def long_frames_use_nearly_every_cycle(dut):
    """1514-byte frames: at most a quarter more cycles than words."""
    cycles, bench = await cycles_a_frame(dut, [HEADER + 1514], 60)
    assert cycles <= 1.25 * (HEADER + 1514) / bench.memory.keep_w + 4
