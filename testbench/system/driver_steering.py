# SPDX-License-Identifier: Apache-2.0
"""Entry: the driver on a card of several pairs, told step by step what to set, send and receive."""

from __future__ import annotations

from typing import Any

from host_driver import Feature
from host_driver.errors import DriverError
from host_driver.ethtool import Ethtool
from testbench.lib.sim_base import SimBase
from testbench.system.rig import LIMIT_NS, Rig


class Session:
    """Each step is a method; arguments and results pass through JSON, frames as hexadecimal."""

    def __init__(self, sim: SimBase, args: dict[str, Any]) -> None:
        """With ``report`` among the arguments the driver takes HASH_REPORT too."""
        self.rig = Rig(sim, args)
        if args.get("report"):
            self.rig.device.options.unwanted -= {Feature.HASH_REPORT}

    async def arrive(self, *frames: str) -> list[list[int]]:
        """Frames from the wire; of each pair, header flags, hash and what it is of (0, 0: none), or nothing."""
        rig, got = self.rig, {}
        rig.sim.wire.send_frames([bytes.fromhex(frame) for frame in frames])
        await rig.sim.idle(LIMIT_NS)
        while received := rig.device.poll():
            for one in received:
                assert one.frame.hex() not in got, "a frame arrives twice"
                got[one.frame.hex()] = [one.pair, one.header[0], *(one.hash or (0, 0))]
        assert got.keys() <= {*frames}, "a frame arrives that was not sent"
        return [got.get(frame, []) for frame in frames]

    async def leave(self, pair: int, *frames: str) -> bool:
        """Frames sent on a pair; whether they come out as they are and in order."""
        wanted = [bytes.fromhex(frame) for frame in frames]
        return await self.rig.send(wanted, pair=pair) == wanted

    async def ethtool(self, verb: str, *words: str) -> str:
        """A verb's text, or the error it ends with."""
        self.rig.sim.host.unguard()  # rings and buffers may come and go
        try:
            return await Ethtool(self.rig.device).run(verb, words)
        except (DriverError, ValueError) as error:
            return f"{type(error).__name__}: {error}"
        finally:
            self.rig.guard()

    async def vlan(self, vid: int, on: bool) -> None:
        """Take a VLAN's frames, or no more."""
        await self.rig.device.settings.set_vlan(vid, on)

    async def recover(self) -> None:
        """The device reset and probed again."""
        self.rig.sim.host.unguard()
        await self.rig.device.recover()
        self.rig.guard()

    async def counters(self, *names: str) -> list[int]:
        """Of the card."""
        values = await self.rig.firmware.counters()
        return [values[name] for name in names]


async def session(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Steps ``[name, arguments...]`` one after another, and what each gave."""
    session = Session(sim, args)
    await session.rig.up()
    results = [await getattr(session, name)(*rest) for name, *rest in args["steps"]]
    features = sorted(session.rig.device.features)
    return {"results": results, "features": features, "counters": await session.rig.close()}
