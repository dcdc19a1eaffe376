# SPDX-License-Identifier: Apache-2.0
"""Takes the rings of a guest out of its memory: bytes as they are, with what the card says of each queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from firmware import features as feature
from firmware import regs
from firmware.faults import CODES, queue_name
from firmware.identity import field
from firmware.vhost.message import VhostError
from firmware.vhost.session import Session

RINGS = "rings.json"
INDIRECT = 4  # VIRTQ_DESC_F_INDIRECT
LONGEST_TABLE = 16 * 1024

Read = Callable[[int, int], bytes | None]


def memory_of(session: Session, read: Read) -> list[dict[str, Any]]:
    """Every ring that has been set up: format, areas, and the indirect tables its descriptors name."""
    packed = feature.has(session.features, feature.RING_PACKED)
    rings = []
    for ring in session.rings.known:
        try:
            areas = session.rings.areas(ring)
        except VhostError:
            continue  # not set up yet
        content = [read(address, length) or b"" for address, length in areas]
        rings.append(
            {
                "index": ring.index,
                "gq": session.port.gq(ring.index),
                "name": queue_name(session.port.gq(ring.index), session.port.card),
                "format": "packed" if packed else "split",
                "size": ring.size,
                "event_idx": feature.has(session.features, feature.EVENT_IDX),
                "addresses": [address for address, _ in areas],
                "areas": [data.hex() for data in content],
                "tables": _tables(content[0], read),
            }
        )
    return rings


def _tables(descriptors: bytes, read: Read) -> dict[str, str]:
    """Indirect tables by address; the flags of a descriptor are at the same place in both formats."""
    tables = {}
    for place in range(0, len(descriptors) - 15, 16):
        address = int.from_bytes(descriptors[place : place + 8], "little")
        length = int.from_bytes(descriptors[place + 8 : place + 12], "little")
        flags = [int.from_bytes(descriptors[place + at : place + at + 2], "little") for at in (12, 14)]
        if any(word & INDIRECT for word in flags) and 0 < length <= LONGEST_TABLE and (data := read(address, length)):
            tables[f"{address:#x}"] = data.hex()
    return tables


async def add_card(session: Session, rings: list[dict[str, Any]]) -> None:
    """What the card's registers say of each of these rings."""
    bus = session.firmware.bus
    for ring in rings:
        bus.write32(regs.QUEUE_SELECT, ring["gq"])
        state = await bus.read32(regs.QUEUE_STATE)
        bus.write32(regs.QUEUE_SELECT, ring["gq"])
        indices = await bus.read32(regs.QUEUE_INDICES)
        code = field(state, regs.QUEUE_STATE_ERROR)
        ring["card"] = {
            "running": bool(state & regs.QUEUE_STATE_ENABLED),
            "busy": bool(state & regs.QUEUE_STATE_BUSY),
            "broken": bool(state & regs.QUEUE_STATE_BROKEN),
            "last_error": CODES.get(code, f"code {code}") if code else "",
            "available": field(indices, regs.QUEUE_INDICES_AVAIL),
            "used": field(indices, regs.QUEUE_INDICES_USED),
        }
