# SPDX-License-Identifier: Apache-2.0
"""Entries of the harness's own tests against echo_card; each returns what tests/test_harness.py asserts."""

import os
import random
import socket
import time

from testbench.lib.bus_types import READ
from testbench.lib.config import Impairments
from testbench.lib.errors import ReadTimeoutError
from testbench.lib.wire_frames import FROM_CARD, TO_CARD

# registers of echo_card
(ADDRESS, BURSTS, LENGTH, START, VECTOR, IRQ, TX_LENGTH, TX_COUNT, BUSY, NOTIFY, STATUS, DONE, ERRORS, WIRE_ERRORS,
 RX_FRAMES, HANG) = range(0, 64, 4)  # fmt: skip


def generate(sim, bursts, length=0, kind=1, offset=0, notify=True):
    """Have the card move ``bursts`` bursts of ``length`` + 1 beats; kind 1 reads, 2 writes, 3 both."""
    for register, value in (
        (ADDRESS, sim.host.memory_base + offset), (BURSTS, bursts), (LENGTH, length), (NOTIFY, int(notify)),
        (VECTOR, 0), (START, kind),
    ):  # fmt: skip
        sim.host.bar_write(register, value, 4)


async def registers(sim, args):
    """Both buses, all sizes, writes and reads in order."""
    sim.host.bar_write(0, 0x12345678, 4)
    sim.host.bar_write(1, 0xAB, 1)
    sim.mgmt.write32(4, 77)
    values = [await sim.host.bar_read(0, 4), await sim.host.bar_read(2, 2), await sim.mgmt.read32(4)]
    for value in range(20):
        sim.host.bar_write(4, value, 4)
        values.append(await sim.host.bar_read(4, 4))
    sim.host.bar_write(0, 0x1122334455667788, 8)
    values.append(await sim.host.bar_read(0, 8))
    return {"values": values}


async def hung_read(sim, args):
    """A read without an answer, and what becomes of the bus afterwards."""
    errors = []
    start = sim.time_ns
    for address in (HANG, ADDRESS):
        try:
            await sim.host.bar_read(address, 4)
        except ReadTimeoutError as error:
            errors.append(str(error))
    sim.mgmt.write32(0, 5)
    return {"errors": errors, "ns": sim.time_ns - start, "management": await sim.mgmt.read32(0)}


async def move(sim, args):
    """A run of bursts: how long it takes, and what was counted."""
    generate(sim, args["bursts"], args.get("length", 0), args.get("kind", 1), args.get("offset", 0))
    sent = await sim.host.wait_interrupt([0], 10_000)
    start = sim.host.messages[0]["at_ps"]  # writing VECTOR sends one at once
    fired = await sim.host.wait_interrupt([1, 0], 50_000_000)
    done = sim.host.messages[-1]["at_ps"]
    counters = sim.counters()
    return {"ns": int(done - start) / 1000, "sent": sorted(sent), "fired": sorted(fired),
            "errors": await sim.host.bar_read(ERRORS, 4),
            "counters": {name: counters[name] for name in counters if name.startswith("memory.")}}  # fmt: skip


async def faults(sim, args):
    """Injected errors, accesses outside memory, the guard."""
    base, size = sim.host.memory_base, len(sim.host.memory)
    sim.host.inject(base + 64, 1, READ, count=2)
    result = {}
    generate(sim, 8, notify=False)
    await sim.idle()
    result["injected_once"] = await sim.host.bar_read(ERRORS, 4)
    generate(sim, 8, kind=3, notify=False)
    await sim.idle()
    result["injected_reads_only"] = await sim.host.bar_read(ERRORS, 4)
    generate(sim, 8, notify=False)
    await sim.idle()
    result["used_up"] = await sim.host.bar_read(ERRORS, 4)
    result["clean"] = sim.host.incidents
    generate(sim, 4, kind=2, offset=size - 32, notify=False)
    await sim.idle()
    result["outside"] = sim.host.forgive()
    result["errors"] = await sim.host.bar_read(ERRORS, 4)
    sim.host.guard(base + 16, 32)
    generate(sim, 4, kind=3, notify=False)
    await sim.idle()
    result["guarded"] = sim.host.incidents if args.get("keep") else sim.host.forgive()
    return result


async def write_visible(sim, args):
    """When written bytes show in memory: not before the B response."""
    generate(sim, 1, kind=2)
    await sim.host.wait_interrupt([0], 10_000)
    before = bytes(sim.host.memory[:16])
    await sim.sleep_ns(args["latency"] - 100)
    middle = bytes(sim.host.memory[:16])
    await sim.sleep_ns(200)
    return {"before": before.hex(), "middle": middle.hex(), "after": bytes(sim.host.memory[:16]).hex()}


