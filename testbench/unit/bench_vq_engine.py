# SPDX-License-Identifier: Apache-2.0
"""vq_engine against a driver written from the standard: random rings, random chains, random memory.

``VQ_RING`` is the ring format, split or packed; ``VQ_SCALE`` shortens the random tests. ``VQ_REACH``, ``VQ_SIZE_MAX``
and ``VQ_LATENCY`` are of the engine that is tested: address bits, longest ring, latency at which it must keep pace.
"""

import os

import cocotb

from testbench.unit.lib_vq import AVAIL, DESC, USED, Harness
from testbench.unit.lib_vq_driver import E_DESC_DMA, E_RING_DMA

PACKED = os.environ.get("VQ_RING", "split") == "packed"
TABLE_KINDS = ("table_next", "table_length", "table_empty", "table_long", "nested")
SCALE = float(os.environ.get("VQ_SCALE", "1"))
REACH = int(os.environ.get("VQ_REACH", "64"))
SIZE_MAX = int(os.environ.get("VQ_SIZE_MAX", "1024"))
LATENCY = int(os.environ.get("VQ_LATENCY", "125"))


def harness(dut, seed_offset=0):
    """The harness of the format that is tested."""
    return Harness(dut, seed_offset, PACKED, REACH)


def first_index(h, size):
    """A ring index to start at: just before a wrap, or anywhere."""
    if not PACKED:
        return h.rng.choice((0, 65530, h.rng.randrange(65536)))
    return h.rng.choice((0, size - 1, h.rng.randrange(size))) | h.rng.choice((0, 0x8000))


def add_random(h, queue, bad_share, longest=None):
    """One random chain; False: no room in the ring."""
    rng, driver = h.rng, h.drivers[queue]
    longest = longest or driver.size
    bad = rng.choice(driver.bad_kinds) if rng.random() < bad_share else None
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
    if kind < 0.8 or count < 2 or PACKED:
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
            if PACKED:
                h.memory.write(driver.avail, rng.randbytes(2) + bytes((rng.randrange(256), rng.randrange(256))))
            else:
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
    await h.check_indices()


