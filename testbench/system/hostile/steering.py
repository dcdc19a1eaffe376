# SPDX-License-Identifier: Apache-2.0
"""Hostile commands about queue pairs, receive-side scaling, hashes and VLANs, and what must be answered to each."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING

from testbench.differential.frames import rx_bytes
from testbench.differential.operations import RxFrame
from testbench.system.hostile.offered import Effect
from testbench.system.hostile.plan import CONTROL, CTRL_VLAN, HASH_REPORT, MQ, RSS, Action, Draft

if TYPE_CHECKING:
    from testbench.system.hostile.world import World

VLAN, PAIRS = 2, 4  # VIRTIO_NET_CTRL_VLAN, VIRTIO_NET_CTRL_MQ
PAIRS_SET, RSS_CONFIG, HASH_CONFIG = range(3)
FEATURES = {(VLAN, 0): CTRL_VLAN, (VLAN, 1): CTRL_VLAN, (PAIRS, PAIRS_SET): MQ, (PAIRS, RSS_CONFIG): RSS,
            (PAIRS, HASH_CONFIG): HASH_REPORT}  # fmt: skip
TYPES, KEY_BYTES, TABLE_ENTRIES, VLAN_IDS = 0x1FF, 40, 128, 4096  # what the card tells its driver
KINDS = ("plain", "tcp4", "tcp4", "udp6", "udp6", "vlan plain")


# ---- drawing them
def _rss(draft: Draft) -> bytes:
    rng, pairs = draft.rng, draft.pairs
    entries = rng.choice((1, 2, 4, 16, TABLE_ENTRIES))
    fields = {
        "types": rng.choice((0, 1, 0x3F, TYPES)), "mask": entries - 1, "unclassified": rng.randrange(pairs),
        "transmit": rng.randint(1, pairs), "key": rng.choice((0, 16, KEY_BYTES)),
    }  # fmt: skip
    table = [rng.randrange(pairs) for _ in range(entries)]
    key = rng.randbytes(fields["key"])
    data_cut = 1 << 16
    match rng.randrange(16):
        case 0:
            fields["types"] = rng.choice((0x200, 1 << 31, 0xFFFF_FFFF))
        case 1:
            fields["mask"] = rng.choice((entries, 2, 6, 2 * TABLE_ENTRIES - 1, 0x7FFF, 0xFFFF))
        case 2:
            fields["unclassified"] = rng.choice((pairs, pairs + 1, 0xFF, 0x100, 0xFFFF))
        case 3 | 4:
            table[rng.randrange(entries)] = rng.choice((pairs, 0xFF, 0x100, 0x8000, 0xFFFF))
        case 5:
            fields["transmit"] = rng.choice((0, pairs + 1, 0xFFFF))
        case 6:
            fields["key"] = rng.choice((KEY_BYTES + 1, 0xFF, fields["key"] + 1))
        case 7:
            key += rng.randbytes(rng.choice((1, 200)))
        case 8:
            data_cut = rng.randrange(11 + 2 * entries + len(key))
    head = struct.pack("<IHH", fields["types"], fields["mask"], fields["unclassified"])
    tail = struct.pack("<HB", fields["transmit"], fields["key"])
    return (head + struct.pack(f"<{entries}H", *table) + tail + key)[:data_cut]


def _hash(draft: Draft) -> bytes:
    rng = draft.rng
    length = rng.choice((0, 16, KEY_BYTES, KEY_BYTES, KEY_BYTES + 1, 0xFF))
    body = struct.pack("<I8xB", rng.choice((0, 1, TYPES, TYPES, 0x200, 0xFFFF_FFFF)), length) + rng.randbytes(length)
    return body[: rng.choice((1 << 16, 1 << 16, 1 << 16, rng.randrange(len(body))))]


def steering(draft: Draft) -> Action:
    """A few commands in any order, right and wrong ones, with frames of all kinds between them."""
    rng, pairs = draft.rng, draft.pairs
    rows = []
    for _ in range(rng.randint(1, 4)):
        command = rng.choice(((VLAN, 0), (VLAN, 1), (PAIRS, PAIRS_SET), (PAIRS, PAIRS_SET), (PAIRS, RSS_CONFIG),
                              (PAIRS, RSS_CONFIG), (PAIRS, HASH_CONFIG)))  # fmt: skip
        if command == (PAIRS, RSS_CONFIG):
            data = _rss(draft)
        elif command == (PAIRS, HASH_CONFIG):
            data = _hash(draft)
        else:
            good = (0, 1, VLAN_IDS - 1) if command[0] == VLAN else (1, pairs)
            bad = (VLAN_IDS, 0x8000, 0xFFFF) if command[0] == VLAN else (0, pairs + 1, 2 * pairs, 0x100, 0xFFFF)
            number = rng.choice((*good, rng.choice(bad), rng.randint(1, pairs)))
            data = number.to_bytes(2, "little")[: rng.choice((2, 2, 2, 2, 1, 0))] + bytes(rng.choice((0, 0, 0, 1)))
        rows.append([(bytes(command) + data).hex(), rng.choice((1, 1, 2, 64)), _frames(draft)])
    return {"kind": "steering", "commands": rows, "after": _frames(draft)}


def _frames(draft: Draft) -> list[list]:
    rng = draft.rng
    return [[rng.choice(KINDS), rng.choice((60, 100, 300)), rng.getrandbits(16)] for _ in range(rng.randrange(4))]


# ---- what they mean (virtio 1.2, 5.1.6.5.3 and 5.1.6.5.5 to 5.1.6.5.7)
def meaning(world: World, request: bytes) -> tuple[bool | None, Effect | None]:
    """Whether a request must be accepted, None where that is the card's to say; and what it then changes."""
    kind, data, pairs = tuple(request[:2]), request[2:], world.pairs
    if kind not in FEATURES:
        return None, None
    if not world.has(FEATURES[kind]):
        return False, None
    number = int.from_bytes(data[:2], "little")
    if kind[0] == VLAN:
        return _whole(number < VLAN_IDS, len(data) - 2), None
    if kind[1] == PAIRS_SET:
        return _whole(1 <= number <= pairs, len(data) - 2), Effect(frozenset(range(min(number, pairs))), None)
    types = int.from_bytes(data[:4], "little")
    if kind[1] == HASH_CONFIG:
        end, good, reach = 12, True, frozenset(range(pairs))
    else:
        mask, unclassified = struct.unpack_from("<HH", data.ljust(8, b"\0"), 4)
        if mask & mask + 1 or mask >= TABLE_ENTRIES:
            return False, None
        table = struct.unpack_from(f"<{mask + 1}H", data.ljust(8 + 2 * TABLE_ENTRIES, b"\0"), 8)
        end, reach = 10 + 2 * len(table), frozenset((unclassified, *table))
        transmit = int.from_bytes(data[end - 2 : end], "little")
        good = (max(reach) < pairs and transmit <= pairs) and (True if transmit else None)
    length = data[end] if len(data) > end else 0
    key = data[end + 1 :]
    if types & ~TYPES or length > KEY_BYTES:
        good = False
    return _whole(good, len(key) - length if len(data) > end else -1), Effect(
        reach, (types, key.ljust(KEY_BYTES, b"\0"))
    )


