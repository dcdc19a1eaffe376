# SPDX-License-Identifier: Apache-2.0
"""A board with a card on it, found on a serial line or a network: what it is, and its registers."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TypeVar

from ferrule.bridge import regs
from ferrule.bridge.bone import Bone
from ferrule.bridge.errors import BridgeError, NotABoard
from ferrule.bridge.etherbone import PORT, Etherbone
from ferrule.bridge.line import SerialLine
from ferrule.bridge.uartbone import Uartbone

LEAST_RAM, MOST_RAM = 16384, 262144
LINE_BYTES = 256  # of a bit in DIRTY
UDP = "udp:"
MAJOR = regs.VERSION_VALUE >> regs.VERSION_MAJOR_SHIFT

Result = TypeVar("Result")


class Board:
    """One way to it, shared by host and management bus; accesses follow one another, from whatever thread."""

    def __init__(self, bone: Bone) -> None:
        """Raises NotABoard when something else answers."""
        self.bone = bone
        self._lock = threading.RLock()
        path = bone.where
        if not bone.reaches(regs.ID, regs.ID_VALUE):
            raise NotABoard(f"{path}: no board answers; {bone.hint}")
        _, version, base, size = bone.read(regs.ID, 4)
        major = version >> regs.VERSION_MAJOR_SHIFT
        if major != MAJOR:
            raise NotABoard(
                f"{path}: the board's registers are version {major}, this is for {MAJOR}: load its bitstream"
            )
        if size & (size - 1) or not LEAST_RAM <= size <= MOST_RAM or base % size or base < 2 * regs.HOST_WINDOW:
            raise NotABoard(f"{path}: {size} bytes of host memory at {base:#x} cannot be")
        self.memory_base, self.memory_size = base, size

    def locked(self, action: Callable[[Bone], Result]) -> Result:
        """Run ``action`` with the way to itself."""
        with self._lock:
            return action(self.bone)

    def read32(self, address: int) -> int:
        """A word of the board's bus."""
        with self._lock:
            return self.bone.read32(address)

    def write32(self, address: int, value: int) -> None:
        """The same, written; posted."""
        with self._lock:
            self.bone.write32(address, value & 0xFFFF_FFFF)

    def hold_phy(self, in_reset: bool) -> None:
        """Hold the PHY in reset, or let it run."""
        self.write32(regs.PHY, regs.PHY_RESET if in_reset else 0)

    def close(self) -> None:
        """Give the way back; the card goes on."""
        self.bone.close()

    def __enter__(self) -> Board:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def open_board(place: str, baud: int = 115200, limit_s: float = 2.0, quiet_s: float = 0.3) -> Board:
    """The board at ``place``: the path of a serial port, or ``udp:ADDRESS[:PORT]`` of its Etherbone port.

    Raises BridgeError with what is wrong and what to do.
    """
    bone: Bone
    if place.startswith(UDP):
        address, _, port = place.removeprefix(UDP).partition(":")
        if not address or not (port or str(PORT)).isdecimal() or not 0 < int(port or PORT) < 65536:
            raise BridgeError(f"{place} is no place of a board: write udp:ADDRESS or udp:ADDRESS:PORT")
        bone = Etherbone(address, int(port or PORT), limit_s)
    else:
        bone = Uartbone(SerialLine(place, baud), limit_s, quiet_s)
    try:
        return Board(bone)
    except BaseException:
        bone.close()
        raise