def random_sizes(h, choices=(2, 4, 8, 16, 32, 64, 128, 256)):
    """A size a queue; a packed ring's need not be a power of two."""
    sizes = [h.rng.choice([size for size in choices if size <= SIZE_MAX]) for _ in range(h.queues)]
    return [max(2, size - h.rng.randrange((size + 1) // 2)) for size in sizes] if PACKED else sizes


@cocotb.test()
async def any_legal_chain_arrives(dut):
    """Direct, indirect and mixed chains, scattered links, indices across 65,535 -> 0, events in both directions."""
    h = harness(dut)
    await h.reset(event_idx=True, indirect=True)
    h.defer = h.rng.choice((0.0, 0.5))
    for queue, size in enumerate(random_sizes(h)):
        driver = h.add_queue(queue, size, first_index(h, size) if PACKED else 65530)
        if PACKED:
            driver.careless = h.rng.choice((0.0, 0.3))
    await traffic(h, int(300 * SCALE), longest=64)
    h.check_end()
    if not PACKED:
        assert all(0 < h.drivers[q].used_seen < 60000 for q in range(h.queues) if h.chains_walked[q] > 6)


@cocotb.test()
async def bad_chains_are_reported_and_returned(dut):
    """Each kind of bad chain gives its code once, comes back with length 0, and the queue goes on."""
    h = harness(dut, 1)
    await h.reset(event_idx=h.rng.random() < 0.5, indirect=h.rng.random() < 0.7)
    for queue, size in enumerate(random_sizes(h, (2, 4, 8, 16, 64))):
        h.add_queue(queue, size, first_index(h, size))
    await traffic(h, int(250 * SCALE), bad_share=0.4)
    h.check_end()
    assert h.errors


@cocotb.test()
async def flags_instead_of_events(dut):
    """Without EVENT_IDX flags suppress interrupts (packed: DISABLE alone), and every publication is notified."""
    h = harness(dut, 2)
    await h.reset(event_idx=False, indirect=False)
    for queue, size in enumerate(random_sizes(h, (4, 16, 256))):
        h.add_queue(queue, size)
    h.auto_reclaim = False
    await traffic(h, int(200 * SCALE), longest=16)
    h.check_end()


@cocotb.test()
async def a_polling_driver_is_told_what_it_asked_for(dut):
    """Rings of a few entries are used several times over between two decisions, and the event may be anywhere."""
    h = harness(dut, 11)
    await h.reset(event_idx=True, indirect=False)
    h.auto_reclaim = False
    h.fire_delay = lambda: h.rng.choice((0, 100, 600))
    h.hold = lambda: 0
    for queue, size in enumerate(random_sizes(h, (2, 4, 8))):
        h.add_queue(queue, size, first_index(h, size))
    for step in range(8000):
        if step >= 8000 * SCALE and h.suppressed and any(h.irqs):
            break
        queue = h.rng.randrange(h.queues)
        driver = h.drivers[queue]
        if h.rng.random() < 0.3:
            driver.reclaim()
            if driver.add(1):
                h.publish(queue)
        if h.rng.random() < 0.01:
            driver.serve(h.rng.randrange(driver.size))
        await h.step()
    await h.until(h.settled, 20_000, "the last chains")
    await h.run(50)
    h.check_end()
    assert h.suppressed and any(h.irqs)


async def pace(h, add, chains=500, every=3):
    """Cycles a chain at the latency set, with a driver that always has something to publish."""
    h.latency = lambda: LATENCY
    h.stall = h.pop_stall = h.seg_stall = h.more = 0.0
    h.hold = lambda: 40
    h.fire_delay = lambda: 100
    h.add_queue(0, min(SIZE_MAX, 500 if PACKED else 512)).scatter = 0.0
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
    """A chain of one or two descriptors at most every 8 cycles at the latency set, direct and indirect alike."""
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
        h = harness(dut, 10 + seed)
        await h.reset(event_idx=True, indirect=True)
        found[name] = await pace(h, add)
    dut._log.info("cycles a chain: " + ", ".join(f"{name} {value:.2f}" for name, value in found.items()))
    assert all(value <= 8.0 for value in found.values()), found


async def stop_in_a_burst(h, queue):
    """Come to a moment at which answers for a full ring arrive as fast as they can, and nothing else is under way."""
    await h.until(h.settled, 20_000, "rest before the burst")
    h.pop_stall, h.stall, h.latency = 1.0, 0.0, lambda: 8
    h.drivers[queue].reclaim()
    while h.drivers[queue].add(1):
        pass
    h.publish(queue)
    h.kicks.append((h.now, queue))
    await h.run(h.rng.randint(5, 90))


@cocotb.test()
async def stop_and_start_in_the_middle_of_traffic(dut):
    """After q_busy falls the queue touches memory no more, the other queues go on, and a start finds a clean state."""
    h = harness(dut, 3)
    await h.reset(event_idx=True, indirect=True)
    for queue in range(h.queues):
        h.add_queue(queue, 61 if PACKED else 64, first_index(h, 61))
    await h.until(lambda: not h.cfg, 100, "configuration")  # a START that follows a STOP at once is not taken
    for _ in range(int(100 * SCALE)):
        queue = h.rng.randrange(h.queues)
        length = h.rng.randint(0, 400)
        for _ in range(length):
            busy = h.rng.randrange(h.queues)
            if h.rng.random() < 0.1 and add_random(h, busy, 0.1, 6):
                h.publish(busy)
            await h.step()
        if h.rng.random() < 0.3:
            await stop_in_a_burst(h, queue)
        h.stop(queue)
        await h.step()
        await h.until(lambda q=queue: h.quiet[q], 20_000, "stop")  # loops in hand are walked to the ring's size
        h.pop_stall = h.stall = 0.3
        h.latency = lambda: h.rng.randint(1, 40)
        driver = h.drivers[queue]
        driver.reclaim()
        assert not driver.expected_used, "completions of a stopped queue were lost"
        h.add_stale_kick(queue)
        await h.run(h.rng.choice((0, 0, h.rng.randint(0, 60))))  # the harness fails on any access to its memory
        driver.start(first := first_index(h, driver.size))
        h.start(queue, first)
        await h.step()
    for queue in range(h.queues):
        h.drivers[queue].add(1)
        h.publish(queue)
    await h.until(h.settled, 20_000, "the last chains")
    assert sorted(h.errors) == sorted(h.expected_errors)


@cocotb.test()
async def goes_on_where_it_stopped(dut):
    """A queue stopped in traffic and started at its used index does every chain once, though chains were prefetched."""
    h = harness(dut, 8)
    await h.reset(event_idx=True, indirect=True)
    for queue in range(h.queues):
        h.add_queue(queue, 23 if PACKED else 32, first_index(h, 23))
    await h.until(lambda: not h.cfg, 100, "configuration")
    for _ in range(int(60 * SCALE)):
        queue = h.rng.randrange(h.queues)
        for _ in range(h.rng.randint(0, 300)):
            busy = h.rng.randrange(h.queues)
            if h.rng.random() < 0.15 and add_random(h, busy, 0.1):
                h.publish(busy)
            await h.step()
        h.put("dbg_queue", queue)
        h.stop(queue)
        await h.step()
        await h.until(lambda q=queue: h.quiet[q], 5000, "stop")
        rules = h.rules[queue]
        first = int(dut.dbg_used.value)
        assert first == rules.index(rules.mark), f"used index {first:#x}, {rules.index(rules.mark):#x} is in memory"
        h.drivers[queue].reclaim()
        await h.run(h.rng.randint(0, 60))
        h.start(queue, first, fresh=False)
        h.serve_interrupt(queue)  # a stopped queue tells its driver nothing
        await h.step()
    for queue in range(h.queues):
        h.kicks.append((h.now, queue))
    await h.until(h.settled, 30_000, "the last chains")
    await h.run(50)
    for queue in range(h.queues):
        h.drivers[queue].reclaim()
    await h.check_indices()
    h.check_end()


@cocotb.test()
async def failed_reads_of_descriptors_cost_one_chain(dut):
    """An AXI error on a descriptor gives error 6 for its chain, which comes back with length 0; the queue goes on.

    In a packed ring that holds for tables: without a descriptor of the ring its chain has no end.
    """
    h = harness(dut, 4)
    await h.reset(event_idx=True, indirect=True)
    for queue in range(h.queues):
        h.add_queue(queue, 64)
    kinds = ("table",) if PACKED else ("desc", "table")
    h.read_error = lambda kind, queue: kind in kinds and h.rng.random() < 0.2
    await traffic(h, int(150 * SCALE), longest=20)
    assert h.errors and {code for _, code in h.errors} == {6}
    assert len(h.errors) == len(h.expected_errors)


@cocotb.test()
async def a_failed_ring_access_breaks_its_queue_alone(dut):
    """A failed access to either ring or a wild index: one report, the others go on, STOP and START mend it."""
    ring = ["look", "desc"] if PACKED else ["idx", "ring", "head", "ahead", "back"]
    cases = [*ring, "event", "element", "index", "arm"]
    h = harness(dut, 5)
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
        h.popped = type(h.popped)(item for item in h.popped if item[0] != victim)
        h.rules[victim].lost()
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
    """The longest ring (packed: nearly): a chain as long passes, direct or indirect, one without end ends there."""
    h = harness(dut, 6)
    await h.reset(event_idx=True, indirect=True)
    h.seg_stall = h.stall = 0.05
    h.latency = lambda: 5
    size = SIZE_MAX - SIZE_MAX // 40 if PACKED else 1 << SIZE_MAX.bit_length() - 1
    driver = h.add_queue(0, size, 0x8000 + size // 3 if PACKED else 0)
    driver.readable_only = True  # or a loop would end where a readable descriptor follows a writable one
    split = ((size, 0, None), (0, size, None), (3, size - 3, None), (size, 0, "loop"), (2, 2, "loop"))
    packed = ((size, 0, None), (0, size, None), (size, 0, "endless"), (size, 0, None), (size, 0, "endless"))
    for direct, tabled, bad in packed if PACKED else split:
        assert driver.add(direct, tabled, bad)
        h.publish(0)
        await h.until(lambda: h.settled() and not driver.flying, 60_000, f"chain of {direct} + {tabled}")
    h.check_end()
    assert [code for _, code in h.errors] == [3, 3]


@cocotb.test()
async def the_level_of_packed_rings_is_ignored(dut):
    """An engine without packed rings reads split ones, whatever level it is given."""
    h = harness(dut, 14)
    await h.reset(event_idx=True, indirect=True)
    h.put("cfg_packed", 1)
    await h.run(3)
    for queue, size in enumerate(random_sizes(h)):
        h.add_queue(queue, size)
    await traffic(h, int(50 * SCALE))
    h.check_end()


@cocotb.test()
async def a_table_beyond_the_reach_costs_its_chain(dut):
    """An indirect table at an address with a bit too many, or over the end, gives error 6; the queue goes on."""
    h = harness(dut, 12)
    await h.reset(event_idx=True, indirect=True)
    driver = h.add_queue(0, 16)
    for bit in (REACH, 63, h.rng.randrange(REACH, 64), None):
        assert driver.add(0, 3) and driver.add(2)
        chain = driver.waiting[0].chain if PACKED else driver.published[0]
        table = chain.table[0].to_bytes(8, "little")
        place = next(at for at in range(driver.desc, driver.desc + 256, 16) if h.memory.read(at, 8) == table)
        far = (1 << REACH) - h.rng.randint(1, 64) if bit is None else chain.table[0] | 1 << bit
        h.memory.write(place, far.to_bytes(8, "little"))
        chain.words, chain.error = [], E_DESC_DMA
        before = h.beyond
        h.publish(0)
        await h.until(lambda: h.settled() and not driver.flying, 5000, f"table at {far:#x}")
        assert h.beyond > before
    await h.run(50)
    h.check_end()
    assert h.errors == [(0, E_DESC_DMA)] * 4


@cocotb.test()
async def a_ring_beyond_the_reach_is_missing_memory(dut):
    """Each part of a ring with an address bit too many, or over the end: nothing else is touched."""
    h = harness(dut, 13)
    await h.reset(event_idx=True, indirect=True)
    h.auto_reclaim = False
    for queue in range(h.queues):
        h.add_queue(queue, 8)
    victim = h.rng.randrange(h.queues)
    driver = h.drivers[victim]
    end = 1 << REACH
    for part, field, address in (
        ("descriptors", DESC, driver.desc | 1 << h.rng.randrange(REACH, 64)),
        ("driver area", AVAIL, driver.avail | 1 << h.rng.randrange(REACH, 64)),
        ("device area", USED, driver.used | 1 << h.rng.randrange(REACH, 64)),
        ("descriptors over the end", DESC, end - h.rng.randint(1, 64)),
        ("driver area over the end", AVAIL, end - h.rng.randint(1, 64)),
    ):
        await h.run(300)
        h.stop(victim)
        await h.step()
        await h.until(lambda: h.quiet[victim], 3000, f"stop before {part}")
        for queue in range(h.queues):
            h.drivers[queue].reclaim()
        h.rules[victim].lost()
        h.errors.clear()
        before = h.beyond
        driver.start(0)
        h.cfg.append((victim, field, address))
        h.start(victim, 0)
        assert driver.add(1)
        one_chain = field == DESC and not PACKED
        if one_chain:
            driver.published[0].words, driver.published[0].error = [], E_DESC_DMA
        driver.publish()
        h.kicks.append((h.now + 20, victim))
        await h.until(lambda: h.errors, 3000, f"{part} beyond the reach")
        await h.run(300)
        assert h.errors == [(victim, E_DESC_DMA if one_chain else E_RING_DMA)], f"{part}: {h.errors}"
        assert h.beyond > before and int(dut.q_broken.value) == (0 if one_chain else 1 << victim)
        for queue in range(h.queues):
            if queue != victim:
                walked = h.chains_walked[queue]
                assert h.drivers[queue].add(2)
                h.publish(queue)
                h.kicks.append((h.now, queue))
                await h.until(lambda q=queue, n=walked: h.chains_walked[q] > n, 3000, "another queue")
        h.popped = type(h.popped)(item for item in h.popped if item[0] != victim)
        h.cfg.append((victim, field, {DESC: driver.desc, AVAIL: driver.avail, USED: driver.used}[field]))


@cocotb.test()
async def a_popped_chain_outlives_its_packed_ring(dut):
    """A ring that breaks, or stops, while a long chain is walked: the chain is walked and returned all the same.

    Unless its own descriptors cannot be read: then it ends with an error word of no descriptors and is not returned.
    """
    h = harness(dut, 9)
    await h.reset(event_idx=True, indirect=False)
    h.seg_stall = 0.6
    h.hold = lambda: 3
    size = min(250, SIZE_MAX)
    driver = h.add_queue(0, size, 0x8000 + size * 2 // 5)
    driver.readable_only = True
    for case in ("look", "desc", "stop", "lost", "look", "lost after stop"):
        driver.careless = h.rng.choice((0, 1))
        assert driver.add(size * 4 // 5)
        h.publish(0)
        await h.until(lambda: h.words, 3000, "first word")
        await h.run(h.rng.randrange(60))
        fails = {"look": ["look"], "desc": ["desc"], "lost": ["desc"] * 99}.get(case, [])
        h.read_error = lambda kind, queue, fails=fails: kind in fails and bool(fails.pop())
        h.rules[0].ending = True
        if "stop" in case:
            h.stop(0)
        if case == "lost after stop":
            await h.run(5)
            h.read_error = lambda kind, queue: kind == "desc"
        walked, done = h.chains_walked[0], h.frames_done[0]
        await h.until(lambda n=walked: h.chains_walked[0] > n, 5000, case)
        h.read_error = lambda kind, queue: False
        if "stop" not in case:
            h.stop(0)
        await h.step()
        await h.until(lambda: h.quiet[0], 3000, f"stop after {case}")
        lost = "lost" in case
        assert h.frames_done[0] == done + (not lost)
        assert driver.reclaim() == (not lost)
        assert case == "stop" or h.errors[0] == (0, E_RING_DMA)
        h.errors.clear()
        h.injected[0] = 0
        driver.start(first := first_index(h, size))
        h.start(0, first)
        await h.step()


@cocotb.test()
async def no_kick_is_lost_at_any_moment(dut):
    """One chain at a time, published at every distance from the moment the queue falls asleep: each is found."""
    h = harness(dut, 7)
    await h.reset(event_idx=h.rng.random() < 0.7, indirect=False)
    h.latency = lambda: 8
    h.hold = lambda: 0
    h.fire_delay = lambda: 0
    h.stall = h.pop_stall = h.seg_stall = 0.0
    for queue in range(h.queues):
        h.add_queue(queue, 3 if PACKED else 4, 0x8002 if PACKED else 65500)
    for distance in range(int(200 * SCALE)):
        queue = h.rng.randrange(h.queues)
        await h.run(distance % 67)
        walked = h.chains_walked[queue]
        h.drivers[queue].reclaim()
        assert h.drivers[queue].add(1)
        h.publish(queue)
        await h.until(lambda q=queue, n=walked: h.chains_walked[q] > n, 400, f"chain after {distance % 67} cycles")
        await h.until(lambda q=queue: not h.fires and not any(h.done) and h.cpl is None, 400, "completion")
