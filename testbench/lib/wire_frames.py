# SPDX-License-Identifier: Apache-2.0
"""Frames of the wire as data: flags, tap points, captures, batches, capture files; needs no simulator."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy

# flags of a frame (testbench/dpi/wire.h); bits 15:8 of a lost one say why
BAD_FCS, ERROR_CHAR, LOST, DUPLICATE, REORDERED, RUNT, BAD_PREAMBLE = 1, 2, 4, 8, 16, 32, 64
LOST_WHY = {1: "loss", 2: "corrupted", 3: "link down", 4: "bad FCS"}
FROM_CARD, TO_CARD, AT_PEER = 0, 1, 2
POINTS = {FROM_CARD: "tx", TO_CARD: "rx", AT_PEER: "peer"}
RECORD = numpy.dtype([("at_ps", "<i8"), ("offset", "<i8"), ("length", "<u4"), ("flags", "<u4")])
LONGEST = 65535
SIZE_ERROR = "a batch needs one offset and one length of 1 to 65,535 for each frame"


@dataclass
class Captured:
    """Frames of one tap point: a record each (at_ps, offset, length, flags), and their bytes one after another."""

    records: numpy.ndarray
    data: bytes

    def __len__(self) -> int:
        return len(self.records)

    def frame(self, index: int) -> bytes:
        """Bytes of a frame."""
        row = self.records[index]
        return self.data[row["offset"] : row["offset"] + row["length"]]

    def why_lost(self, index: int) -> str | None:
        """Why the frame never arrived, None if it did."""
        flags = int(self.records[index]["flags"])
        return LOST_WHY.get(flags >> 8 & 255, "lost") if flags & LOST else None


@dataclass
class Batch:
    """Checked arguments of ``send_batch``: bytes, int64 offsets and lengths; int64 times and uint32 flags, or None."""

    data: numpy.ndarray
    offsets: numpy.ndarray
    lengths: numpy.ndarray
    times_ps: numpy.ndarray | None
    flags: numpy.ndarray | None


def batch(frames: Sequence[bytes]) -> tuple[numpy.ndarray, numpy.ndarray, numpy.ndarray]:
    """Frames as one buffer with offsets and lengths."""
    lengths = numpy.array([len(frame) for frame in frames], numpy.int64)
    return numpy.frombuffer(b"".join(frames), numpy.uint8), numpy.cumsum(lengths) - lengths, lengths


def checked_batch(
    data: numpy.ndarray, offsets: numpy.ndarray, lengths: numpy.ndarray,
    times_ns: numpy.ndarray | None, flags: numpy.ndarray | None,
) -> Batch:  # fmt: skip
    """Arguments of ``send_batch`` in the types of ``Batch``; ValueError unless every frame is whole and complete."""
    data = numpy.ascontiguousarray(data, numpy.uint8)
    offsets, lengths = numpy.ascontiguousarray(offsets, numpy.int64), numpy.ascontiguousarray(lengths, numpy.int64)
    if len(offsets) != len(lengths) or (len(lengths) and (lengths.min() < 1 or lengths.max() > LONGEST)):
        raise ValueError(SIZE_ERROR)
    if len(lengths) and (offsets.min() < 0 or (offsets + lengths).max() > len(data)):
        raise ValueError("a frame of the batch lies outside its buffer")
    times = None if times_ns is None else numpy.ascontiguousarray(numpy.asarray(times_ns) * 1000, numpy.int64)
    marks = None if flags is None else numpy.ascontiguousarray(flags, numpy.uint32)
    if any(array is not None and len(array) != len(lengths) for array in (times, marks)):
        raise ValueError("the times and the flags of a batch need one entry for each frame")
    return Batch(data, offsets, lengths, times, marks)


def read_pcap(path: str | Path) -> tuple[list[bytes], list[int]]:
    """Frames of a pcap or pcapng file and their times in ns, the first at 0."""
    from scapy.utils import RawPcapNgReader, RawPcapReader

    frames, times = [], []
    with RawPcapReader(str(path)) as reader:
        for data, meta in reader:
            if isinstance(reader, RawPcapNgReader):
                stamp: Any = meta  # scapy declares only the fields of classic captures
                time = ((stamp.tshigh << 32) + stamp.tslow) * 1_000_000_000 // stamp.tsresol
            else:
                time = meta.sec * 1_000_000_000 + meta.usec * (1 if reader.nano else 1000)
            frames.append(bytes(data))
            times.append(time)
    return frames, [time - times[0] for time in times]
