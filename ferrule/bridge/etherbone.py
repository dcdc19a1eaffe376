# SPDX-License-Identifier: Apache-2.0
"""A client of Etherbone over UDP (CERN OHWR Etherbone 1.0, 32 bits): words of a board's bus through its second port.

A datagram may be lost, so each carries a tag behind the packet header, where others have four bytes of padding: the
board answers each, and does not carry out again what comes again with the same tag, unless it was asked for something
else in between (ARP, say). ``read_clearing`` is for what must not get lost then.
"""

from __future__ import annotations

import errno
import random
import socket
import struct
import time
from collections.abc import Iterable, Sequence

from ferrule.bridge.bone import Bone
from ferrule.bridge.errors import BridgeClosed, BridgeError, BridgeTimeout

MAGIC, VERSION, SIZES, PORT = 0x4E6F, 0x10, 0x44, 1234
ALL_BYTES = 0xF
HEADER = struct.Struct(">HBBI")  # magic, version and flags, sizes, tag
RECORD = struct.Struct(">BBBBI")  # flags, byte enables, writes, reads, base address
MOST_WORDS = 255  # in a record
ROOM = 1500 - 28 - HEADER.size  # bytes of records in a datagram
# the network's word that nobody is there: of an earlier datagram, and a board that starts is not there yet
NOBODY = (errno.ECONNREFUSED, errno.EHOSTUNREACH)
LEAST_WAIT_S = 0.02  # until a request is sent again


class Etherbone(Bone):
    """The same accesses as ``Uartbone`` has, and none of them is posted: an answer says that a write is done."""

    def __init__(self, address: str, port: int = PORT, limit_s: float = 2.0) -> None:
        """``address`` of the board. ``limit_s``: for an answer, all repeats of a request included."""
        self.where, self.hint = f"{address}:{port}", "check its address, the cable and the bitstream"
        self.limit_s = limit_s
        self.messages = self.repeats = self.noise = 0
        self._wait = LEAST_WAIT_S
        self._tag = random.getrandbits(32)  # another client's last tag is not this one's first
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        try:
            self._socket.connect((address, port))
        except (OSError, UnicodeError) as error:  # a name may have letters that no name has
            self._socket.close()
            reason = getattr(error, "strerror", None) or error
            raise BridgeError(f"{self.where} is no address to talk to: {reason}") from error

    def read(self, address: int, count: int = 1) -> list[int]:
        """``count`` words from a byte address on."""
        words: list[int] = []
        while len(words) < count:
            part = min(count - len(words), MOST_WORDS)
            words += self._ask(_reading(address + 4 * len(words), part), part)[0]
        return words

    def read_clearing(self, address: int, count: int) -> tuple[list[int], bool]:
        """The same, where a read clears what it reads: the bits of every answer to a request that was sent again.

        False: not all have come, so bits may be missing.
        """
        words, missing = self._ask(_reading(address, count), count)
        found, end = list(words), time.monotonic() + self._wait
        while missing and (left := end - time.monotonic()) > 0:
            more = self._words(self._receive(left), count)
            if more is not None:
                found = [one | other for one, other in zip(found, more, strict=True)]
                missing -= 1
        return found, not missing

    def write_all(self, parts: Iterable[tuple[int, Sequence[int]]]) -> None:
        """Words at several places, in this order; short ones share a datagram."""
        records = b""
        for address, words in parts:
            for at in range(0, len(words), MOST_WORDS):
                part = words[at : at + MOST_WORDS]
                record = RECORD.pack(0, ALL_BYTES, len(part), 0, address + 4 * at)
                record += struct.pack(f">{len(part)}I", *part)
                if len(records) + len(record) > ROOM:
                    self._ask(records, 0)
                    records = b""
                records += record
        if records:
            self._ask(records, 0)

    def write_fixed(self, address: int, words: Sequence[int]) -> None:
        """Words into one place, one after another."""
        self.write_all([(address, (word,)) for word in words])

    def _ask(self, records: bytes, count: int) -> tuple[tuple[int, ...], int]:
        """Carry out ``records``; the ``count`` words that come back, and how many answers more there may be.

        How long to wait follows from what answers took; one to a request that was sent twice says nothing about that.
        """
        self._tag = self._tag % 0xFFFFFFFF + 1
        request = HEADER.pack(MAGIC, VERSION, SIZES, self._tag) + records
        begin, wait, repeats = time.monotonic(), self._wait, 0
        end = begin + self.limit_s
        self.messages += 1
        while True:
            self._send(request)
            again = min(time.monotonic() + wait, end)
            while (left := again - time.monotonic()) > 0:
                words = self._words(self._receive(left), count)
                if words is not None:
                    took = time.monotonic() - begin
                    self._wait = wait if repeats else min(max(2 * took, 0.9 * wait, LEAST_WAIT_S), self.limit_s / 4)
                    return words, repeats
            if time.monotonic() >= end:
                raise BridgeTimeout(f"{self.where}: no answer within {self.limit_s:g} s; {self.hint}")
            wait = min(2 * wait, self.limit_s / 4)
            repeats += 1
            self.repeats += 1

    def _words(self, answer: bytes | None, count: int) -> tuple[int, ...] | None:
        """What a datagram holds; None: it is not the answer to the request with this tag, or there is none."""
        if answer is None:
            return None
        size = HEADER.size + (RECORD.size + 4 * count if count else 0)
        if len(answer) == size and HEADER.unpack_from(answer) == (MAGIC, VERSION, SIZES, self._tag):
            if not count:
                return ()
            if RECORD.unpack_from(answer, HEADER.size)[2:4] == (count, 0):
                return struct.unpack_from(f">{count}I", answer, HEADER.size + RECORD.size)
        self.noise += 1
        return None

    def _send(self, request: bytes) -> None:
        try:
            self._socket.send(request)
        except OSError as error:
            if error.errno in NOBODY:
                return
            raise BridgeClosed(f"{self.where}: cannot be sent to ({error.strerror or error})") from error

    def _receive(self, limit_s: float) -> bytes | None:
        self._socket.settimeout(limit_s)
        try:
            return self._socket.recv(2048)
        except TimeoutError:
            return None
        except OSError as error:
            if error.errno in NOBODY:
                return None
            raise BridgeClosed(f"{self.where}: the socket is gone ({error.strerror or error})") from error

    def reaches(self, address: int, value: int) -> bool:
        """Whether a word reads as it must."""
        try:
            return self.read32(address) == value
        except BridgeTimeout:
            return False

    def close(self) -> None:
        """Give the socket back."""
        self._socket.close()


def _reading(address: int, count: int) -> bytes:
    """A record that asks for ``count`` words."""
    return RECORD.pack(0, ALL_BYTES, 0, count, 0) + struct.pack(f">{count}I", *range(address, address + 4 * count, 4))
