# SPDX-License-Identifier: Apache-2.0
"""One vhost-user message: its payload with the length checked, its descriptors closed unless somebody takes them."""

from __future__ import annotations

import os
import struct
from collections.abc import Sequence
from typing import Any

from ..errors import FirmwareError
from .protocol import F_NEED_REPLY, F_REPLY, HEADER, U64, VERSION, Request


class VhostError(FirmwareError):
    """The front end broke the protocol, or asked for what this card has not; the connection ends."""


class Message:
    """A request with its payload and the descriptors that came with it."""

    def __init__(self, request: int, flags: int, payload: bytes = b"", fds: Sequence[int] = ()) -> None:
        self.request, self.flags, self.payload, self.fds = request, flags, payload, list(fds)

    @property
    def name(self) -> str:
        """The request's name in the protocol."""
        try:
            return Request(self.request).name
        except ValueError:
            return f"request {self.request}"

    @property
    def needs_reply(self) -> bool:
        """The front end asks for an acknowledgement."""
        return bool(self.flags & F_NEED_REPLY)

    def fields(self, layout: struct.Struct, more: bool = False) -> tuple[Any, ...]:
        """The payload as ``layout``; ``more``: further bytes may follow. Raises VhostError."""
        if len(self.payload) < layout.size or (not more and len(self.payload) != layout.size):
            raise VhostError(f"{self.name}: {len(self.payload)} bytes of payload, {layout.size} expected")
        return layout.unpack_from(self.payload)

    def u64(self) -> int:
        """The payload as one number."""
        return self.fields(U64)[0]

    def take_fds(self, count: int) -> list[int]:
        """Exactly so many descriptors, which from here on are the caller's to close. Raises VhostError."""
        if len(self.fds) != count:
            raise VhostError(f"{self.name}: {len(self.fds)} descriptors, {count} expected")
        taken, self.fds = self.fds, []
        return taken

    def close(self) -> None:
        """Close the descriptors nobody took."""
        while self.fds:
            os.close(self.fds.pop())


def encode(request: int, payload: bytes, flags: int = 0) -> bytes:
    """A message as it goes out."""
    return HEADER.pack(request, VERSION | flags, len(payload)) + payload


def reply(message: Message, payload: bytes) -> bytes:
    """The answer to a message."""
    return encode(message.request, payload, F_REPLY)
