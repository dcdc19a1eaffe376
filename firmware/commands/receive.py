# SPDX-License-Identifier: Apache-2.0
"""Commands about what the driver wants to receive: modes, addresses, VLANs (virtio 1.2, 5.1.6.5.1 to 5.1.6.5.3)."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from .. import features as feature
from .. import regs
from ..filter import ReceiveFilter
from ..vlan import VLAN_IDS, VlanFilter
from .command import Command, Table

CLASS_RX, CLASS_MAC, CLASS_VLAN = 0, 1, 2
MODES = (
    (regs.RX_MODE_PROMISC, feature.CTRL_RX),
    (regs.RX_MODE_ALLMULTI, feature.CTRL_RX),
    (regs.RX_MODE_ALLUNI, feature.CTRL_RX_EXTRA),
    (regs.RX_MODE_NOMULTI, feature.CTRL_RX_EXTRA),
    (regs.RX_MODE_NOUNI, feature.CTRL_RX_EXTRA),
    (regs.RX_MODE_NOBCAST, feature.CTRL_RX_EXTRA),
)


class ReceiveCommands:
    """``set_mac`` changes the card's own address."""

    def __init__(self, filters: ReceiveFilter, vlans: VlanFilter, set_mac: Callable[[bytes], None]) -> None:
        self._filter, self._vlans, self._set_mac = filters, vlans, set_mac

    def table(self) -> Table:
        """Every command of these classes."""
        modes = {
            (CLASS_RX, command): Command(needed, partial(self._mode, bit))
            for command, (bit, needed) in enumerate(MODES)
        }
        return {
            **modes,
            (CLASS_MAC, 0): Command(feature.CTRL_RX, self._addresses),
            (CLASS_MAC, 1): Command(feature.CTRL_MAC_ADDR, self._own_address),
            (CLASS_VLAN, 0): Command(feature.CTRL_VLAN, partial(self._vlan, True)),
            (CLASS_VLAN, 1): Command(feature.CTRL_VLAN, partial(self._vlan, False)),
        }

    async def _mode(self, bit: int, data: bytes) -> bytes | None:
        if len(data) != 1 or data[0] > 1:
            return None
        self._filter.set_mode(bit, bool(data[0]))
        return b""

    async def _addresses(self, data: bytes) -> bytes | None:
        tables = []
        for _ in range(2):
            if len(data) < 4:
                return None
            end = 4 + 6 * int.from_bytes(data[:4], "little")
            if end > len(data):
                return None
            tables.append([data[at : at + 6] for at in range(4, end, 6)])
            data = data[end:]
        if data:
            return None
        self._filter.set_table(*tables)
        return b""

    async def _own_address(self, data: bytes) -> bytes | None:
        if len(data) != 6 or data[0] & 1 or not any(data):
            return None
        self._set_mac(data)
        return b""

    async def _vlan(self, wanted: bool, data: bytes) -> bytes | None:
        vlan = int.from_bytes(data, "little")
        if len(data) != 2 or vlan >= VLAN_IDS:
            return None
        self._vlans.set(vlan, wanted)
        return b""
