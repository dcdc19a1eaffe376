# SPDX-License-Identifier: Apache-2.0
"""``ethtool -x -X``: indirection table and key of RSS; ``-n -N rx-flow-hash``: what is hashed of which packets."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate

from .errors import Unsupported
from .ethtool_words import number
from .net.config import KEY_BYTES
from .net.device import NetDevice
from .net.features import Feature
from .net.steering import IPV4, IPV6, TCPV4, TCPV6, UDPV4, UDPV6

FUNCTION = "toeplitz"
OTHER_FUNCTIONS = ("xor", "crc32")
TABLE_WORDS, OTHER_WORDS = ("equal", "weight", "default"), ("start", "hkey", "hfunc")
# ethtool's name of a flow -> its title, hash type of addresses and ports, hash type of addresses alone
FLOWS = {
    "tcp4": ("TCP over IPV4 flows", TCPV4, IPV4),
    "udp4": ("UDP over IPV4 flows", UDPV4, IPV4),
    "tcp6": ("TCP over IPV6 flows", TCPV6, IPV6),
    "udp6": ("UDP over IPV6 flows", UDPV6, IPV6),
}
ADDRESSES = ("IP SA", "IP DA")
PORTS = ("L4 bytes 0 & 1 [TCP/UDP src port]", "L4 bytes 2 & 3 [TCP/UDP dst port]")


def rss_text(device: NetDevice, name: str) -> str:
    """``-x``."""
    if not device.features & {Feature.RSS, Feature.HASH_REPORT}:
        raise Unsupported("neither RSS nor HASH_REPORT was negotiated")
    table = device.steering.table
    rows = [f"RX flow hash indirection table for {name} with {device.queues.active} RX ring(s):"]
    if not table:
        rows.append("Operation not supported")
    for first in range(0, len(table), 8):
        rows.append(f"{first:5}: " + "".join(f" {pair:5}" for pair in table[first : first + 8]))
    rows += ["RSS hash key:", device.steering.key.hex(":"), "RSS hash function:", f"    {FUNCTION}: on"]
    return "\n".join([*rows, *(f"    {other}: off" for other in OTHER_FUNCTIONS), ""])


def _weighted(entries: int, weights: Sequence[int]) -> list[int]:
    """Entries in runs as long as the weights are to each other."""
    ends = list(accumulate(weights))
    total = ends[-1]
    if not total:
        raise ValueError("weight: at least one must be non-zero")
    if total > entries:
        raise ValueError(f"weight: their sum {total} exceeds the {entries} entries of the indirection table")
    return [bisect_right([entries * end // total for end in ends], place) for place in range(entries)]


def _parse_rss(words: Sequence[str]) -> dict[str, list[str]]:
    """Each of the words that ethtool knows, with what follows it."""
    given: dict[str, list[str]] = {}
    for word in words:
        if word in TABLE_WORDS or word in OTHER_WORDS:
            if word in given:
                raise ValueError(f"{word} is given twice")
            given[word] = []
        elif not given:
            raise ValueError(f"unknown parameter {word!r}, expected one of: {', '.join(TABLE_WORDS + OTHER_WORDS)}")
        else:
            given[list(given)[-1]].append(word)
    if not given:
        raise ValueError(f"expected one of: {', '.join(TABLE_WORDS + OTHER_WORDS)}")
    for word, values in given.items():
        if len(values) != (0 if word == "default" else 1) and not (word == "weight" and values):
            raise ValueError(f"{word}: {len(values)} values are given")
    chosen = [word for word in TABLE_WORDS if word in given]
    if len(chosen) > 1:
        raise ValueError(f"{chosen[0]} and {chosen[1]} are mutually exclusive")
    if "start" in given and chosen not in (["equal"], ["weight"]):
        raise ValueError("start must be used with equal or weight")
    return given


def _parse_key(text: str) -> bytes:
    try:
        key = bytes(int(part, 16) for part in text.split(":"))
    except ValueError:
        raise ValueError(f"hkey: {text!r} is not of the form 6d:5a:56:...") from None
    if len(key) != KEY_BYTES:
        raise ValueError(f"hkey: a key of {len(key)} bytes, the device has {KEY_BYTES}")
    return key


async def set_rss(device: NetDevice, words: Sequence[str]) -> None:
    """``-X [equal N | weight W0 W1 ... | default] [start N] [hkey xx:xx:...] [hfunc toeplitz]``."""
    given = _parse_rss(words)
    steering = device.steering
    if given.get("hfunc", [FUNCTION]) != [FUNCTION]:
        raise ValueError(f"hfunc: {given['hfunc'][0]!r} is not {FUNCTION}, the only one of the standard")
    key = _parse_key(given["hkey"][0]) if "hkey" in given else None
    entries = steering.limits.table_entries
    start = number("start", given["start"][0]) if "start" in given else 0
    table: list[int] | None = None
    if "equal" in given:
        count = number("equal", given["equal"][0], least=1)
        table = [start + place % count for place in range(entries)]
    elif "weight" in given:
        table = [start + pair for pair in _weighted(entries, [number("weight", text) for text in given["weight"]])]
    if table is not None or "default" in given:
        await steering.set_table(table)
    if key is not None:
        await steering.set_key(key)


def _flow(words: Sequence[str], count: int) -> tuple[str, int, int]:
    if len(words) != count or words[0] != "rx-flow-hash":
        raise ValueError(f"expected rx-flow-hash, one of {', '.join(FLOWS)}{' and fields' if count == 3 else ''}")
    if words[1] not in FLOWS:
        raise ValueError(f"rx-flow-hash: {words[1]!r} is none of: {', '.join(FLOWS)}")
    return FLOWS[words[1]]


def flow_hash_text(device: NetDevice, words: Sequence[str]) -> str:
    """``-n rx-flow-hash tcp4|udp4|tcp6|udp6``."""
    title, with_ports, addresses = _flow(words, 2)
    if not device.features & {Feature.RSS, Feature.HASH_REPORT}:
        raise Unsupported("neither RSS nor HASH_REPORT was negotiated")
    types = device.steering.hash_types
    fields = [*ADDRESSES, *PORTS] if types & with_ports else ADDRESSES if types & addresses else ["None"]
    return "\n".join([f"{title} use these fields for computing Hash flow key:", *fields, "", ""])


async def set_flow_hash(device: NetDevice, words: Sequence[str]) -> None:
    """``-N rx-flow-hash FLOW sdfn|sd|r``: addresses and ports, addresses, or nothing.

    The addresses are one type for all flows of an IP version, so that nothing for TCP is nothing but ports for UDP.
    """
    _, with_ports, addresses = _flow(words, 3)
    fields = "".join(sorted(words[2]))
    if fields not in ("dfns", "ds", "r"):
        raise ValueError(f"rx-flow-hash: {words[2]!r} is none of: sdfn, sd, r")
    types = device.steering.hash_types & ~(with_ports | addresses)
    if fields != "r":
        types |= addresses
    if fields == "dfns":
        types |= with_ports
    await device.steering.set_hash_types(types)
