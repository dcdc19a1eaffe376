# SPDX-License-Identifier: Apache-2.0
"""Settings made through the control queue; remembered, so that a re-probed device is as it was."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from ..errors import Unsupported
from . import control
from .control import ControlQueue
from .features import Feature

if TYPE_CHECKING:
    from .device import NetDevice

VLANS = 4096


class Settings:
    """Receive mode, addresses, VLANs, receive offloads and coalescing of one device."""

    def __init__(self, device: NetDevice) -> None:
        self._device = device
        self.promisc = self.allmulti = False
        self.unicast: tuple[bytes, ...] = ()
        self.multicast: tuple[bytes, ...] = ()
        self.vlans: frozenset[int] = frozenset()
        self.rx_checksum = True
        self.rx_coalescing = self.tx_coalescing = (0, 0)
        self.queue_coalescing: dict[int, tuple[int, int]] = {}

    def _control(self, feature: Feature) -> ControlQueue:
        control_queue = self._device.queues.control
        if control_queue is None or feature not in self._device.features:
            raise Unsupported(f"the feature {feature.name} was not negotiated")
        return control_queue

    async def set_promisc(self, on: bool) -> None:
        """Receive everything."""
        await self._control(Feature.CTRL_RX).set_rx_mode(control.RX_PROMISC, on)
        self.promisc = on

    async def set_allmulti(self, on: bool) -> None:
        """Receive every multicast frame."""
        await self._control(Feature.CTRL_RX).set_rx_mode(control.RX_ALLMULTI, on)
        self.allmulti = on

    async def set_addresses(self, unicast: Sequence[bytes], multicast: Sequence[bytes]) -> None:
        """Addresses to receive besides our own."""
        await self._control(Feature.CTRL_RX).set_mac_table(unicast, multicast)
        self.unicast, self.multicast = tuple(unicast), tuple(multicast)

    async def set_vlan(self, vid: int, on: bool) -> None:
        """Receive frames of a VLAN, or no more. With CTRL_VLAN a device takes tagged frames of these VLANs only."""
        if not 0 <= vid < VLANS:
            raise ValueError(f"VLAN {vid} is outside 0..{VLANS - 1}")
        await self._control(Feature.CTRL_VLAN).set_vlan(vid, on)
        self.vlans = self.vlans | {vid} if on else self.vlans - {vid}

    async def set_rx_checksum(self, on: bool) -> None:
        """Have the device judge the checksums of received frames, or not."""
        if Feature.GUEST_CSUM not in self._device.features:
            raise Unsupported("the feature GUEST_CSUM was not negotiated")
        await self._control(Feature.CTRL_GUEST_OFFLOADS).set_guest_offloads(1 << Feature.GUEST_CSUM if on else 0)
        self.rx_checksum = on

    async def set_mac(self, mac: bytes) -> None:
        """Our own address."""
        await self._control(Feature.CTRL_MAC_ADDR).set_mac(mac)
        self._device.mac = self._device.options.mac = mac

    async def set_rx_coalescing(self, packets: int, usecs: int) -> None:
        """All receive queues; overrides what was set for one of them."""
        await self._control(Feature.NOTF_COAL).set_coalescing(control.COAL_RX_SET, packets, usecs)
        self.rx_coalescing = (packets, usecs)
        self.queue_coalescing = {queue: value for queue, value in self.queue_coalescing.items() if queue % 2}

    async def set_tx_coalescing(self, packets: int, usecs: int) -> None:
        """All transmit queues."""
        await self._control(Feature.NOTF_COAL).set_coalescing(control.COAL_TX_SET, packets, usecs)
        self.tx_coalescing = (packets, usecs)
        self.queue_coalescing = {queue: value for queue, value in self.queue_coalescing.items() if not queue % 2}

    async def set_queue_coalescing(self, queue: int, packets: int, usecs: int) -> None:
        """One queue, by virtqueue index."""
        await self._control(Feature.VQ_NOTF_COAL).set_queue_coalescing(queue, packets, usecs)
        self.queue_coalescing[queue] = (packets, usecs)

    async def get_queue_coalescing(self, queue: int) -> tuple[int, int]:
        """(packets, usecs) as the device has them."""
        return await self._control(Feature.VQ_NOTF_COAL).get_queue_coalescing(queue)

    async def restore(self) -> None:
        """Tell a freshly probed device everything that is not its default."""
        device = self._device
        # without the feature MAC the device has no address for us: ours must be told, or it keeps all frames to it
        told = device.mac if Feature.MAC in device.features else None
        mac = device.options.mac or device.mac
        if mac != told and (device.options.mac or Feature.CTRL_MAC_ADDR in device.features):
            await self.set_mac(mac)
        if self.promisc:
            await self.set_promisc(True)
        if self.allmulti:
            await self.set_allmulti(True)
        if self.unicast or self.multicast:
            await self.set_addresses(self.unicast, self.multicast)
        if Feature.CTRL_VLAN in device.features:
            for vid in sorted(self.vlans):
                await self.set_vlan(vid, True)
        if not self.rx_checksum and {Feature.GUEST_CSUM, Feature.CTRL_GUEST_OFFLOADS} <= device.features:
            await self.set_rx_checksum(False)
        single = dict(self.queue_coalescing)
        if any(self.rx_coalescing):
            await self.set_rx_coalescing(*self.rx_coalescing)
        if any(self.tx_coalescing):
            await self.set_tx_coalescing(*self.tx_coalescing)
        for queue, values in single.items():
            await self.set_queue_coalescing(queue, *values)
