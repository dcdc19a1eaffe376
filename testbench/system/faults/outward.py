# SPDX-License-Identifier: Apache-2.0
"""Frames from the driver to the wire: offered, in the ring, back as used or lost to a reset, seen on the wire."""

from __future__ import annotations

from typing import Any

from host_driver.net.tx import TxQueue
from testbench.lib.oracle_tso import NetHeader, expected
from testbench.lib.wire_frames import AT_PEER, DUPLICATE, FROM_CARD, LOST

CUT_OFF = "bad FCS"  # how the wire calls what the card itself has spoiled
SHORTEST = 60  # the MAC pads to this
PAUSE = bytes.fromhex("0180c2000001")  # 802.3, annex 31B: whom pause frames are for
DROPS = (
    "tx_drop_chain", "tx_drop_dma", "tx_drop_too_short", "tx_drop_too_long", "tx_err_gso_no_csum", "tx_err_gso_type",
    "tx_err_gso_size", "tx_err_header", "tx_err_csum_range", "tx_err_ip", "tx_underruns",
)  # fmt: skip


class Sent:
    """One frame that the driver was given to send."""

    __slots__ = ("holes", "number", "seen", "state", "wire")

    def __init__(self, number: int, wire: list[bytes]) -> None:
        self.number, self.wire = number, wire
        self.state = "offered"
        self.seen, self.holes = 0, False
        """Of its wire frames, how many have left; they leave in order."""


