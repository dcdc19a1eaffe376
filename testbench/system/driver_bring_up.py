# SPDX-License-Identifier: Apache-2.0
"""Entries: what the driver finds when it brings a card up, changes of that, and cards that it cannot use."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from firmware import CardSettings, Firmware
from host_driver import Feature, NetDevice, Options
from testbench.lib.sim_base import SimBase
from testbench.system.driver_control import failure, listen
from testbench.system.rig import LIMIT_NS, Rig

GUEST_UFO = 1 << 10  # a feature that is not offered


async def configuration(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """The link goes and comes, the card asks for a reset, the address changes while it is read."""
    rig = await Rig(sim, {**args, "card": {"speed_mbps": 25_000}}).up()
    device = rig.device
    found = [device.link_up, device.speed, device.duplex]
    seen: list[bool] = []
    device.on_config_change.append(lambda: seen.append(device.link_up))
    for up in (False, True):
        sim.wire.link(up)
        await device.wait(LIMIT_NS)
    outcome: dict[str, Any] = {"found": found, "seen": list(seen)}
    rig.firmware.status.fail("a test asks for it")
    await device.wait(LIMIT_NS)

    async def check() -> None:
        device.check()

    outcome["asked"] = await failure(check())
    sim.host.unguard()
    await device.recover()
    rig.guard()
    outcome["recovered"] = await failure(check())

    plain, reads = sim.host.bar_read, 0
    config = device.transport.caps.device_config
    assert config

    async def changing_read(offset: int, size: int) -> int:
        nonlocal reads
        value = await plain(offset, size)
        if offset == config.offset and reads < 3:
            reads += 1
            rig.firmware.link.set_mac(bytes((2, 0, 0, 0, 0, reads)))
            await sim.sleep_ns(1_000)
        return value

    sim.host.bar_read = changing_read
    outcome["read again"] = (await device.transport.config_bytes(0, 6)).hex()
    sim.host.bar_read = plain
    return {**outcome, "reads": reads, "counters": await rig.close()}


async def refusals(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Devices that the driver cannot use, or that cannot use the driver; after each the next one must come up."""
    outcome = {}

    async def case(
        name: str, withheld: int = 0, pairs: int = 1, change: Callable[[NetDevice], None] | None = None
    ) -> None:
        rig = Rig(sim, {})
        rig.firmware = Firmware(sim.mgmt, CardSettings(withheld=withheld))
        await rig.boot()
        device = NetDevice(sim.host, rig.memory, Options(pairs=pairs))
        if change:
            change(device)
        error = await failure(device.probe())
        status = await device.transport.read("device_status")
        outcome[name] = [error, rig.memory.live_buffers, status]
        if not error:
            outcome[name].append(await failure(device.queues.reset_tx(0)))
            await device.close()
        rig.stop()

    def accepts_more(device: NetDevice) -> None:
        write = device.transport.write_features
        device.transport.write_features = lambda features: write(features | GUEST_UFO)  # type: ignore[method-assign]

    await case("no VERSION_1", withheld=1 << Feature.VERSION_1)
    await case("features refused", change=accepts_more)
    await case("four pairs", pairs=4)
    await case("no RING_RESET", withheld=1 << Feature.RING_RESET)
    return {"cases": outcome}


async def vectors(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """The vector that each queue has on the card, and which commands the control queue has carried."""
    rig = Rig(sim, args)
    await rig.boot()
    await rig.device.probe()
    heard = listen(rig.firmware)
    found = []
    for index in rig.device.queues.vectors:
        rig.device.transport.write("queue_select", index)
        found.append(await rig.device.transport.read("queue_msix_vector"))
    await rig.device.settings.set_promisc(True)
    return {"vectors": found, "commands": [request.hex() for request in heard], "counters": await rig.close()}
