# SPDX-License-Identifier: Apache-2.0
"""The model's card is idle when nothing is due any more, whatever the order of what happens in one picosecond."""

import pytest

from testbench.lib.config import RunConfig
from testbench.model.system.sim import SETTLE_PS, ModelSim

STEPS = 5


@pytest.mark.parametrize("steps_ps", [SETTLE_PS - 1, SETTLE_PS, SETTLE_PS // 2])
def test_work_that_goes_on_when_idleness_is_looked_for_is_waited_for(steps_ps):
    sim, done = ModelSim(RunConfig()), []

    def work():
        done.append(sim.timeline.now_ps)
        if len(done) < STEPS:
            sim.card.later(steps_ps, work)

    async def entry():
        waiting = sim.start_soon(sim.idle(10_000))
        sim.start_soon(begin())  # its first step is due when the wait looks again, and comes after it
        return await waiting

    async def begin():
        sim.card.later(steps_ps, work)

    assert sim.run(entry()) and len(done) == STEPS
