# SPDX-License-Identifier: Apache-2.0
"""The matrix: which cells there are, and what one of them says after it has run."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

DRIVERS = {
    "ours": "our driver in Python",
    "uml": "Linux in User-Mode-Linux",
    "dpdk": "DPDK virtio_user",
    "qemu": "Linux in QEMU (TCG)",
}
DEVICES = {"rtl": "our card, RTL", "model": "our card, model", "net_vhost": "DPDK net_vhost"}
RINGS = ("split", "packed")
MTUS = (1500, 9000)  # bytes
TSO = ("tso", "plain")
LINK = 14  # bytes of an Ethernet header


class CellError(Exception):
    """What a cell promises has not come true."""


class Impossible(Exception):
    """A cell cannot exist; the message says why."""


@dataclass(frozen=True)
class Cell:
    """One combination."""

    driver: str
    device: str
    ring: str
    mtu: int
    tso: bool

    @property
    def name(self) -> str:
        """Its words, each of which ``chosen`` understands."""
        return "-".join((self.driver, self.device, self.ring, str(self.mtu), "tso" if self.tso else "plain"))

    @property
    def packed(self) -> bool:
        """The ring format is packed."""
        return self.ring == "packed"

    @property
    def longest(self) -> int:
        """Bytes of the longest frame, without FCS."""
        return self.mtu + LINK


@dataclass(frozen=True)
class Amount:
    """How much goes through a cell, by its device."""

    frames: int  # numbered, each way
    super_frames: int
    file_bytes: int  # each way


@dataclass
class Traffic:
    """What a cell's driver and device tell after the traffic."""

    features: list[str] = field(default_factory=list)
    frames_out: int = 0  # from the driver to the wire
    frames_in: int = 0
    super_frames: int = 0
    taken: int | None = None  # from the driver, a super-frame being one
    came: int | None = None  # from the wire, what was dropped included; None: the device does not tell
    interrupts: int | None = None  # as the driver counts them; None: it polls
    details: dict[str, Any] = field(default_factory=dict)


@dataclass
class Outcome:
    """What became of a cell: ``state`` is "passed", "failed" or "impossible"; ``why`` is in words for the last two."""

    cell: Cell
    state: str
    why: str = ""
    traffic: Traffic = field(default_factory=Traffic)
    seconds: float = 0.0
    tenth: bool = False


FULL = {
    "rtl": Amount(frames=3_000, super_frames=60, file_bytes=2_000_000),
    "model": Amount(frames=10_000, super_frames=200, file_bytes=5_000_000),
    "net_vhost": Amount(frames=10_000, super_frames=200, file_bytes=5_000_000),
}


def amount(cell: Cell, tenth: bool) -> Amount:
    """What goes through it; a tenth of that for those in a hurry."""
    full = FULL[cell.device]
    if not tenth:
        return full
    return Amount(full.frames // 10, max(full.super_frames // 10, 8), full.file_bytes // 10)


def all_cells() -> list[Cell]:
    """Every combination; those of one driver and device side by side."""
    return [
        Cell(driver, device, ring, mtu, tso == "tso")
        for driver, device, ring, mtu, tso in itertools.product(DRIVERS, DEVICES, RINGS, MTUS, TSO)
    ]


def chosen(words: Sequence[str]) -> list[Cell]:
    """The cells whose names have all these words, as in ``dpdk rtl packed``. Raises ValueError for a word of none."""
    known = {*DRIVERS, *DEVICES, *RINGS, *map(str, MTUS), *TSO}
    parts = [part for word in words for part in word.replace(",", "-").split("-")]
    if unknown := [part for part in parts if part not in known]:
        raise ValueError(f"--only {unknown[0]}: no cell has this word; there are {', '.join(sorted(known))}")
    return [cell for cell in all_cells() if all(part in cell.name.split("-") for part in parts)]
