# SPDX-License-Identifier: Apache-2.0
"""Registers of the management port that choose receive queues and VLANs: STEERING, RSS_* and VLAN_*."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from testbench.model.offload.toeplitz import KEY_BYTES
from testbench.model.registers import regs

if TYPE_CHECKING:
    from testbench.model.card import Card
    from testbench.model.registers.management import Management

PAIR, ENTRY, LOW = 0xFF, 0x7F, 0xFFFF_FFFF
KEY = range(regs.MGMT_RSS_KEY, regs.MGMT_RSS_KEY + KEY_BYTES, 4)
VLANS_A_WORD = 32
# registers that CLEAR resets: bits that exist, and the value after reset
CLEARED = {
    regs.MGMT_STEERING: (regs.MGMT_STEERING_MODE, 0), regs.MGMT_ACTIVE_PAIRS: (PAIR, regs.MGMT_ACTIVE_PAIRS_RESET),
    regs.MGMT_RSS_HASH_TYPES: (regs.MGMT_RSS_HASH_TYPES_TYPES, 0), regs.MGMT_RSS_UNCLASSIFIED: (PAIR, 0),
    regs.MGMT_RSS_TABLE_MASK: (ENTRY, 0), regs.MGMT_VLAN_CONTROL: (regs.MGMT_VLAN_CONTROL_FILTER, 0),
}  # fmt: skip
PLAIN = {
    **CLEARED, regs.MGMT_RSS_TABLE_INDEX: (ENTRY, 0), regs.MGMT_VLAN_INDEX: (ENTRY, 0),
    **{address: (LOW, 0) for address in KEY},
}  # fmt: skip


def cleared(port: Management) -> None:
    """Firmware's CLEAR."""
    port.plain.update({address: reset for address, (_, reset) in CLEARED.items()})


def _set(name: str, bits: int, card: Card, port: Management, value: int) -> None:
    setattr(card.filter.steering, name, value & bits)


def _entry(card: Card, port: Management) -> int:
    return card.filter.steering.table[port.plain[regs.MGMT_RSS_TABLE_INDEX]]


def _set_entry(card: Card, port: Management, value: int) -> None:
    card.filter.steering.table[port.plain[regs.MGMT_RSS_TABLE_INDEX]] = value & PAIR


def _set_key(at: int, card: Card, port: Management, value: int) -> None:
    card.filter.steering.key[at : at + 4] = value.to_bytes(4, "little")


def _switch_vlans(card: Card, port: Management, value: int) -> None:
    card.filter.vlan_filter = bool(value & regs.MGMT_VLAN_CONTROL_FILTER)


def _shift(port: Management) -> int:
    return VLANS_A_WORD * port.plain[regs.MGMT_VLAN_INDEX]


def _vlans(card: Card, port: Management) -> int:
    return card.filter.vlans >> _shift(port) & LOW


def _set_vlans(card: Card, port: Management, value: int) -> None:
    card.filter.vlans = card.filter.vlans & ~(LOW << _shift(port)) | value << _shift(port)


READERS: dict[int, Callable[[Card, Management], int]] = {
    regs.MGMT_RSS_TABLE_ENTRY: _entry,
    regs.MGMT_VLAN_WORD: _vlans,
}
WRITERS: dict[int, Callable[[Card, Management, int], object]] = {
    regs.MGMT_STEERING: partial(_set, "mode", regs.MGMT_STEERING_MODE),
    regs.MGMT_ACTIVE_PAIRS: partial(_set, "pairs", PAIR),
    regs.MGMT_RSS_HASH_TYPES: partial(_set, "hash_types", regs.MGMT_RSS_HASH_TYPES_TYPES),
    regs.MGMT_RSS_UNCLASSIFIED: partial(_set, "unclassified", PAIR),
    regs.MGMT_RSS_TABLE_MASK: partial(_set, "mask", ENTRY),
    regs.MGMT_RSS_TABLE_ENTRY: _set_entry,
    regs.MGMT_VLAN_CONTROL: _switch_vlans,
    regs.MGMT_VLAN_WORD: _set_vlans,
    **{address: partial(_set_key, 4 * place) for place, address in enumerate(KEY)},
}
