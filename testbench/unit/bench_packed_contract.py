# SPDX-License-Identifier: Apache-2.0
"""A behavioural packed ring of 6 drives tx_fetch over the engine's interface: nothing there may know split rings.

Buffer ids are arbitrary and no positions, a buffer takes up to six descriptors, and the wrap counters flip often.
"""

import random
from collections import deque
from dataclasses import dataclass

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge

SIZE = 6
NEXT, AVAIL, USED = 1, 1 << 7, 1 << 15
HEADER = 12
BASE = 0x19_0000_0000


@dataclass
class Descriptor:
    """A descriptor of a packed ring."""

    address: int = 0
    length: int = 0
    ident: int = 0
    flags: int = 0


class PackedRing:
    """Both sides of one packed ring: the driver fills it, the device's front end walks it and marks it used."""

    def __init__(self, rng):
        self.rng = rng
        self.ring = [Descriptor() for _ in range(SIZE)]
        self.memory = bytearray(1 << 16)
        self.free = SIZE
        self.put, self.put_wrap = 0, 1  # driver: next available
        self.look, self.look_wrap = 0, 1  # driver: next used
        self.take, self.take_wrap = 0, 1  # device: next to walk
        self.mark, self.mark_wrap = 0, 1  # device: next to mark used
        self.flying: dict[int, int] = {}
        self.frames: deque[bytes] = deque()
        self.flips = 0

    def add(self):
        """Driver: make one frame available in 1..6 descriptors under an id of its own; False: no room."""
        rng = self.rng
        count = rng.randint(1, SIZE)
        if count > self.free:
            return False
        ident = rng.choice([value for value in range(0x4000, 0x4020) if value not in self.flying])
        payload = rng.randbytes(rng.randint(HEADER + 14, 200))
        payload = bytes(10) + bytes(2) + payload[12:]
        cuts = sorted(rng.sample(range(1, len(payload)), count - 1))
        pieces = [payload[a:b] for a, b in zip([0, *cuts], [*cuts, len(payload)], strict=True)]
        first, first_flags = self.put, 0
        for i, piece in enumerate(pieces):
            place = self.put * 1024 + rng.randrange(64)
            self.memory[place : place + len(piece)] = piece
            flags = (NEXT if i + 1 < count else 0) | (AVAIL if self.put_wrap else USED)
            # the id counts in the last descriptor only
            last = i + 1 == count
            entry = Descriptor(BASE + place, len(piece), ident if last else rng.getrandbits(16), flags)
            if i == 0:
                first_flags, entry.flags = flags, self.ring[first].flags
            self.ring[self.put] = entry
            self.put += 1
            if self.put == SIZE:
                self.put, self.put_wrap = 0, 1 - self.put_wrap
        self.ring[first].flags = first_flags
        self.free -= count
        self.flying[ident] = count
        self.frames.append(payload[HEADER:])
        return True

    def available(self):
        """Device: the descriptor at the walk position belongs to it."""
        flags = self.ring[self.take].flags
        return bool(flags & AVAIL) == bool(self.take_wrap) and bool(flags & USED) != bool(self.take_wrap)

    def walk(self):
        """Device: the words of the next buffer."""
        entries = []
        while True:
            entry = self.ring[self.take]
            entries.append(entry)
            self.take += 1
            if self.take == SIZE:
                self.take, self.take_wrap = 0, 1 - self.take_wrap
                self.flips += 1
            if not entry.flags & NEXT:
                break
        ident = entries[-1].ident
        return [(e.address, e.length, ident, i + 1, i + 1 == len(entries)) for i, e in enumerate(entries)]

    def use(self, ident, count):
        """Device: one used descriptor for the buffer, and a step over as many as it had."""
        self.ring[self.mark] = Descriptor(0, 0, ident, (AVAIL | USED) if self.mark_wrap else 0)
        self.mark += count
        if self.mark >= SIZE:
            self.mark, self.mark_wrap = self.mark - SIZE, 1 - self.mark_wrap

    def reclaim(self):
        """Driver: take back what carries the used mark of this lap."""
        taken = 0
        while self.flying:
            entry = self.ring[self.look]
            if not bool(entry.flags & AVAIL) == bool(entry.flags & USED) == bool(self.look_wrap):
                break
            count = self.flying.pop(entry.ident)
            place = self.look
            for i in range(count):
                spot = (place + i) % SIZE
                self.memory[spot * 1024 : spot * 1024 + 1024] = self.rng.randbytes(1024)
            self.look += count
            if self.look >= SIZE:
                self.look, self.look_wrap = self.look - SIZE, 1 - self.look_wrap
            self.free += count
            taken += 1
        return taken


