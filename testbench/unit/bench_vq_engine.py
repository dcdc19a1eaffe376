# SPDX-License-Identifier: Apache-2.0
"""vq_engine against a driver written from the standard: random rings, random chains, random memory."""

import os
import random

import cocotb

from testbench.unit.lib_vq import Harness
from testbench.unit.lib_vq_driver import BAD_KINDS

SCALE = float(os.environ.get("VQ_SCALE", "1"))


def add_random(h, queue, bad_share, longest=None):
    """One random chain; False: no room in the ring."""
    rng, driver = h.rng, h.drivers[queue]
    longest = longest or driver.size
    bad = rng.choice(BAD_KINDS) if rng.random() < bad_share else None
    count = max(1, min(rng.choice((1, 1, 2, 3, 4, 5, rng.randint(1, 20), rng.randint(1, driver.size))), longest, driver.size))
    kind = rng.random()
    if not h.indirect and (bad is None or bad not in ("table_next", "table_length", "table_empty", "table_long", "nested")):
        kind = 0
    if bad in ("table_next", "table_length", "table_empty", "table_long", "nested"):
        kind = max(kind, 0.4)
    if kind < 0.4:
        return driver.add(count, 0, bad)
    if kind < 0.8 or count < 2:
        return driver.add(0, count, bad)
    direct = rng.randint(1, count - 1)
    return driver.add(direct, count - direct, bad)


async def traffic(h, chains, bad_share=0.0, limit=200_000, longest=None):
    """Publish ``chains`` chains over the running queues in random batches and wait until all is done."""
    rng = h.rng
    target = chains
    added = 0
    active = [q for q, d in enumerate(h.drivers) if d]
    for _ in range(limit):
        if added >= target and h.settled():
            break
        if added < target and rng.random() < 0.08:
            queue = rng.choice(active)
            for _ in range(rng.choice((1, 1, 2, 5, 20))):
                if add_random(h, queue, bad_share, longest):
                    added += 1
                else:
                    break
            h.publish(queue)
        if not h.event_idx and rng.random() < 0.01:
            driver = h.drivers[rng.choice(active)]
            h.memory.set_u16(driver.avail, rng.choice((0, 1)))
        if not h.event_idx and rng.random() < 0.02:
            h.drivers[rng.choice(active)].reclaim()
        await h.step()
    else:
        await h.until(h.settled, 1, f"traffic ({added} of {target} chains published)")
    await h.run(400)
    if not h.event_idx:
        for queue in active:
            h.drivers[queue].reclaim()
    for queue in active:
        assert not h.drivers[queue].flying, "a chain was never returned"
    none = int(h.dut.chain_none.value)
    assert none == (1 << h.queues) - 1, f"chain_none {none:#x} when every ring is empty"


def random_sizes(h, choices=(2, 4, 8, 16, 32, 64, 128, 256)):
    return [h.rng.choice(choices) for _ in range(h.queues)]


@cocotb.test()
async def any_legal_chain_arrives(dut):
    """Direct, indirect and mixed chains, scattered links, indices across 65,535 -> 0, events in both directions."""
    h = Harness(dut)
    await h.reset(event_idx=True, indirect=True)
    for queue, size in enumerate(random_sizes(h)):
        h.add_queue(queue, size, 65530)
    await traffic(h, int(300 * SCALE), longest=64)
    h.check_end()
    assert all(0 < h.drivers[q].used_seen < 60000 for q in range(h.queues) if h.chains_walked[q] > 6)


@cocotb.test()
async def bad_chains_are_reported_and_returned(dut):
    """Each kind of bad chain gives its code once, comes back with length 0, and the queue goes on."""
    h = Harness(dut, 1)
    await h.reset(event_idx=h.rng.random() < 0.5, indirect=h.rng.random() < 0.7)
    for queue, size in enumerate(random_sizes(h, (2, 4, 8, 16, 64))):
        h.add_queue(queue, size, h.rng.choice((0, 65530)))
    await traffic(h, int(250 * SCALE), bad_share=0.4)
    h.check_end()
    assert h.errors


@cocotb.test()
async def flags_instead_of_events(dut):
    """Without EVENT_IDX the avail flags suppress interrupts, and every publication is notified."""
    h = Harness(dut, 2)
    await h.reset(event_idx=False, indirect=False)
    for queue, size in enumerate(random_sizes(h, (4, 16, 256))):
        h.add_queue(queue, size)
    h.auto_reclaim = False
    await traffic(h, int(200 * SCALE), longest=16)
    h.check_end()
