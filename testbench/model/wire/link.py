# SPDX-License-Identifier: Apache-2.0
"""Rate of the wire and level of its link, which both directions share."""

from __future__ import annotations

from collections.abc import Callable

from testbench.model.system.timeline import Timeline
from testbench.model.wire.impair import Impairment

SHORTEST = 60
OVERHEAD = 24  # bytes of preamble, FCS and gap


def nobody(*_: object) -> None:
    """No card is attached."""


class Link:
    """The level is what was asked for, unless the flap schedule of the faults towards the card has it down."""

    def __init__(self, timeline: Timeline, byte_ps: int) -> None:
        self._timeline = timeline
        self.byte_ps = byte_ps
        self._rx = Impairment()
        self._asked = self._told = True
        self._link_changed: Callable[[bool], object] = nobody

    def slot_ps(self, length: int) -> int:
        """Time a frame of so many bytes (without FCS) occupies the line."""
        return ((length if length > SHORTEST else SHORTEST) + OVERHEAD) * self.byte_ps

    @property
    def link_up(self) -> bool:
        """Level of the link now."""
        return self.up_at(self._timeline.now_ps)

    def up_at(self, ps: int) -> bool:
        """Level of the link at a time, by what has been asked for up to now."""
        return self._asked and not (self._rx.flaps and self._rx.down(ps))

    def _tell_link(self) -> None:
        up = self.link_up
        if up is not self._told:
            self._told = up
            self._link_changed(up)

    def _watch(self, flaps: list[tuple[int, int]]) -> None:
        for flap in flaps:
            for ps in flap:
                self._timeline.at(ps, self._tell_link)
