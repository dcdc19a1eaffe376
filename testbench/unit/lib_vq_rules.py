# SPDX-License-Identifier: Apache-2.0
"""What a device may read and write of a ring, and when: checked access by access, one object a queue."""

from __future__ import annotations

import struct
from collections import deque
from dataclasses import dataclass, field
from typing import Any

from testbench.unit.lib_vq_driver import WRITE, RingDriver, SplitDriver
from testbench.unit.lib_vq_packed import AVAIL, DESC, ENABLE, USED, PackedDriver


class Rules:
    """``mark`` is where the used side has come to in memory, in the format's own counting."""

    driver: RingDriver
    ending = False  # stopped or broken: what a popped chain lacks is read in whole blocks

    def start(self, first: int) -> None:
        """The queue starts at ring index ``first``."""
        raise NotImplementedError

    def go_on(self) -> None:
        """It starts where its used side had come to, with the ring as it is."""
        raise NotImplementedError

    def lost(self) -> None:
        """The queue broke: what is missing of it does not matter any more."""

    def read(self, address: int, length: int) -> str:
        """Kind of a read: desc, table, event, or the format's own. Fails if it is not allowed."""
        d = self.driver
        for base, size in d.tables.items():
            if base <= address and address + length <= base + size:
                return "table"
        raise AssertionError(f"read outside the structures of the ring: {address:#x}+{length}")

    def answered(self, kind: str, address: int, data: bytes) -> None:
        """A read's answer is given."""

    def completed(self, ident: int, length: int, ndesc: int, more: bool) -> None:
        """The engine has taken a completion."""

    def write(self, address: int, data: bytes) -> tuple[str, Any]:
        """Kind of a write: element, index (it publishes) or arm, and a word for it. Fails if it is not allowed."""
        raise NotImplementedError

    def written(self, kind: str, word: Any) -> None:
        """A write's answer is given."""

    def index(self, mark: int) -> int:
        """A mark as registers have it."""
        raise NotImplementedError


class SplitRules(Rules):
    """A split ring: entries only up to the index that came back, the used index in whole frames."""

    def __init__(self, driver: SplitDriver) -> None:
        self.driver = driver

    def start(self, first: int) -> None:
        """Both indices begin at ``first``."""
        self.told = self.next = self.mark = first

    def go_on(self) -> None:
        """What was known to be available is forgotten."""
        self.told = self.next = self.mark

    def read(self, address: int, length: int) -> str:
        """As the avail ring and the descriptor table allow."""
        d, end = self.driver, address + length
        if d.desc <= address and end <= d.desc + 16 * d.size:
            assert (address - d.desc) % 16 == 0 and length % 16 == 0
            return "desc"
        if address == d.avail + 2 and length == 2:
            return "idx"
        if address == (d.used_event if d.event_idx else d.avail) and length == 2:
            return "event"
        if d.avail + 4 <= address and end <= d.avail + 4 + 2 * d.size:
            spot, count = (address - d.avail - 4) // 2, length // 2
            assert spot == self.next % d.size, "ring entries are read out of order"
            known = (self.told - self.next) & 0xFFFF
            assert count <= known, f"{count} entries read, {known} published by the index that came back"
            self.next = (self.next + count) & 0xFFFF
            return "ring"
        return super().read(address, length)

    def answered(self, kind: str, address: int, data: bytes) -> None:
        """The avail index tells what may be read."""
        if kind == "idx":
            self.told = int.from_bytes(data, "little")

    def write(self, address: int, data: bytes) -> tuple[str, Any]:
        """A used element, the used index or the avail event."""
        d, length = self.driver, len(data)
        if address == d.used + 2 and length == 2:
            return "index", int.from_bytes(data, "little")
        if address == d.avail_event and length == 2 and d.event_idx:
            return "arm", None
        spot = address - d.used - 4
        assert length == 8 and spot % 8 == 0 and 0 <= spot < 8 * d.size, (
            f"write outside the ring: {address:#x}+{length}"
        )
        return "element", None

    def index(self, mark: int) -> int:
        """The used index itself."""
        return mark


@dataclass
class Batch:
    """Used descriptors that one write of flags makes visible."""

    first: int
    wrote: bool
    end: int
    whole: bool
    unanswered: int = 0


