# SPDX-License-Identifier: Apache-2.0
"""The parts that nextpnr-ecp5 knows, and what is in them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Part:
    """A device: ``option`` is nextpnr's name for it, the rest is how many of each cell it has."""

    option: str
    lut4: int
    block_rams: int
    multipliers: int

    @property
    def flip_flops(self) -> int:
        """One beside every LUT."""
        return self.lut4


SIZES = {
    "12F": ("12k", 24288, 56, 28),
    "25F": ("25k", 24288, 56, 28),
    "45F": ("45k", 43848, 108, 72),
    "85F": ("85k", 83640, 208, 156),
}
FAMILIES = {"LFE5U": "", "LFE5UM": "um-", "LFE5UM5G": "um5g-"}
PARTS = {
    f"{family}-{size}": Part(f"--{prefix}{option}", *counts)
    for family, prefix in FAMILIES.items()
    for size, (option, *counts) in SIZES.items()
    if size != "12F" or family == "LFE5U"
}
