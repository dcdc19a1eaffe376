# SPDX-License-Identifier: Apache-2.0
"""Bad chains and bad rings by name: descriptors as no driver may write them, all of whose bytes are its own buffers."""

from __future__ import annotations

from testbench.differential.raw_queue import INDIRECT, NEXT, WRITE, RawQueue

Descriptor = tuple[int, int, int, int]  # address, length, flags, next

# good data direction -> name -> descriptors at the places of ids[0] and ids[1]; tables stand at `table`
CHAINS = (
    "loop", "next beyond", "zero length", "zero length behind", "odd table", "empty table", "table with next",
    "nested table", "table too long", "next beyond table", "wrong direction", "wrong order", "table in table",
)  # fmt: skip
RINGS = ("head beyond", "index ahead")


def chain(what: str, ids: list[int], size: int, buffer: int, table: int, writes: bool) -> dict[str, list[Descriptor]]:
    """Descriptors of the ring ("ring", for the places ``ids``) and of the indirect table ("table")."""
    data = WRITE * writes
    good, link = (buffer, 64, data, 0), (buffer, 64, data | NEXT, ids[1])
    inner = [(buffer, 64, data | NEXT, 1), (buffer + 64, 64, data, 0)]
    ring: dict[str, list[Descriptor]] = {
        "loop": [(buffer, 64, data | NEXT, ids[0])],
        "next beyond": [(buffer, 64, data | NEXT, size)],
        "zero length": [(buffer, 0, data, 0)],
        "zero length behind": [link, (buffer, 0, data, 0)],
        "odd table": [(table, 24, INDIRECT, 0)],
        "empty table": [(table, 0, INDIRECT, 0)],
        "table with next": [(table, 32, INDIRECT | NEXT, ids[1]), good],
        "nested table": [(table, 32, INDIRECT, 0)],
        "table too long": [(table, 16 * (size + 1), INDIRECT, 0)],
        "next beyond table": [(table, 32, INDIRECT, 0)],
        "wrong direction": [(buffer, 64, data ^ WRITE, 0)],
        "wrong order": [(buffer, 64, WRITE | NEXT, ids[1]), (buffer, 64, 0, 0)],
        "table in table": [link, (table, 32, INDIRECT, 0)],
    }
    tables = {
        "nested table": [(table, 32, INDIRECT, 0)],
        "next beyond table": [(buffer, 64, data | NEXT, 2)],
        "table in table": [(buffer, 64, data | NEXT, 1), (table, 32, INDIRECT, 0)],
    }
    return {"ring": ring[what], "table": tables.get(what, inner)}


def misuse(queue: RawQueue, what: str, buffer: int, writes: bool) -> None:
    """Put it into the ring and publish it. There must be two free descriptors, and a table of two for each."""
    if what == "index ahead":
        queue.publish(ahead=queue.size + 1)
        return
    ids = [queue.free[0], queue.free[1]]
    if what == "head beyond":
        queue.offer_raw(queue.size, ids)
    else:
        parts = chain(what, ids, queue.size, buffer, queue.table_address(ids[0]), writes)
        queue.write_raw(ids, parts["ring"], parts["table"])
        queue.offer_raw(ids[0], ids)
    queue.publish()
