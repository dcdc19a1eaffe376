# SPDX-License-Identifier: Apache-2.0
"""The model's wire with a card that only takes notes; the base of the tests of that wire."""

from testbench.lib.config import WireConfig
from testbench.model.system.timeline import Event, Timeline
from testbench.model.wire.wire import Wire

LONG_PS = 10**9


class World:
    """A wire with a card that only takes notes."""

    def __init__(self, config=None):
        self.timeline = Timeline()
        self.moves, self.delivered, self.levels = 0, [], []
        self.wire = Wire(self.timeline, config or WireConfig(), self.wait, self.moved)
        self.wire.attach(
            lambda frame, marks: self.delivered.append((self.timeline.now_ps, marks, frame)), self.levels.append
        )

    def moved(self):
        self.moves += 1

    async def wait(self, what, event, timeout_ns=None, passive=False):
        self.what, start = what, self.timeline.now_ps
        end = None if timeout_ns is None else start + int(timeout_ns * 1000)
        timer = None if end is None else self.timeline.at(end, event.set)
        await event
        if timer:
            timer.cancel()
        return end is None or self.timeline.now_ps < end

    def run(self, coroutine):
        return self.timeline.run(coroutine, lambda due: 0)

    def run_until(self, ps):
        async def reach():
            event = Event(self.timeline)
            self.timeline.at(ps, event.set)
            await event

        self.run(reach())

    def card_sends(self, frame, at_ps):
        """The card starts a frame at that time."""
        slot = self.wire.slot_ps(len(frame))
        self.timeline.at(at_ps + len(frame) * self.wire.byte_ps, self.wire.from_card, at_ps, at_ps + slot, frame)

    def rows(self, point):
        captured = self.wire.captured(point)
        return [
            (int(row["at_ps"]), int(row["flags"]), captured.frame(index)) for index, row in enumerate(captured.records)
        ]
