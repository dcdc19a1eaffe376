# SPDX-License-Identifier: Apache-2.0
"""Frames from the wire to the driver: sent by the other end, delivered to the card, placed, taken by the driver."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any

from testbench.lib.oracle_tso import ones_sum, pseudo_header
from testbench.lib.wire_frames import BAD_FCS, DUPLICATE, ERROR_CHAR, LOST, TO_CARD

AT_THE_MAC = ("rx_drop_fcs", "rx_drop_runt", "rx_drop_giant", "rx_drop_wire_error", "rx_drop_mac_overflow")
BEHIND_IT = (
    "rx_drop_length", "rx_drop_filter", "rx_drop_mtu", "rx_drop_disabled", "rx_drop_store_full", "rx_drop_no_buffer",
    "rx_drop_chain", "rx_drop_buffer_small", "rx_drop_dma",
)  # fmt: skip


def tcp_good(frame: bytes) -> bool:
    """The TCP checksum of a frame with plain IP headers is right (RFC 9293, 3.1)."""
    l3 = 14
    if frame[12:14] == b"\x08\x00":
        tcp, end = l3 + 4 * (frame[l3] & 15), l3 + int.from_bytes(frame[l3 + 2 : l3 + 4], "big")
    else:
        tcp = l3 + 40
        end = tcp + int.from_bytes(frame[l3 + 4 : l3 + 6], "big")
    data = pseudo_header(frame, l3, 6, end - tcp) + frame[tcp:end]
    return ones_sum(data) == 65535


class Inward:
    """The ledger of one receive queue's direction. What nothing explains goes to ``violations``."""

    def __init__(self, sim: Any, violations: list[str]) -> None:
        self._sim, self._violations = sim, violations
        self._own_mac = sim.config.card.mac_kind != "stream"
        self._taken = 0
        self._places: dict[bytes, list[int]] = {}
        """Where these bytes came among the frames delivered since the last balance; the wire's own copies count too."""
        self._good = self._bad = self._lost = self._got = self._entered = self._last = 0
        self.vouched = 0
        self.sent = self.delivered = self.spoiled = self.lost_on_wire = self.received = self.reset = 0

    def totals(self) -> dict[str, int]:
        """Frames so far, by what became of them."""
        return {
            "sent": self.sent, "delivered": self.delivered, "spoiled": self.spoiled, "received": self.received,
            "vouched for": self.vouched, "lost on the wire": self.lost_on_wire, "lost to resets": self.reset,
        }  # fmt: skip

    @property
    def under_way(self) -> int:
        """Frames that the wire still has."""
        return -self._entered

    def send(self, frames: Sequence[bytes]) -> None:
        """From the other end of the wire, back to back."""
        self.sent += len(frames)
        self._entered -= len(frames)
        self._sim.wire.send_frames(frames)

    def look(self) -> None:
        """What has reached the card since."""
        rows = self._sim.wire.captured(TO_CARD, self._taken)
        self._taken += len(rows)
        for place in range(len(rows)):
            flags = int(rows.records[place]["flags"])
            self._entered += not flags & DUPLICATE
            if flags & LOST:
                self._lost += 1
                self.lost_on_wire += 1
            elif flags & (BAD_FCS | ERROR_CHAR):
                self._bad += 1
            else:
                self._places.setdefault(rows.frame(place), []).append(self._good)
                self._good += 1

    def took(self, frame: bytes, vouched: bool = False) -> None:
        """The driver has received a frame: one that was delivered, and none before the one received last.

        ``vouched``: the card says that its TCP checksum is right.
        """
        self._got += 1
        self.vouched += vouched
        if vouched and not tcp_good(frame):
            self._violations.append(f"{len(frame)} bytes received as good, and the TCP checksum is wrong")
        places = self._places.get(frame, [])
        next_place = bisect_left(places, self._last)
        if next_place < len(places):
            self._last = places[next_place] + 1
        elif places:
            self._violations.append(f"{len(frame)} bytes received once more, or behind later ones")
        else:
            self._violations.append(f"{len(frame)} bytes received that were not delivered to the card")

    def balance(self, moved: dict[str, int], most_reset: int) -> None:
        """With the card at rest: each frame was received, or a counter tells why not, or a reset.

        ``most_reset``: what the rings that resets have taken can have held.
        """
        self.look()
        say = self._violations.append
        if self._entered:
            say(f"the wire has no record of {-self._entered} frames sent to the card")
        # a link that goes in the middle of a frame spoils it for the card's own MAC
        cut_off = self._lost if self._own_mac and moved["link_changes"] else 0
        if not self._bad <= (counted := sum(moved[name] for name in AT_THE_MAC)) <= self._bad + cut_off:
            say(f"{self._bad} frames came spoiled, {counted} are counted")
        if moved["rx_wire_frames"] != self._good:
            say(f"{self._good} frames were delivered, the card counts {moved['rx_wire_frames']}")
        behind = sum(moved[name] for name in BEHIND_IT)
        if moved["rx_wire_frames"] != moved["rx_frames"] + behind:
            say(f"of {moved['rx_wire_frames']} frames {moved['rx_frames']} were placed and {behind} dropped")
        missing = moved["rx_frames"] - self._got
        if not 0 <= missing <= most_reset:
            say(f"{moved['rx_frames']} frames were placed, {self._got} received, resets took at most {most_reset}")
        self.delivered += self._good
        self.spoiled += self._bad
        self.received += self._got
        self.reset += max(missing, 0)
        self._places.clear()
        self._good = self._bad = self._lost = self._got = self._entered = self._last = 0
