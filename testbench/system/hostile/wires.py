# SPDX-License-Identifier: Apache-2.0
"""A wire that sends what no wire should: bad frames, lying headers, floods, flaps, faults."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firmware import regs
from testbench.differential.frames import BROADCAST, rx_bytes
from testbench.differential.operations import RxFrame
from testbench.lib.config import Impairments
from testbench.system.hostile.plan import Action, Draft
from testbench.system.hostile.requests import patched, patches

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

KINDS = ("plain", "tcp4", "tcp4 bad", "udp6", "udp6 bad", "vlan plain", "length")
LINK_NS = 2_000  # for the card to see that its link has changed
MTU = 9194  # what the card tells its driver


# ---- drawing them
def frame(draft: Draft) -> Action:
    """Runts, giants, wrong check sequences, error marks, frames for others."""
    rng = draft.rng
    frames = []
    for _ in range(rng.randint(1, 6)):
        size = rng.choice((1, 13, 14, 15, 59, 60, 61, 64, 1514, 1518, MTU + 14, MTU + 15, MTU + 18, MTU + 19))
        if rng.random() < 0.03:
            size = rng.choice((16384, 65535))
        frames.append([
            size, rng.choice(("own", "broadcast", "group", "foreign", "own")),
            rng.choice(("plain", "length", "vlan plain")),
            rng.choice(("", "", "fcs", "error")), rng.getrandbits(16), patches(draft, 0, 20),
        ])  # fmt: skip
    return {"kind": "frame", "frames": frames}


def lie(draft: Draft) -> Action:
    """IP, TCP, UDP, VLAN and 802.3 headers that contradict the frame."""
    rng = draft.rng
    return {"kind": "lie", "frames": [
        [
            rng.choice((60, 61, 64, 90, 128, 300, 1514)), rng.choice(("own", "broadcast")), rng.choice(KINDS), "",
            rng.getrandbits(16), [*patches(draft, 12, 60), *patches(draft, 12, 24)],
        ] for _ in range(rng.randint(1, 8))
    ]}  # fmt: skip


def flood(draft: Draft) -> Action:
    """More frames than there are buffers, or than the frame store holds."""
    rng = draft.rng
    # what fills the store are long frames that wait for long
    sizes, wait = rng.choice(
        (([60] * 40, 50), ([200] * 20, 150), ([61] * 10, 400), ([9000] * 5, 50), ([9000] * 12, 3000))
    )
    return {"kind": "flood", "sizes": sizes, "wait": wait, "buffers": rng.choice((0, 1, 3))}


def link(draft: Draft) -> Action:
    """The link goes down and up, at once or in the middle of traffic."""
    rng = draft.rng
    return {"kind": "link", "waits": [rng.choice((0, 10, 100, 500, 3000)) for _ in range(2 * rng.randint(1, 3))]}


def impair(draft: Draft) -> Action:
    """Loss, spoiled, doubled and reordered frames."""
    rng = draft.rng
    shares = {
        name: rng.choice((0.0, 0.2, 0.7))
        for name in ("loss", "corrupt", "corrupt_payload", "duplicate", "reorder")
    }  # fmt: skip
    return {"kind": "impair", "direction": rng.choice(("tx", "rx")), "shares": shares, "seed": rng.randrange(1 << 16),
            "sizes": [rng.choice((60, 200, 900)) for _ in range(rng.randint(2, 6))]}  # fmt: skip


# ---- carrying them out
async def do_frames(world: World, action: Action) -> None:
    """Send them to the card. What is marked bad must not arrive; what is good may, if its address is wanted."""
    world.period.rx_lossy = True
    for size, to, kind, mark, seed, changes in action["frames"]:
        data = rx_bytes(RxFrame(size, to, kind, seed=seed), world.firmware.settings.mac)
        data = patched(data[:size] if kind in ("plain", "length", "vlan plain") else data, changes)
        if mark:
            world.wire.send(data, bad_fcs=mark == "fcs", error=mark == "error")
        else:
            world.send(data)


async def do_flood(world: World, action: Action) -> None:
    """Send them back to back."""
    world.period.rx_lossy = True
    world.sim.mgmt.write32(regs.RX_WAIT_CYCLES, action["wait"])
    world.post(action["buffers"])
    for size in action["sizes"]:
        world.send(world.frame(size, BROADCAST))


async def do_link(world: World, action: Action) -> None:
    """Take it down and up, with frames under way both ways."""
    world.period.rx_lossy = world.period.tx_lossy = True
    world.transmit([[60, 1, 0], [300, 2, 0]])
    world.send(world.frame(60, BROADCAST))
    for place, wait in enumerate(action["waits"]):
        world.wire.link(bool(place % 2))
        if wait:
            await world.sim.sleep_ns(wait)
    await world.sim.sleep_ns(LINK_NS)


async def do_impair(world: World, action: Action) -> None:
    """Traffic with faults on one direction, until everything is at rest."""
    await world.rest()
    period = world.period
    period.rx_lossy = period.tx_lossy = True
    if action["direction"] == "rx":
        period.rx_spoiled = True
    else:
        period.tx_doubled = True
    spoils = action["direction"] == "tx" and action["shares"]["corrupt_payload"]
    world.wire.impair(action["direction"], Impairments(**action["shares"], reorder_ns=2000, seed=action["seed"]))
    await world.receive(action["sizes"], 4)
    if not spoils:
        world.transmit([[size, 1, 0] for size in action["sizes"]])
    await world.rest()
    world.wire.impair(action["direction"], None)
