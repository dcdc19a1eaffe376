# SPDX-License-Identifier: Apache-2.0
"""The command of VIRTIO_NET_CTRL_GUEST_OFFLOADS: receive offloads on and off while live (virtio 1.2, 5.1.6.5.8)."""

from __future__ import annotations

from .. import features as feature
from .. import regs
from ..bus import ManagementBus
from ..negotiated import Negotiated
from .command import Command, Table

CLASS_GUEST_OFFLOADS = 5


class OffloadCommands:
    """Of those that were negotiated."""

    def __init__(self, bus: ManagementBus, negotiated: Negotiated) -> None:
        self._bus, self._negotiated = bus, negotiated

    def table(self) -> Table:
        """Every command of the class."""
        return {(CLASS_GUEST_OFFLOADS, 0): Command(feature.CTRL_GUEST_OFFLOADS, self._set)}

    async def _set(self, data: bytes) -> bytes | None:
        features = self._negotiated.features
        wanted, possible = int.from_bytes(data, "little"), features & feature.bits(feature.GUEST_OFFLOADS)
        if len(data) != 8 or wanted & ~possible:
            return None
        self._bus.write32(regs.ACTIVE_FEATURES_LO, (features & ~possible | wanted) & 0xFFFF_FFFF)
        return b""
