# SPDX-License-Identifier: Apache-2.0
"""A card with firmware round a driver that is known only by testbench/lib/driver_interface.py, watched and guarded."""

from __future__ import annotations

import random
from collections.abc import Collection
from typing import Any

from firmware import CardSettings, Firmware, regs
from host_driver.transport.capabilities import Capabilities
from host_driver.transport.pci import COMMON, PciTransport
from testbench.lib.driver_interface import load
from testbench.lib.sim_base import SimBase

OTHER = bytes.fromhex("02aabbccddee")
TYPE = b"\x88\xb5"  # local experiments
STAMP = slice(14, 18)  # number of a frame, behind the Ethernet header
LIMIT_NS = 5_000_000
MOST_IDLE_WAKES = 1000
NOWHERE = 0  # an address outside host memory
DRIVER_OK = 4  # in the device status
BOTH = regs.DATAPATH_TX_ENABLE | regs.DATAPATH_RX_ENABLE


class DriverBus:
    """The host bus as a driver is given it, and nothing besides. Counts how the driver waits and when it notifies."""

    def __init__(self, bus: Any) -> None:
        self._bus = bus
        self.memory, self.memory_base = bus.memory, bus.memory_base
        self.bar_read, self.config_read, self.config_write = bus.bar_read, bus.config_read, bus.config_write
        self.now_ns, self.take_interrupts = bus.now_ns, bus.take_interrupts
        self.sleeps = self.waits = self.early = 0
        self.caps = Capabilities(0, 0, 0)
        self._status = 0

    def bar_write(self, offset: int, value: int, size: int) -> None:
        """Write the BAR."""
        common, notify = self.caps.common, self.caps.notify
        if common and offset == common.offset + COMMON["device_status"][0]:
            self._status = value
        elif notify and 0 <= offset - notify.offset < notify.length and not self._status & DRIVER_OK:
            self.early += 1
        self._bus.bar_write(offset, value, size)

    async def wait_interrupt(self, vectors: Collection[int], timeout_ns: int) -> set[int]:
        """Wait for interrupts."""
        self.waits += 1
        return await self._bus.wait_interrupt(vectors, timeout_ns)

    async def sleep_ns(self, ns: int) -> None:
        """Wait for the time alone."""
        self.sleeps += 1
        await self._bus.sleep_ns(ns)


def settings(card: dict[str, Any]) -> CardSettings:
    """The card's settings; an address is given in hexadecimal."""
    return CardSettings(**{name: bytes.fromhex(value) if name == "mac" else value for name, value in card.items()})


def difference(sent: list[bytes], got: list[bytes]) -> str:
    """In words how the frames that came differ from those that were sent; empty: they do not."""
    for place, (want, have) in enumerate(zip(sent, got, strict=False)):
        if have == want:
            continue
        if have in got[:place]:
            return f"frame {place} came twice"
        if have in sent:
            return f"in place of frame {place} came frame {sent.index(have)}"
        byte = next((at for at, pair in enumerate(zip(want, have, strict=False)) if pair[0] != pair[1]), len(want))
        return (
            f"frame {place} was sent with {len(want)} bytes and came with {len(have)}; they differ from byte {byte} on"
        )
    return "" if len(sent) == len(got) else f"{len(sent)} frames were sent, {len(got)} came"


class Bench:
    """One card, one driver. The card may touch what the driver names while it is up, and nothing otherwise."""

    def __init__(self, sim: SimBase, args: dict[str, Any]) -> None:
        self.sim = sim
        self.rng = random.Random(args.get("seed", 1))
        self.firmware = Firmware(sim.mgmt, settings(args.get("card", {})))
        self.bus = DriverBus(sim.host)
        self.driver = load(args["driver"])(self.bus)
        self.registers = PciTransport(sim.host)
        self._stamps = self._seen = self._idle_wakes = 0

    async def up(self) -> Bench:
        """Firmware, then the driver."""
        await self.firmware.boot()
        self.sim.start_soon(self.firmware.run())
        await self.registers.discover()
        self.bus.caps = self.registers.caps
        await self.probe()
        return self

    async def probe(self) -> None:
        """The driver brings the device up; from then on its ranges are guarded."""
        host = self.sim.host
        host.unguard()
        await self.driver.probe()
        ranges = self.driver.memory_ranges()
        for address, size in ranges:
            assert size > 0, f"memory_ranges: {size} bytes at {address:#x}"
            end = host.memory_base + len(host.memory)
            assert host.memory_base <= address and address + size <= end, (
                f"memory_ranges: {address:#x} is not in memory"
            )
            host.guard(address, size)
        assert ranges, "memory_ranges: a driver that is up has memory for its rings"

    async def close(self) -> None:
        """The driver lets go of the device, which may then touch nothing."""
        await self.driver.close()
        self.sim.host.unguard()
        self.sim.host.guard(NOWHERE, 1)

    async def wait(self, timeout_ns: int) -> bool:
        """The driver waits; an error if it comes back again and again with nothing done and no time passed."""
        start = self.sim.time_ns
        woken = await self.driver.wait(timeout_ns)
        self._idle_wakes = self._idle_wakes + 1 if woken and self.sim.time_ns == start else 0
        assert self._idle_wakes < MOST_IDLE_WAKES, "wait returns True again and again, though nothing has happened"
        return woken

    async def status(self) -> int:
        """The device's status."""
        return await self.registers.read("device_status")

    def transmitter(self, on: bool) -> None:
        """Switch the card's transmit path, by firmware's register: a ring that is not emptied becomes full."""
        self.sim.mgmt.write32(regs.DATAPATH, BOTH if on else regs.DATAPATH_RX_ENABLE)

    # ---- frames
    def frame(self, size: int, outward: bool) -> bytes:
        """A frame of random bytes with a number of its own."""
        ends = OTHER + self.driver.mac if outward else self.driver.mac + OTHER
        self._stamps += 1
        return (ends + TYPE + self._stamps.to_bytes(4, "big") + self.rng.randbytes(max(size - 18, 0)))[:size]

    def on_wire(self) -> list[bytes]:
        """Frames that have come out of the card since the last call."""
        frames = [frame for _, frame in self.sim.wire.received[self._seen :]]
        self._seen += len(frames)
        return frames

    async def exchange(self, out: list[bytes], back: list[bytes], limit_ns: int = LIMIT_NS) -> dict[str, str]:
        """Send ``out`` through the driver as fast as it takes them while ``back`` arrives back to back.

        Returns in words what went wrong in each direction.
        """
        driver, got, sent = self.driver, [], 0
        self.sim.wire.send_frames(back)
        end = self.sim.time_ns + limit_ns
        while True:
            got += driver.poll()
            while sent < len(out) and driver.transmit(out[sent]):
                sent += 1
            left = end - self.sim.time_ns
            if (sent == len(out) and len(got) >= len(back)) or left <= 0:
                break
            await self.wait(left)
        await self.sim.idle(LIMIT_NS)
        got += driver.poll()
        wrong = {"out": difference(out, self.on_wire()), "in": difference(back, got)}
        if sent < len(out):
            wrong["out"] = f"the driver took {sent} of {len(out)} frames"
        return wrong

    async def end(self) -> dict[str, int]:
        """Counters of what the card dropped or found wrong, then the end of everything."""
        counters = await self.firmware.counters()
        await self.close()
        self.firmware.stop()
        return {name: value for name, value in counters.items() if value and ("_drop_" in name or "_err" in name)}
