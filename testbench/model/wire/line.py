# SPDX-License-Identifier: Apache-2.0
"""The line between the card and its peer: where the card's frames come in, and what can be set."""

from __future__ import annotations

from collections.abc import Callable

from testbench.lib.config import CAPTURE_MODES, Impairments, WireConfig
from testbench.model.system.timeline import Event, Timeline
from testbench.model.wire.impair import LOST_LINK_DOWN
from testbench.model.wire.inward import Inward
from testbench.model.wire.link import SHORTEST, Link
from testbench.model.wire.peer import Peer
from testbench.model.wire.points import Point


class Line(Link):
    """Both directions of the wire, as testbench/dpi/wire.cpp and wire_stream.cpp have them."""

    def __init__(self, timeline: Timeline, config: WireConfig, on_progress: Callable[[], object]) -> None:
        super().__init__(timeline, int(8000 / config.gbps))
        self._on_progress = on_progress
        self._moved = Event(timeline)
        self._points = [Point(CAPTURE_MODES[config.capture], self._moved) for _ in range(3)]
        self._out, self._into, self._at_peer = self._points
        self._peer = Peer(timeline, self, self._out, self._at_peer, config.loopback)
        self._inward = Inward(timeline, self, self._peer, self._into, self._rx, on_progress)

    # the card's side
    def attach(self, receive: Callable[[bytes, int], object], link_changed: Callable[[bool], object]) -> None:
        """Join the card to the line.

        ``receive(frame, marks)`` is called when the last byte of a frame has arrived (``marks``: BAD_FCS, ERROR_CHAR),
        ``link_changed(up)`` when the link goes up or down from now on.
        """
        self._inward.receive, self._link_changed = receive, link_changed
        self._told = self.link_up

    def from_card(self, start_ps: int, end_ps: int, frame: bytes) -> None:
        """The card has put a frame on the line: it began at ``start_ps`` and occupies the line until ``end_ps``."""
        if len(frame) < SHORTEST:
            frame = frame.ljust(SHORTEST, b"\0")
        self._on_progress()
        peer = self._peer
        if not self.up_at(self._timeline.now_ps):
            self._out.add(start_ps, LOST_LINK_DOWN, frame)
        elif peer.faults.enabled:
            peer.through_faults(start_ps, end_ps, frame)
            self._inward.advance()
            self._inward.schedule()
        else:
            self._out.add(start_ps, 0, frame)
            peer.arrive(start_ps, 0, frame)
            if peer.back:  # turned round, or taken in while the other card had no room
                self._inward.schedule()

    @property
    def pending(self) -> int:
        """Frames queued towards the card, or under way on either side."""
        return self._inward.pending + len(self._peer.line)

    # settings
    def link(self, up: bool) -> None:
        """Take the link down or up."""
        self._inward.settle()
        self._asked = bool(up)
        self._tell_link()

    def impair(self, direction: str, impairments: Impairments | None) -> None:
        """Put faults on a direction ("tx" from the card, "rx" towards it), or take them off.

        A flap schedule stays when they are taken off: that of "rx" is the link's.
        """
        faults = {"tx": self._peer.faults, "rx": self._rx}[direction]
        self._inward.settle()
        flaps = faults.configure(impairments)
        if faults is self._rx:
            self._inward.put_back()
            self._watch(flaps)
        self._inward.schedule()

    # live runs
    @property
    def tap_fd(self) -> int:
        """Descriptor of the TAP, -1 if there is none."""
        return self._peer.tap_fd

    def tap(self, fd: int) -> None:
        """Join the wire to a TAP (non-blocking file descriptor, no IFF_VNET_HDR); -1 takes it off."""
        self._peer.tap_fd = fd
        self._peer.joined = False

    def join(self, fd: int) -> None:
        """Join the wire to another card's through a socket that keeps frames apart; no frame is lost between them."""
        self._peer.tap_fd = fd
        self._peer.joined = True

    def poll_tap(self) -> None:
        """Send what waits in the TAP to the card, as much as there is room for."""
        self._peer.read_tap()
        self._inward.schedule()
