# SPDX-License-Identifier: Apache-2.0
"""Entries of the harness's own tests against echo_card; each returns what tests/test_harness.py asserts."""

import time

ID, BURSTS, LENGTH, START, VECTOR, IRQ, TX_LENGTH, TX_COUNT, BUSY, NOTIFY, STATUS, DONE, ERRORS, WIRE_ERRORS, RX_FRAMES, HANG = range(16)


async def registers(sim, args):
    """Scratch registers on both buses."""
    sim.host.bar_write(0, 0x12345678, 4)
    sim.host.bar_write(1, 0xAB, 1)
    sim.mgmt.write32(4, 77)
    values = [await sim.host.bar_read(0, 4), await sim.host.bar_read(2, 2), await sim.mgmt.read32(4)]
    return {"values": values, "ns": sim.time_ns}


async def speed(sim, args):
    """Cycles a wall second: idle, with both memory channels busy, with both directions of the wire busy."""
    result = {}
    await sim.host.bar_read(0, 4)
    for name in ("idle", "memory", "wire"):
        if name == "memory":
            sim.host.bar_write(4 * LENGTH, 31, 4)
            sim.host.bar_write(0, sim.host.memory_base, 4)
            sim.host.bar_write(4 * BURSTS, args["cycles"] // 32, 4)
            sim.host.bar_write(4 * START, 3, 4)
        if name == "wire":
            sim.wire.send_frames([bytes(1514)] * (args["cycles"] // 300))
            sim.host.bar_write(4 * TX_LENGTH, 1514, 4)
            sim.host.bar_write(4 * TX_COUNT, 10_000, 4)
        cycles, start, before = sim.cycles, time.perf_counter(), sim.counters()
        await sim.sleep_ns(args["cycles"] * 4)
        wall = time.perf_counter() - start
        after = sim.counters()
        result[name] = {"cycles_per_s": (sim.cycles - cycles) / wall,
                        "beats": after["memory.read_beats"] + after["memory.write_beats"] - before["memory.read_beats"] - before["memory.write_beats"],
                        "frames": after["tx.frames"] + after["rx.frames"] - before["tx.frames"] - before["rx.frames"]}
        if name == "memory":
            await sim.idle()
    sim.host.forgive()
    return result
