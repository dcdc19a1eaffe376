# SPDX-License-Identifier: Apache-2.0
"""The wire as a bench sees it: frames in and out with simulated time, numpy batches, impairments, TAP, replay."""

from __future__ import annotations

import ctypes
from collections.abc import Sequence
from pathlib import Path

import numpy

from testbench.lib.config import CAPTURE_MODES, Impairments, WireConfig
from testbench.lib.native import Reason, cell, lib
from testbench.lib.waits import Waits
from testbench.lib.wire_frames import (
    AT_PEER,
    BAD_FCS,
    ERROR_CHAR,
    FROM_CARD,
    POINTS,
    RECORD,
    TO_CARD,
    Captured,
    batch,
    checked_batch,
    read_pcap,
)


class Wire:
    """The far end of the card's wire."""

    def __init__(self, waits: Waits, config: WireConfig) -> None:
        self._waits = waits
        self._received: list[tuple[int, bytes]] = []
        self._taken = 0
        cell("wire.byte_ps").value = int(8000 / config.gbps)
        cell("wire.loopback").value = int(config.loopback)
        for point in ("tx", "rx", "peer"):
            cell(f"{point}.mode").value = CAPTURE_MODES[config.capture]
        for direction, impairments in (("tx", config.tx), ("rx", config.rx)):
            if impairments:
                self.impair(direction, impairments)

    # towards the card
    def send(self, frame: bytes, at_ns: float | None = None, bad_fcs: bool = False, error: bool = False) -> None:
        """Send a frame (without FCS) as soon as the line is free, not before ``at_ns``."""
        self.send_batch(
            numpy.frombuffer(frame, numpy.uint8), numpy.zeros(1, numpy.int64), numpy.array([len(frame)]),
            None if at_ns is None else numpy.array([at_ns]), numpy.array([BAD_FCS * bad_fcs | ERROR_CHAR * error]),
        )  # fmt: skip

    def send_frames(self, frames: Sequence[bytes]) -> None:
        """Send frames back to back."""
        if frames:
            self.send_batch(*batch(frames))

    def send_batch(
        self, data: numpy.ndarray, offsets: numpy.ndarray, lengths: numpy.ndarray,
        times_ns: numpy.ndarray | None = None, flags: numpy.ndarray | None = None,
    ) -> None:  # fmt: skip
        """Send many frames out of one buffer, back to back or each not before its time; the buffer is copied."""
        sent = checked_batch(data, offsets, lengths, times_ns, flags)
        lib.fr_wire_send(
            sent.data.ctypes.data, sent.offsets.ctypes.data, sent.lengths.ctypes.data,
            None if sent.times_ps is None else sent.times_ps.ctypes.data,
            None if sent.flags is None else sent.flags.ctypes.data, len(sent.lengths), sent.data.nbytes,
        )  # fmt: skip

    def replay(self, path: str | Path, start_ns: float | None = None) -> int:
        """Send a capture file with its own spacing. Result: number of frames."""
        frames, times = read_pcap(path)
        if frames:
            start = lib.fr_now_ps() / 1000 if start_ns is None else start_ns
            self.send_batch(*batch(frames), times_ns=numpy.array(times, numpy.float64) + start)
        return len(frames)

    # from the card
    @property
    def received(self) -> list[tuple[int, bytes]]:
        """Frames that have reached the other end, (start in ns, bytes without FCS): always the same list, grown."""
        captured = self.captured(AT_PEER, self._taken)
        for index, row in enumerate(captured.records):
            self._received.append((int(row["at_ps"]) // 1000, captured.frame(index)))
        self._taken += len(captured)
        return self._received

    async def wait_received(self, count: int, timeout_ns: float | None = None) -> bool:
        """Wait until so many frames in all have reached the other end; False when the time is up."""
        return await self._wait_count("peer.frames", "wire.want_received", count, timeout_ns)

    async def wait_sent(self, count: int, timeout_ns: float | None = None) -> bool:
        """Wait until so many frames in all have gone into the card; False when the time is up."""
        return await self._wait_count("rx.frames", "wire.want_sent", count, timeout_ns)

    async def _wait_count(self, counter: str, want: str, count: int, timeout_ns: float | None) -> bool:
        frames, end = cell(counter), None if timeout_ns is None else lib.fr_now_ps() + timeout_ns * 1000
        while frames.value < count:
            left = None if end is None else (end - lib.fr_now_ps()) / 1000
            if left is not None and left <= 0:
                return False
            wanted = cell(want).value
            cell(want).value = count if wanted < 0 else min(wanted, count)
            await self._waits.wait(f"{counter} to reach {count} (is {frames.value})", Reason.WIRE, left)
        return True

    # tap points
    def captured(self, point: int, start: int = 0) -> Captured:
        """Frames captured at a tap point (FROM_CARD, TO_CARD, AT_PEER) from number ``start`` on."""
        data, records = ctypes.POINTER(ctypes.c_uint8)(), ctypes.c_void_p()
        count = lib.fr_capture(point, ctypes.byref(data), ctypes.byref(records))
        if start >= count:
            return Captured(numpy.empty(0, RECORD), b"")
        pointer = (records.value or 0) + start * RECORD.itemsize
        rows = numpy.frombuffer(bytearray(ctypes.string_at(pointer, (count - start) * RECORD.itemsize)), RECORD)
        first, end = int(rows[0]["offset"]), int(rows[-1]["offset"] + rows[-1]["length"])
        address = ctypes.cast(data, ctypes.c_void_p).value or 0
        rows["offset"] -= first
        return Captured(rows, ctypes.string_at(address + first, end - first))

    def clear(self) -> None:
        """Forget all captures and counts."""
        for point in (FROM_CARD, TO_CARD, AT_PEER):
            lib.fr_capture_clear(point)
        self._received.clear()
        self._taken = 0

    def mark(self, point: int, number: int) -> None:
        """Note the start time of frame ``number`` (the first is 0); ``span_ps`` uses it."""
        cell(f"{POINTS[point]}.mark").value = number

    def span_ps(self, point: int) -> tuple[int, int]:
        """Start times of the marked and of the last frame (-1: there was none)."""
        return cell(f"{POINTS[point]}.mark_ps").value, cell(f"{POINTS[point]}.last_ps").value

    def frames(self, point: int) -> int:
        """Number of frames so far."""
        return cell(f"{POINTS[point]}.frames").value

    # the line
    def impair(self, direction: str, impairments: Impairments | None) -> None:
        """Put faults on a direction ("tx" from the card, "rx" towards it), or take them off."""
        name = f"impair_{direction}"
        cell(f"{name}.enabled").value = int(impairments is not None)
        if impairments is None:
            return
        for share in ("loss", "corrupt", "corrupt_payload", "duplicate", "reorder"):
            cell(f"{name}.{share}").value = round(getattr(impairments, share) * 1e6)
        for time in ("delay", "jitter", "reorder"):
            cell(f"{name}.{time}_ps").value = int(getattr(impairments, f"{time}_ns") * 1000)
        cell(f"{name}.seed").value = impairments.seed
        for start, end in impairments.flaps_ns:
            lib.fr_impair_flap(int(direction == "rx"), int(start * 1000), int(end * 1000))

    def link(self, up: bool) -> None:
        """Take the link down or up."""
        cell("wire.link").value = int(up)

    def tap(self, fd: int) -> None:
        """Join the wire to a TAP (non-blocking file descriptor, no IFF_VNET_HDR); -1 takes it off."""
        cell("wire.joined").value = 0
        cell("wire.tap").value = fd

    def join(self, fd: int) -> None:
        """Join the wire to another card's through a socket that keeps frames apart; no frame is lost between them."""
        cell("wire.joined").value = 1
        cell("wire.tap").value = fd
