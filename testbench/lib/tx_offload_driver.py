# SPDX-License-Identifier: Apache-2.0
"""Drives tx_offload_bench at one Python wake-up a cycle, and makes TCP super-frames for it."""

from __future__ import annotations

import random
import struct
from dataclasses import dataclass
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge

from testbench.lib.oracle_tso import (
    GSO_TCPV4,
    GSO_TCPV6,
    NEEDS_CSUM,
    NetHeader,
    Outcome,
    expected,
    ones_sum,
    pseudo_header,
)

EVENTS = (
    "super_frame", "segment", "csum_inserted", "err_gso_no_csum", "err_gso_type", "err_gso_size", "err_header",
    "err_csum_range", "err_ip", "too_long",
)  # fmt: skip


@dataclass(frozen=True)
class Job:
    """One frame for the block; ``drop`` is tuser[0] of its last beat."""

    header: NetHeader
    frame: bytes
    drop: bool = False


def super_frame(
    rng: random.Random, payload: int, mss: int, version: int = 4, vlans: int = 0, ip_words: int = 0, ext: int = 0,
    tcp_words: int = 0, flags: int = 0x10, seq: int | None = None, ip_id: int | None = None, gso_bits: int = 0,
) -> Job:  # fmt: skip
    """A TCP super-frame as a driver hands it over: whole lengths, the pseudo-header's sum in the checksum field.

    ``ip_words`` words of IPv4 options, ``ext`` bytes (a multiple of 8) of IPv6 extension header, ``tcp_words`` words of
    TCP options.
    """
    link = rng.randbytes(12) + b"".join(rng.choice([b"\x81\x00", b"\x88\xa8"]) + rng.randbytes(2) for _ in range(vlans))
    length = 20 + 4 * tcp_words + payload
    if version == 4:
        network = struct.pack(
            ">BBHHHBBH", 0x45 + ip_words, rng.randrange(256), 20 + 4 * ip_words + length,
            rng.randrange(65536) if ip_id is None else ip_id, 0x4000, 64, 6, rng.randrange(65536),
        ) + rng.randbytes(8 + 4 * ip_words)  # fmt: skip
        link += b"\x08\x00"
    else:
        first, following = 0x60000000 | rng.randrange(2**28), 60 if ext else 6
        network = struct.pack(">IHBB", first, ext + length, following, 64) + rng.randbytes(32)
        if ext:
            network += bytes([6, ext // 8 - 1]) + rng.randbytes(ext - 2)
        link += b"\x86\xdd"
    l3, tcp = len(link), len(link) + len(network)
    sequence = rng.randrange(2**32) if seq is None else seq
    head = link + network
    partial = ones_sum(pseudo_header(head, l3, 6, length))
    head += struct.pack(
        ">HHIIBBHHH", rng.randrange(65536), 443, sequence, rng.randrange(2**32), 0x50 + (tcp_words << 4), flags,
        rng.randrange(65536), partial, rng.randrange(65536),
    ) + rng.randbytes(4 * tcp_words)  # fmt: skip
    gso = (GSO_TCPV4 if version == 4 else GSO_TCPV6) | gso_bits
    # hdr_len is only a hint: any value must do
    return Job(NetHeader(NEEDS_CSUM, gso, rng.randrange(65536), mss, tcp, 16), head + rng.randbytes(payload))


def with_zero_checksum(job: Job) -> Job:
    """The super-frame with two payload bytes chosen so that its first segment's TCP checksum comes to 0x0000."""
    tcp = job.header.csum_start
    top = tcp + 4 * (job.frame[tcp + 12] >> 4)
    blank = job.frame[:top] + b"\0\0" + job.frame[top + 2 :]
    checksum = expected(job.header, blank).frames[0][tcp + 16 : tcp + 18]
    return Job(job.header, blank[:top] + checksum + blank[top + 2 :])


class Bench:
    """The block, its clock, and a loop that moves frames through it."""

    def __init__(self, dut) -> None:
        self.dut = dut
        self.keep_w = dut.KEEP_W.value.to_unsigned()
        self.max_frame = dut.MAX_FRAME.value.to_unsigned()
        self.rng = random.Random(cocotb.RANDOM_SEED)
        self.cycle = 0
        self.first_cycle: list[int] = []  # of each frame that came out in the last run
        self.last_cycle: list[int] = []
        self.asked: list[int] = []  # transmit queue of each job of the last run, and of each frame that came out
        self.queues: list[int] = []
        self.release = 0  # cycle from which the output is taken
        self.taken_while_held = 0

    async def start(self) -> None:
        """Clock and reset."""
        dut = self.dut
        dut.s.value = dut.meta.value = dut.m_axis_tready.value = 0
        dut.rst.value = 1
        Clock(dut.clk, 4, "ns").start()
        await ClockCycles(dut.clk, 3)
        dut.rst.value = 0
        await ClockCycles(dut.clk, 1)

    def words(self, job: Job) -> list[int]:
        """The packed input words of a frame."""
        width, data = self.keep_w, job.frame
        words = []
        for offset in range(0, len(data), width):
            chunk = data[offset : offset + width]
            last = offset + width >= len(data)
            control = (job.drop and last) << 2 | last << 1 | 1
            words.append((control << width | (1 << len(chunk)) - 1) << 8 * width | int.from_bytes(chunk, "little"))
        return words

    @staticmethod
    def meta(header: NetHeader, queue: int = 0) -> int:
        """The packed side-band word, valid bit on top."""
        word = int.from_bytes(header.pack()[:10], "little") | queue << 80
        return 1 << 152 | word

    def counters(self) -> dict[str, int]:
        """Events since reset."""
        value = self.dut.events.value.to_unsigned()
        return {name: value >> 32 * i & 0xFFFFFFFF for i, name in enumerate(EVENTS)}

    async def run(
        self, jobs: list[Job], stall_in: float = 0.0, stall_out: float = 0.0, stall_meta: float = 0.0, hold_out: int = 0
    ) -> list[bytes]:
        """Send all, return what came out once the block is idle. The output is not taken for ``hold_out`` cycles.

        Sampling and driving share the falling edge: the block's valids and readies depend on registers only, so what is
        seen at the falling edge is what the next rising edge uses.
        """
        dut, rng, width = self.dut, self.rng, self.keep_w
        stream = [word for job in jobs for word in self.words(job)]
        self.asked = [rng.randrange(8) for _ in jobs]
        metas = [self.meta(job.header, queue) for job, queue in zip(jobs, self.asked, strict=True)]
        self.first_cycle, self.last_cycle, self.queues = [], [], []
        sent = meta_sent = 0
        offering = driven = meta_offering = meta_driven = False
        out: list[bytes] = []
        parts: list[bytes] = []
        keep_mask, data_mask, full = (1 << width) - 1, (1 << 8 * width) - 1, (1 << width) - 1
        held = None
        quiet = 0
        self.release = self.cycle + hold_out
        progress, moved = None, self.cycle
        edge = FallingEdge(dut.clk)
        m_handle, s_handle, meta_handle, ready_handle = dut.m, dut.s, dut.meta, dut.m_axis_tready
        ready = None
        while True:
            await edge
            self.cycle += 1
            view = int(m_handle.value)
            flags = view >> 9 * width
            # output of this cycle, taken at the coming edge if ready
            now_ready = self.cycle >= self.release and (rng.random() >= stall_out if stall_out else True)
            if now_ready != ready:
                ready_handle.value = ready = now_ready
            if held is not None:
                assert view & ((1 << 9 * width + 2) - 1) == held, "output changed while stalled"
                held = None
            if flags & 1:
                if ready:
                    if not parts:
                        self.first_cycle.append(self.cycle)
                    keep = view >> 8 * width & keep_mask
                    count = width if keep == full else keep.bit_length()
                    assert keep == (1 << count) - 1 and count, f"tkeep {keep:#x} is not contiguous from lane 0"
                    assert keep == full or flags & 2, "a beat before the last is not full"
                    parts.append((view & data_mask).to_bytes(width, "little")[:count])
                    if flags & 2:
                        out.append(b"".join(parts))
                        parts = []
                        self.last_cycle.append(self.cycle)
                        self.queues.append(int(dut.m_queue.value))
                else:
                    held = view & ((1 << 9 * width + 2) - 1)
            else:
                assert not parts, "gap inside a frame"
            # input: a word offered stays until its ready was seen; it is taken at the edge after that
            if not offering:
                if sent < len(stream) and (not stall_in or rng.random() >= stall_in):
                    s_handle.value = stream[sent]
                    offering = driven = True
                elif driven:
                    s_handle.value = 0
                    driven = False
            if offering and flags & 8:
                sent += 1
                offering = False
                if self.cycle < self.release:
                    self.taken_while_held = sent
            if not meta_offering:
                if meta_sent < len(metas) and (not stall_meta or rng.random() >= stall_meta):
                    meta_handle.value = metas[meta_sent]
                    meta_offering = meta_driven = True
                elif meta_driven:
                    meta_handle.value = 0
                    meta_driven = False
            if meta_offering and flags & 16:
                meta_sent += 1
                meta_offering = False
            quiet = quiet + 1 if flags & 4 and sent == len(stream) and meta_sent == len(metas) else 0
            if quiet > 4:
                return out
            if progress != (sent, meta_sent, len(out), len(parts)):
                progress, moved = (sent, meta_sent, len(out), len(parts)), self.cycle
            still = self.cycle - max(moved, self.release)
            assert still < 2000, f"nothing moves: {sent} of {len(stream)} beats in, {len(out)} frames out"

    async def check(self, jobs: list[Job], **stalls: Any) -> None:
        """Run and compare frames, their queues and every event with the oracle."""
        before = self.counters()
        outcomes = [expected(job.header, job.frame, self.max_frame, self.keep_w, job.drop) for job in jobs]
        frames = await self.run(jobs, **stalls)
        wanted = [(number, frame) for number, outcome in enumerate(outcomes) for frame in outcome.frames]
        for position, (frame, (number, want)) in enumerate(zip(frames, wanted, strict=False)):
            if frame != want:
                at = next((i for i, (a, b) in enumerate(zip(frame, want, strict=False)) if a != b), 0)
                job = jobs[number]
                raise AssertionError(
                    f"frame {position} out, of job {number} {job.header} ({len(job.frame)} bytes): {len(frame)} bytes "
                    f"for {len(want)}, byte {at}: {frame[at : at + 8].hex()} for {want[at : at + 8].hex()}"
                )
        assert len(frames) == len(wanted), f"{len(frames)} frames out, {len(wanted)} expected"
        assert self.queues == [self.asked[number] for number, _ in wanted], "a frame with another's queue"
        after = self.counters()
        assert {name: after[name] - before[name] for name in EVENTS} == expected_events(jobs, outcomes)


def expected_events(jobs: list[Job], outcomes: list[Outcome]) -> dict[str, int]:
    """Counts of each event."""
    events = dict.fromkeys(EVENTS, 0)
    for job, outcome in zip(jobs, outcomes, strict=True):
        if outcome.event:
            events[outcome.event] += 1
        if job.header.gso_type:
            events["segment"] += len(outcome.frames)
            events["super_frame"] += outcome.event is None and not job.drop
        elif job.header.flags & NEEDS_CSUM:
            events["csum_inserted"] += len(outcome.frames)
    return events
