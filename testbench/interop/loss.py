# SPDX-License-Identifier: Apache-2.0
"""No frame lost, doubled or changed in many: 64-byte frames through DPDK's io forwarding, on RTL and on the model."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from testbench.interop.card import card_device
from testbench.interop.cells import Cell, CellError
from testbench.interop.dpdk import driver
from testbench.interop.wire_end import SHORTEST, WireEnd, numbered, pair

FRAMES = {"rtl": 50_000, "model": 1_000_000}
REQUIRED = {"rtl": 3_000, "model": 15_000}  # frames a wall second
WINDOW = 128
SECONDS_A_FRAME = 1 / 200  # beyond which it is given up


@dataclass(frozen=True)
class Loss:
    """One run: every frame of these came back, once, unchanged, in order."""

    device: str
    ring: str
    frames: int
    seconds: float

    @property
    def rate(self) -> float:
        """Frames a wall second."""
        return self.frames / self.seconds


def run_loss(device: str, ring: str, count: int, seed: int) -> Loss:
    """Raises WireError at the first wrong frame, CellError when the card's counters tell something else."""
    cell = Cell("dpdk", device, ring, 1500, False)
    end, theirs = pair()
    with (
        tempfile.TemporaryDirectory(prefix="fi-") as name,
        end, theirs,
        card_device(cell, Path(name), theirs.fileno(), True) as card,
        driver(cell, card.path, Path(name)) as pmd,
    ):  # fmt: skip
        card.wait_running()
        flow = WireEnd(end, numbered(seed, count, SHORTEST), WINDOW)
        with pmd.forwarding("io"):
            seconds = flow.run(30 + count * SECONDS_A_FRAME)
        traffic = card.traffic()
        if (traffic.frames_out, traffic.frames_in) != (count, count) or traffic.details["drops"]:
            raise CellError(f"{count} frames, but the card counts {traffic}")
        card.check()
    return Loss(device, ring, count, seconds)
