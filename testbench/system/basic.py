# SPDX-License-Identifier: Apache-2.0
"""Entries: any driver of a virtio network device on the card; docs/driver.md says what each of them demands.

``driver`` among the arguments is the one; the others have the values of the tests.
"""

from __future__ import annotations

from typing import Any

from testbench.lib.sim_base import SimBase
from testbench.system.basic_bench import LIMIT_NS, Bench, difference

GAP_NS = 50_000
SETTLE_NS = 5_000  # from the wire to the interrupt, and more
FIRST, LAST = 60, 1514  # bytes of a frame without FCS
# one frame of these at a time: ends of words and of bursts, and next to them
ALONE = (60, 61, 62, 63, 64, 65, 127, 128, 129, 511, 512, 513, 1023, 1024, 1025, 1511, 1512, 1513, 1514)
# frames out, frames in, bytes; no queue of the card has more than 1024 descriptors
BURSTS = ((1100, 0, 60), (0, 1100, 60), (1100, 1100, 60), (300, 300, 1514))
MOST = 5000  # frames, for a driver that never says that its ring is full


async def bring_up(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """What the driver has read of the device, with the link as ``link`` says."""
    sim.wire.link(args.get("link", True))
    await sim.sleep_ns(5_000)
    bench = await Bench(sim, args).up()
    driver = bench.driver
    return {
        "mac": driver.mac.hex(), "mtu": driver.mtu, "link_up": driver.link_up, "status": await bench.status(),
        "early": bench.bus.early, "dropped": await bench.end(),
    }  # fmt: skip


async def sizes(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Frames of some sizes both ways one at a time, then of all sizes in one stream."""
    bench = await Bench(sim, args).up()
    wrong = {}
    for size in ALONE:
        for way, out, back in (("out", [bench.frame(size, True)], []), ("in", [], [bench.frame(size, False)])):
            if text := (await bench.exchange(out, back))[way]:
                wrong[f"{size} bytes {way}"] = text
    whole = range(FIRST, LAST + 1)
    stream = [await bench.exchange([bench.frame(size, True) for size in whole], [])]
    stream += [await bench.exchange([], [bench.frame(size, False) for size in whole])]
    return {"alone": wrong, "stream": stream, "dropped": await bench.end()}


async def bursts(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """``[frames out, frames in, bytes]`` at once, one burst after another."""
    bench = await Bench(sim, args).up()
    wrong = []
    for out, back, size in args.get("bursts", BURSTS):
        frames = [bench.frame(size, True) for _ in range(out)], [bench.frame(size, False) for _ in range(back)]
        wrong.append(await bench.exchange(*frames, limit_ns=10 * LIMIT_NS))
    return {"wrong": wrong, "dropped": await bench.end()}


async def traffic(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Frames of random sizes both ways at random times."""
    bench = await Bench(sim, args).up()
    wrong = []
    for _ in range(args.get("turns", 150)):
        frames = [
            [bench.frame(bench.rng.randint(FIRST, LAST), outward) for _ in range(bench.rng.randrange(9))]
            for outward in (True, False)
        ]
        wrong.append(await bench.exchange(*frames))
        await sim.sleep_ns(bench.rng.randrange(3_000))
    return {"wrong": [found for found in wrong if any(found.values())], "dropped": await bench.end()}


async def interrupts(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Waits with nothing to come, then for frames at random times, with the messages that ended them."""
    bench = await Bench(sim, args).up()
    driver, bus = bench.driver, bench.bus
    start, useless = sim.time_ns, 0
    while await bench.wait(GAP_NS):
        useless += 1
        start = sim.time_ns
    idle_ns = sim.time_ns - start
    before, bus.sleeps, bus.waits = len(sim.host.messages), 0, 0
    late, wrong = [], 0
    for number in range(args.get("frames", 50)):
        frame = bench.frame(FIRST, False)
        at = sim.time_ns + bench.rng.randrange(GAP_NS)
        sim.wire.send(frame, at)
        got = driver.poll()
        if number % 2:
            # its interrupt fires after poll and before wait
            at += SETTLE_NS
            await sim.sleep_ns(at - sim.time_ns)
        while not got and sim.time_ns < at + LIMIT_NS:
            await bench.wait(LIMIT_NS)
            got = driver.poll()
        late.append(sim.time_ns - at)
        wrong += got != [frame]
    return {
        "useless": useless, "idle_ns": idle_ns, "latest_ns": max(late), "wrong": wrong, "sleeps": bus.sleeps,
        "waits": bus.waits, "messages": len(sim.host.messages) - before, "dropped": await bench.end(),
    }  # fmt: skip


async def full_ring(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """The card stops taking frames until the driver has no room, and goes on: three times."""
    bench = await Bench(sim, args).up()
    driver = bench.driver
    turns = []
    for _ in range(3):
        bench.transmitter(False)
        taken: list[bytes] = []
        while len(taken) < MOST and driver.transmit(frame := bench.frame(60, True)):
            taken.append(frame)
        # nothing is done, so for as long as that lasts there is no room
        end = sim.time_ns + GAP_NS
        while sim.time_ns < end:
            await bench.wait(end - sim.time_ns)
        early = driver.transmit(frame)
        sim.start_soon(_switch_on(bench))
        start, woken = sim.time_ns, False
        while not woken and sim.time_ns < start + LIMIT_NS:
            woken = await bench.wait(LIMIT_NS)
            driver.poll()
            woken = woken and driver.transmit(frame)
        late = sim.time_ns - start
        await sim.idle(LIMIT_NS)
        driver.poll()
        wrong = difference([*taken, frame], bench.on_wire())
        turns.append({"taken": len(taken), "early": early, "woken": woken, "late_ns": late, "wrong": wrong})
    return {"turns": turns, "dropped": await bench.end()}


async def dry_ring(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Frames arrive until the receive ring has no buffer left, and more; then the driver takes what there is."""
    # a frame waits for a buffer no longer than 400 ns
    bench = await Bench(sim, {**args, "card": {"rx_wait_cycles": 100}}).up()
    turns = []
    for _ in range(3):
        frames = [bench.frame(FIRST, False) for _ in range(BURSTS[0][0])]
        sim.wire.send_frames(frames)
        assert await sim.idle(LIMIT_NS), "the card does not come to rest"
        got = bench.driver.poll()
        after = await bench.exchange([], [bench.frame(FIRST, False) for _ in range(10)])
        turns.append({"kept": len(got), "wrong": difference(frames[: len(got)], got), "after": after["in"]})
    return {"turns": turns, "sent": 3 * len(frames), "dropped": await bench.end()}


async def _switch_on(bench: Bench) -> None:
    await bench.sim.sleep_ns(GAP_NS)
    bench.transmitter(True)


async def again(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Closed in the middle of traffic and probed again, time after time; the card is watched in between."""
    bench = await Bench(sim, args).up()
    driver, held, turns = bench.driver, [], []
    for _ in range(args.get("turns", 20)):
        for _ in range(30):
            driver.transmit(bench.frame(bench.rng.randint(FIRST, LAST), True))
        sim.wire.send_frames([bench.frame(bench.rng.randint(FIRST, LAST), False) for _ in range(60)])
        await sim.sleep_ns(bench.rng.randrange(20_000))
        held.append(sum(size for _, size in driver.memory_ranges()))
        await bench.close()
        status, messages = await bench.status(), len(sim.host.messages)
        # the wire goes on against a card without a driver
        await sim.idle(LIMIT_NS)
        await sim.sleep_ns(GAP_NS)
        late = len(sim.host.messages) - messages
        bench.on_wire()
        await bench.probe()
        wrong = await bench.exchange(
            [bench.frame(60, True) for _ in range(3)], [bench.frame(1514, False) for _ in range(3)]
        )
        turns.append({"status": status, "interrupts": late, "wrong": wrong})
    await bench.end()
    return {"turns": turns, "held": held}
