# SPDX-License-Identifier: Apache-2.0
"""What the driver of the day has negotiated, for everybody who must know."""

from __future__ import annotations

from dataclasses import dataclass

from . import features as feature


@dataclass
class Negotiated:
    """``features`` as a bit vector: 0 before FEATURES_OK. ``test_mode``: see ``CardSettings.multi_pair_test``."""

    test_mode: bool = False
    features: int = 0

    def has(self, bit: int) -> bool:
        """Whether a feature is negotiated."""
        return feature.has(self.features, bit)

    @property
    def multi_pair(self) -> bool:
        """A virtqueue's index is its global number: the control queue stands behind all pairs of the card."""
        return self.test_mode or bool(self.features & feature.bits(feature.MULTIQUEUE))
