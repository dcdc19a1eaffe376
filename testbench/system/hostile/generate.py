# SPDX-License-Identifier: Apache-2.0
"""Draws a case: what is negotiated, the queues, and up to six hostile actions with honest traffic between them."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from testbench.system.hostile import (
    avail,
    chains,
    changing,
    control,
    management,
    packed_chains,
    packed_marks,
    placing,
    registers,
    requests,
    steering,
    wires,
)
from testbench.system.hostile.plan import (
    CTRL_VLAN,
    EVENT_IDX,
    HASH_REPORT,
    IN_ORDER,
    INDIRECT_DESC,
    MQ,
    QUEUES,
    RING_PACKED,
    RSS,
    Action,
    Case,
    Draft,
)

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

Draw = Callable[[Draft], Action]
Do = Callable[["World", Action], Awaitable[None]]


def _drawn(split: Draw, packed: Draw) -> Draw:
    return lambda draft: (packed if draft.packed else split)(draft)


def _done(split: Do, packed: Do) -> Do:
    return lambda world, action: (packed if world.case.packed else split)(world, action)


CHAIN = _done(chains.do_chain, packed_chains.do_chain)
# kind -> how often it is drawn, how it is drawn, how it is carried out
KINDS: dict[str, tuple[int, Draw, Do]] = {
    "chain": (12, _drawn(chains.chain, packed_chains.chain), CHAIN),
    "indirect": (10, _drawn(chains.indirect, packed_chains.indirect), CHAIN),
    "avail": (6, _drawn(avail.avail, packed_marks.avail), _done(avail.do_avail, packed_marks.do_avail)),
    "event": (4, avail.event, avail.do_event),
    "placement": (5, placing.placement, placing.do_placement),
    "enable": (5, placing.enable, placing.do_enable),
    "kick": (4, changing.kick, changing.do_kick),
    "race": (5, _drawn(changing.race, packed_marks.race), _done(changing.do_race, packed_marks.do_race)),
    "fault": (4, changing.fault, changing.do_fault),
    "header": (10, requests.header, requests.do_header),
    "command": (6, control.command, control.do_command),
    "steering": (8, steering.steering, steering.do_steering),
    "frame": (5, wires.frame, wires.do_frames),
    "lie": (5, wires.lie, wires.do_frames),
    "flood": (2, wires.flood, wires.do_flood),
    "link": (2, wires.link, wires.do_link),
    "impair": (3, wires.impair, wires.do_impair),
    "bar": (4, registers.bar, registers.do_bar),
    "status": (4, registers.status, registers.do_status),
    "msix": (3, registers.msix, registers.do_msix),
    "pci": (3, registers.pci, registers.do_pci),
    "management": (5, management.management, management.do_management),
    "restart": (3, management.restart, management.do_restart),
}
LAST = ("bar", "status", "management")  # after these nothing need work, so they come late in a case
# features that a driver may leave out, with those that need them
OPTIONAL = (
    (EVENT_IDX,), (INDIRECT_DESC,), (15,), (1,), (3,), (17, 18, CTRL_VLAN, MQ, 23, 52, 53, RSS), (11, 12, 13), (53, 52),
)  # fmt: skip
HALF = (CTRL_VLAN, MQ, RING_PACKED, IN_ORDER, HASH_REPORT, RSS)  # those that it leaves out as often as not
SIZES = (2, 4, 8, 8, 16, 16, 64, 256)
PACKED_SIZES = (2, 3, 5, 8, 13, 16, 33, 64, 250)


def traffic(draft: Draft) -> Action:
    """Honest frames both ways, and a command."""
    rng = draft.rng
    sizes = (60, 61, 64, 100, 127, 300, 700, 1514)
    return {
        "kind": "traffic", "buffers": rng.randint(1, 4),
        "tx": [[rng.choice(sizes), rng.randint(1, 3), rng.randrange(2)] for _ in range(rng.choice((0, 1, 1, 2)))],
        "rx": [rng.choice(sizes) for _ in range(rng.choice((0, 1, 1, 2)))], "command": rng.choice((0, 0, 0, 1, 2)),
    }  # fmt: skip


def draw(seed: int, index: int, pairs: int = 1) -> Case:
    """Case ``index`` of ``seed`` for a card of so many pairs: always the same."""
    rng = random.Random(f"{seed}/{index}")
    left_out = {bit for bits in OPTIONAL if rng.random() < 0.2 for bit in bits}
    withheld = tuple(sorted(left_out | {bit for bit in HALF if rng.random() < 0.5}))
    packed = RING_PACKED not in withheld
    several = pairs > 1 and not {MQ, RSS} <= set(withheld)
    count = len(QUEUES) if several else 3
    sizes = tuple(rng.choice(PACKED_SIZES if packed else SIZES) for _ in range(count))
    draft = Draft(rng, index, pairs, sizes, withheld)
    opening = {**traffic(draft), "tx": [[rng.randint(60, 400), 1, 0]], "rx": [rng.randint(60, 400)], "buffers": 2}
    kinds = rng.choices(list(KINDS), [weight for weight, _, _ in KINDS.values()], k=rng.randint(1, 6))
    kinds.sort(key=lambda kind: kind in LAST)
    actions: list[Action] = []
    for kind in kinds:
        actions.append({**KINDS[kind][1](draft), "rest": rng.random() < 0.4})
        if rng.random() < 0.4:
            actions.append({**traffic(draft), "rest": rng.random() < 0.4})
    return Case(
        seed, index, pairs, withheld, sizes, draft.rings, tuple(_start(rng, size, packed) for size in sizes),
        hard=rng.random() < 0.15, latency_ns=rng.choice((60, 200, 500)), jitter_ns=rng.choice((0, 0, 300)),
        rx_wait_cycles=rng.choice((50, 150, 400)),
        opening=opening, actions=tuple(actions),
    )  # fmt: skip


def _start(rng: random.Random, size: int, packed: bool) -> int:
    """First ring index: now and then one from which it soon wraps."""
    if rng.random() >= 0.1:
        return 0
    return rng.choice((size - 1, 0x8000, 0x8000 | size - 1) if packed else (0xFFFF, 0xFFFE, 0xFFF8, 0x7FFF))
