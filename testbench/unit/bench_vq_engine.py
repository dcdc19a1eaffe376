# SPDX-License-Identifier: Apache-2.0
"""vq_engine against a driver written from the standard: random rings, random chains, random memory."""

import os

import cocotb

from testbench.unit.lib_vq import Harness
from testbench.unit.lib_vq_driver import BAD_KINDS

TABLE_KINDS = ("table_next", "table_length", "table_empty", "table_long", "nested")
SCALE = float(os.environ.get("VQ_SCALE", "1"))


def add_random(h, queue, bad_share, longest=None):
    """One random chain; False: no room in the ring."""
    rng, driver = h.rng, h.drivers[queue]
    longest = longest or driver.size
    bad = rng.choice(BAD_KINDS) if rng.random() < bad_share else None
    count = max(
        1, min(rng.choice((1, 1, 2, 3, 4, 5, rng.randint(1, 20), rng.randint(1, driver.size))), longest, driver.size)
    )
    kind = rng.random()
    if bad in TABLE_KINDS:
        kind = max(kind, 0.4)
    elif not h.indirect:
        kind = 0
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


async def pace(h, add, chains=500, every=3):
    """Cycles a chain at 125 cycles of latency, with a driver that always has something to publish."""
    h.latency = lambda: 125
    h.stall = h.pop_stall = h.seg_stall = h.more = 0.0
    h.hold = lambda: 40
    h.fire_delay = lambda: 100
    h.add_queue(0, 512).scatter = 0.0
    added = 0
    for _ in range(chains * 40):
        if len(h.last_times) >= chains:
            break
        if h.now % every == 0 and added < chains + 100 and add(h.drivers[0]):
            added += 1
            h.publish(0)
        await h.step()
    settled = h.last_times[chains // 3 : chains]
    return (settled[-1] - settled[0]) / (len(settled) - 1)


@cocotb.test()
async def keeps_pace_at_host_latency(dut):
    """A chain of one or two descriptors at most every 8 cycles at 125 cycles of latency, direct and indirect alike."""
    found = {}
    for seed, (name, add) in enumerate(
        {
            "direct 1": lambda d: d.add(1),
            "direct 2": lambda d: d.add(2),
            "indirect 1": lambda d: d.add(0, 1),
            "indirect 2": lambda d: d.add(0, 2),
            "either": lambda d: d.add(*d.rng.choice(((1, 0), (2, 0), (0, 1), (0, 2)))),
        }.items()
    ):
        h = Harness(dut, 10 + seed)
        await h.reset(event_idx=True, indirect=True)
        found[name] = await pace(h, add)
    dut._log.info("cycles a chain: " + ", ".join(f"{name} {value:.2f}" for name, value in found.items()))
    assert all(value <= 8.0 for value in found.values()), found


@cocotb.test()
async def stop_and_start_in_the_middle_of_traffic(dut):
    """After q_busy falls the queue touches memory no more, the other queues go on, and a start finds a clean state."""
    h = Harness(dut, 3)
    await h.reset(event_idx=True, indirect=True)
    for queue in range(h.queues):
        h.add_queue(queue, 16, 65530)
    for _ in range(int(100 * SCALE)):
        queue = h.rng.randrange(h.queues)
        length = h.rng.randint(0, 400)
        for _ in range(length):
            busy = h.rng.randrange(h.queues)
            if h.rng.random() < 0.1 and add_random(h, busy, 0.1, 6):
                h.publish(busy)
            await h.step()
        h.stop(queue)
        await h.step()
        await h.until(lambda q=queue: h.quiet[q], 3000, "stop")
        driver = h.drivers[queue]
        driver.reclaim()
        assert not driver.expected_used, "completions of a stopped queue were lost"
        h.add_stale_kick(queue)
        await h.run(h.rng.randint(0, 60))  # the harness fails on any access to the stopped queue's memory
        driver.start(first := h.rng.choice((0, 65530, h.rng.randrange(65536))))
        h.start(queue, first)
        await h.step()
    for queue in range(h.queues):
        h.drivers[queue].add(1)
        h.publish(queue)
    await h.until(h.settled, 20_000, "the last chains")
    assert sorted(h.errors) == sorted(h.expected_errors)


@cocotb.test()
async def failed_reads_of_descriptors_cost_one_chain(dut):
    """An AXI error on a descriptor gives error 6 for its chain, which comes back with length 0; the queue goes on."""
    h = Harness(dut, 4)
    await h.reset(event_idx=True, indirect=True)
    for queue in range(h.queues):
        h.add_queue(queue, 64)
    h.read_error = lambda kind, queue: kind in ("desc", "table") and h.rng.random() < 0.1
    await traffic(h, int(150 * SCALE), longest=20)
    assert h.errors and {code for _, code in h.errors} == {6}
    assert len(h.errors) == len(h.expected_errors)


@cocotb.test()
async def a_failed_ring_access_breaks_its_queue_alone(dut):
    """A failed access to either ring or a wild index: one report, the others go on, STOP and START mend it."""
    cases = ["idx", "ring", "event", "element", "index", "arm", "head", "ahead", "back"]
    h = Harness(dut, 5)
    await h.reset(event_idx=True, indirect=True)
    h.auto_reclaim = False
    for queue in range(h.queues):
        h.add_queue(queue, 8)
    for case in cases:
        victim = h.rng.randrange(h.queues)
        driver = h.drivers[victim]
        await h.run(300)
        for queue in range(h.queues):
            h.drivers[queue].reclaim()
        h.errors.clear()
        h.read_error = lambda kind, queue, case=case, victim=victim: queue == victim and kind == case
        h.write_error = h.read_error
        if case == "head":
            driver.put_avail(h.rng.choice((8, 65535)))
        elif case == "ahead":
            driver.avail_idx = (driver.avail_idx + 9) & 0xFFFF
        elif case == "back":
            driver.avail_idx = (driver.avail_idx - 1) & 0xFFFF
        else:
            driver.add(1)
        driver.publish()
        h.kicks.append((h.now, victim))
        await h.until(lambda: h.errors, 3000, case)
        expected = {"head": 1, "ahead": 9, "back": 9}.get(case, 7)
        await h.run(300)
        assert h.errors == [(victim, expected)], f"{case}: {h.errors}"
        assert int(dut.q_broken.value) == 1 << victim, case
        h.read_error = h.write_error = lambda kind, queue: False
        for queue in range(h.queues):
            walked = h.chains_walked[queue]
            if queue != victim:
                assert h.drivers[queue].add(2)
                h.publish(queue)
                h.kicks.append((h.now, queue))
                await h.until(lambda q=queue, n=walked: h.chains_walked[q] > n, 3000, "another queue")
        h.stop(victim)
        await h.step()
        await h.until(lambda q=victim: h.quiet[q], 3000, f"stop after {case}")
        assert not int(dut.q_broken.value)
        driver.start(0)
        h.start(victim, 0)
        await h.step()
        assert driver.add(1)
        h.publish(victim)
        h.kicks.append((h.now, victim))
        walked = h.chains_walked[victim]
        await h.until(lambda q=victim, n=walked: h.chains_walked[q] > n, 3000, f"start after {case}")


@cocotb.test()
async def the_longest_chains(dut):
    """Rings of 1,024: a chain of 1,024 descriptors passes, direct or indirect, and a loop ends after as many."""
    h = Harness(dut, 6)
    await h.reset(event_idx=True, indirect=True)
    h.seg_stall = h.stall = 0.05
    h.latency = lambda: 5
    driver = h.add_queue(0, 1024)
    driver.readable_only = True  # or a loop would end where a readable descriptor follows a writable one
    for direct, tabled, bad in ((1024, 0, None), (0, 1024, None), (3, 1021, None), (1024, 0, "loop"), (2, 2, "loop")):
        driver.add(direct, tabled, bad)
        h.publish(0)
        await h.until(lambda: h.settled() and not driver.flying, 60_000, f"chain of {direct} + {tabled}")
    h.check_end()
    assert [code for _, code in h.errors] == [3, 3]


@cocotb.test()
async def no_kick_is_lost_at_any_moment(dut):
    """One chain at a time, published at every distance from the moment the queue falls asleep: each is found."""
    h = Harness(dut, 7)
    await h.reset(event_idx=h.rng.random() < 0.7, indirect=False)
    h.latency = lambda: 8
    h.hold = lambda: 0
    h.fire_delay = lambda: 0
    h.stall = h.pop_stall = h.seg_stall = 0.0
    for queue in range(h.queues):
        h.add_queue(queue, 4, 65500)
    for distance in range(int(200 * SCALE)):
        queue = h.rng.randrange(h.queues)
        await h.run(distance % 67)
        walked = h.chains_walked[queue]
        h.drivers[queue].reclaim()
        assert h.drivers[queue].add(1)
        h.publish(queue)
        await h.until(lambda q=queue, n=walked: h.chains_walked[q] > n, 400, f"chain after {distance % 67} cycles")
        await h.until(lambda q=queue: not h.fires and not any(h.done) and h.cpl is None, 400, "completion")