async def memory_is_shared(sim, args):
    """What numpy writes the card reads, and the other way round (the card's own check is the B count)."""
    sim.host.memory[:] = 0xEE
    generate(sim, 4, length=3, kind=2, notify=False)
    await sim.idle()
    return {"words": sim.host.memory[: 4 * 4 * 16].view("<u4")[::4].tolist(), "next": int(sim.host.memory[4 * 4 * 16])}


async def pace(sim, args):
    """Frames from the card back to back, then frames to it: when each starts."""
    sim.wire.mark(FROM_CARD, 5)
    sim.host.bar_write(TX_LENGTH, args["length"], 4)
    sim.host.bar_write(TX_COUNT, args["count"], 4)
    await sim.wire.wait_received(args["count"])
    out = sim.wire.captured(FROM_CARD)
    sim.wire.send_frames([bytes(args["length"])] * args["count"])
    await sim.wire.wait_sent(args["count"])
    into = sim.wire.captured(TO_CARD)
    await sim.idle()
    return {"out": out.records["at_ps"].tolist(), "into": into.records["at_ps"].tolist(),
            "mark": sim.wire.span_ps(FROM_CARD)[0], "gaps": sim.counters()["tx.gap_cycles"]}  # fmt: skip


async def echo(sim, args):
    """Random frames to the card and back; what came back, with the order kept."""
    rng = random.Random(args["seed"])
    frames = [rng.randbytes(rng.randrange(args["shortest"], args["longest"])) for _ in range(args["count"])]
    sim.wire.send_frames(frames)
    await sim.idle()
    await sim.sleep_ns(20_000)
    got = [frame for _, frame in sim.wire.received]
    counters = sim.counters()
    starts = sim.wire.captured(TO_CARD).records["at_ps"].tolist()
    sent = [frame.ljust(60, b"\0") if args.get("pad") else frame for frame in frames]
    return {"equal": sent == got, "count": len(got),
            "min_gap": counters.get(f"{sim.config.card.mac_kind}.min_gap"), "starts": starts,
            "lengths": [len(frame) for frame in frames],
            "digest": hash(tuple(got)) if args.get("digest") else None}  # fmt: skip


async def bad_frames(sim, args):
    """Frames with a bad FCS or an error inside, among good ones."""
    for index in range(30):
        sim.wire.send(bytes([index]) * 100, bad_fcs=index % 3 == 1, error=index % 3 == 2)
    await sim.wire.wait_sent(30)
    await sim.idle()
    await sim.sleep_ns(5_000)
    return {"good": [frame[0] for _, frame in sim.wire.received], "errors": await sim.host.bar_read(WIRE_ERRORS, 4)}


async def impaired(sim, args):
    """Numbered frames over an impaired line; which arrive, in which order, and how late."""
    impairments = Impairments(**args["impairments"])
    sim.wire.impair(args["direction"], impairments)
    for index in range(args["count"]):
        sim.wire.send(index.to_bytes(2, "big") + bytes(98), at_ns=1000 + index * 1000)
    await sim.idle()
    await sim.sleep_ns(30_000)
    counters = sim.counters()
    name = f"impair_{args['direction']}."
    sent = sim.wire.captured(TO_CARD if args["direction"] == "rx" else FROM_CARD)
    return {"arrived": [int.from_bytes(frame[:2], "big") for _, frame in sim.wire.received],
            "payload_ok": [not any(frame[2:]) for _, frame in sim.wire.received],
            "times": [ns for ns, _ in sim.wire.received],
            "lost": [sent.why_lost(i) for i in range(len(sent)) if sent.why_lost(i)],
            "counters": {key[len(name):]: counters[key] for key in counters if key.startswith(name)}}  # fmt: skip


async def unplugged(sim, args):
    """Frames both ways with the link up, down and up again: which arrive, and what the card sees of it."""
    result = {"status": [], "arrived": [], "into": []}
    for up in (True, False, True):
        sim.wire.link(up)
        await sim.sleep_ns(1_000)
        result["status"].append(await sim.host.bar_read(STATUS, 4) >> 4 & 1)
        sim.wire.send_frames([bytes(60)] * 10)
        sim.host.bar_write(TX_LENGTH, 60, 4)
        sim.host.bar_write(TX_COUNT, 5, 4)
        await sim.idle()
        await sim.sleep_ns(5_000)
        result["arrived"].append(len(sim.wire.received))
        result["into"].append(await sim.host.bar_read(RX_FRAMES, 4))
    return result


