# SPDX-License-Identifier: Apache-2.0
"""Bad chains of packed rings by name: descriptors as no driver may write them, whose bytes are its own buffers."""

from __future__ import annotations

from testbench.differential.raw_packed_queue import AVAIL, USED, RawPackedQueue, Row
from testbench.differential.raw_queue import INDIRECT, NEXT, WRITE

# descriptors that a chain does not fit, whatever the ring: NEXT is in all but the last one
CHAINS = (
    "zero length", "zero length behind", "odd table", "empty table", "table too long", "zero length in table",
    "flags in table", "table with next", "table behind", "wrong direction", "wrong order",
)  # fmt: skip
# descriptors that are not there, or not as they should be
RINGS = ("endless", "unmarked", "other round", "used already")


def chain(what: str, size: int, buffer: int, table: int, writes: bool) -> list[Row]:
    """Descriptors of the ring; ``table`` is one of two elements."""
    data = WRITE * writes
    good, reference = (buffer, 64, data), (table, 32, INDIRECT)
    return {
        "zero length": [(buffer, 0, data)],
        "zero length behind": [good, (buffer, 0, data)],
        "odd table": [(table, 24, INDIRECT)],
        "empty table": [(table, 0, INDIRECT)],
        "table too long": [(table, 16 * (size + 1), INDIRECT)],
        "zero length in table": [reference],
        "flags in table": [reference],
        "table with next": [reference, good],
        "table behind": [good, reference],
        "wrong direction": [(buffer, 64, data ^ WRITE)],
        "wrong order": [(buffer, 64, WRITE), (buffer, 64, 0)],
    }[what]


def misuse_packed(queue: RawPackedQueue, what: str, buffer: int, writes: bool) -> None:
    """Put it into the ring and publish it. There must be two free descriptors, and a table of two for each."""
    data = WRITE * writes
    if what == "other round":
        queue.mark_wrongly(buffer, 64, data | (USED if queue.wrap else AVAIL))
    elif what == "used already":
        queue.mark_wrongly(buffer, 64, data | (AVAIL | USED) * queue.wrap)
    elif what == "endless":
        if queue.room == queue.size:  # or it would lead into what the device holds, and that changes
            queue.add_raw(queue.ids.pop(0), [(buffer, 64, data | NEXT)] * queue.size)
    elif what == "unmarked":
        queue.add_raw(queue.ids.pop(0), [(buffer, 64, data)] * 2, marked=False)
    else:
        inner = (buffer, 0 if what == "zero length in table" else 64, data)
        # of what is reserved in a table nothing counts
        noise = INDIRECT | NEXT | AVAIL if what == "flags in table" else 0
        table = queue.write_table([(buffer + 64, 64, data | noise), (*inner[:2], data | noise)])
        queue.add_raw(queue.ids.pop(0), chain(what, queue.size, buffer, table, writes))
    queue.publish()
