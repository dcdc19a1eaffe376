# SPDX-License-Identifier: Apache-2.0
"""Bytes carried both ways over frames that may be lost: go-back-N with cumulative acknowledgements and a CRC-32."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable

TYPE = b"\x88\xb6"  # IEEE 802: second experimental Ethernet type
HEADER = struct.Struct(">IIIHI")  # number of the frame, sequence number, acknowledged up to, payload bytes, CRC
ETHERNET = 14


class Endpoint:
    """One end: what it has to send, and what has come from the other. ``send`` returns False when there is no room."""

    def __init__(
        self, addresses: Callable[[], bytes], send: Callable[[bytes], bool], data: bytes, size: int, window: int,
        patience_ns: int,
    ) -> None:  # fmt: skip
        """``addresses``: destination and source. ``window`` frames of ``size`` bytes may be unacknowledged."""
        self._addresses, self._send, self.data, self._size = addresses, send, data, size
        self._window, self._patience = window * size, patience_ns
        self._number = 0
        self._base = self._next = self._top = 0
        self._deadline = 0
        self._owes = False
        self.received = bytearray()
        self.resent = self.refused = self.repeated = 0

    def finish(self) -> None:
        """Send nothing that has not been sent before."""
        self.data = self.data[: self._top]

    @property
    def done(self) -> bool:
        """Everything it has sent is acknowledged."""
        return self._base == len(self.data)

    def take(self, frame: bytes, now_ns: int) -> None:
        """A frame of this type has come."""
        if len(frame) < ETHERNET + HEADER.size:
            self.refused += 1
            return
        number, sequence, acknowledged, length, crc = HEADER.unpack_from(frame, ETHERNET)
        payload = frame[ETHERNET + HEADER.size :][:length]
        if crc != self._crc(number, sequence, acknowledged, length, payload):
            self.refused += 1
            return
        if self._base < acknowledged <= len(self.data):
            self._base = acknowledged
            self._next = max(self._next, acknowledged)
            self._deadline = now_ns + self._patience
        if length:
            self._owes = True
            if sequence == len(self.received):
                self.received += payload
            else:
                self.repeated += 1

    def pump(self, now_ns: int) -> None:
        """Send what may be sent: again from the first unacknowledged byte when that has taken too long."""
        if self._next > self._base and now_ns >= self._deadline:
            self.resent += 1
            self._next = self._base
        while self._next < min(self._base + self._window, len(self.data)):
            payload = self.data[self._next : self._next + self._size]
            if not self._out(payload):
                return
            if self._next == self._base:
                self._deadline = now_ns + self._patience
            self._next += len(payload)
            self._top = max(self._top, self._next)
        if self._owes:
            self._out(b"")

    @staticmethod
    def _crc(number: int, sequence: int, acknowledged: int, length: int, payload: bytes) -> int:
        return zlib.crc32(payload, zlib.crc32(struct.pack(">IIIH", number, sequence, acknowledged, length)))

    def _out(self, payload: bytes) -> bool:
        # the number makes every frame unlike all others, one that is sent again too
        self._number += 1
        fields = (self._number, self._next, len(self.received), len(payload))
        header = HEADER.pack(*fields, self._crc(*fields, payload))
        if not self._send((self._addresses() + TYPE + header + payload).ljust(60, b"\0")):
            return False
        self._owes = False
        return True
