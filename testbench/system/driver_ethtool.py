# SPDX-License-Identifier: Apache-2.0
"""Entry: ethtool's verbs one after another on a device with traffic, and the same on any other device."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from host_driver import NetDevice
from host_driver.errors import DriverError
from host_driver.ethtool import Ethtool
from host_driver.ethtool_features import SWITCHABLE, enabled
from testbench.lib.sim_base import SimBase
from testbench.system.driver_control import listen
from testbench.system.rig import LIMIT_NS, OTHER, Rig

NAME, VERSION = "eth0", "1.0.0"
Step = Sequence[Any]
Arrive = Callable[[bytes], Awaitable[None]]


async def play(device: NetDevice, steps: Sequence[Step], arrive: Arrive) -> list[Any]:
    """What each step gives: ``[verb, word...]`` its text or ``Error: message``.

    Besides ethtool's verbs there are ``["send", size]`` and ``["receive", size]``: whether a frame went;
    ``["recover"]``; ``["offloads"]``: those switched on; ``["coalescing", queue]``, ``["sizes"]``: what the device has.
    ``arrive`` has a frame come in from the wire.
    """
    tool = Ethtool(device, NAME, VERSION)
    results: list[Any] = []
    for verb, *words in steps:
        if verb == "send":
            results.append(device.transmit(OTHER + device.mac + bytes(words[0] - 12)))
        elif verb == "receive":
            frame = device.mac + OTHER + bytes(words[0] - 12)
            await arrive(frame)
            results.append([got.frame for got in device.poll()] == [frame])
        elif verb == "recover":
            results.append(await device.recover())
        elif verb == "offloads":
            results.append(sorted(name for name in SWITCHABLE if enabled(device, name)))
        elif verb == "coalescing":
            results.append(list(await device.settings.get_queue_coalescing(words[0])))
        elif verb == "sizes":
            results.append([await device.transport.queue_limit(queue) for queue in (0, 1)])
        else:
            try:
                results.append(await tool.run(verb, words))
            except (DriverError, ValueError) as error:
                results.append(f"{type(error).__name__}: {error}")
    return results


async def session(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """``steps`` on the card, with the link down and firmware gone from step ``deaf_from`` on; commands it was sent."""
    rig = await Rig(sim, args).up(guarded=False)
    heard = listen(rig.firmware)

    async def arrive(frame: bytes) -> None:
        sim.wire.send(frame)
        await sim.idle(LIMIT_NS)

    steps, deaf_from = args["steps"], args.get("deaf_from", len(args["steps"]))
    results = await play(rig.device, steps[:deaf_from], arrive)
    if deaf_from < len(steps):
        sim.wire.link(False)
        await rig.device.wait(LIMIT_NS)
        assert rig.device.queues.control
        rig.device.queues.control.limit_ns = 1_000_000
        rig.stop()
    results += await play(rig.device, steps[deaf_from:], arrive)
    return {"results": results, "commands": [request.hex() for request in heard]}