@dataclass
class PackedRules(Rules):
    """A packed ring: descriptors only behind a look that found their chain available, a batch's first flags last."""

    driver: PackedDriver
    told: int = 0  # position up to which looks that were answered found descriptors available
    mark: int = 0
    put: int = 0  # position of the next used descriptor
    done: deque[tuple[int, int, int, int, bool]] = field(default_factory=deque)
    batches: deque[Batch] = field(default_factory=deque)

    def start(self, first: int) -> None:
        """Both sides begin at ``first``."""
        self.told = self.mark = self.put = self.driver.position(first)
        assert not self.done and not self.batches, "completions of the last run were not written"

    def go_on(self) -> None:
        """What was known to be available is forgotten."""
        assert not self.done and not self.batches, "completions of the last run were not written"
        assert self.put == self.mark
        self.told = self.mark

    def lost(self) -> None:
        """Completions that were not written, batches that were not published."""
        self.done.clear()
        self.batches.clear()

    def read(self, address: int, length: int) -> str:
        """A look (flags only), descriptors of chains known to be available, or the driver event suppression."""
        d, offset = self.driver, address - self.driver.desc
        if address == d.avail and length == 4:
            return "event"
        if not (offset >= 0 and offset + length <= 16 * d.size):
            return super().read(address, length)
        if offset % 16 == 8:
            assert (length + 8) % 16 == 0
            return "look"
        assert offset % 16 == 0 and length % 16 == 0
        for place in range(offset // 16, (offset + (16 if self.ending else length)) // 16):
            position = d.next_used + (place - d.next_used) % d.size
            assert d.begins.get(position, self.told) < self.told, (
                f"descriptor {place} is read before its chain was seen available"
            )
        return "desc"

    def answered(self, kind: str, address: int, data: bytes) -> None:
        """What continues the run of available descriptors is known; a chain is known with its first descriptor."""
        if kind != "look":
            return
        d = self.driver
        place = (address - d.desc) // 16
        position = self.known_end() - (self.known_end() - place) % d.size
        for at in range(6, len(data), 16):
            marks = int.from_bytes(data[at : at + 2], "little") & (AVAIL | USED)
            if position > self.known_end() or marks != d.marks(position):
                break
            position += 1
            self.told = max(self.told, position)

    def known_end(self) -> int:
        """Where the last chain ends whose first descriptor is known to be available."""
        position = self.told
        while self.driver.begins.get(position, self.told) < self.told:
            position += 1
        return position

    def completed(self, ident: int, length: int, ndesc: int, more: bool) -> None:
        """Its used descriptor is due."""
        self.done.append((ident, length, ndesc, self.put, more))
        self.put += ndesc
        self.told = max(self.told, self.put)

    def write(self, address: int, data: bytes) -> tuple[str, Any]:
        """A used descriptor, the flags of a batch's first one, or the device event suppression."""
        d, offset, length = self.driver, address - self.driver.desc, len(data)
        if address == d.used and length == 4:
            off_wrap, flags = struct.unpack("<HH", data)
            assert flags == (DESC if d.event_idx else ENABLE), f"device event flags {flags:#x}"
            assert off_wrap & 0x7FFF < d.size, f"event for descriptor {off_wrap & 0x7FFF} of {d.size}"
            return "arm", None
        assert 0 <= offset < 16 * d.size, f"write outside the ring: {address:#x}+{length}"
        if offset % 16 == 14 and length == 2:
            batch = self.batches.popleft()
            assert address == d.slot(batch.first) + 14, "not the first flags of the oldest batch"
            assert not batch.unanswered, "flags before what they publish"
            assert batch.whole, "a part of a frame is published"
            assert int.from_bytes(data, "little") == self.flags(batch.first, batch.wrote)
            return "index", batch.end
        ident, said, ndesc, position, more = self.done.popleft()
        assert address == d.slot(position) + 8, f"used descriptor at {offset // 16}, expected {position % d.size}"
        assert data[:6] == struct.pack("<IH", said, ident)
        if length == 6:
            self.batches.append(Batch(position, bool(said), position + ndesc, not more))
        else:
            assert length == 8 and self.batches, "a used descriptor becomes visible by itself"
            assert int.from_bytes(data[6:], "little") == self.flags(position, bool(said))
        batch = self.batches[-1]
        batch.end, batch.whole = position + ndesc, not more
        batch.unanswered += 1
        return "element", batch

    def flags(self, position: int, wrote: bool) -> int:
        """Of a used descriptor."""
        return (AVAIL | USED if self.driver.wrap(position) else 0) | (WRITE if wrote else 0)

    def written(self, kind: str, word: Any) -> None:
        """One element less to wait for."""
        if kind == "element":
            word.unanswered -= 1

    def index(self, mark: int) -> int:
        """Place and inverse wrap counter."""
        return self.driver.index(mark)
