# SPDX-License-Identifier: Apache-2.0
"""The bytes of control commands by name, right ones and such as a card must refuse."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from typing import Any

from testbench.differential.frames import GROUP, TABLE

MQ_CLASS = 4
TOO_MANY = 200  # of whatever the card has fewer
# what is wrong with a command of RSS or hashes; "": nothing
FAULTS = ("", "short", "long", "types", "key", "mask", "entries", "entry", "unclassified", "no transmit", "transmit")


def _table(value: int) -> bytes:
    lists = ([TABLE] * value, [GROUP] * value)
    return b"".join(len(macs).to_bytes(4, "little") + b"".join(macs) for macs in lists)


def _cut(data: bytes, fault: str) -> bytes:
    return data[:-1] if fault == "short" else data + b"\0" if fault == "long" else data


def _rss(value: tuple[int, int, int, int, str], pairs: int) -> bytes:
    """Hash types, entries as a power of two, bytes of the key, a seed of all the rest, and what is wrong."""
    types, entries, key, seed, fault = value
    rng = random.Random(seed)
    mask = 256 - 1 if fault == "entries" else (1 << entries) - 1
    table = [rng.randrange(pairs) for _ in range(mask + 1)]
    unclassified, transmit = rng.randrange(pairs), rng.randint(1, pairs)
    if fault == "entry":
        table[rng.randrange(len(table))] = pairs
    head = struct.pack(
        "<IHH", types | 1 << 9 if fault == "types" else types, 5 if fault == "mask" else mask,
        pairs if fault == "unclassified" else unclassified,
    )  # fmt: skip
    length = 41 if fault == "key" else key
    transmit = {"no transmit": 0, "transmit": TOO_MANY}.get(fault, transmit)
    tail = struct.pack("<HB", transmit, length) + rng.randbytes(length)
    return _cut(head + struct.pack(f"<{len(table)}H", *table) + tail, fault)


def _hash(value: tuple[int, int, int, str], pairs: int) -> bytes:
    """Hash types, bytes of the key, a seed of the key, and what is wrong."""
    types, key, seed, fault = value
    rng = random.Random(seed)
    length = 41 if fault == "key" else key
    types |= (fault == "types") << 9
    return _cut(struct.pack("<I8sB", types, rng.randbytes(8), length) + rng.randbytes(length), fault)


def _numbers(value: tuple[int, int], pairs: int) -> bytes:
    return struct.pack("<II", *value)


NAMED: dict[str, tuple[int, int, Callable[[Any, int], bytes]]] = {
    "promisc": (0, 0, lambda value, pairs: bytes((value,))),
    "allmulti": (0, 1, lambda value, pairs: bytes((value,))),
    "table": (1, 0, lambda value, pairs: _table(value)),
    "mac": (1, 1, lambda value, pairs: b"\x02\x00\x00\x00\x02" + bytes((value,))),
    "vlan add": (2, 0, lambda value, pairs: struct.pack("<H", value)),
    "vlan del": (2, 1, lambda value, pairs: struct.pack("<H", value)),
    "pairs": (MQ_CLASS, 0, lambda value, pairs: struct.pack("<H", value)),
    "rss": (MQ_CLASS, 1, _rss),
    "hash": (MQ_CLASS, 2, _hash),
    "tx coal": (6, 0, _numbers),
    "rx coal": (6, 1, _numbers),
}


def request(what: str, value: Any, pairs: int) -> bytes:
    """Class, command and data; "raw" is bytes as they are. ``pairs``: of the card."""
    if what == "raw":
        return bytes(value)
    group, command, data = NAMED[what]
    return bytes((group, command)) + data(value, pairs)