def _whole(good: bool | None, more: int) -> bool | None:
    """A request that is cut off is refused; what is done with one that goes on is the card's to say."""
    return False if more < 0 else None if good and more else good


# ---- carrying them out
async def do_steering(world: World, action: Action) -> None:
    """Offer them one after another; frames come before a command is answered, and after all of them have been."""
    for request, room, frames in action["commands"]:
        await give(world, bytes.fromhex(request), room)
        _send(world, frames)
    if action["after"] and not world.tainted:
        await world.rest()
        world.post(len(action["after"]))
        _send(world, action["after"])


def _send(world: World, frames: list[list]) -> None:
    for kind, size, seed in frames:
        world.send(rx_bytes(RxFrame(size, "broadcast", kind, seed=seed), world.firmware.settings.mac))
        world.period.rx_lossy = True


async def give(world: World, request: bytes, room: int = 1) -> None:
    """Offer a command, with what is known of its answer."""
    ring = world.rings[CONTROL]
    await world.make_room(ring, 2)
    good, effect = expect(world, request)
    answer = b"" if good is None else b"\0" if good else b"\1"
    spans = [(world.legal(request), len(request), False), (world.legal(room), room, True)]
    world.offer_spans(ring, spans, answer=answer, effect=effect)
    ring.publish()
    world.kick(CONTROL)


def expect(world: World, request: bytes) -> tuple[bool | None, Effect | None]:
    """Its meaning. From here on frames may be treated as it says."""
    good, effect = meaning(world, request)
    if good is False or effect is None:
        return good, None
    world.period.reach |= effect.reach
    if effect.hashing:
        world.period.hashing = None
    return good, effect


async def steer_to_first(world: World) -> None:
    """What is received goes to the first pair from here on, if the driver can say so."""
    if world.has(MQ):
        await give(world, bytes((PAIRS, PAIRS_SET)) + b"\1\0")
    elif world.has(RSS):
        await give(world, bytes((PAIRS, RSS_CONFIG)) + struct.pack("<IHHHHB", 0, 0, 0, 0, 1, 0))
