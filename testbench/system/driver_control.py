# SPDX-License-Identifier: Apache-2.0
"""Entries: the driver's control path on the card: commands, settings that outlive a probe, single queues."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import Any

from firmware import Firmware, regs
from host_driver import Feature
from host_driver.errors import DriverError
from testbench.lib.sim_base import SimBase
from testbench.system.rig import LIMIT_NS, OTHER, Rig

GROUP = bytes.fromhex("01005e000001")
FOREIGN = bytes.fromhex("02000000beef")


async def failure(step: Awaitable[Any]) -> str:
    """The name of the driver's error and what it says; empty: none."""
    try:
        await step
    except DriverError as error:
        return f"{type(error).__name__}: {error}"
    return ""


def listen(firmware: Firmware) -> list[bytes]:
    """Every control command that firmware gets from now on, byte by byte."""
    heard: list[bytes] = []
    answer = firmware.control.answer

    async def answer_and_note(request: bytes, capacity: int) -> bytes:
        heard.append(request)
        return await answer(request, capacity)

    firmware.control.answer = answer_and_note  # type: ignore[method-assign]
    return heard


async def hold_transmitter(rig: Rig) -> None:
    """The card takes no frame from its rings any more."""
    rig.sim.mgmt.write32(regs.DATAPATH, regs.DATAPATH_RX_ENABLE)
    await rig.sim.sleep_ns(1_000)


async def receives(rig: Rig, to: bytes | None = None) -> bool:
    """A frame from the wire arrives, byte for byte."""
    frame = rig.frame(100, to)
    rig.sim.wire.send(frame)
    await rig.sim.idle(LIMIT_NS)
    return [got.frame for got in rig.device.poll()] == [frame]


async def commands(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Each command as it reaches firmware; one that the card refuses, and what the driver then holds to be set."""
    rig = await Rig(sim, args).up()
    settings, device = rig.device.settings, rig.device
    heard = listen(rig.firmware)
    await settings.set_allmulti(True)
    await settings.set_mac(b"\2\0\0\0\0\7")
    await settings.set_addresses([b"abcdef"], [b"\1bcdef", b"\1bcdeg"])
    await settings.set_tx_coalescing(15, 10)
    await settings.set_queue_coalescing(1, 3, 4)
    values = await settings.get_queue_coalescing(1)
    sent = [request.hex() for request in heard]
    refused = await failure(settings.set_mac(b"\1\0\0\0\0\7")), await failure(settings.set_rx_coalescing(65_536, 1))
    kept = [device.mac.hex(), settings.rx_coalescing]
    return {"sent": sent, "values": values, "refused": refused, "kept": kept, "counters": await rig.close()}


async def probes(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Settings made once, then probe after probe with a frame in the ring: what is kept, lost and leaked."""
    rig = await Rig(sim, args).up()
    device, settings, memory = rig.device, rig.device.settings, rig.memory
    await settings.set_rx_coalescing(32, 100)
    await settings.set_queue_coalescing(0, 8, 50)
    await settings.set_addresses([], [GROUP])
    steering = [b"\4\1"] * (Feature.RSS in device.features)
    held, heard = (memory.live_buffers, memory.live_bytes), listen(rig.firmware)
    wrong = []
    for turn in range(args["turns"]):
        await hold_transmitter(rig)
        device.transmit(rig.frame(100, OTHER))
        heard.clear()
        sim.host.unguard()
        await device.recover()
        rig.guard()
        good = {
            "memory": (memory.live_buffers, memory.live_bytes) == held,
            "commands": [request[:2] for request in heard] == [*steering, b"\1\0", b"\6\1", b"\6\2"],
            "coalescing": await settings.get_queue_coalescing(0) == (8, 50),
            "own address": await receives(rig), "group": await receives(rig, GROUP),
            "filter": not await receives(rig, FOREIGN),
        }  # fmt: skip
        wrong += [f"{name} after probe {turn}" for name, value in good.items() if not value]
    counters = await rig.close()
    past = device.queues.past
    return {"wrong": wrong, "past": [past["tx_dropped"], past["rx_packets"]], "up": device.is_up, "counters": counters}


async def single_queues(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """One queue after the other reset and resized, with a frame in the one and while the other runs."""
    rig = await Rig(sim, args).up()
    device, transport = rig.device, rig.device.transport
    held = rig.memory.live_buffers
    await hold_transmitter(rig)
    device.transmit(rig.frame(100, OTHER))
    device.options.tx_size, device.options.rx_size = 16, 32
    sim.host.unguard()
    await device.queues.reset_tx(0)
    rig.guard()
    runs = await receives(rig)
    sim.host.unguard()
    await device.queues.reset_rx(0)
    rig.guard()
    sizes = [await transport.queue_limit(index) for index in (0, 1)]
    sim.mgmt.write32(regs.DATAPATH, regs.DATAPATH_TX_ENABLE | regs.DATAPATH_RX_ENABLE)
    return {
        "same": rig.memory.live_buffers == held, "dropped": device.queues.past["tx_dropped"], "runs": runs,
        "sizes": sizes, "works": await rig.ping_pong([60, 1514]), "counters": await rig.close(),
    }  # fmt: skip


async def unanswered(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """A command without an answer, one after it, and a recovery."""
    rig = await Rig(sim, args).up()
    control = rig.device.queues.control
    assert control
    control.limit_ns = 1_000_000
    rig.stop()
    errors = [await failure(rig.device.settings.set_promisc(True)) for _ in range(2)]
    rig.start()
    sim.host.unguard()
    await rig.device.recover()
    rig.guard()
    after = await failure(rig.device.settings.set_promisc(True))
    return {"errors": errors, "after": after, "foreign": await receives(rig, FOREIGN), "counters": await rig.close()}
