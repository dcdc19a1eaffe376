# SPDX-License-Identifier: Apache-2.0
"""Inside the card's process: listens for a front end, hands its messages to the firmware, and answers its owner."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from pathlib import Path
from typing import Any

from ferrule.rings.dump import RINGS, add_card, memory_of
from ferrule.vhost.door import Calling, Door, Listening
from ferrule.vhost.settings import VhostSettings
from firmware.card import Firmware
from firmware.errors import FirmwareError
from firmware.features import names
from firmware.log import Entry
from firmware.settings import CardSettings
from firmware.vhost.backend import Backend
from firmware.vhost.channel import Channel
from firmware.vhost.message import Message
from firmware.vhost.protocol import ProtocolFeature
from firmware.vhost.session import Session
from testbench.lib.sim_base import SimBase

MESSAGES_PER_TURN = 64
WINDOW_CYCLES, AFTER_CYCLES = 65_536, 8_192
"""Of the core, in one file of waves, and after the error that ends them."""


class Server:
    """One front end at a time; another one is turned away until it has gone."""

    def __init__(
        self, sim: SimBase, firmware: Firmware, door: Door, control: socket.socket,
        settings: VhostSettings, out: Path,
    ) -> None:  # fmt: skip
        self.sim, self.firmware, self._door, self._control = sim, firmware, door, control
        self._settings, self._rings_file = settings, out / RINGS
        self._erred = False
        self._channel: Channel | None = None
        self.stopped = False
        self.connections = self.errors = 0
        self._begin()
        firmware.log.listener = self._noted

    def _begin(self) -> None:
        """The state of a front end that is still to come."""
        sim = self.sim
        self.session = Session(self.firmware, sim.host, sim.guest, self.say)
        self._backend = Backend(self.session, self._settings.time_travel)

    def say(self, text: str) -> None:
        """Tell the owner what happens."""
        self._control.send(json.dumps({"event": text}).encode())

    async def run(self) -> None:
        """Serve until told to stop."""
        self.session.port.boot()
        while not self.stopped:
            fds = [self._control.fileno(), *self._door.fds()]
            if self._channel:
                fds.append(self._channel.fileno())
            if (requests := self.session.requests.fd) >= 0:
                fds.append(requests)
            self.sim.watch(fds)
            lost, config_vector = self.sim.guest.lost, self.session.port.config_vector
            readable, fired = await self.sim.wait_live({config_vector} | self.session.call_vectors)
            if self.sim.guest.lost != lost:
                await self._end("a file of its memory has been cut short")
            if config_vector in fired:
                await self.session.configuration_changed()
            for index in sorted(fired - {config_vector}):
                self.session.requests.call(index)
            if requests in readable:
                self.session.requests.replied()
            if self._control.fileno() in readable:
                await self._answer()
            if self._channel and self._channel.fileno() in readable:
                await self._serve(self._channel)
            self._admit(self._door.visitor(occupied=self._channel is not None))
        await self._end("the card is switched off")

    def _admit(self, stream: socket.socket | None) -> None:
        if stream is None:
            return
        self.connections += 1
        self._channel = Channel(stream)
        self.say("a front end has connected")

    async def _serve(self, channel: Channel) -> None:
        message: Message | None = None
        try:
            for _ in range(MESSAGES_PER_TURN):
                message = channel.receive()
                if message is None:
                    return
                if answer := await self._backend.handle(message):
                    channel.send(message, answer)
        except EOFError:
            await self._end("it has gone")
        except FirmwareError as error:
            self.errors += 1
            if message is not None and message.needs_reply and self.session.has(ProtocolFeature.REPLY_ACK):
                channel.refuse(message)
            await self._end(str(error))

    async def _end(self, why: str) -> None:
        """Let go of the front end and of everything that was its."""
        if self._channel is None:
            return
        await self.session.close()
        self._channel.close()
        self._channel = None
        self._begin()
        self.say(f"the front end is disconnected: {why}")

    async def _answer(self) -> None:
        data = self._control.recv(1 << 16)
        request: dict[str, Any] = json.loads(data) if data else {"op": "stop"}
        if request["op"] == "stop":
            self.stopped = True
        elif request["op"] == "record":
            self._control.send(json.dumps({"record": await self.record()}).encode())
        elif request["op"] == "rings":
            await self._dump("as they are", memory_of(self.session, self.sim.guest.read))
            self._control.send(json.dumps({"rings": str(self._rings_file)}).encode())

    def _noted(self, entry: Entry) -> None:
        """The firmware's log: at the first error the rings are taken down before the guest can change them."""
        if entry.kind != "queue error":
            return
        self.say(entry.text)
        if not self._erred:
            self._erred = True
            if self._settings.trigger:
                self.sim.cell("waves.stop_at").value = self.sim.cycles + AFTER_CYCLES
                self.say("the waves around it are in waves.fst, what was before in waves-before.fst")
            self.sim.start_soon(self._dump(entry.text, memory_of(self.session, self.sim.guest.read)))

    async def _dump(self, why: str, rings: list[dict[str, Any]]) -> None:
        now = self.sim.time_ns
        await add_card(self.session, rings)
        part = self._rings_file.with_suffix(".part")
        part.write_text(json.dumps({"why": why, "ns": now, "rings": rings}))
        part.rename(self._rings_file)

    async def record(self) -> dict[str, Any]:
        """The card's counters and those of its surroundings, and what the front end has negotiated."""
        session = self.session
        return {
            "counters": await self.firmware.counters(),
            "harness": {name: value for name, value in self.sim.counters().items() if name.startswith("guest.")},
            "pid": os.getpid(),
            "connected": self._channel is not None,
            "features": names(session.features),
            "protocol_features": session.protocol_names(),
            "rings": session.rings.described(),
            "connections": self.connections,
            "errors": self.errors,
            "sim_ns": self.sim.time_ns,
            "cycles": self.sim.cycles,
        }


async def run(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Entry of the simulation: the run's record is what comes back."""
    settings = VhostSettings(**args["settings"])
    with contextlib.ExitStack() as stack:
        control = stack.enter_context(socket.socket(fileno=args["control_fd"]))
        door: Door = Calling(Path(args["path"]))
        if not settings.client:
            door = Listening(stack.enter_context(socket.socket(fileno=args["listen_fd"])))
        firmware = Firmware(
            sim.mgmt,
            CardSettings(
                mac=settings.address(), mtu=settings.mtu,
                speed_mbps=1000 * settings.wire_gbps, heartbeat_us=0,
                withheld=settings.withheld(),
            ),
        )  # fmt: skip
        await firmware.boot()
        sim.start_soon(firmware.run())
        if settings.trigger:
            sim.cell("waves.window").value = WINDOW_CYCLES
        if args["wire_fd"] >= 0:
            (sim.wire.join if args["joined"] else sim.wire.tap)(args["wire_fd"])
        server = Server(sim, firmware, door, control, settings, Path(args["out"]))
        control.send(json.dumps({"ready": True}).encode())
        await server.run()
        sim.wire.tap(-1)
        record = await server.record()
        firmware.stop()
        return record
