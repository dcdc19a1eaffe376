# SPDX-License-Identifier: Apache-2.0
"""The model of the ECP5's block RAM against bits in a list, at random addresses of which many meet.

``DP16KD`` is the setting: width of port A, of port B, write mode, reset mode. With 36 bits A writes and B reads.
"""

import os
import random

import cocotb
from cocotb.triggers import Timer

WIDTH_A, WIDTH_B, WRITE_MODE, RESET_MODE = os.environ["DP16KD"].split()
WIDTHS = {"A": int(WIDTH_A), "B": int(WIDTH_B)}
BITS = 512 * 36  # a byte of 9 bits each 8 addresses; widths below 9 do not reach the ninth


def first_bit(width, address):
    """Where the word that a port of this width has at an address begins."""
    byte, low = divmod(address, 8)
    byte -= byte % max(1, width // 9)
    return 9 * byte + (low - low % width if width < 9 else 0)


class Port:
    """One port's pins, and what its outputs must show."""

    def __init__(self, dut, name, rng):
        self.dut, self.name, self.rng, self.width = dut, name, rng, WIDTHS[name]
        self.output = [0] * self.width  # None: unknown

    def pins(self, kind):
        """Handles of the data pins, lowest first; the upper half of 36 bits is at port B."""
        if self.width == 36:
            return [getattr(self.dut, f"{kind}{name}{i}") for name in "AB" for i in range(18)]
        return [getattr(self.dut, f"{kind}{self.name}{i}") for i in range(self.width)]

    def draw(self, rows, writes):
        """A random access. Where a port is wide, address pins are its byte enables."""
        rng = self.rng
        self.address = rng.choice(rows) * 32 + rng.randrange(32)
        self.enable, self.reset, self.chosen = rng.random() < 0.8, rng.random() < 0.1, rng.random() < 0.9
        self.write, self.data = writes and rng.random() < 0.5, rng.getrandbits(36)
        chips = 0 if self.chosen else rng.randrange(1, 8)
        for kind, value, count in (("AD", self.address, 14), ("CS", chips, 3)):
            for i in range(count):
                getattr(self.dut, f"{kind}{self.name}{i}").value = value >> i & 1
        for kind, flag in (("CE", self.enable), ("RST", self.reset), ("WE", self.write)):
            getattr(self.dut, kind + self.name).value = int(flag)
        if writes:
            for i, pin in enumerate(self.pins("DI")):
                pin.value = self.data >> i & 1

    def span(self):
        """Numbers of the bits at the address."""
        start = first_bit(self.width, self.address)
        return range(start, start + self.width)

    def written(self):
        """Numbers and values of the bits that are written."""
        if not (self.write and self.enable and self.chosen) or (self.reset and RESET_MODE == "SYNC"):
            return {}
        enabled = [self.width < 18 or self.address >> i // 9 & 1 for i in range(self.width)]
        return {bit: self.data >> i & 1 for i, bit in enumerate(self.span()) if enabled[i]}

    def edge(self, memory, own, other):
        """What the outputs show after the edge."""
        if self.reset:
            self.output = [0] * self.width
        elif self.enable and self.chosen and not (self.write and WRITE_MODE == "NORMAL"):
            through = own if WRITE_MODE == "WRITETHROUGH" else {}
            self.output = [None if bit in other else through.get(bit, memory[bit]) for bit in self.span()]

    def check(self):
        if self.reset and RESET_MODE == "ASYNC":
            self.output = [0] * self.width
        wanted = "".join("X" if bit is None else str(bit) for bit in self.output)
        seen = "".join(str(pin.value) for pin in self.pins("DO"))
        assert seen == wanted, f"port {self.name} shows {seen}, not {wanted} (lowest bit first)"


@cocotb.test()
async def it_is_a_memory(dut):
    """Reads, writes, byte enables, resets, chip selects; where the ports meet, the bits are unknown."""
    rng = random.Random(cocotb.RANDOM_SEED)
    wide = 36 in WIDTHS.values()
    a, b = Port(dut, "A", rng), Port(dut, "B", rng)
    shown = [b] if wide else [a, b]
    memory = [0] * BITS
    dut.CLKA.value = dut.CLKB.value = 0
    for cycle in range(800):
        if cycle % 200 == 0:
            rows = [rng.randrange(512) for _ in range(3)]
        a.draw(rows, True)
        b.draw(rows, not wide)
        await Timer(1, "ns")
        for port in shown:
            port.check()
        of_a, of_b = a.written(), b.written()
        a.edge(memory, of_a, of_b)
        b.edge(memory, of_b, of_a)
        for bit, value in {**of_a, **of_b}.items():
            memory[bit] = None if bit in of_a and bit in of_b else value
        dut.CLKA.value = dut.CLKB.value = 1
        await Timer(1, "ns")
        for port in shown:
            port.check()
        dut.CLKA.value = dut.CLKB.value = 0
        await Timer(1, "ns")
