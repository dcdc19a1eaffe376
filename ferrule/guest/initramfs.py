# SPDX-License-Identifier: Apache-2.0
"""The root of a QEMU guest: an archive of programs of the host with the libraries they need (cpio, format "newc")."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from collections.abc import Iterable
from pathlib import Path, PurePosixPath

from ferrule.guest.errors import GuestError

LDD_LIMIT_S = 20.0
LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x[0-9a-f]+\)$")
TRAILER = "TRAILER!!!"


def libraries(program: Path) -> list[Path]:
    """Shared libraries a program is started with, the loader included; none if it is static or a script."""
    told = subprocess.run(["ldd", str(program)], capture_output=True, text=True, timeout=LDD_LIMIT_S).stdout
    missing = [line.strip() for line in told.splitlines() if line.endswith("not found")]
    if missing:
        raise GuestError(f"{program} lacks a library: {missing[0]}")
    return [Path(match[1]) for line in told.splitlines() if (match := LIBRARY.search(line))]


class Archive:
    """Collects entries; ``write`` makes the file. The same entries give the same bytes."""

    def __init__(self) -> None:
        self._entries: dict[PurePosixPath, tuple[int, bytes]] = {}

    def folder(self, path: str | PurePosixPath) -> None:
        """A folder, with those above it; one that is a symbolic link on the host is one here, too."""
        path = PurePosixPath(path)
        if path == path.parent:
            return
        place = self._place(path)
        if place in self._entries:
            return
        if Path(place).is_symlink():
            target = os.readlink(place)
            self._entries[place] = (stat.S_IFLNK | 0o777, target.encode())
            self.folder(os.path.normpath(place.parent / target))
        else:
            self._entries[place] = (stat.S_IFDIR | 0o755, b"")

    def _place(self, path: PurePosixPath) -> PurePosixPath:
        """Where it is when the links above it are followed: the kernel needs a link's target before what is in it."""
        self.folder(path.parent)
        return PurePosixPath(os.path.realpath(path.parent)) / path.name

    def data(self, path: str, content: bytes, mode: int = 0o644) -> None:
        """A file with this content."""
        self._entries[self._place(PurePosixPath(path))] = (stat.S_IFREG | mode, content)

    def link(self, path: str, target: str) -> None:
        """A symbolic link."""
        self._entries[self._place(PurePosixPath(path))] = (stat.S_IFLNK | 0o777, target.encode())

    def host_file(self, path: Path) -> None:
        """A file of the host at its place; where that is a symbolic link, the file it leads to takes the place."""
        self.data(str(path), path.read_bytes(), stat.S_IMODE(path.stat().st_mode))

    def programs(self, paths: Iterable[Path]) -> None:
        """Programs of the host at their places, with their libraries."""
        for program in paths:
            for path in (program, *libraries(program)):
                self.host_file(path)

    def write(self, file: Path) -> None:
        """Write the archive."""
        with file.open("wb") as out:
            for number, (path, (mode, content)) in enumerate(sorted(self._entries.items()), 1):
                out.write(_record(number, str(path).lstrip("/"), mode, content))
            out.write(_record(0, TRAILER, 0, b""))


def _record(number: int, name: str, mode: int, content: bytes) -> bytes:
    """One entry: magic and 13 fields of 8 hexadecimal digits, name and content, each padded to 4 bytes."""
    links, owner, group, time, device = 1, 0, 0, 0, (0, 0, 0, 0)
    encoded = name.encode() + b"\0"
    fields = (number, mode, owner, group, links, time, len(content), *device, len(encoded), 0)
    head = b"070701" + b"".join(b"%08x" % field for field in fields) + encoded
    return head + bytes(-len(head) % 4) + content + bytes(-len(content) % 4)
