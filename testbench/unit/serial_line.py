# SPDX-License-Identifier: Apache-2.0
"""A serial line of a block bench, bit by bit: bytes to ``rxd``, bytes from ``txd``."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import cocotb
from cocotb.triggers import ClockCycles, FallingEdge


class SerialBench:
    """``div`` clocks a bit; ``pause``: the chance of a rest of up to three bytes' time before a byte."""

    def __init__(self, dut: Any, div: int, rng: random.Random, pause: float = 0.2) -> None:
        self.dut, self.div, self.rng, self.pause = dut, div, rng, pause
        self.received: deque[int] = deque()
        dut.rxd.value = 1
        cocotb.start_soon(self._listen())

    async def send(self, data: bytes, stop: int = 1) -> None:
        """Bytes; with ``stop`` 0 they have no stop bit, which is a broken frame."""
        for byte in data:
            if self.rng.random() < self.pause:
                await ClockCycles(self.dut.clk, self.rng.randrange(1, 30 * self.div))
            for bit in (0, *((byte >> place) & 1 for place in range(8)), stop):
                self.dut.rxd.value = bit
                await ClockCycles(self.dut.clk, self.div)
            self.dut.rxd.value = 1
            if not stop:
                await ClockCycles(self.dut.clk, 2 * self.div)

    async def _listen(self) -> None:
        dut = self.dut
        while True:
            await FallingEdge(dut.txd)
            await ClockCycles(dut.clk, self.div // 2)
            bits = []
            for _ in range(9):
                await ClockCycles(dut.clk, self.div)
                bits.append(int(dut.txd.value))  # never unknown
            assert bits[8], "a byte without a stop bit"
            self.received.append(sum(bit << place for place, bit in enumerate(bits[:8])))

    async def take(self, count: int, limit: int) -> bytes:
        """The next bytes; fewer when ``limit`` clocks are over."""
        for _ in range(0, limit, self.div):
            if len(self.received) >= count:
                break
            await ClockCycles(self.dut.clk, self.div)
        return bytes(self.received.popleft() for _ in range(min(count, len(self.received))))
