# SPDX-License-Identifier: Apache-2.0
"""The rules for frames to the card: delivered once and byte for byte, to a pair in use, with true headers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from testbench.system.hostile.offered import Returned
from testbench.system.hostile.period import HASH_HEADER, HEADER, Period, within
from testbench.system.hostile.plan import HASH_REPORT, MRG_RXBUF, RX, pair
from testbench.system.hostile.ring import Ring, RuleBroken
from testbench.unit.rx_hash_oracle import hashed, remembered

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

LAST_REPORT = 9  # VIRTIO_NET_HASH_REPORT_UDPv6_EX
DATA_VALID = 2


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


def received(world: World, ring: Ring, period: Period) -> None:
    """The frames in one receive queue. Raises RuleBroken."""
    returned, ring.returned = ring.returned, []
    if returned and any(back.length for back in returned) and pair(ring.index) not in period.reach:
        raise RuleBroken(f"{ring.name}: a frame was steered to a pair that is not in use")
    if ring.sloppy or period.rx_spoiled:
        period.unread = True
        return
    whole = frames_of(returned, world.has(MRG_RXBUF))
    if whole is None:
        period.unread = True
        return
    frames = [data[world.header :] for data in whole]
    if world.has(HASH_REPORT):
        for data, frame in zip(whole, frames, strict=True):
            check_hash(data[HEADER:HASH_HEADER], frame, period.hashing)
    if not within(frames, [frame for frame, _ in period.sent]):
        raise RuleBroken("receive: frames were delivered spoiled, doubled, in another order, or were to be dropped")
    period.delivered += frames


def delivered(world: World, period: Period) -> None:
    """All of them together. Raises RuleBroken."""
    rings = world.for_role(RX)
    if period.unread or period.rx_lossy or any(ring.may_break for ring in rings):
        return
    if Counter(period.delivered) - Counter(frame for frame, _ in period.sent):
        raise RuleBroken("receive: a frame was delivered to two pairs")
    missing = {frame for frame, must in period.sent if must} - set(period.delivered)
    if missing:
        raise RuleBroken(f"receive: {len(missing)} honest frames were not delivered")