class Outward:
    """The ledger of one transmit queue's direction. What nothing explains goes to ``violations``."""

    def __init__(self, sim: Any, violations: list[str]) -> None:
        self._sim, self._violations = sim, violations
        self.open: dict[int, Sent] = {}
        """Frames since the last balance, by number."""
        self._by_bytes: dict[bytes, tuple[int, int]] = {}
        self._holding: dict[int, int] = {}
        self._offering = -1
        self._last = (-1, -1)
        self._taken = self._peer_taken = 0
        self._peer_due = self._rows = self._pauses = self._cut_off = 0
        self._holes: list[str] = []
        self._own_mac = sim.config.card.mac_kind != "stream"
        self.offered = self.left = self.returned = self.reset = self.missing = self.cut = self.lost_on_wire = 0

    def totals(self) -> dict[str, int]:
        """Frames so far, by what became of them."""
        return {
            "offered": self.offered, "left": self.left, "used": self.returned, "lost to resets": self.reset,
            "missing": self.missing, "cut": self.cut, "lost on the wire": self.lost_on_wire,
        }  # fmt: skip

    # ---- what the driver does
    def offer(self, tx: TxQueue, frame: bytes, header: bytes | None = None) -> bool:
        """Give the driver a frame, if it has room."""
        request = NetHeader.unpack(header) if header else NetHeader()
        wire = [data.ljust(SHORTEST, b"\0") for data in expected(request, frame).frames]
        self._offering = number = self.offered
        taken = tx.send(frame, header)
        self._offering = -1
        if taken:
            self.offered += 1
            sent = self.open.setdefault(number, Sent(number, wire))
            sent.wire = wire
            for place, data in enumerate(wire):
                self._by_bytes[data] = (number, place)
        return taken

    def watch(self, tx: TxQueue) -> None:
        """Note what goes into this queue's ring and what comes out of it."""
        queue: Any = tx.queue
        add, add_one, pop, detach = queue.add, queue.add_one, queue.pop, queue.detach

        def added(token: Any, good: bool) -> bool:
            if good:
                sent = self.open.setdefault(self._offering, Sent(self._offering, []))
                sent.state = "in the ring"
                self._holding[id(token)] = self._offering
            return good

        def ended(token: Any, state: str) -> None:
            number = self._holding.pop(id(token), None)
            if number is None:
                self._violations.append("a transmit chain came back that was not in the ring")
            else:
                self.open[number].state = state

        def popped(limit: int = 65535) -> list[tuple[Any, int]]:
            done = pop(limit)
            for token, _ in done:
                ended(token, "used")
            return done

        def detached() -> list[Any]:
            held = detach()
            for token in held:
                ended(token, "lost")
            return held

        queue.add = lambda segments, writable, token, indirect=False: added(
            token, add(segments, writable, token, indirect)
        )
        queue.add_one = lambda address, length, flags, token: added(token, add_one(address, length, flags, token))
        queue.pop, queue.detach = popped, detached

    # ---- what the wire shows
    def look(self) -> None:
        """What has left the card since."""
        rows = self._sim.wire.captured(FROM_CARD, self._taken)
        self._taken += len(rows)
        for place in range(len(rows)):
            flags = int(rows.records[place]["flags"])
            self.lost_on_wire += bool(flags & LOST)
            if rows.why_lost(place) == CUT_OFF:
                self._cut_off += 1
            else:
                self._leave(rows.frame(place))
        self.left += len(rows)
        self._rows += len(rows)

    def _leave(self, data: bytes) -> None:
        if data[:6] == PAUSE:
            self._pauses += 1
            return
        number, place = self._by_bytes.get(data, (-1, -1))
        sent = self.open.get(number)
        if sent is None:
            self._violations.append(f"{len(data)} bytes on the wire that nobody sent, after frame {self._last}")
        elif place < sent.seen:
            self._violations.append(f"frame {number} part {place} of {len(sent.wire)} left twice")
        elif (number, place) < self._last:
            self._violations.append(f"frame {number} left after {self._last}")
        else:
            if place > sent.seen:
                sent.holes = True
                self._holes.append(f"frame {number} left without its parts {sent.seen} to {place - 1}")
            sent.seen = place + 1
            self._last = (number, place)

    def _far_end(self) -> None:
        """What the wire says it did with the frames against what came out at its other end."""
        rows = self._sim.wire.captured(FROM_CARD, self._peer_taken)
        self._peer_taken += len(rows)
        for flags in rows.records["flags"]:
            self._peer_due += 0 if flags & LOST else 2 if flags & DUPLICATE else 1
        if (there := self._sim.wire.frames(AT_PEER)) != self._peer_due:
            self._violations.append(f"{there} frames at the other end, the wire's record says {self._peer_due}")
            self._peer_due = there

    # ---- what must be true at rest
    def balance(self, moved: dict[str, int]) -> None:
        """With the card at rest and ``moved`` counted since the last time: each frame left, or its loss was told."""
        self.look()
        self._far_end()
        counted, left = moved["tx_frames"], self._rows - self._pauses - self._cut_off
        # the card's own MAC takes frames and loses them while it receives a link fault (hw/nic/mac/README.md)
        faulty = self._own_mac and moved["link_changes"] > 0
        swallowed = counted - left if faulty else 0
        if counted != left + swallowed or swallowed < 0 or moved["tx_pause_frames"] != self._pauses:
            self._violations.append(f"{left} frames and {self._pauses} pause frames left, the card counts {counted}")
        if self._cut_off and not faulty:
            self._violations.append(f"{self._cut_off} frames left without their end")
        if not faulty:
            self._violations += self._holes
        used = lost = 0
        for sent in self.open.values():
            missing = sent.seen < len(sent.wire) or sent.holes
            self.cut += missing and sent.seen > 0
            if sent.state == "used":
                self.returned += 1
                used += missing
            elif sent.state == "lost":
                self.reset += 1
                lost += missing
            else:
                self._violations.append(f"frame {sent.number} is {sent.state}, and the card is at rest")
        drops = sum(moved[name] for name in DROPS)
        if not used - swallowed <= drops <= used + lost:
            self._violations.append(
                f"{used} frames returned as used did not leave, and {lost} lost to a reset; counted as dropped: {drops}"
            )
        self.missing += used + lost
        self._rows = self._pauses = self._cut_off = 0
        self._holes.clear()
        self.open.clear()
        self._by_bytes.clear()
