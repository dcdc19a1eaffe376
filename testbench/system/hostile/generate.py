# SPDX-License-Identifier: Apache-2.0
"""Draws a case: what is negotiated, the queues, and up to six hostile actions with honest traffic between them."""

from __future__ import annotations

import random
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from testbench.system.hostile import avail, chains, changing, control, management, placing, registers, requests, wires
from testbench.system.hostile.plan import Action, Case, Draft

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

Draw = Callable[[Draft], Action]
Do = Callable[["World", Action], Awaitable[None]]
# kind -> how often it is drawn, how it is drawn, how it is carried out
KINDS: dict[str, tuple[int, Draw, Do]] = {
    "chain": (12, chains.chain, chains.do_chain),
    "indirect": (10, chains.indirect, chains.do_chain),
    "avail": (6, avail.avail, avail.do_avail),
    "event": (4, avail.event, avail.do_event),
    "placement": (5, placing.placement, placing.do_placement),
    "enable": (5, placing.enable, placing.do_enable),
    "kick": (4, changing.kick, changing.do_kick),
    "race": (5, changing.race, changing.do_race),
    "fault": (4, changing.fault, changing.do_fault),
    "header": (10, requests.header, requests.do_header),
    "command": (6, control.command, control.do_command),
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
OPTIONAL = ((29,), (28,), (15,), (1,), (3,), (17, 18, 23, 52, 53), (11, 12, 13), (53, 52))
SIZES = (2, 4, 8, 8, 16, 16, 64, 256)


def traffic(draft: Draft) -> Action:
    """Honest frames both ways, and a command."""
    rng = draft.rng
    sizes = (60, 61, 64, 100, 127, 300, 700, 1514)
    return {
        "kind": "traffic", "buffers": rng.randint(1, 4),
        "tx": [[rng.choice(sizes), rng.randint(1, 3), rng.randrange(2)] for _ in range(rng.choice((0, 1, 1, 2)))],
        "rx": [rng.choice(sizes) for _ in range(rng.choice((0, 1, 1, 2)))], "command": rng.choice((0, 0, 0, 1, 2)),
    }  # fmt: skip


def draw(seed: int, index: int) -> Case:
    """Case ``index`` of ``seed``: always the same."""
    rng = random.Random(f"{seed}/{index}")
    withheld = tuple(sorted({bit for bits in OPTIONAL if rng.random() < 0.2 for bit in bits}))
    sizes = tuple(rng.choice(SIZES) for _ in range(3))
    draft = Draft(rng, index, sizes, withheld)
    opening = {**traffic(draft), "tx": [[rng.randint(60, 400), 1, 0]], "rx": [rng.randint(60, 400)], "buffers": 2}
    kinds = rng.choices(list(KINDS), [weight for weight, _, _ in KINDS.values()], k=rng.randint(1, 6))
    kinds.sort(key=lambda kind: kind in LAST)
    actions: list[Action] = []
    for kind in kinds:
        actions.append({**KINDS[kind][1](draft), "rest": rng.random() < 0.4})
        if rng.random() < 0.4:
            actions.append({**traffic(draft), "rest": rng.random() < 0.4})
    starts = tuple(rng.choice((0xFFFF, 0xFFFE, 0xFFF8, 0x7FFF)) if rng.random() < 0.1 else 0 for _ in range(3))
    return Case(
        seed, index, withheld, sizes, draft.rings, starts, hard=rng.random() < 0.15,
        latency_ns=rng.choice((60, 200, 500)), jitter_ns=rng.choice((0, 0, 300)),
        rx_wait_cycles=rng.choice((50, 150, 400)),
        opening=opening, actions=tuple(actions),
    )  # fmt: skip
