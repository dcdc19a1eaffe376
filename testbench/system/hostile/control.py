# SPDX-License-Identifier: Apache-2.0
"""Hostile commands on the control queue: any class and length, split anyhow, with any room for the answer."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from testbench.system.hostile.plan import CONTROL, Action, Draft
from testbench.system.hostile.steering import expect

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

RAM_BYTES = 4096
COMMANDS = (
    (0, 0, 1), (0, 1, 1), (0, 2, 1), (0, 5, 1), (1, 0, 8), (1, 0, 20), (1, 0, 200), (1, 1, 6), (2, 0, 2), (4, 0, 2),
    (4, 1, 13), (4, 2, 13), (5, 0, 8), (6, 0, 8), (6, 1, 8), (6, 2, 12), (6, 3, 4), (6, 4, 4), (255, 255, 0),
)  # class, command, bytes of its data  # fmt: skip


def command(draft: Draft) -> Action:
    """A few commands, one after another or at once."""
    rng = draft.rng
    rows = []
    for _ in range(rng.randint(1, 4)):
        kind, number, length = rng.choice(COMMANDS)
        if rng.random() < 0.2:
            kind, number = rng.randrange(256), rng.randrange(256)
        if rng.random() < 0.4:
            length = rng.choice((0, 1, 5, 7, 9, 64, rng.randrange(300)))
        long = rng.random() < 0.06
        if long:
            length = rng.choice((RAM_BYTES - 3, RAM_BYTES - 2, RAM_BYTES - 1, 5000))
        body = rng.choice((bytes(length), rng.randbytes(length), b"\1" + bytes(max(length - 1, 0))))
        data = bytes((kind, number)) + body
        request = data if long else data[: rng.choice((len(data), len(data), len(data), 0, 1, 2))]
        room = [rng.choice((1, 1, 1, 2, 8, 9, 100)) for _ in range(rng.choice((0, 1, 1, 1, 2, 5, 70)))]
        rows.append({"request": request.hex(), "pieces": rng.randint(1, 4), "room": room})
    return {"kind": "command", "commands": rows, "reset": rng.choice((False, False, False, True))}


async def do_command(world: World, action: Action) -> None:
    """Offer them; perhaps the queue is reset while the card has them."""
    ring = world.rings[CONTROL]
    for row in action["commands"]:
        request = bytes.fromhex(row["request"])
        pieces = min(row["pieces"], len(request))
        cuts = [len(request) * place // pieces for place in range(pieces + 1)] if pieces else []
        spans = [(world.legal(request[a:b]), b - a, False) for a, b in pairwise(cuts)]
        spans += [(world.legal(size), size, True) for size in row["room"]]
        if not spans:
            continue
        await world.make_room(ring, min(len(spans), ring.size))
        _, effect = expect(world, request)
        world.offer_spans(ring, spans, len(spans) > ring.size // 2, effect=effect)
    ring.publish()
    world.kick(CONTROL)
    if action["reset"] and not world.tainted:
        from testbench.system.hostile.placing import reset

        await world.sim.sleep_ns(2 * world.case.latency_ns)
        await reset(world, CONTROL, world.case.rings[CONTROL], world.case.sizes[CONTROL])
        world.write_queue(CONTROL, world.case.rings[CONTROL], world.case.sizes[CONTROL])
