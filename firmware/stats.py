# SPDX-License-Identifier: Apache-2.0
"""The card's counters, all of one instant."""

from __future__ import annotations

from . import regs
from .bus import ManagementBus, wait_for

SNAPSHOT_LIMIT_NS = 1_000_000


async def snapshot(bus: ManagementBus) -> dict[str, int]:
    """Every counter by name."""
    bus.write32(regs.STATS_SNAPSHOT, 1)
    await wait_for(
        bus, regs.STATS_SNAPSHOT, regs.STATS_SNAPSHOT_BUSY, 0, SNAPSHOT_LIMIT_NS, "the snapshot does not finish"
    )
    values = {}
    for place, name in enumerate(regs.STATS):
        at = regs.STATS_WINDOW + 8 * place
        low = await bus.read32(at)
        values[name] = low | await bus.read32(at + 4) << 32
    return values
