# SPDX-License-Identifier: Apache-2.0
"""A device of the matrix that is our card, and what any device of it offers to a driver's cell."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

from ferrule.vhost.process import VhostCard
from ferrule.vhost.settings import VhostSettings
from testbench.interop.cells import Cell, CellError, Traffic

READY_S = 20.0


class Device(Protocol):
    """A vhost-user socket for a driver, and a wire."""

    path: Path
    segments: bool
    """It cuts super-frames to the wire's size; otherwise they leave it whole."""

    def traffic(self) -> Traffic:
        """What it has counted and negotiated so far."""

    def wait_running(self) -> None:
        """Until the driver's rings work."""

    def check(self) -> None:
        """Raise what ended it, if it has ended."""


class CardDevice:
    """RTL or model behind its socket; frames from and to ``wire_fd``."""

    segments = True

    def __init__(self, card: VhostCard) -> None:
        self._card, self.path = card, card.path

    @property
    def pid(self) -> int:
        """The card's process."""
        return int(self._card.record()["pid"])

    def traffic(self) -> Traffic:
        """From the card's counters."""
        record = self._card.record()
        counters = record["counters"]
        drops = {name: value for name, value in counters.items() if value and ("drop" in name or "err" in name)}
        return Traffic(
            features=record["features"], frames_out=counters["tx_frames"], frames_in=counters["rx_frames"],
            super_frames=counters["tx_super_frames"], interrupts=counters["irq_messages"],
            taken=counters["tx_frames"] - counters["tx_segments"] + counters["tx_super_frames"],
            came=counters["rx_wire_frames"],
            details={
                "protocol_features": record["protocol_features"], "irq_messages": counters["irq_messages"],
                "kicks": counters["vq_kicks"], "segments": counters["tx_segments"], "drops": drops,
                "sim_ns": record["sim_ns"],
            },
        )  # fmt: skip

    def wait_running(self, pairs: int = 1) -> None:
        """Both rings of so many pairs run."""

        def running(record: dict) -> bool:
            return sum(ring["enabled"] and ring["running"] for ring in record["rings"]) >= 2 * pairs

        self._card.wait_for(running, "the driver's rings run", READY_S)

    def check(self) -> None:
        """The card is alive, and no front end was thrown out."""
        self._card.check()
        if errors := self._card.record()["errors"]:
            raise CellError(f"the card has ended {errors} connections for errors of the protocol")


def withheld(cell: Cell) -> tuple[str, ...]:
    """Features that the card does not offer."""
    if not cell.packed:
        return ("RING_PACKED",)
    # DPDK's indirect tables for packed rings say that the device writes the header of a frame to be sent
    return ("INDIRECT_DESC",) if cell.driver == "dpdk" else ()


@contextlib.contextmanager
def card_device(cell: Cell, folder: Path, wire_fd: int, joined: bool, pairs: int = 1) -> Iterator[CardDevice]:
    """The card of a cell, switched on."""
    settings = VhostSettings(device=cell.device, mtu=cell.mtu, pairs=pairs, without=withheld(cell))
    run_dir = folder / "card"
    run_dir.mkdir(parents=True, exist_ok=True)
    with VhostCard(folder / "device", settings, run_dir, wire_fd, joined) as card:
        yield CardDevice(card)
