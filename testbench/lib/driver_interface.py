# SPDX-License-Identifier: Apache-2.0
"""What a network driver must offer to be put to the tests of tests/test_driver_basic.py, and what it is given."""

from __future__ import annotations

import importlib
from collections.abc import Callable
from typing import Protocol

from host_driver import Feature, NetDevice, Options
from host_driver.bus import HostBus
from host_driver.errors import Unsupported

DRIVERS = {
    "split": ("testbench.lib.driver_interface:ours_split", "examples.tiny_driver:make"),
    "packed": ("testbench.lib.driver_interface:ours_packed",),
}
"""Tested when nobody asks for another, by the format of their rings: ours, and the smallest there is."""


class DriverUnderTest(Protocol):
    """A driver of one virtio network device. The tests call nothing but this."""

    mac: bytes
    """The device's address, from ``probe`` on."""
    mtu: int
    """Longest packet without its Ethernet header that may be sent, from ``probe`` on; at least 1500."""
    link_up: bool
    """The state of the link that ``probe`` has found."""

    async def probe(self) -> None:
        """Bring the device up: when it returns, frames can be sent, and those that arrive are received."""

    def transmit(self, frame: bytes) -> bool:
        """Send an Ethernet frame without its FCS. False: there is no room now, and the frame is not taken."""

    def poll(self) -> list[bytes]:
        """All frames received since the last call, in their order; sent frames' buffers may be used again."""

    async def wait(self, timeout_ns: int) -> bool:
        """Sleep, by interrupt, until ``poll`` has frames or a transmit buffer to take back. False: the time is up.

        True may come now and then without need. An interrupt that fires between ``poll`` and ``wait`` must not be lost.
        """

    async def close(self) -> None:
        """When it returns, the device touches no memory any more and sends no interrupt. ``probe`` may follow."""

    def memory_ranges(self) -> list[tuple[int, int]]:
        """(bus address, bytes) of everything that the device may touch, from ``probe`` to ``close``."""


DriverFactory = Callable[[HostBus], DriverUnderTest]


class Ours:
    """This project's driver in that shape; ``unwanted`` are features that it does not take."""

    def __init__(self, bus: HostBus, unwanted: frozenset[Feature] = frozenset()) -> None:
        self.device = NetDevice(bus, options=Options(unwanted=unwanted))

    @property
    def mac(self) -> bytes:
        """The device's address."""
        return self.device.mac

    @property
    def mtu(self) -> int:
        """Longest packet that is sent."""
        return min(self.device.options.mtu, self.device.max_mtu)

    @property
    def link_up(self) -> bool:
        """State of the link."""
        return self.device.link_up

    async def probe(self) -> None:
        """Bring it up."""
        await self.device.probe()

    def transmit(self, frame: bytes) -> bool:
        """Send a frame."""
        return self.device.transmit(frame)

    def poll(self) -> list[bytes]:
        """Take all received frames."""
        frames: list[bytes] = []
        while got := self.device.poll():
            frames += [received.frame for received in got]
        return frames

    async def wait(self, timeout_ns: int) -> bool:
        """Sleep until there is something to do."""
        return await self.device.wait(timeout_ns)

    async def close(self) -> None:
        """Reset it and free everything."""
        await self.device.close()

    def memory_ranges(self) -> list[tuple[int, int]]:
        """What is allocated."""
        return self.device.memory.live_ranges()


ours = Ours


def ours_split(bus: HostBus) -> Ours:
    """With split rings whatever the device offers."""
    return Ours(bus, frozenset({Feature.RING_PACKED}))


class OursPacked(Ours):
    """With packed rings, or not at all."""

    async def probe(self) -> None:
        """Bring it up."""
        await super().probe()
        if Feature.RING_PACKED not in self.device.features:
            raise Unsupported("the device does not offer packed rings")


ours_packed = OursPacked


def load(name: str) -> DriverFactory:
    """The factory called ``module:factory``; ValueError says what is wrong with the name."""
    module, colon, function = name.partition(":")
    if not (module and colon and function):
        raise ValueError(f"{name!r} is not of the form module:factory, such as {DRIVERS['split'][1]}")
    try:
        found = importlib.import_module(module)
    except ImportError as error:
        raise ValueError(f"{name!r}: the module {module!r} cannot be imported ({error})") from error
    factory = getattr(found, function, None)
    if not callable(factory):
        what = "has no" if factory is None else "has no callable"
        raise ValueError(f"{name!r}: {module} {what} {function!r}; a function is expected that makes a driver of a bus")
    return factory
