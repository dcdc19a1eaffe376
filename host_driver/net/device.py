# SPDX-License-Identifier: Apache-2.0
"""A virtio network device from probe to close. Control path async, data path plain calls."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

from ..bus import Host
from ..errors import DeviceNeedsReset, FeaturesRejected, QueueError, Unsupported
from ..memory import DmaMemory
from ..transport.interface import DRIVER_OK, FEATURES_OK, NEEDS_RESET, Transport
from ..transport.pci import PciTransport
from . import config
from .features import Feature, mask, negotiate
from .header import HashReport
from .options import Options
from .queues import Queues
from .rx import Sink
from .settings import Settings
from .steering import Steering

ACKNOWLEDGE, DRIVER, FAILED = 1, 2, 128  # of the device status
DEFAULT_MTU = 1500
LOCAL_MAC = b"\x02\xfe\x00\x00\x00\x01"


class RxFrame(NamedTuple):
    """A received frame, copied out of the ring."""

    header: bytes
    frame: bytes
    pair: int

    @property
    def hash(self) -> HashReport | None:
        """What the device hashed of it, where HASH_REPORT was negotiated."""
        return HashReport.unpack(self.header)


class NetDevice:
    """``probe`` brings it up, ``transmit``/``poll``/``wait`` use it, ``close`` leaves nothing behind; then again."""

    def __init__(
        self,
        bus: Host,
        memory: DmaMemory | None = None,
        options: Options | None = None,
        transport: Callable[[Any], Transport] = PciTransport,
    ) -> None:
        """``transport`` makes of the bus the way to the device; that of PCI needs a bus with registers (HostBus)."""
        self.bus = bus
        self.memory = memory or DmaMemory.of(bus)
        self.options = options or Options()
        self.transport = transport(bus)
        self.queues = Queues(self.transport, self.memory, self.options)
        self.settings = Settings(self)
        self.steering = Steering(self)
        self.features: frozenset[Feature] = frozenset()
        self.offered = 0
        self.mac = bytes(6)
        self.link_up = False
        self.speed = self.duplex = -1
        self.max_mtu = DEFAULT_MTU
        self.needs_reset = False
        self.config_changes = self.probes = self.interrupts = 0
        self.on_config_change: list[Callable[[], object]] = []
        self._status = 0

    @property
    def is_up(self) -> bool:
        """Probed and not closed."""
        return bool(self._status & DRIVER_OK)

    async def probe(self) -> None:
        """The standard's initialisation sequence. On failure the device is told so, and nothing stays allocated."""
        if self.is_up:
            raise Unsupported("the device is up already: close it first")
        await self.transport.discover()
        await self.transport.reset()
        self.bus.take_interrupts()
        try:
            self._set_status(ACKNOWLEDGE)
            self._set_status(DRIVER)
            await self._negotiate()
            await self._read_config()
            await self._read_link()
            max_pairs = await config.read_max_pairs(self.transport, self.features)
            await self.queues.setup(self.features, self.max_mtu, max_pairs)
            self._set_status(DRIVER_OK)
            # read back, so that frames that arrive after this are not lost, and a device that cannot go on is known
            status = await self.transport.status()
            if status & NEEDS_RESET or not status & DRIVER_OK:
                raise DeviceNeedsReset(f"the device does not go live (status {status:#x})")
            # read again: of what changed before there was a vector for it, or before the device was live, nobody tells
            await self._read_link()
            for rx in self.queues.rx:
                rx.flush()
            self.probes += 1
            await self.steering.restore()
            await self.settings.restore()
        except Exception:
            self._set_status(FAILED)
            await self.close()
            raise

    def _set_status(self, bit: int) -> None:
        self._status |= bit
        self.transport.set_status(self._status)

    async def _negotiate(self) -> None:
        self.offered = await self.transport.device_features()
        self.features = negotiate(self.offered, self.options.unwanted)
        self.transport.write_features(mask(self.features))
        self._set_status(FEATURES_OK)
        status = await self.transport.status()
        if not status & FEATURES_OK:
            raise FeaturesRejected(f"the device refuses features {mask(self.features):#x} (status {status:#x})")

    async def _read_config(self) -> None:
        features, transport = self.features, self.transport
        self.mac = await config.read_mac(transport) if Feature.MAC in features else LOCAL_MAC
        self.max_mtu = max(DEFAULT_MTU, self.options.mtu)
        if Feature.MTU in features:
            self.max_mtu = await config.read_mtu(transport)
        self.steering.limits = await config.read_hashing(transport, features)

    async def _read_link(self) -> None:
        self.link_up, self.speed, self.duplex = await config.read_link(self.transport, self.features)

    def transmit(
        self,
        frame: bytes | bytearray | memoryview,
        header: bytes | memoryview | None = None,
        pair: int = 0,
        more: bool = False,
    ) -> bool:
        """Send a frame; ``header`` is 12 bytes of ``virtio_net_hdr``. False: no room (or dropped and counted)."""
        if pair >= self.queues.active:
            raise QueueError(f"transmit queue {pair} is not in use, there are {self.queues.active}")
        return self.queues.tx[pair].send(frame, header, more)

    def poll(self, budget: int = 64, pair: int | None = None) -> list[RxFrame]:
        """Up to ``budget`` received frames of one pair or of each, copied; sent frames' slots are taken back too."""
        frames: list[RxFrame] = []
        header = self.queues.header_size
        for number in range(len(self.queues.rx)) if pair is None else (pair,):

            def keep(view: memoryview, number: int = number) -> None:
                frames.append(RxFrame(bytes(view[:header]), bytes(view[header:]), number))

            self.poll_into(keep, budget, number)
        return frames

    def poll_into(self, sink: Sink, budget: int = 64, pair: int = 0) -> int:
        """The same without a copy: ``sink`` sees header and frame in one view, valid during the call only."""
        self.queues.tx[pair].reclaim()
        return self.queues.rx[pair].poll_into(sink, budget)

    async def wait(self, timeout_ns: int) -> bool:
        """Ask for interrupts, wait for one, see to configuration changes. True: there may be work for ``poll``."""
        queues = [rx.queue for rx in self.queues.rx] + [tx.queue for tx in self.queues.tx]
        ready = False
        for queue in queues:
            ready |= not queue.enable_interrupts()
        if not ready:
            vectors = {0, *(self.queues.vectors[queue.index] for queue in queues)}
            fired = await self.bus.wait_interrupt(vectors, timeout_ns)
            self.interrupts += len(fired)
            if 0 in fired:
                await self.config_changed()
            ready = bool(fired)
        for queue in queues:
            queue.disable_interrupts()
        return ready

    async def config_changed(self) -> None:
        """What a configuration interrupt asks for: read again, tell whoever wants to know."""
        self.config_changes += 1
        if await self.transport.needs_reset():
            self.needs_reset = True
        await self._read_link()
        for callback in self.on_config_change:
            callback()

    def check(self) -> None:
        """Raise if the device has said that it cannot go on."""
        if self.needs_reset:
            raise DeviceNeedsReset("the device set DEVICE_NEEDS_RESET; close it and probe it again")

    def set_mtu(self, mtu: int) -> None:
        """Change the longest packet we send, with traffic running; receive buffers fit the device's MTU anyway."""
        if not 68 <= mtu <= self.max_mtu:
            raise Unsupported(f"MTU {mtu} is outside 68..{self.max_mtu}")
        self.options.mtu = mtu
        for tx in self.queues.tx:
            tx.mtu = mtu

    async def close(self) -> None:
        """Reset the device, and only when it has let go of memory free everything."""
        await self.transport.reset()
        self.transport.disable_vectors()
        self._status = 0
        self.needs_reset = False
        self.queues.free()
        self.bus.take_interrupts()

    async def recover(self) -> None:
        """Close and probe again, with the settings made since."""
        await self.close()
        await self.probe()
