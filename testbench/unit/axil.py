# SPDX-License-Identifier: Apache-2.0
"""An AXI4-Lite master for block benches: accesses of 1, 2 or 4 bytes, every channel with random stalls."""

from __future__ import annotations

import random
from typing import Any

import cocotb
from cocotb.triggers import Event, ReadOnly, RisingEdge

from testbench.lib.streams import Sink, Source


class AxilMaster:
    """Drives ``<prefix>_{aw,w,b,ar,r}*``; every transfer may be started while others are under way."""

    def __init__(self, dut: Any, prefix: str, rng: random.Random, stall: float = 0.3) -> None:
        clk = dut.clk

        def source(channel: str, fields: list[str]) -> Source:
            return Source(dut, clk, fields, f"{prefix}_{channel}", "valid", "ready", stall, rng)

        self.clk = clk
        self.aw, self.ar = source("aw", ["addr"]), source("ar", ["addr"])
        self.w = source("w", ["data", "strb"])
        self.b = Sink(dut, clk, ["resp"], f"{prefix}_b", "valid", "ready", stall, rng, self._answered)
        self.r = Sink(dut, clk, ["data", "resp"], f"{prefix}_r", "valid", "ready", stall, rng, self._answered)
        self.writes: list[Event] = []
        self.reads: list[tuple[Event, list[int]]] = []

    def _answered(self, word: dict[str, int]) -> None:
        assert word["resp"] == 0
        if "data" in word:
            done, data = self.reads.pop(0)
            data.append(word["data"])
            done.set()
        else:
            self.writes.pop(0).set()

    def post(self, address: int, value: int, size: int = 4) -> Event:
        """Start a write; the event is set when it is answered."""
        lane = address & 3
        assert lane + size <= 4
        done = Event()
        self.writes.append(done)
        self.aw.send({"addr": address})
        self.w.send({"data": value << 8 * lane, "strb": ((1 << size) - 1) << lane})
        return done

    async def write(self, address: int, value: int, size: int = 4) -> None:
        """Write and wait for the answer."""
        await self.post(address, value, size).wait()

    async def read(self, address: int, size: int = 4) -> int:
        """Read ``size`` bytes."""
        lane = address & 3
        assert lane + size <= 4
        done, data = Event(), []
        self.reads.append((done, data))
        self.ar.send({"addr": address})
        await done.wait()
        return data[0] >> 8 * lane & ((1 << 8 * size) - 1)


async def reset(dut: Any, cycles: int = 4) -> None:
    """Hold reset for some cycles."""
    dut.rst.value = 1
    for _ in range(cycles):
        await RisingEdge(dut.clk)
    dut.rst.value = 0


class Recorder:
    """Every cycle in which ``valid`` is high, the values of the other signals."""

    def __init__(self, dut: Any, valid: str, *names: str) -> None:
        self.entries: list[tuple[int, ...]] = []
        self.valid, self.signals = getattr(dut, valid), [getattr(dut, name) for name in names]
        self.dut = dut
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        edge = RisingEdge(self.dut.clk)
        while True:
            await ReadOnly()
            if self.dut.rst.value == 0 and self.valid.value == 1:
                self.entries.append(tuple(int(signal.value) for signal in self.signals))
            await edge

    def take(self) -> list[tuple[int, ...]]:
        """What came since the last call."""
        entries, self.entries = self.entries, []
        return entries
