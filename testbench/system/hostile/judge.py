# SPDX-License-Identifier: Apache-2.0
"""The rules for what came back and what arrived since the card was at rest: rings in order, frames byte for byte."""

from __future__ import annotations

from typing import TYPE_CHECKING

from testbench.system.hostile.delivery import delivered, received
from testbench.system.hostile.period import Period, within
from testbench.system.hostile.plan import CONTROL, RX, TX
from testbench.system.hostile.ring import RuleBroken

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

UNSENT = bytes.fromhex("02000bad0bad")  # the sender's address of what would be a frame, were its chain not bad
LONGEST = 9212  # MAX_FRAME without FCS


def judge(world: World) -> None:
    """At rest: the period's rules for each queue that can be judged, and a new period. Raises RuleBroken."""
    period, rings = world.period, world.rings
    sent = [frame for _, frame in world.wire.received[period.seen :]]
    for ring in rings:
        if ring.role != RX and ring.told and not ring.complete:
            ring.stopped = True
            if not ring.may_break:
                raise RuleBroken(f"{ring.name}: {len(ring.offered)} of the buffers offered do not come back")
    _transmitted(world, period, sent)
    for ring in world.for_role(RX):
        if ring.told:
            received(world, ring, period)
        else:
            period.unread = True
    delivered(world, period)
    _answered(world)
    world.period = Period(period.seen + len(sent), world.reach, world.hashing)
    for ring in rings:
        if ring.sloppy and ring.told and ring.complete:
            ring.settle()


def _transmitted(world: World, period: Period, arrived: list[bytes]) -> None:
    if any(len(frame) > LONGEST for frame in arrived):
        raise RuleBroken("transmit: a frame longer than the longest left the card")
    rings = world.for_role(TX)
    # in a packed ring that was made available again other chains have been made of the same buffers
    kept = all(ring.told or not ring.packed for ring in rings)
    if kept and any(frame[6:12] == UNSENT for frame in arrived):
        raise RuleBroken("transmit: a part of a bad chain left the card as a frame")
    got = [frame for frame in arrived if frame[:12] == world.tag]
    for frames in period.expected.values():
        world.honest.update(frames)
    if period.tx_doubled or any(ring.sloppy or not ring.told for ring in rings):
        if not period.tx_mixed and not world.honest.issuperset(got):
            raise RuleBroken("transmit: an honest frame left the card with other bytes")
        return
    own = {ring.index: set(period.expected[ring.index]) for ring in rings}
    if not set().union(*own.values()).issuperset(got):
        raise RuleBroken("transmit: frames left the card with other bytes, or again")
    for ring in rings:
        expected = period.expected[ring.index]
        sent = [frame for frame in got if frame in own[ring.index]]
        if period.tx_lossy or ring.stopped:
            if not within(sent, expected):
                raise RuleBroken(f"{ring.name}: frames left the card doubled or in another order")
        elif sent != expected:
            raise RuleBroken(f"{ring.name}: {len(expected)} honest frames became {len(sent)}, or another order")


def _answered(world: World) -> None:
    ring = world.rings[CONTROL]
    returned, ring.returned = ring.returned, []
    if ring.sloppy or not ring.told:
        world.steered_anyhow()
        return
    for back in returned:
        offered = back.offered
        if not offered.checked:
            world.steered_anyhow()
        elif offered.effect and back.data[-1:] == b"\0":
            world.reach, hashing = offered.effect
            world.hashing = hashing or world.hashing
        if offered.answer and offered.checked:
            if back.data != offered.answer:
                raise RuleBroken(
                    f"control: the answer to a command is {back.data.hex() or 'none'}, not {offered.answer.hex()}"
                )
        elif back.data and offered.checked and back.data[-1] > 1:
            raise RuleBroken(f"control: a command is answered with {back.data[-1]}")
