# SPDX-License-Identifier: Apache-2.0
"""Entries: a driver that puts nonsense into rings, chains and headers. Each case returns what the card made of it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from host_driver.net.header import NetHeader
from testbench.system.bare_queue import (
    INDIRECT,
    NEXT,
    SIZE,
    WRITE,
    BareQueue,
    Descriptor,
    broken,
    difference,
    errors_of,
    recover,
)
from testbench.system.driver_card import tcp_frame
from testbench.system.rig import LIMIT_NS, OTHER, Rig

Table = dict[int, Descriptor]
GOOD = 7  # the descriptor of a good chain behind every bad one
HEADER = 12
FRAME = 100
FULL = 2**32 - 1


def chains(queue: BareQueue, forbidden: int, data: int) -> dict[str, tuple[Table, Table]]:
    """Bad chains from descriptor 0 on and their indirect tables. ``data``: flags of a descriptor as it should be.

    What the card must not touch lies at ``forbidden``, in memory that is no buffer.
    """
    a, b, wrong = queue.buffer(0), queue.buffer(1), data ^ WRITE
    link = data | NEXT
    table = [(a + 16 * place, 16, link, place + 1) for place in range(SIZE + 1)]
    table[-1] = (a, 16, data, 0)
    whole = dict(enumerate(table))
    short = {0: (a, 32, link, 1), 1: (a + 32, 80, data, 0)}
    return {
        "loop of two": ({0: (a, 32, link, 1), 1: (b, 32, link, 0)}, {}),
        "loop of one": ({0: (a, 32, link, 0)}, {}),
        "loop over the whole table": ({at: (a, 32, link, (at + 3) % GOOD) for at in range(GOOD)}, {}),
        "next just beyond the table": ({0: (a, 64, link, SIZE)}, {}),
        "next far beyond the table": ({0: (a, 64, link, 0xFFFF)}, {}),
        "length 2^32 - 1": ({0: (a if data else forbidden, FULL, data, 0)}, {}),
        "length 0": ({0: (forbidden, 0, data, 0)}, {}),
        "length 0 behind a good one": ({0: (a, 64, link, 1), 1: (forbidden, 0, data, 0)}, {}),
        "indirect table of 24 bytes": ({0: (queue.table, 24, INDIRECT, 0)}, short),
        "indirect table of 0 bytes": ({0: (queue.table, 0, INDIRECT, 0)}, short),
        "indirect table of 2^32 - 16 bytes": ({0: (forbidden, FULL - 15, INDIRECT, 0)}, {}),
        "indirect with NEXT": ({0: (queue.table, 32, INDIRECT | NEXT, 1), 1: (b, 64, data, 0)}, short),
        "nested indirect": ({0: (queue.table, 32, INDIRECT, 0)}, {0: (queue.table, 32, INDIRECT, 0)}),
        "nested indirect further on": (
            {0: (queue.table, 32, INDIRECT, 0)},
            {0: (a, 32, link, 1), 1: (forbidden, 16, INDIRECT, 0)},
        ),
        "next beyond the indirect table": (
            {0: (queue.table, 32, INDIRECT, 0)},
            {0: (a, 32, link, 1), 1: (b, 32, link, 2), 2: (forbidden, 32, data, 0)},
        ),
        "loop in an indirect table": ({0: (queue.table, 32, INDIRECT, 0)}, {0: (a, 32, link, 0)}),
        "indirect table longer than the queue": ({0: (queue.table, 16 * (SIZE + 1), INDIRECT, 0)}, whole),
        "chain and table together longer than the queue": (
            {**{at: (b, 16, link, at + 1) for at in range(6)}, 6: (queue.table, 48, INDIRECT, 0)},
            {0: (a, 16, link, 1), 1: (a, 16, link, 2), 2: (a, 16, data, 0)},
        ),
        "readable after writable": ({0: (a, 32, WRITE | NEXT, 1), 1: (forbidden, 64, 0, 0)}, {}),
        "readable after writable in a table": (
            {0: (queue.table, 32, INDIRECT, 0)},
            {0: (a, 32, WRITE | NEXT, 1), 1: (forbidden, 64, 0, 0)},
        ),
        "wrong direction": ({0: (forbidden, 128, wrong, 0)}, {}),
        "wrong direction behind a good one": ({0: (a, 32, link, 1), 1: (forbidden, 96, wrong, 0)}, {}),
    }  # fmt: skip


async def bad_chains(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Every bad chain in front of a good one on the same queue, to be sent or received into."""
    rig = await Rig(sim, args).up()
    index = int(args["transmit"])
    flags = 0 if index else WRITE
    queue = await BareQueue(rig, index).install()
    outcome = {}
    for name, (descriptors, table) in chains(queue, outside(rig), flags).items():
        before = await errors_of(rig)
        frame = rig.frame(FRAME, OTHER if index else None)
        queue.write(table, table=True)
        queue.write({GOOD: (queue.buffer(GOOD), HEADER + FRAME if index else 2048, flags, 0), **descriptors})
        if index:
            queue.fill(GOOD, bytes(HEADER) + frame)
        sent = len(sim.wire.received)
        queue.offer(0, GOOD)
        if not index:
            sim.wire.send_frames([rig.frame(FRAME), frame])
        idle = await sim.idle(LIMIT_NS)
        got = [queue.content(GOOD, HEADER + FRAME)[HEADER:]]
        if index:
            got = [data for _, data in sim.wire.received[sent:]]
        outcome[name] = {
            "moved": difference(await errors_of(rig), before), "used": queue.used(), "idle": idle,
            "good": got == [frame],
        }  # fmt: skip
    needs_reset = rig.device.needs_reset
    await queue.remove()
    after = await rig.ping_pong([60, 1514])
    return {"cases": outcome, "needs_reset": needs_reset, "after": after, "counters": await rig.close()}


