# SPDX-License-Identifier: Apache-2.0
"""A split ring's part of the inflight region: a new one, and what another back end may have left there."""

from __future__ import annotations

import struct

from .inflight_part import VERSION, Part
from .memory import GuestMemory

HEAD = struct.Struct("<QHHHH")  # features, version, desc_num, last_batch_head, used_idx
ENTRY = struct.Struct("<B5xHQ")  # inflight, next, counter
RING_AT = 4  # of the available ring, behind its flags and index


def bytes_of(entries: int) -> int:
    """Of a region of so many entries."""
    return HEAD.size + entries * ENTRY.size


def renew(part: Part, used: int) -> None:
    """Nothing is in flight, and the used index is this."""
    part.write(HEAD.size, bytes(part.entries * ENTRY.size))
    part.write(0, HEAD.pack(0, VERSION, part.entries, 0, used))


def check(part: Part, memory: GuestMemory, driver_area: int, size: int, used: int) -> None:
    """Raises VhostError: what is in flight is not what the available ring has from the used index on.

    Then a back end that returns buffers in another order was here, and the used index says nothing.
    """
    data = part.read()
    *_, head, noted = HEAD.unpack_from(data)
    entries = list(ENTRY.iter_unpack(data[HEAD.size :]))
    inflight = {number for number, (state, _, _) in enumerate(entries) if state}
    for _ in range(min(used - noted & 0xFFFF, len(entries))):
        if head >= len(entries):
            raise part.error(f"its last batch goes on with entry {head}")
        inflight.discard(head)
        head = entries[head][1]
    behind = {memory.word(driver_area + RING_AT + 2 * ((used + i) % size)) for i in range(len(inflight))}
    if inflight != behind:
        raise part.error("the back end before did not return buffers in order; the driver has to reset the device")
