# SPDX-License-Identifier: Apache-2.0
"""Transmit path: chains in, wire frames out, each chain completed when its last byte has been read."""

from __future__ import annotations

from collections.abc import Callable

from testbench.model.host.memory import BURST, HostMemory
from testbench.model.offload.segment import transmit
from testbench.model.offload.steering import AUTOMATIC, Steering
from testbench.model.path.mac import Mac
from testbench.model.rings.chain import Chain
from testbench.model.rings.queue import Virtqueue
from testbench.model.system.timeline import Timeline

HEADER, HASH_HEADER = 12, 20  # bytes of virtio_net_hdr, without and with VIRTIO_NET_F_HASH_REPORT
LONGEST = 65_535 + 32  # bytes of a frame
ETHERNET = 14
BLOCK = 4  # descriptors of one read
JUDGED_BY_CHAIN = ("tx_drop_chain", "tx_drop_too_long")
FIFO_BYTES = 4096  # read ahead of the wire
GATE_BYTES = 2 * 9216  # two wire frames of the longest kind, which wait for the line


class Transmit:
    """All transmit queues take turns on one line."""

    def __init__(
        self, timeline: Timeline, memory: HostMemory, mac: Mac, later: Callable[..., object],
        count: Callable[..., object], byte_ps: int, max_frame: int, beat: int, steering: Steering,
    ) -> None:  # fmt: skip
        """``byte_ps``: time of a byte on the line. ``steering`` learns from what is sent."""
        self._timeline, self._memory, self._mac, self._later, self._count = timeline, memory, mac, later, count
        self._brim_ps, self._low_ps = (FIFO_BYTES + GATE_BYTES) * byte_ps, FIFO_BYTES * byte_ps
        self._gate_ps = GATE_BYTES * byte_ps
        self._max_frame, self._beat, self._steering = max_frame, beat, steering
        self.header_bytes = HEADER
        """HEADER or HASH_HEADER."""
        self.queues: list[Virtqueue] = []
        self.enabled = False
        self._turn_at = 0
        self._waits = False

    @property
    def idle(self) -> bool:
        """Nothing is in the path."""
        return self._mac.idle

    def turn(self, _: int = 0) -> None:
        """Take chains, queue by queue, while the line has use for them."""
        while self.enabled and not self._waits:
            queue = self._next_queue()
            if queue is None:
                return
            ahead = self._mac.backlog_ps
            if ahead > self._brim_ps:
                # filled to the brim, and again when only the FIFO's content is left: a wake-up for many frames
                self._waits = True
                self._later(ahead - self._low_ps, self._go_on)
                return
            self._send(queue, queue.take())

    def _go_on(self) -> None:
        self._waits = False
        self.turn()

    def _next_queue(self) -> Virtqueue | None:
        queues, count = self.queues, len(self.queues)
        for step in range(count):
            queue = queues[(self._turn_at + step) % count]
            if queue.chains:
                self._turn_at = (self._turn_at + step + 1) % count
                return queue
        return None

    def _send(self, queue: Virtqueue, chain: Chain) -> None:
        data, verdict = self._gather(chain)
        header = self.header_bytes
        frames: list[bytes] = []
        if verdict:
            self._count(verdict)
        # a bad chain that one read of descriptors shows is judged before any byte of its frame is there
        judged_first = verdict in JUDGED_BY_CHAIN and len(chain.segments) <= BLOCK
        if len(data) >= header + ETHERNET and not judged_first:
            sent = transmit(data[:HEADER], data[header:], self._max_frame, self._beat, bool(verdict))
            frames = sent.frames
            for name, amount in sent.counts.items():
                self._count(name, amount)
            if frames and self._steering.mode == AUTOMATIC:
                self._steering.learn(frames[0], queue.number // 2)
        now, latency = self._timeline.now_ps, self._memory.read_latency()
        self._mac.send(frames, now + latency)
        # of a super-frame only what the gate holds is read before it is on the wire
        held = self._mac.backlog_ps - self._gate_ps if len(frames) > 1 else 0
        queue.complete(chain, 0, after_ps=max(latency, held))

    def _gather(self, chain: Chain) -> tuple[bytes, str | None]:
        """Header and frame as far as they could be read, and the counter of what was wrong."""
        segments = chain.segments
        shortest, longest = self.header_bytes + ETHERNET, self.header_bytes + LONGEST
        self._count("tx_descriptors", len(segments))
        if len(segments) == 1 and not chain.error:
            address, length, write = segments[0]
            if not write and shortest <= length <= longest and self._memory.safe(address, length):
                return bytes(self._memory.read(address, length) or b""), None
        parts: list[bytes | memoryview] = []
        total = 0
        verdict = None
        failed = False
        for address, length, write in segments:
            if write:
                verdict = "tx_drop_chain"
            elif length > longest - total:
                verdict = "tx_drop_too_long"
            if verdict:
                break
            total += length
            failed |= self._read(address, length, parts, failed)
        if not verdict and chain.error:
            verdict = "tx_drop_chain"
        if not verdict and total < shortest:
            verdict = "tx_drop_too_short"
        if not verdict and failed:
            verdict = "tx_drop_dma"
        if failed:
            parts.append(b"\0")  # the bus word in which the bytes that were not read begin is the frame's last
        return b"".join(parts), verdict

    def _read(self, address: int, length: int, parts: list[bytes | memoryview], failed: bool) -> bool:
        """Read a descriptor's bytes burst by burst; True: one of them failed, and ``parts`` ends before it."""
        end = address + length
        while address < end:
            stop = min(end, (address // BURST + 1) * BURST)
            data = self._memory.read(address, stop - address)
            if data is None:
                failed = True
            elif not failed:
                parts.append(data)
            address = stop
        return failed
