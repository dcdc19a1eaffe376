# SPDX-License-Identifier: Apache-2.0
"""A case on a system that works: what its actions make unsure, and coming to rest, when it is judged."""

from __future__ import annotations

from collections.abc import Iterable

from firmware import regs
from testbench.lib.bus_types import WRITE
from testbench.system.hostile.bring_up import BringUp
from testbench.system.hostile.descriptors import Piece
from testbench.system.hostile.honest import REST_NS
from testbench.system.hostile.judge import judge
from testbench.system.hostile.plan import ARENA_BYTES, CONTROL, HOSTILE
from testbench.system.hostile.ring import RuleBroken

ENDLESS_NS, MOST_NS = 50_000, 20_000_000
COMMAND_NS = 100_000  # for a command of 4 KiB, which firmware reads word by word


class World(BringUp):
    """What the actions of a case, and its verdict, work on."""

    def gives_rings(self, pieces: Iterable[Piece]) -> bool:
        """The card may write into rings."""
        base = self.case.base
        return any(kind == WRITE and at < base + HOSTILE and at + length > base for at, length, kind in pieces)

    def lose_rings(self) -> None:
        """What is written anywhere may become rings and descriptors: only the arena's edges can be judged then."""
        self.exposure.add_arena(self.case.base, ARENA_BYTES)
        for ring in self.rings:
            ring.wild = ring.may_break = True
        self.endless = True

    def steered_anyhow(self) -> None:
        """Nobody knows which commands have been carried out."""
        self.reach = self.period.reach = frozenset(range(self.pairs))
        self.hashing = self.period.hashing = None

    # ---- coming to rest
    async def finish(self) -> None:
        """Let what still changes memory come to its end."""
        for task in self.tasks:
            await task
        self.tasks.clear()

    async def rest(self) -> None:
        """Until nothing is under way; then what came back is judged, and is the card's no more. Raises RuleBroken."""
        await self.finish()
        limit = self._rest_limit()
        quiet = await self.sim.idle(ENDLESS_NS if self.endless else limit)
        if self.firmware_error:
            raise RuleBroken(self.firmware_error)
        if not quiet and not self.endless:
            # a command whose event a wrong firmware has cleared waits for an answer until the reset
            self.endless = self.tainted and bool(await self.sim.mgmt.read32(regs.CTRL_STATE) & regs.CTRL_STATE_PENDING)
            if not self.endless:
                raise RuleBroken(f"the card does not come to rest within {limit / 1e6:g} ms")
        self.check_memory("by then")
        if self.tainted:
            return
        for ring in self.rings:
            ring.collect()
        judge(self)
        if not any(ring.sloppy or not ring.told for ring in self.rings):
            self.exposure.forbid()
            for ring in self.rings:
                ring.restrict()

    def _rest_limit(self) -> float:
        """Nanoseconds: each chain may be walked once round its table, with two reads a descriptor."""
        walk = 2 * (self.case.latency_ns + self.case.jitter_ns)
        chains = sum(len(ring.offered) * ring.size * walk for ring in self.rings)
        return min(REST_NS + COMMAND_NS * len(self.rings[CONTROL].offered) + chains, MOST_NS)

    def check_memory(self, when: str) -> None:
        """Raises RuleBroken for an access to memory that the card had not been given."""
        if bad := self.exposure.violations():
            raise RuleBroken(f"{len(bad)} bad memory accesses {when}: {'; '.join(bad[:4])}")

    async def status(self) -> int:
        """device_status as the driver sees it."""
        return await self.transport.read("device_status")
