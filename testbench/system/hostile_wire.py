# SPDX-License-Identifier: Apache-2.0
"""Entries: frames no card should accept, and a driver without room for those it should. Each case says what moved."""

from __future__ import annotations

from typing import Any

from host_driver import Feature
from testbench.system.bare_queue import NEXT, SIZE, SLOT, WRITE, BareQueue, difference, errors_of, recover
from testbench.system.rig import LIMIT_NS, Rig

HEADER = 12
EMPTY = b"\xee"  # fills buffers, so that what the card writes shows
LONGEST = 9212  # MAX_FRAME without FCS


async def bad_frames(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Every bad frame alone and three times over between good ones, which all arrive."""
    rig = await Rig(sim, args).up()
    cases: dict[str, tuple[bytes, dict[str, bool]]] = {
        "runt of 59 bytes": (rig.frame(59), {}),
        "runt of 14 bytes": (rig.frame(14), {}),
        "runt of 1 byte": (rig.frame(14)[:1], {}),
        "runt with a bad FCS": (rig.frame(30), {"bad_fcs": True}),
        "giant by one byte": (rig.frame(LONGEST + 1), {}),
        "giant of 16384 bytes": (rig.frame(16384), {}),
        "giant of 65535 bytes": (rig.frame(65535), {}),
        "giant with a bad FCS": (rig.frame(LONGEST + 1), {"bad_fcs": True}),
        "bad FCS": (rig.frame(100), {"bad_fcs": True}),
        "bad FCS, jumbo": (rig.frame(9000), {"bad_fcs": True}),
        "error character": (rig.frame(100), {"error": True}),
        "error character, jumbo": (rig.frame(9000), {"error": True}),
        "over the MTU": (rig.frame(args["card"]["mtu"] + 15), {}),
        "802.3 length beyond the frame": (rig.frame(60)[:12] + b"\x05\xdc" + bytes(46), {}),
        "not for us": (rig.frame(60, b"\x02\x00\x00\x00\xbe\xef"), {}),
    }
    outcome = {}
    for name, (frame, flaws) in cases.items():
        before = await errors_of(rig)
        good = [rig.frame(60 + 100 * place) for place in range(4)]
        for place in range(4):
            sim.wire.send(good[place])
            if place < 3:
                sim.wire.send(frame, **flaws)
        idle = await sim.idle(LIMIT_NS)
        got = [received.frame for received in await rig.receive(4, LIMIT_NS)]
        outcome[name] = {"good": got == good, "moved": difference(await errors_of(rig), before), "idle": idle}
    return {"cases": outcome, "after": await rig.ping_pong([60, 9014]), "counters": await rig.close()}


# a list a chain, with the bytes of its buffers; for a frame of 1,000 bytes
ROOM: dict[str, list[list[int]]] = {
    "no buffer": [],
    "one short buffer": [[600]],
    "two short buffers for one frame": [[600], [600]],
    "buffer shorter than the header": [[8]],
    "two descriptors, together too short": [[500, 400]],
    "two descriptors, just enough": [[500, HEADER + 500]],
    "one byte short": [[HEADER + 999]],
    "just enough": [[HEADER + 1000]],
}


async def no_room(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """No receive buffer, too few, too small ones: frames are dropped from the head and counted, the next arrive."""
    rig = await Rig(sim, args).up()
    outcome = {}
    for mode in ("merged", "single"):
        if mode == "single":
            rig.device.options.unwanted |= {Feature.MRG_RXBUF}
            await recover(rig)
        for name, chains in ROOM.items():
            queue = await BareQueue(rig, 0).install()
            outcome[f"{mode}: {name}"] = await _tight(rig, queue, chains)
            await queue.remove()
        outcome[f"{mode}: ring not emptied"] = await _not_emptied(rig)
    return {"cases": outcome, "counters": await rig.close()}


async def _tight(rig: Rig, queue: BareQueue, chains: list[list[int]]) -> dict[str, Any]:
    """A frame of 1,000 bytes meets these chains; then a good buffer comes, and the next frame goes there."""
    sim = rig.sim
    before = await errors_of(rig)
    sizes = [size for chain in chains for size in chain]
    heads: list[int] = []
    for chain in chains:
        first = sum(len(earlier) for earlier in chains[: len(heads)])
        heads.append(first)
        for place, size in enumerate(chain, first):
            more = NEXT * (place + 1 < first + len(chain))
            queue.write({place: (queue.buffer(place), size, WRITE | more, place + 1)})
    for place in range(SIZE):
        queue.fill(place, EMPTY * SLOT)
    queue.offer(*heads)
    frame, last = rig.frame(1000), rig.frame(200)
    sim.wire.send(frame)
    idle = await sim.idle(LIMIT_NS)
    used = queue.used()
    content = b"".join(queue.content(place, size) for place, size in enumerate(sizes))
    queue.write({SIZE - 1: (queue.buffer(SIZE - 1), SLOT, WRITE, 0)})
    queue.offer(SIZE - 1)
    sim.wire.send(last)
    await sim.idle(LIMIT_NS)
    return {
        "moved": difference(await errors_of(rig), before), "used": used, "idle": idle, "then": queue.used(),
        "whole": content[HEADER : HEADER + 1000] == frame,
        "kept": all(set(queue.content(place, SLOT)[size:]) == set(EMPTY) for place, size in enumerate(sizes)),
        "next": queue.content(SIZE - 1, HEADER + 200)[HEADER:] == last,
    }  # fmt: skip


async def _not_emptied(rig: Rig) -> dict[str, Any]:
    """The driver's whole ring is filled, and nobody takes anything out of it for a while."""
    works = await rig.ping_pong([60, 9014])
    before = await errors_of(rig)
    count = rig.device.queues.rx[0].queue.size
    frames = [rig.frame(60) for _ in range(count + 7)]
    rig.sim.wire.send_frames(frames)
    idle = await rig.sim.idle(LIMIT_NS)
    got = [received.frame for received in await rig.receive(count)]
    moved = difference(await errors_of(rig), before)
    works &= await rig.ping_pong([60, 9014])
    return {"moved": moved, "good": got == frames[:count], "after": works, "idle": idle}
