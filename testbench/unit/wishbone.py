# SPDX-License-Identifier: Apache-2.0
"""Both ends of a classic Wishbone of 32-bit words for block benches, with random pauses."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from cocotb.triggers import ReadOnly, RisingEdge


class WbMaster:
    """Drives ``<prefix>_stb`` and what goes with it; ``limit`` clocks are too many for an answer."""

    def __init__(self, dut: Any, prefix: str, rng: random.Random, stall: float = 0.3, limit: int = 400) -> None:
        self.dut, self.prefix, self.rng, self.stall, self.limit = dut, prefix, rng, stall, limit
        self._signal("stb").value = 0

    def _signal(self, name: str) -> Any:
        return getattr(self.dut, f"{self.prefix}_{name}")

    async def _access(self, address: int, data: int | None) -> int:
        edge = RisingEdge(self.dut.clk)
        while self.rng.random() < self.stall:
            await edge
        self._signal("stb").value = 1
        self._signal("adr").value = address
        if hasattr(self.dut, f"{self.prefix}_we"):
            self._signal("we").value = int(data is not None)
        if data is not None:
            self._signal("dat_w").value = data
        for _ in range(self.limit):
            await ReadOnly()
            answered = int(self._signal("ack").value)
            value = int(self._signal("dat_r").value) if answered and data is None else 0
            await edge
            if answered:
                self._signal("stb").value = 0
                return value
        raise AssertionError(f"{self.prefix}: no answer at {address:#x} in {self.limit} clocks")

    async def read(self, address: int) -> int:
        """A word, by its word address."""
        return await self._access(address, None)

    async def write(self, address: int, data: int) -> None:
        """The same, written."""
        await self._access(address, data)


class WbSlave:
    """Answers ``wb_*`` of a master after a random while from ``read(address)``, and gives writes to ``write``."""

    def __init__(
        self, dut: Any, rng: random.Random, read: Callable[[int], int], write: Callable[[int, int], None],
        longest: int = 30,
    ) -> None:  # fmt: skip
        self.dut, self.rng, self.longest, self._read, self._write = dut, rng, longest, read, write
        dut.wb_ack.value = 0
        dut.wb_dat_r.value = 0

    async def run(self) -> None:
        """Serve for ever."""
        dut, edge = self.dut, RisingEdge(self.dut.clk)
        while True:
            if dut.wb_stb.value != 1:
                await RisingEdge(dut.wb_stb)
            for _ in range(self.rng.randrange(1, self.longest)):
                await edge
            address, data, write = int(dut.wb_adr.value), int(dut.wb_dat_w.value), int(dut.wb_we.value)
            if write:
                self._write(address, data)
            dut.wb_ack.value = 1
            dut.wb_dat_r.value = self._read(address)
            await edge
            dut.wb_ack.value = 0
            await edge
            dut.wb_dat_r.value = self.rng.getrandbits(32)