@cocotb.test()
async def a_packed_ring_of_six_feeds_the_consumer(dut):
    """Frames arrive whole and in order; every buffer is used once, under its id, with its number of descriptors."""
    rng = random.Random(cocotb.RANDOM_SEED)
    ring = PackedRing(rng)
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    keep = len(dut.rd_rsp_data) // 8
    for name in (
        "chain_ready",
        "pop_ready",
        "seg_valid",
        "cpl_ready",
        "m_meta_ready",
        "m_axis_tready",
        "rd_req_ready",
        "rd_rsp_valid",
        "rd_rsp_error",
        "seg_queue",
        "seg_write",
        "seg_error",
    ):
        getattr(dut, name).value = 0
    dut.cfg_enable.value = 1
    dut.cfg_hash_report.value = 0
    dut.rst.value = 1
    for _ in range(4):
        await RisingEdge(dut.clk)
    dut.rst.value = 0
    words, reads, walked, frames = deque(), deque(), deque(), []
    frame, done, added, now, shown = b"", 0, 0, 0, False
    wanted = 150
    expected = []
    while done < wanted or len(frames) < wanted:
        now += 1
        assert now < 60_000, f"{added} buffers added, {done} completed, {len(frames)} frames"
        if added < wanted and rng.random() < 0.1 and ring.add():
            expected.append(ring.frames.popleft())
            added += 1
        ring.reclaim()
        dut.chain_ready.value = int(ring.available())
        pop_open, cpl_open, axis_open = rng.random() < 0.6 and not words, rng.random() < 0.6, rng.random() < 0.7
        read_open = rng.random() < 0.8
        dut.pop_ready.value, dut.cpl_ready.value = int(pop_open and ring.available()), int(cpl_open)
        dut.m_meta_ready.value, dut.m_axis_tready.value = 1, int(axis_open)
        dut.rd_req_ready.value = int(read_open)
        shown = bool(words) and (shown or rng.random() < 0.7)
        dut.seg_valid.value = int(shown)
        if shown:
            address, length, ident, ndesc, last = words[0]
            dut.seg_addr.value, dut.seg_len.value, dut.seg_id.value = address, length, ident
            dut.seg_ndesc.value, dut.seg_last.value = ndesc, int(last)
        answering = bool(reads) and reads[0][0] <= now
        dut.rd_rsp_valid.value = int(answering)
        if answering:
            _, data, tag = reads[0]
            dut.rd_rsp_data.value = int.from_bytes(data[:keep], "little")
            dut.rd_rsp_last.value, dut.rd_rsp_tag.value = int(len(data) <= keep), tag
            reads[0][1] = data[keep:]
            if len(data) <= keep:
                reads.popleft()
        await ReadOnly()
        popped = pop_open and ring.available() and int(dut.pop_valid.value)
        if shown and int(dut.seg_ready.value):
            words.popleft()
            shown = False
        if popped:
            words.extend(ring.walk())
            walked.append((words[-1][2], words[-1][3]))
        if read_open and int(dut.rd_req_valid.value):
            place, length = int(dut.rd_req_addr.value) - BASE, int(dut.rd_req_len.value)
            reads.append(
                [now + rng.randint(2, 40), bytes(ring.memory[place : place + length]), int(dut.rd_req_tag.value)]
            )
        if cpl_open and int(dut.cpl_valid.value):
            ident, count = int(dut.cpl_id.value), int(dut.cpl_ndesc.value)
            assert (ident, count) == walked.popleft()
            assert int(dut.cpl_len.value) == 0 and not int(dut.cpl_more.value)
            ring.use(ident, count)
            done += 1
        if axis_open and int(dut.m_axis_tvalid.value):
            count = int(dut.m_axis_tkeep.value).bit_count()
            frame += (int(dut.m_axis_tdata.value) & ((1 << 8 * count) - 1)).to_bytes(count, "little")
            if int(dut.m_axis_tlast.value):
                assert not int(dut.m_axis_tuser.value)
                frames.append(frame)
                frame = b""
        await RisingEdge(dut.clk)
    assert frames == expected
    assert ring.reclaim() or not ring.flying
    assert ring.flips > 20