def outside(rig: Rig) -> int:
    """Memory that is no buffer: an access there ends the run."""
    return rig.memory.base + rig.memory.size - (1 << 20)


async def bad_rings(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Heads and indices that no driver may write: the queue stops, the device asks for a reset; then all is well."""
    rig = await Rig(sim, args).up()
    outcome = {}
    for index in (0, 1):
        data = WRITE * (not index)
        for name, heads, ahead in (
            ("head just beyond the ring", (SIZE, GOOD), 0),
            ("head far beyond the ring", (0xFFFF, GOOD), 0),
            ("index ahead by one more than the queue size", (), SIZE + 1),
            ("index ahead by 65535", (), 0xFFFF),
        ):
            before = await errors_of(rig)
            queue = await BareQueue(rig, index).install()
            queue.write({place: (outside(rig), 64, data, 0) for place in range(SIZE)})
            sent = len(sim.wire.received)
            queue.offer(*heads, ahead=ahead)
            result = {"needs_reset": await broken(rig), "idle": await sim.idle(LIMIT_NS), "used": queue.used()}
            result["sent"] = len(sim.wire.received) - sent
            result["moved"] = difference(await errors_of(rig), before)
            result["after"] = await recover(rig)
            queue.free()
            outcome[f"{'transmit' if index else 'receive'}: {name}"] = result
    return {"cases": outcome, "counters": await rig.close()}


def headers(rig: Rig) -> dict[str, tuple[NetHeader, bytes]]:
    """Requests that cannot be carried out, each with its frame."""
    tcp, start = tcp_frame(rig, 4, 3000)
    tcp6, start6 = tcp_frame(rig, 6, 3000)
    plain = rig.frame(200, OTHER)
    tso = NetHeader(1, 1, start + 20, 1000, start, 16)
    version6 = bytearray(tcp)
    version6[14] = 0x65
    ihl = bytearray(tcp)
    ihl[14] = 0x4F
    short_ihl = bytearray(tcp)
    short_ihl[14] = 0x44
    offset = bytearray(tcp)
    offset[start + 12] = 0x40
    return {
        "gso_size 0": (replace(tso, gso_size=0), tcp),
        "gso_size beyond the longest frame": (replace(tso, gso_size=9200), tcp),
        "gso without NEEDS_CSUM": (replace(tso, flags=0), tcp),
        "unknown gso_type": (replace(tso, gso_type=7), tcp),
        "UDP gso_type, not negotiated": (replace(tso, gso_type=3), tcp),
        "ECN alone": (replace(tso, gso_type=0x80), tcp),
        "header beyond the frame": (replace(tso, csum_start=start), tcp[: start + 10]),
        "csum_start beyond the frame": (replace(tso, csum_start=len(tcp)), tcp),
        "csum_start of 65535": (replace(tso, csum_start=65535), tcp),
        "data offset below 5": (tso, bytes(offset)),
        "gso with another csum_offset": (replace(tso, csum_offset=18), tcp),
        "IPv6 type on an IPv4 frame": (replace(tso, gso_type=4), tcp),
        "IPv4 type on an IPv6 frame": (replace(tso, csum_start=start6, hdr_len=start6 + 20), tcp6),
        "IP version 6 behind type 0x0800": (tso, bytes(version6)),
        "IHL 15": (tso, bytes(ihl)),
        "IHL 4": (tso, bytes(short_ihl)),
        "IP length beyond the frame": (tso, tcp[:-100]),
        "IP cut off": (tso, tcp[:24]),
        "checksum field beyond the frame": (NetHeader(1, 0, 0, 0, 190, 16), plain),
        "checksum field cut by the end": (NetHeader(1, 0, 0, 0, 190, 9), plain),
        "csum_start and csum_offset of 65535": (NetHeader(1, 0, 0, 0, 65535, 65535), plain),
        "frame of 13 bytes": (NetHeader(), plain[:13]),
        "frame of no byte": (NetHeader(), b""),
        "half a header": (NetHeader(), b"cut"),
        "frame beyond the longest by one": (NetHeader(), rig.frame(9213, OTHER)),
        "frame of 65535 bytes": (NetHeader(), rig.frame(65535, OTHER)),
    }


async def bad_headers(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Every bad ``virtio_net_hdr`` or length before a good frame: the chain comes back, only the good one leaves."""
    rig = await Rig(sim, args).up()
    tx = rig.device.queues.tx[0]
    outcome = {}
    for name, (header, frame) in headers(rig).items():
        before = await errors_of(rig)
        sent = len(sim.wire.received)
        slot = tx.reserve(len(frame))
        assert slot
        slot.view[:HEADER] = header.pack()
        slot.frame[: len(frame)] = frame
        # past the driver, which would refuse some of these
        tx.queue.add_one(slot.address, 4 if frame == b"cut" else HEADER + len(frame), 0, slot)
        good = rig.frame(FRAME, OTHER)
        rig.device.transmit(good)
        idle = await sim.idle(LIMIT_NS)
        wire = [data for _, data in sim.wire.received[sent:]]
        outcome[name] = {
            "moved": difference(await errors_of(rig), before), "held": await rig.reclaim(), "idle": idle,
            "good": wire[-1:] == [good], "segments": len(wire) - 1,
        }  # fmt: skip
    return {"cases": outcome, "after": await rig.ping_pong([60, 9014]), "counters": await rig.close()}