async def waiting(sim, args):
    """Sleeps end on time, waits with a limit end at it, interrupts wake those who wait for them."""
    result = {"times": []}
    start = sim.time_ns
    for ns in (10, 100, 12_345, 1_000_000):
        before = sim.time_ns
        await sim.sleep_ns(ns)
        result["times"].append(sim.time_ns - before - ns)
    before = sim.time_ns
    result["nothing"] = sorted(await sim.host.wait_interrupt([3], 7_000))
    result["nothing_ns"] = sim.time_ns - before
    result["event"] = await sim.mgmt.wait_event(1_000)

    async def fire():
        await sim.sleep_ns(5_000)
        sim.host.bar_write(VECTOR, 9, 4)
        await sim.sleep_ns(5_000)
        sim.host.bar_write(VECTOR, 3, 4)
        sim.host.bar_write(IRQ, 1, 4)

    firing = sim.start_soon(fire())
    before = sim.time_ns
    result["fired"] = sorted(await sim.host.wait_interrupt([3, 4], 100_000))
    result["fired_ns"] = sim.time_ns - before
    result["event_later"] = await sim.mgmt.wait_event(100_000)
    await firing
    result["left"] = sorted(sim.host.take_interrupts())
    result["messages"] = [[int(m["vector"]), int(m["address"]), int(m["data"])] for m in sim.host.messages]
    result["total"] = sim.time_ns - start
    return result


async def stall(sim, args):
    """Waits for a frame that never comes, while the card holds a read."""
    sim.host.bar_write(BUSY, 1, 4)
    await sim.wire.wait_received(1)


async def endless(sim, args):
    """Never ends, in simulated time or in Python."""
    if args.get("python"):
        while True:
            time.sleep(0.05)
    while True:
        await sim.sleep_ns(1_000_000)


async def fails(sim, args):
    """Raises."""
    raise ValueError("a very particular mistake")


async def stopped(sim, args):
    """Asks itself to stop, as Ctrl-C does, and cleans up."""
    os.kill(os.getpid(), 2)
    try:
        while True:
            await sim.sleep_ns(1_000_000)
    finally:
        print("cleaned up", flush=True)


async def live(sim, args):
    """Blocks without simulated time passing until a descriptor is readable; a TAP (a socket) carries frames."""
    reader, writer = os.pipe()
    tap, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    tap.setblocking(False)
    sim.watch([reader])
    sim.wire.tap(tap.fileno())
    await sim.idle()
    start, wall = sim.time_ns, time.perf_counter()
    child = os.fork()
    if not child:
        time.sleep(0.5)
        os.write(writer, b"x")
        os._exit(0)
    readable: set[int] = set()
    while not readable:
        readable, _ = await sim.wait_live(max_block_ms=2000)
    os.waitpid(child, 0)
    result = {"readable": readable == {reader}, "sim_ns": sim.time_ns - start, "wall": time.perf_counter() - wall,
              "blocked": sim.counters()["live.blocked_us"] / 1e6}  # fmt: skip
    os.read(reader, 1)
    far.send(b"a" * 64)
    far.send(b"b" * 1500)
    got = []
    far.setblocking(False)
    for _ in range(20):
        await sim.wait_live(max_block_ms=50)
        try:
            got.append(len(far.recv(2000)))
        except BlockingIOError:
            if len(got) == 2:
                break
    sim.host.bar_write(BUSY, 2, 4)  # armed timers: simulated time must pass, not wall time
    before = sim.time_ns
    await sim.idle()
    blocked = sim.counters()["live.blocks"]
    waker = sim.start_soon(_write_later(sim, writer, 200_000))
    await sim.wait_live(max_block_ms=2000)
    await waker
    result["timers_ns"] = sim.time_ns - before
    result["blocks_with_timers"] = sim.counters()["live.blocks"] - blocked
    return {**result, "tap": got}


async def _write_later(sim, fd, ns):
    await sim.sleep_ns(ns)
    os.write(fd, b"x")


async def speed(sim, args):
    """Cycles a wall second: idle, with both memory channels busy, with both directions of the wire busy."""
    result = {}
    await sim.host.bar_read(0, 4)
    for name in ("idle", "memory", "wire"):
        if name == "memory":
            generate(sim, args["cycles"] // 32, 31, 3, notify=False)
        if name == "wire":
            sim.wire.send_frames([bytes(1514)] * (args["cycles"] // 300))
            sim.host.bar_write(TX_LENGTH, 1514, 4)
            sim.host.bar_write(TX_COUNT, 10_000, 4)
        start, before = time.perf_counter(), sim.counters()
        await sim.sleep_ns(args["cycles"] * 4)
        wall = time.perf_counter() - start
        after = sim.counters()
        result[name] = {"cycles_per_s": (after["cycles"] - before["cycles"]) / wall}
        for key in ("memory.read_beats", "memory.write_beats", "tx.frames", "rx.frames"):
            result[name][key] = after[key] - before[key]
        if name == "memory":
            await sim.idle()
    return result
