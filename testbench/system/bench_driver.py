# SPDX-License-Identifier: Apache-2.0
"""The workloads of ``ferrule bench`` that go through the real driver, one entry for every case."""

from __future__ import annotations

import time
from itertools import cycle
from typing import Any

from host_driver import NetDevice
from testbench.lib.sim_base import SimBase
from testbench.lib.wire_frames import AT_PEER, FROM_CARD, TO_CARD
from testbench.system.bench_workloads import LIMIT_NS, PEER, WARM_UP, result
from testbench.system.posted import card_drops, plain_frames
from testbench.system.rig import Rig

COALESCED = (32, 50)  # frames, microseconds
KICK_EVERY = 32  # frames
IN_FLIGHT = 128  # frames of "driver loop" sent and not received: half the receive ring
DIFFERENT = 64  # frames; then the same again


class Checked:
    """Takes received frames and holds each against the next that must come."""

    def __init__(self, frames: list[bytes]) -> None:
        self._next = cycle(frames).__next__
        self.count = 0

    def __call__(self, view: memoryview) -> None:
        assert bytes(view[12:]) == self._next(), f"received frame {self.count} differs from the one sent"
        self.count += 1


async def _send(device: NetDevice, frames: list[bytes], count: int, received: Checked, back: bool) -> None:
    """Transmit as fast as there is room; with ``back`` until all of them have been received, too."""
    following = cycle(frames).__next__
    sent, frame = 0, following()
    while sent < count or (back and received.count < count):
        most = min(count, received.count + IN_FLIGHT) if back else count
        while sent < most and device.transmit(frame, more=sent % KICK_EVERY != KICK_EVERY - 1):
            sent, frame = sent + 1, following()
        device.queues.tx[0].flush()
        if sent < count or back:
            assert await device.wait(LIMIT_NS), f"no interrupt after {sent} of {count} frames"
            while device.poll_into(received):
                pass


async def _receive(device: NetDevice, received: Checked, count: int) -> None:
    while received.count < count:
        assert await device.wait(LIMIT_NS), f"no interrupt after {received.count} of {count} frames"
        while device.poll_into(received):
            pass


async def measure(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Case "driver tx", "driver rx" or "driver loop"; in the shape of ``bench_workloads.measure``."""
    case, length, count = args["case"], args["frame_bytes"], args["wire_frames"]
    rig = await Rig(sim, {}).up(guarded=False)
    device, wire = rig.device, sim.wire
    await device.settings.set_rx_coalescing(*COALESCED)
    await device.settings.set_tx_coalescing(*COALESCED)
    frames = [row.tobytes() for row in plain_frames(DIFFERENT, length, PEER if case == "driver tx" else device.mac)]
    received = Checked(frames)
    before = await rig.firmware.counters()
    wire.mark(TO_CARD if case == "driver rx" else FROM_CARD, WARM_UP)
    interrupts, cycles, start = len(sim.host.messages), sim.cycles, time.perf_counter()
    if case == "driver rx":
        wire.send_frames([frames[number % DIFFERENT] for number in range(count)])
        await _receive(device, received, count)
    else:
        await _send(device, frames, count, received, back=case == "driver loop")
    await sim.idle(LIMIT_NS)
    wall, cycles = time.perf_counter() - start, sim.cycles - cycles
    lost = card_drops(before, await rig.firmware.counters())
    at_peer = 0 if case == "driver rx" else count
    assert wire.frames(AT_PEER) == at_peer, f"{wire.frames(AT_PEER)} frames left the card, {at_peer} were sent"
    rows = result(sim, args, count, lost, cycles, wall, len(sim.host.messages) - interrupts)
    leaked = (await rig.close())["leaked"]
    assert not leaked, f"{leaked} buffers of the driver were not freed"
    return rows
