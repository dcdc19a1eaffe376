# SPDX-License-Identifier: Apache-2.0
"""Requests to send that cannot be done: any virtio_net_hdr before frames whose headers are right, or lie."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from testbench.differential.frames import tx_bytes
from testbench.differential.operations import TxFrame
from testbench.system.hostile.plan import TX, Action, Draft

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

FIELDS = ("flags", "kind", "hdr_len", "mss", "start", "offset")
SOURCE = bytes.fromhex("02000bad0000")
OFFLOADS = ("none", "csum", "csum", "tso4", "tso4", "tso6")


# ---- drawing them
def patches(draft: Draft, first: int, last: int) -> list[list[int]]:
    rng = draft.rng
    return [
        [rng.randint(first, last), rng.choice((0, 1, 0x0F, 0x40, 0x45, 0x4F, 0x60, 0x7F, 0xFF, rng.randrange(256)))]
        for _ in range(rng.choice((0, 1, 1, 2, 4)))
    ]  # fmt: skip


def header(draft: Draft) -> Action:
    """virtio_net_hdr with any fields, before frames that are good or lie."""
    rng = draft.rng
    frames = []
    for _ in range(rng.randint(1, 4)):
        offload = rng.choice(OFFLOADS)
        tcp = {"tso4": 34, "csum": 34, "tso6": 54}.get(offload, 34)
        size = rng.choice((0, 1, 14, 40, 60, 61, 300, 1446, 1500, 4000))
        if rng.random() < 0.06:
            size = rng.choice((9146, 9199, 20_000, 65_400))
        fields = {}
        for name, values in {
            "flags": (0, 1, 2, 3, 0xFF), "kind": (0, 1, 3, 4, 5, 7, 0x80, 0x81, 0x84, 0xFF),
            "hdr_len": (0, 14, tcp, tcp + 20, 0xFFFF), "mss": (0, 1, 2, 7, 536, 1448, 9000, 9158, 9159, 0xFFFF),
            "start": (0, 13, 14, tcp - 1, tcp, tcp + 1, tcp + 20, size, size + tcp, 254, 256, 0xFFFF),
            "offset": (0, 1, 6, 16, 17, 18, size, 0xFFFF),
        }.items():  # fmt: skip
            if rng.random() < 0.3:
                fields[name] = rng.choice((*values, rng.randrange(1 << (8 if name in ("flags", "kind") else 16))))
        mss = rng.choice((7, 100, 536, 1448)) if size < 10_000 else 1448
        if size > 2000 and 0 < fields.get("mss", mss) < 100:
            fields["mss"] = 0  # thousands of segments would only take time
        frames.append({
            "size": size, "offload": offload, "mss": mss, "seed": rng.getrandbits(16), "fields": fields,
            "patches": patches(draft, 12, tcp + 20), "pieces": rng.randint(1, 3),
            "cut": rng.choice((0, 0, 0, 0, 1, 20, size + 20, size + tcp)),
        })  # fmt: skip
    return {"kind": "header", "frames": frames}


# ---- carrying them out
def patched(data: bytes, patches: list[list[int]]) -> bytes:
    """With single bytes set, where there are so many."""
    changed = bytearray(data)
    for at, value in patches:
        if at < len(changed):
            changed[at] = value
    return bytes(changed)


async def do_header(world: World, action: Action) -> None:
    """Offer them on the transmit queue."""
    ring = world.rings[TX]
    for row in action["frames"]:
        request = TxFrame(row["size"], offload=row["offload"], mss=row["mss"], seed=row["seed"])
        head, data = tx_bytes(request, SOURCE)
        values = [head[0], head[1], *(int.from_bytes(head[at : at + 2], "little") for at in (2, 4, 6, 8, 10))]
        for name, value in row["fields"].items():
            values[FIELDS.index(name)] = value
        head = bytes(values[:2]) + b"".join(value.to_bytes(2, "little") for value in values[2:])
        whole = head.ljust(world.header, b"\0") + patched(data, row["patches"])
        whole = whole[: max(len(whole) - row["cut"], 1)]
        pieces = min(row["pieces"], len(whole), ring.size)
        cuts = [len(whole) * place // pieces for place in range(pieces + 1)]
        spans = [(world.legal(whole[a:b]), b - a, False) for a, b in pairwise(cuts)]
        await world.make_room(ring, len(spans))
        world.offer_spans(ring, spans)
    ring.publish()
    world.kick(TX)
