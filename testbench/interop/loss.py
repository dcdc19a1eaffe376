# SPDX-License-Identifier: Apache-2.0
"""No frame lost, doubled or changed in many: 64-byte frames through DPDK's io forwarding, on RTL and on the model."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from testbench.interop.card import card_device
from testbench.interop.cells import Cell, CellError
from testbench.interop.dpdk import driver
from testbench.interop.wire_end import SHORTEST, WireEnd, numbered, pair

FRAMES = {"rtl": 50_000, "model": 1_000_000}
REQUIRED = {"rtl": 3_000, "model": 15_000}  # frames a wall second
WINDOW = 192  # of 256 buffers of the receive ring
SECONDS_A_FRAME = 1 / 200  # beyond which it is given up


@dataclass(frozen=True)
class Loss:
    """One run: every frame of these came back, once, unchanged, in order."""

    device: str
    ring: str
    frames: int
    seconds: float
    card_us: float
    """Processor time of the card's process for one frame: unlike wall time it hardly depends on what else runs."""

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
        before = processor_s(card.pid)
        with pmd.forwarding("io"):
            seconds = flow.run(30 + count * SECONDS_A_FRAME)
        used = processor_s(card.pid) - before
        traffic = card.traffic()
        if (traffic.frames_out, traffic.frames_in) != (count, count) or traffic.details["drops"]:
            raise CellError(f"{count} frames, but the card counts {traffic}")
        card.check()
    return Loss(device, ring, count, seconds, 1e6 * used / count)


def processor_s(pid: int) -> float:
    """Seconds of processor time that a process has used (proc(5): utime and stime)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
