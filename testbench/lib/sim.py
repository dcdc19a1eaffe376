# SPDX-License-Identifier: Apache-2.0
"""The running RTL simulation as a bench entry sees it: host bus, management bus, wire, time."""

from __future__ import annotations

import ctypes
from collections.abc import Coroutine, Iterable
from typing import Any

import cocotb

from testbench.lib.buses import HostBus, ManagementBus
from testbench.lib.config import RunConfig
from testbench.lib.diagnosis import describe, fold
from testbench.lib.guest_port import GuestPort
from testbench.lib.native import Reason, card_state, cell, lib, values
from testbench.lib.sim_base import SimBase
from testbench.lib.waits import Waits
from testbench.lib.wire import Wire


class Sim(SimBase):
    """One simulated system around the card's RTL."""

    device = "rtl"

    def __init__(self, dut: Any, config: RunConfig) -> None:
        super().__init__(config)
        self.waits = Waits(dut.wake, config.quiet_ns, self.diagnosis)
        self.host = HostBus(self.waits, config.host)
        self.mgmt = ManagementBus(self.waits)
        self.wire = Wire(self.waits, config.wire)
        self.guest = GuestPort()
        self.waits.hooks[Reason.READ_DONE] = self._collect
        cell("wall_limit_ms").value = int(config.wall_limit_s * 1000)
        lib.fr_catch_signals()
        cocotb.start_soon(self.waits.run())
        self._fds: list[int] = []

    def start_soon(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine beside the entry."""
        return cocotb.start_soon(coroutine)

    def cell(self, name: str) -> ctypes.c_int64:
        """A setting or counter of the harness."""
        return cell(name)

    def _collect(self) -> None:
        self.host.collect()
        self.mgmt.collect()

    @property
    def failure(self) -> BaseException | None:
        """What the servants ended the run with."""
        return self.waits.failure

    @property
    def time_ns(self) -> int:
        """Simulated time."""
        return lib.fr_now_ps() // 1000

    @property
    def cycles(self) -> int:
        """Core clock cycles since the start."""
        return cell("cycles").value

    def counters(self) -> dict[str, int]:
        """Every setting and counter of the harness by name."""
        return values()

    async def sleep_ns(self, ns: float) -> None:
        """Let simulated time pass."""
        await self.host.sleep_ns(ns)

    async def idle(self, timeout_ns: float | None = None) -> bool:
        """Wait until the card is not busy and wire, memory and buses are empty; False when time is up."""
        end = None if timeout_ns is None else lib.fr_now_ps() + timeout_ns * 1000
        cell("want_idle").value = 1
        while cell("want_idle").value:
            left = None if end is None else (end - lib.fr_now_ps()) / 1000
            if left is not None and left <= 0:
                cell("want_idle").value = 0
                return False
            await self.waits.wait("the card to be idle", Reason.IDLE, left)
        return True

    # live runs
    def watch(self, fds: Iterable[int]) -> None:
        """File descriptors ``wait_live`` wakes for."""
        self._fds = list(fds)
        lib.fr_watch_fds((ctypes.c_int32 * len(self._fds))(*self._fds), len(self._fds))

    async def wait_live(self, vectors: Iterable[int] = (), max_block_ms: int = 200) -> tuple[set[int], set[int]]:
        """Wait for a watched descriptor or an interrupt vector."""
        wanted = set(vectors)
        host = self.host
        fired = host.take_among(wanted)
        if fired:
            return self._readable(), fired
        cell("live.block_max_ms").value = max_block_ms
        cell("live.armed").value = 1
        cell("live.hold").value = int(self.waits.holds_time)
        cell("live.enabled").value = 1
        host.expect(wanted)
        try:
            await self.waits.wait("live traffic", Reason.IO_READY | Reason.VECTOR, passive=True)
        finally:
            host.unexpect(wanted)
            cell("live.enabled").value = 0
            cell("live.armed").value = 0
        return self._readable(), host.take_among(wanted)

    def _readable(self) -> set[int]:
        return {fd for index, fd in enumerate(self._fds) if lib.fr_fd_readable(index)}

    # diagnosis
    def diagnosis(self) -> str:
        """What is outstanding, in words a person can use."""
        state = values()
        lines = [
            f"simulated time {self.time_ns} ns, cycle {self.cycles}, "
            f"last progress at {state['progress_ps'] // 1000} ns",
            f"card: busy={state['card_busy']} timers_armed={state['timers_armed']} mgmt_irq={state['mgmt_irq']}",
            f"host registers: {self.host.outstanding()}",
            f"management registers: {self.mgmt.outstanding()}",
            f"host memory: {state['memory.pending']} bursts outstanding; {state['memory.read_bursts']} reads, "
            f"{state['memory.write_bursts']} writes, {state['memory.errors']} errors, "
            f"{state['memory.incidents']} incidents so far",
            f"wire: {state['wire.pending']} frames queued or under way; {state['tx.frames']} from the card, "
            f"{state['rx.frames']} to it",
            f"interrupts: {state['msi.messages']} messages so far",
            f"waiting: {'; '.join(self.waits.pending()) or 'nothing'}",
            *describe(card_state, self.published),
        ]
        return fold(lines)
