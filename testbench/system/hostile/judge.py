# SPDX-License-Identifier: Apache-2.0
"""The rules for what came back and what arrived since the card was at rest: rings in order, frames byte for byte."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from testbench.system.hostile.plan import CONTROL, HASH_REPORT, MRG_RXBUF, RX, TX, pair
from testbench.system.hostile.ring import Returned, Ring, RuleBroken
from testbench.unit.rx_hash_oracle import hashed, remembered

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

HEADER, HASH_HEADER = 12, 20  # bytes of virtio_net_hdr, without and with VIRTIO_NET_F_HASH_REPORT
LAST_REPORT = 9  # VIRTIO_NET_HASH_REPORT_UDPv6_EX
UNSENT = bytes.fromhex("02000bad0bad")  # the sender's address of what would be a frame, were its chain not bad
DATA_VALID = 2
LONGEST = 9212  # MAX_FRAME without FCS


@dataclass
class Period:
    """From one rest to the next: what was sent, and what may have become of it."""

    seen: int
    """Frames from the card before."""
    reach: frozenset[int]
    """Pairs that frames to the card may be steered to."""
    hashing: tuple[int, bytes] | None
    """Hash types and key for the frames to the card, if they are known and stay."""
    expected: dict[int, list[bytes]] = field(default_factory=lambda: defaultdict(list))
    """Honest frames from the card, of each transmit queue."""
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
    delivered: list[bytes] = field(default_factory=list)
    """Frames to the card that it has delivered, of all receive queues."""
    unread: bool = False
    """There are others, in buffers of which nothing is known."""


def within(some: Sequence[bytes], others: Sequence[bytes]) -> bool:
    """``some`` are among ``others``, in their order and each once."""
    rest = iter(others)
    return all(any(frame == other for other in rest) for frame in some)


def judge(world: World) -> None:
    """At rest: the period's rules for each queue that can be judged, and a new period. Raises RuleBroken."""
    period, rings = world.period, world.rings
    received = [frame for _, frame in world.wire.received[period.seen :]]
    for ring in rings:
        if ring.role != RX and ring.told and not ring.complete:
            ring.stopped = True
            if not ring.may_break:
                raise RuleBroken(f"{ring.name}: {len(ring.offered)} of the buffers offered do not come back")
    _transmitted(world, period, received)
    for ring in world.for_role(RX):
        if ring.told:
            _received(world, ring, period)
        else:
            period.unread = True
    _delivered(world, period)
    _answered(world)
    world.period = Period(period.seen + len(received), world.reach, world.hashing)
    for ring in rings:
        if ring.sloppy and ring.told and ring.complete:
            ring.settle()


def _transmitted(world: World, period: Period, received: list[bytes]) -> None:
    if any(len(frame) > LONGEST for frame in received):
        raise RuleBroken("transmit: a frame longer than the longest left the card")
    if any(frame[6:12] == UNSENT for frame in received):
        raise RuleBroken("transmit: a part of a bad chain left the card as a frame")
    got = [frame for frame in received if frame[:12] == world.tag]
    for frames in period.expected.values():
        world.honest.update(frames)
    rings = world.for_role(TX)
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


def frames_of(returned: Iterable[Returned], merged: bool) -> list[bytes] | None:
    """Headers and frames in buffers that came back; None: some lie in memory of which nothing is known."""
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
        frames.append(data)
    return frames


def check_hash(told: bytes, frame: bytes, hashing: tuple[int, bytes] | None) -> None:
    """hash_value, hash_report and padding of a header. Raises RuleBroken."""
    value, report = int.from_bytes(told[:4], "little"), int.from_bytes(told[4:6], "little")
    if any(told[6:]) or report > LAST_REPORT or (value and not report):
        raise RuleBroken(f"receive: {told.hex()} for a hash in a header")
    if hashing is not None:
        kind, data = hashed(frame, hashing[0])
        wanted = (kind, remembered(hashing[1], data) if kind else 0)
        if (report, value) != wanted:
            raise RuleBroken(
                f"receive: hash {value:#x} of kind {report} in a header, not {wanted[1]:#x} of {wanted[0]}"
            )


def _received(world: World, ring: Ring, period: Period) -> None:
    returned, ring.returned = ring.returned, []
    if returned and any(back.length for back in returned) and pair(ring.index) not in period.reach:
        raise RuleBroken(f"{ring.name}: a frame was steered to a pair that is not in use")
    if ring.sloppy or period.rx_spoiled:
        period.unread = True
        return
    received = frames_of(returned, world.has(MRG_RXBUF))
    if received is None:
        period.unread = True
        return
    frames = [data[world.header :] for data in received]
    if world.has(HASH_REPORT):
        for data, frame in zip(received, frames, strict=True):
            check_hash(data[HEADER:HASH_HEADER], frame, period.hashing)
    if not within(frames, [frame for frame, _ in period.sent]):
        raise RuleBroken("receive: frames were delivered spoiled, doubled, in another order, or were to be dropped")
    period.delivered += frames


def _delivered(world: World, period: Period) -> None:
    rings = world.for_role(RX)
    if period.unread or period.rx_lossy or any(ring.may_break for ring in rings):
        return
    if Counter(period.delivered) - Counter(frame for frame, _ in period.sent):
        raise RuleBroken("receive: a frame was delivered to two pairs")
    missing = {frame for frame, must in period.sent if must} - set(period.delivered)
    if missing:
        raise RuleBroken(f"receive: {len(missing)} honest frames were not delivered")


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
