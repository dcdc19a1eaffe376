# SPDX-License-Identifier: Apache-2.0
"""One ring's part of the inflight region as a piece of a file, which its front end may write and cut as it likes."""

from __future__ import annotations

import os
import struct

from .message import VhostError

VERSION, VERSION_AT = 1, 8
COMMON = struct.Struct("<QHH")  # features, version, desc_num
INFLIGHT = struct.Struct("<B")  # the first field of an entry


class Part:
    """Read and written by system calls: what is not there is an error and no signal."""

    def __init__(self, fd: int, offset: int, length: int, entries: int, ring: int) -> None:
        self.fd, self.offset, self.entries = fd, offset, entries
        self._length, self._ring = length, ring

    def error(self, what: str) -> VhostError:
        """What is wrong with it."""
        return VhostError(f"ring {self._ring}: inflight region: {what}")

    def read(self) -> bytes:
        """All of it. Raises VhostError."""
        try:
            data = os.pread(self.fd, self._length, self.offset)
        except OSError as error:
            raise self.error(f"it cannot be read: {error.strerror}") from error
        if len(data) != self._length:
            raise self.error(f"its file has been cut short: {len(data)} bytes of {self._length}")
        return data

    def write(self, at: int, data: bytes) -> None:
        """Some of it, at once where that is a word. Raises VhostError."""
        try:
            os.pwrite(self.fd, data, self.offset + at)
        except OSError as error:
            raise self.error(f"it cannot be written: {error.strerror}") from error

    def in_use(self) -> bool:
        """A back end has written there. Raises VhostError: not as this one would."""
        features, version, entries = COMMON.unpack_from(self.read())
        if not version:
            return False
        if (features, version, entries) != (0, VERSION, self.entries):
            raise self.error(
                f"features {features:#x}, version {version} and {entries} entries, not 0, {VERSION} and {self.entries}"
            )
        return True

    def forget(self) -> None:
        """What is there means nothing any more. Raises VhostError."""
        self.write(VERSION_AT, bytes(2))
