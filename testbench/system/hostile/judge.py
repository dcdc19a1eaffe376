# SPDX-License-Identifier: Apache-2.0
"""The rules for what came back and what arrived since the card was at rest: rings in order, frames byte for byte."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from testbench.system.hostile.plan import CONTROL, QUEUES, RX, TX
from testbench.system.hostile.ring import Returned, RuleBroken

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

HEADER = 12
UNSENT = bytes.fromhex("02000bad0bad")  # the sender's address of what would be a frame, were its chain not bad
MRG_RXBUF, CTRL_RX = 15, 17
DATA_VALID = 2
LONGEST = 9212  # MAX_FRAME without FCS


@dataclass
class Period:
    """From one rest to the next: what was sent, and what may have become of it."""

    seen: int
    """Frames from the card before."""
    expected: list[bytes] = field(default_factory=list)
    """Honest frames from the card."""
    sent: list[tuple[bytes, bool]] = field(default_factory=list)
    """Frames to the card that it may deliver, and whether it must."""
    tx_lossy: bool = False
    rx_lossy: bool = False
    """Frames may get lost on the wire, or find no good buffer."""
    tx_doubled: bool = False
    rx_spoiled: bool = False
    """The wire, or a ring that names buffers twice, may double and reorder frames, and spoil those to the card."""
    tx_mixed: bool = False
    """Descriptors change while they are read: a frame may be of parts of others."""


def within(some: Sequence[bytes], others: Sequence[bytes]) -> bool:
    """``some`` are among ``others``, in their order and each once."""
    rest = iter(others)
    return all(any(frame == other for other in rest) for frame in some)


def judge(world: World) -> None:
    """At rest: the period's rules for each queue that can be judged, and a new period. Raises RuleBroken."""
    period, rings = world.period, world.rings
    received = [frame for _, frame in world.wire.received[period.seen :]]
    world.period = Period(period.seen + len(received))
    for index in (TX, CONTROL):
        ring = rings[index]
        if ring.told and not ring.complete:
            ring.stopped = True
            if not ring.may_break:
                raise RuleBroken(f"{QUEUES[index]}: {len(ring.offered)} of the buffers offered do not come back")
    _transmitted(world, period, received)
    if rings[RX].told:
        _received(world, period)
    _answered(world)
    for ring in rings:
        if ring.sloppy and ring.told and ring.complete:
            ring.settle()


def _transmitted(world: World, period: Period, received: list[bytes]) -> None:
    ring = world.rings[TX]
    if any(len(frame) > LONGEST for frame in received):
        raise RuleBroken("transmit: a frame longer than the longest left the card")
    if any(frame[6:12] == UNSENT for frame in received):
        raise RuleBroken("transmit: a part of a bad chain left the card as a frame")
    got = [frame for frame in received if frame[:12] == world.tag]
    world.honest.update(period.expected)
    if period.tx_doubled or ring.sloppy or not ring.told:
        if not period.tx_mixed and not world.honest.issuperset(got):
            raise RuleBroken("transmit: an honest frame left the card with other bytes")
    elif period.tx_lossy or ring.stopped:
        if not within(got, period.expected):
            raise RuleBroken("transmit: frames left the card spoiled, doubled or in another order")
    elif got != period.expected:
        raise RuleBroken(f"transmit: {len(period.expected)} honest frames became {len(got)}, or other bytes or order")


def frames_of(returned: Iterable[Returned], merged: bool) -> list[bytes] | None:
    """The frames in buffers that came back; None: some lie in memory of which nothing is known."""
    frames: list[bytes] = []
    rest = iter(back for back in returned if back.length)
    for first in rest:
        if not first.offered.checked:
            if merged:
                return None
            continue
        data, buffers, wanted = first.data, 1, 1
        # num_buffers may itself lie in a later buffer
        while merged and (len(data) < HEADER or buffers < (wanted := int.from_bytes(data[10:12], "little"))):
            more = next(rest, None)
            if more is None:
                raise RuleBroken(f"receive: a frame says that it is in {wanted} buffers, and is in {buffers}")
            if not more.offered.checked:
                return None
            data, buffers = data + more.data, buffers + 1
        if data[0] & ~DATA_VALID or any(data[1:10]) or int.from_bytes(data[10:12], "little") != buffers:
            raise RuleBroken(f"receive: a header of {data[:HEADER].hex()} for a frame in {buffers} buffers")
        frames.append(data[HEADER:])
    return frames


def _received(world: World, period: Period) -> None:
    ring = world.rings[RX]
    returned, ring.returned = ring.returned, []
    if ring.sloppy or period.rx_spoiled:
        return
    frames = frames_of(returned, world.has(MRG_RXBUF))
    if frames is None:
        return
    if not within(frames, [frame for frame, _ in period.sent]):
        raise RuleBroken("receive: frames were delivered spoiled, doubled, in another order, or were to be dropped")
    missing = {frame for frame, must in period.sent if must} - set(frames)
    if missing and not period.rx_lossy and not ring.may_break:
        raise RuleBroken(f"receive: {len(missing)} honest frames were not delivered")


def _answered(world: World) -> None:
    ring = world.rings[CONTROL]
    returned, ring.returned = ring.returned, []
    if ring.sloppy or not ring.told:
        return
    for back in returned:
        if back.offered.request and back.offered.checked:
            wanted = b"\x00" if world.has(CTRL_RX) else b"\x01"
            if back.data != wanted:
                raise RuleBroken(f"control: the answer to {back.offered.request.hex()} is {back.data.hex() or 'none'}")
        elif back.data and back.offered.checked and back.data[-1] > 1:
            raise RuleBroken(f"control: a command is answered with {back.data[-1]}")
