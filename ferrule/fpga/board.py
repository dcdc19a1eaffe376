# SPDX-License-Identifier: Apache-2.0
"""What is known of a board."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from ferrule.fpga.parts import PARTS, Part


@dataclass(frozen=True)
class Pin:
    """The places of a port, bit 0 first, and its settings as LPF's IOBUF has them."""

    sites: tuple[str, ...]
    settings: Mapping[str, str]


@dataclass(frozen=True)
class Board:
    """What ``board.toml`` says."""

    name: str
    folder: Path
    title: str
    top: str
    sources: tuple[Path, ...]
    parameters: Mapping[str, int]
    synthesis: str
    """Further options of Yosys' synth_ecp5."""
    order: str
    device: str
    package: str
    speed: int
    clocks: Mapping[str, float]
    """MHz of ports and wires of the top."""
    pins: Mapping[str, Pin]
    loader: tuple[str, ...]
    """What tells openFPGALoader how to reach the board."""

    @property
    def part(self) -> Part:
        """What is in the device."""
        return PARTS[self.device]
