# SPDX-License-Identifier: Apache-2.0
"""The driver's way to a device behind vhost-user.

Most of what a PCI function's registers hold is kept here, as every front end does. Where the back end has neither
configuration space nor control queue (network back ends usually leave both to the front end), the driver is not shown
features that need them, but for an MTU or address that the device's owner gives.
"""

from __future__ import annotations

from ...errors import BackEndGone, QueueError, RequestRefused, Unsupported
from ..interface import DRIVER_OK, FEATURES_OK, NEEDS_RESET
from .features import CONFIGURED, CONTROLLED, NEVER, Bit
from .host import CONFIG_VECTOR, VhostUserHost
from .inflight import InflightBooks
from .protocol import F_PROTOCOL_FEATURES, ProtocolFeature, Request
from .vring import Vring

QUEUE_SIZE = 256
WRAP, TWICE = 0x8000, 0x1_0001  # of a packed ring's base: place and wrap counter of what is available, and used
MAC_AT, MTU_AT, LOCAL_CONFIG = 0, 10, 12  # of struct virtio_net_config


class VhostUserTransport:
    """One network device; ``NetDevice(host, transport=VhostUserTransport)``."""

    def __init__(
        self,
        bus: VhostUserHost,
        queue_size: int = QUEUE_SIZE,
        ring_start: int = 0,
        mac: bytes | None = None,
        mtu: int | None = None,
        control_queue: bool | None = None,
    ) -> None:
        """``queue_size`` is the limit told to the driver: the protocol has none. Rings begin at ``ring_start``, which
        must be the driver's: a split ring's index; a packed ring's place, bit 15 set where its wrap counters are 0.

        ``mac`` and ``mtu`` are the device's where its back end has no configuration space. ``control_queue``: whether
        the back end carries out commands; None: as far as it has a configuration space.
        """
        self.bus, self.front_end = bus, bus.front_end
        self.queue_size, self._ring_start = queue_size, ring_start
        self._has_config = ProtocolFeature.CONFIG in self.front_end.accepted
        self.control_queue = self._has_config if control_queue is None else control_queue
        self._config = bytearray(LOCAL_CONFIG)
        self._local = 0
        offered = self.front_end.offered
        if mac is not None and not self._has_config:
            self._config[MAC_AT : MAC_AT + 6] = mac
            self._local |= 1 << Bit.MAC
        can_tell_mtu = offered >> Bit.MTU & 1 and ProtocolFeature.NET_MTU in self.front_end.accepted
        if mtu is not None and not self._has_config and can_tell_mtu:
            self._config[MTU_AT : MTU_AT + 2] = mtu.to_bytes(2, "little")
            self._local |= 1 << Bit.MTU
        self.vrings: dict[int, Vring] = {}
        self.stopped_at: dict[int, int] = {}
        """Where the back end had come to in each ring when that was last stopped."""
        self._books = InflightBooks(self.front_end)
        self._status = self._accepted = self._pairs = 0
        self._memory_told = self._refused = False

    @property
    def _tells_status(self) -> bool:
        return ProtocolFeature.STATUS in self.front_end.accepted

    async def discover(self) -> None:
        """Find out how many queue pairs there are."""
        several = ProtocolFeature.MQ in self.front_end.accepted and self.front_end.offered >> Bit.MQ & 1
        self._pairs = self.front_end.queue_num() if several else 1

    # status and features
    async def reset(self) -> None:
        """Stop every ring, each of which the back end answers when it has let go of it; then tell it of the reset."""
        try:
            for index in sorted(self.vrings):
                await self.reset_queue(index)
        except BackEndGone:
            for index in list(self.vrings):
                self._take_out(index).close()
            raise
        if ProtocolFeature.RESET_DEVICE in self.front_end.accepted:
            self.front_end.reset_device()
        self._books.forget()
        self._refused = False
        self.set_status(0)

    def resume(self) -> None:
        """The host has reconnected: all that the back end before was told, to this one. Rings go on as they are.

        What was set by commands has to be set again.
        """
        self.front_end = self.bus.front_end
        if lacking := self._accepted & ~self._local & ~self.front_end.offered:
            raise Unsupported(f"the new back end lacks the features {lacking:#x} of the one before")
        status, self._status = self._status, 0
        if self._tells_status:
            self.front_end.set_status(status & ~(FEATURES_OK | DRIVER_OK))
        self.write_features(self._accepted)
        self.set_status(status & ~DRIVER_OK)
        self._memory_told = False
        self._tell_memory()
        self._books.hand_on(self.front_end)
        for vring in self.vrings.values():
            vring.start(self.front_end)
        self.set_status(status)

    async def status(self) -> int:
        """As the back end has it, where it has one."""
        status = self.front_end.get_status() if self._tells_status else self._status
        if self._refused:
            status &= ~FEATURES_OK
        if any(vring.failed() for vring in self.vrings.values()):
            status |= NEEDS_RESET
        return status

    def set_status(self, status: int) -> None:
        """With DRIVER_OK the rings begin to work."""
        if self._tells_status:
            self.front_end.set_status(status)
        started = status & DRIVER_OK and not self._status & DRIVER_OK
        self._status = status
        if started:
            for index in sorted(self.vrings):
                self._enable(index)

    async def needs_reset(self) -> bool:
        """The back end says so, or has signalled an error of a ring."""
        return bool(await self.status() & NEEDS_RESET)

    async def device_features(self) -> int:
        """What the back end offers, without what needs something that is not there."""
        features = self.front_end.offered & ~NEVER
        if not self.control_queue:
            features &= ~CONTROLLED
        if not self._has_config:
            features = features & ~CONFIGURED | self._local
        return features

    def write_features(self, features: int) -> None:
        """Tell the back end; without a control queue it is ours to say that several pairs are used."""
        self._accepted = features
        theirs = features & ~(self._local & ~self.front_end.offered)
        several = 1 << Bit.MQ if self._pairs > 1 and not self.control_queue else 0
        try:
            self.front_end.set_features(theirs | several)
            if features & self._local & 1 << Bit.MTU:
                self.front_end.set_mtu(int.from_bytes(self._config[MTU_AT : MTU_AT + 2], "little"))
        except RequestRefused:
            self._refused = True

    async def config_bytes(self, offset: int, size: int, width: int = 1) -> bytes:
        """One message, so of one instant; from the first byte on, because back ends exist that ignore the offset."""
        if self._has_config:
            return self.front_end.get_config(0, offset + size)[offset:]
        if offset + size > LOCAL_CONFIG:
            raise Unsupported(f"the back end has no configuration space, {size} bytes at {offset} are asked for")
        return bytes(self._config[offset : offset + size])

    # interrupts
    @property
    def vector_count(self) -> int:
        """One for configuration changes and one for each queue."""
        return 2 * self._pairs + 2

    async def enable_vectors(self, count: int) -> None:
        """They are there with the rings."""

    def disable_vectors(self) -> None:
        """They are gone with the rings."""

    async def set_config_vector(self, vector: int) -> None:
        """There is no choice."""
        if vector != CONFIG_VECTOR:
            raise Unsupported(f"configuration changes come as vector {CONFIG_VECTOR}, not {vector}")

    # queues
    async def queue_count(self) -> int:
        """Two a pair, and the control queue."""
        return 2 * self._pairs + self.control_queue

    async def queue_limit(self, index: int) -> int:
        """The protocol has no limit of its own."""
        return self.queue_size if index < await self.queue_count() else 0

    async def setup_queue(self, index: int, size: int, rings: tuple[int, int, int], vector: int) -> int:
        """Start a ring; it works from DRIVER_OK on."""
        if index in self.vrings:
            raise QueueError(f"queue {index} is set up already")
        self._tell_memory()
        self._books.give(2 * self._pairs + self.control_queue, self.queue_size)
        vring = Vring(self.front_end, self.bus.guest_memory, index, size, rings, self._base(size))
        self.vrings[index] = vring
        self.bus.attach(vring.call_fd, vector)
        self.bus.attach(vring.error_fd, CONFIG_VECTOR, lasting=True)
        if self._status & DRIVER_OK:
            self._enable(index)
        return index

    def _base(self, size: int) -> int:
        """The ring's beginning in the protocol's words, which have packed rings' wrap counters as they are."""
        if not self._accepted >> Bit.RING_PACKED & 1:
            return self._ring_start
        place = (self._ring_start & ~WRAP) % size
        return (place | ~self._ring_start & WRAP) * TWICE

    def _enable(self, index: int) -> None:
        if self.front_end.offered >> F_PROTOCOL_FEATURES & 1:
            self.front_end.set_vring_enable(index, True)

    def _tell_memory(self) -> None:
        if self._memory_told:
            return
        memory = self.bus.guest_memory
        if ProtocolFeature.CONFIGURE_MEM_SLOTS in self.front_end.accepted:
            slots = self.front_end.max_mem_slots()
            if slots < len(memory.regions):
                raise Unsupported(f"{len(memory.regions)} memory regions, the back end takes {slots}")
            for region in memory.regions:
                self.front_end.add_mem_region(region, memory.fd)
        else:
            self.front_end.set_mem_table(memory.regions, memory.fd)
        self._memory_told = True

    def notify(self, doorbell: int, index: int) -> None:
        """Kick; the doorbell is the queue's number."""
        self.vrings[doorbell].kick()

    async def reset_queue(self, index: int) -> None:
        """Stop the ring."""
        self.stopped_at[index] = self._take_out(index).stop()

    def _take_out(self, index: int) -> Vring:
        vring = self.vrings.pop(index)
        self.bus.detach(vring.call_fd)
        self.bus.detach(vring.error_fd)
        return vring

    async def agrees(self, queues: int, accepted: int, offered: int) -> bool:
        """Features are offered still, and the rings are ours to know."""
        same = self.front_end.ask_u64(Request.GET_FEATURES) == self.front_end.offered
        return same and accepted == self._accepted and all(index in self.vrings for index in range(queues))
