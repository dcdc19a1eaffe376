# SPDX-License-Identifier: Apache-2.0
"""Entries: a wire that loses, spoils, doubles, reorders and delays frames in both directions, and a link that flaps."""

from __future__ import annotations

from typing import Any

from testbench.lib.config import Impairments
from testbench.lib.sim_base import SimBase
from testbench.system.faults.scene import Scene
from testbench.system.faults.traffic import STEP_NS

WAYS = ("tx", "rx")
SPOILED = frozenset({"rx_drop_wire_error", "rx_drop_fcs"})
# a bit flipped where no FCS tells of it may be one of an address, a length or a checksum
ALTERED = frozenset({"rx_drop_filter", "rx_drop_length", "rx_csum_bad"})
KINDS: dict[str, tuple[dict[str, float], tuple[str, ...], frozenset[str]]] = {
    "loss": ({"loss": 0.2}, ("lost",), frozenset()),
    "corruption with a wrong FCS": ({"corrupt": 0.2}, ("corrupted",), SPOILED),
    "corruption with a right FCS": ({"corrupt_payload": 0.2}, ("corrupted",), ALTERED),
    "duplication": ({"duplicate": 0.2}, ("duplicated",), frozenset()),
    "reordering": ({"reorder": 0.2, "reorder_ns": 7_000}, ("reordered",), frozenset()),
    "delay and jitter": ({"delay_ns": 500, "jitter_ns": 5_000}, (), frozenset()),
    "all of these": (
        {"loss": 0.07, "corrupt": 0.07, "corrupt_payload": 0.07, "duplicate": 0.07, "reorder": 0.07,
         "reorder_ns": 9_000, "delay_ns": 300, "jitter_ns": 3_000},
        ("lost", "corrupted", "duplicated", "reordered"), SPOILED | ALTERED,
    ),
}  # fmt: skip
FLAP = "link flap"
HEARD_NS = 200_000  # within which the driver must hear of the link


def impaired(sim: SimBase, names: tuple[str, ...]) -> int:
    """What the wire has done to frames so far; without names, frames that have passed it."""
    counters = sim.counters()
    if not names:
        return sum(counters[f"{point}.frames"] for point in WAYS)
    return sum(counters[f"impair_{way}.{name}"] for way in WAYS for name in names)


async def impair(scene: Scene, kind: str, ns: int) -> int:
    """One kind for a while, both ways; how many frames it met."""
    sim = scene.sim
    faults, names, _ = KINDS[kind]
    before = impaired(sim, names)
    for way in WAYS:
        sim.wire.impair(way, Impairments(**faults, seed=scene.rng.randrange(2**31)))  # type: ignore[arg-type]
    await sim.sleep_ns(ns)
    for way in WAYS:
        sim.wire.impair(way, None)
    return impaired(sim, names) - before


async def flap(scene: Scene, ns: int) -> int:
    """The link goes and comes back; the driver must hear of both."""
    sim = scene.sim
    for up in (False, True):
        sim.wire.link(up)
        end = sim.time_ns + HEARD_NS
        while scene.device.link_up != up:
            if sim.time_ns > end:
                scene.violations.append(f"the driver does not hear of the link going {'up' if up else 'down'}")
                break
            await sim.sleep_ns(STEP_NS)
        await sim.sleep_ns(ns)
    return 1


async def impairments(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Rounds of each kind for ``ns`` nanoseconds, and of ``flaps`` flaps (which may cut a frame off)."""
    scene = await Scene(sim, args).up()

    async def flaps() -> int:
        return sum([await flap(scene, args["flap_ns"]) for _ in range(args["flaps"])])

    for _ in range(args["rounds"]):
        for kind in KINDS:
            await scene.round(kind, lambda kind=kind: impair(scene, kind, args["ns"]), KINDS[kind][2])  # type: ignore
        await scene.round(FLAP, flaps, SPOILED)
    return await scene.close()
