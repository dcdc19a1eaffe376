# SPDX-License-Identifier: Apache-2.0
"""The workloads of ``ferrule bench``: rings posted beforehand, timed on the wire, one entry for every case."""

from __future__ import annotations

import time
from typing import Any

import numpy

from firmware import Firmware
from testbench.lib.sim_base import SimBase
from testbench.lib.wire_frames import FROM_CARD, TO_CARD
from testbench.system.posted import HEADER, Posted, Ring, card_drops, frames_with_headers, plain_frames, super_frames

PEER = bytes.fromhex("02aabbccddee")
WARM_UP = 64  # frames before the first that is timed
RX_QUEUE, TX_QUEUE = 0, 1
PREFETCH_NS = 20_000  # for the card to fetch receive buffers before the first frame comes
LIMIT_NS = 50_000_000


def _transmit(posted: Posted, args: dict[str, Any], size: int, to: bytes) -> tuple[Ring, int]:
    """The transmit ring, posted; and the number of wire frames it makes."""
    wanted, length, mss, parts = args["wire_frames"], args["frame_bytes"], args["mss"], args["descriptors"]
    ring = Ring(posted, TX_QUEUE, size)
    if mss:
        segments = (65535 - 52) // mss
        count = -(-wanted // segments)
        frames, header = super_frames(count, mss, segments, to)
        wire_frames = count * segments
    else:
        frames, header = plain_frames(wanted, length, to), bytes(HEADER)
        count = wire_frames = wanted
    offsets = frames_with_headers(posted, frames, header)
    lengths = numpy.full(count, HEADER + frames.shape[1])
    if parts == 2:  # the header on its own
        offsets = numpy.stack([offsets, offsets + HEADER], 1).ravel()
        lengths = numpy.stack([numpy.full(count, HEADER), lengths - HEADER], 1).ravel()
    ring.post(offsets, lengths, parts)
    return ring, wire_frames


def _receive(posted: Posted, size: int, count: int, length: int) -> tuple[Ring, numpy.ndarray]:
    """The receive ring with a buffer for each frame, and the buffers."""
    step = -(-(HEADER + length) // 64) * 64
    start, memory = posted.take(step * count)
    ring = Ring(posted, RX_QUEUE, size)
    ring.post(start + step * numpy.arange(count), numpy.full(count, HEADER + length), write=True)
    return ring, memory.reshape(count, step)


async def measure(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Case "tx", "tso", "rx" or "loop"; what was measured, in the shape ``ferrule bench --json`` writes."""
    case, length = args["case"], args["frame_bytes"]
    firmware = Firmware(sim.mgmt)
    await firmware.boot()
    task = sim.start_soon(firmware.run())
    posted = Posted(sim)
    await posted.begin()
    size = sim.config.card.queue_size_max
    count = args["wire_frames"]
    sent = received = buffers = None
    if case in ("rx", "loop"):
        received, buffers = _receive(posted, size, count, length)
        await received.enable()
    if case != "rx":
        sent, count = _transmit(posted, args, size, posted.mac if case == "loop" else PEER)
        await sent.enable()
    await posted.live()
    if received:
        received.kick()
        await sim.sleep_ns(PREFETCH_NS)
    before = await firmware.counters()
    point = TO_CARD if case == "rx" else FROM_CARD
    sim.wire.mark(point, WARM_UP)
    interrupts, cycles, start = len(sim.host.messages), sim.cycles, time.perf_counter()
    if sent:
        sent.kick()
        complete = await sim.wire.wait_received(count, LIMIT_NS)
    else:
        frames = plain_frames(count, length, posted.mac)
        sim.wire.send_batch(frames.ravel(), length * numpy.arange(count), numpy.full(count, length))
        complete = await sim.wire.wait_sent(count, LIMIT_NS)
    await sim.idle(LIMIT_NS)
    wall, cycles = time.perf_counter() - start, sim.cycles - cycles
    assert complete, f"only {sim.wire.frames(point)} of {count} frames in {LIMIT_NS} ns"
    lost = card_drops(before, await firmware.counters())
    _check(args, sent, received, buffers, count, sum(lost.values()), posted.mac)
    if sent:
        _check_wire(sim, args, count, posted.mac if case == "loop" else PEER)
    firmware.stop()
    task.cancel()
    return result(sim, args, count, lost, cycles, wall, len(sim.host.messages) - interrupts)


def result(
    sim: SimBase, args: dict[str, Any], count: int, lost: dict[str, int], cycles: int, wall: float, interrupts: int
) -> dict[str, Any]:
    """One row of ``ferrule bench``: ``count`` frames in ``wall`` seconds, timed where the wire is marked."""
    length, timed = args["frame_bytes"], count - WARM_UP - 1 - sum(lost.values())
    first, last = sim.wire.span_ps(TO_CARD if args["case"].endswith("rx") else FROM_CARD)
    assert 0 < first < last, "the first timed frame was on the wire before it could be marked"
    sim_ns = (last - first) / 1000
    return {
        "case": args["case"], "frame_bytes": length, "mss": args["mss"], "frames": timed, "sim_ns": sim_ns,
        "cycles_per_frame": round(sim_ns * sim.config.card.core_hz / 1e9 / timed, 3),
        "gbps": round(8 * length * timed / sim_ns, 4),
        "line_rate_share": round(timed * (length + 24) * 8 / sim_ns / args["gbps"], 5), "drops": sum(lost.values()),
        "interrupts": interrupts, "wall_s": wall, "frames_per_wall_s": count / wall,
        "cycles_per_wall_s": cycles / wall, "descriptors": args["descriptors"], "dropped_by": lost,
    }  # fmt: skip


def _check(
    args: dict[str, Any], sent: Ring | None, received: Ring | None, buffers: numpy.ndarray | None,
    count: int, lost: int, mac: bytes,
) -> None:  # fmt: skip
    """The rings say what the counters say, and what was received is what was sent."""
    if sent:
        chains = int(sent.avail[1])
        assert sent.done == chains, f"{sent.done} of {chains} transmit chains came back"
    if received is None or buffers is None:
        return
    assert received.done == count - lost, f"{received.done} frames received, {count} sent, {lost} dropped"
    length = args["frame_bytes"]
    lengths = received.used["length"][: received.done]
    assert (lengths == HEADER + max(length, 60)).all(), "a wrong length in the used ring"
    if not lost:
        expected = plain_frames(count, length, mac)
        got = buffers[received.used["id"][:count], HEADER : HEADER + length]
        assert (got == expected).all(), "received bytes differ from those sent"


def _check_wire(sim: SimBase, args: dict[str, Any], count: int, to: bytes) -> None:
    """The wire carried every frame, byte for byte (of segments: their lengths), and none with a pause inside."""
    captured = sim.wire.captured(FROM_CARD)
    length = args["frame_bytes"]
    assert (captured.records["length"] == length).all() and len(captured) == count, "a frame of a wrong length"
    assert not sim.counters()["tx.gap_cycles"], "the card paused inside a frame"
    if not args["mss"]:
        got = numpy.frombuffer(captured.data, numpy.uint8).reshape(count, length)
        assert (got == plain_frames(count, length, to)).all(), "sent bytes differ from those posted"
