# SPDX-License-Identifier: Apache-2.0
"""Memories of every shape that becomes a block RAM: as the RTL says, whatever they are made of."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge

SHAPES = {1: (1, 14), 4: (1, 12), 9: (1, 11), 18: (2, 10), 36: (4, 9), 50: (1, 11)}  # by width: lanes, address bits


@cocotb.test()
async def they_keep_what_is_written(dut):
    """Lanes, the first contents, a read that meets a write of the same address, resets of the read register."""
    rng = random.Random(cocotb.RANDOM_SEED)
    memories = {  # other addresses have no first contents
        width: {i: (i * 0x9E3779B1 % 2 ** max(32, width) >> 3) % 2**width for i in range(256)} for width in SHAPES
    }
    dut.rst.value = 1
    dut.wr_en.value = dut.rd_en.value = 0
    Clock(dut.clk, 4, "ns").start()
    await FallingEdge(dut.clk)
    await FallingEdge(dut.clk)
    shown = dict.fromkeys(SHAPES, 0)
    known = 0
    for cycle in range(3000):
        if cycle % 500 == 0:
            addresses = [rng.randrange(256), rng.randrange(1 << 14), rng.randrange(1 << 14)]
        at_write, at_read = rng.choice(addresses), rng.choice([*addresses, rng.randrange(256)])
        enables, data = rng.choice((0, 15, rng.randrange(16))), rng.getrandbits(50)
        reset, read = rng.random() < 0.05, rng.random() < 0.8
        dut.rst.value, dut.rd_en.value, dut.rd_addr.value = int(reset), int(read), at_read
        dut.wr_en.value, dut.wr_addr.value, dut.wr_data.value = enables, at_write, data
        await FallingEdge(dut.clk)
        for width, (lanes, bits) in SHAPES.items():
            memory = memories[width]
            if reset:
                shown[width] = 0
            elif read:
                shown[width] = memory.get(at_read % (1 << bits))
            part = width // lanes
            mask = sum(((1 << part) - 1) << part * lane for lane in range(lanes) if enables >> lane & 1)
            spot = at_write % (1 << bits)
            if spot in memory or mask == (1 << width) - 1:
                memory[spot] = memory.get(spot, 0) & ~mask | data & mask
            wanted, seen = shown[width], getattr(dut, f"rd_{width}").value
            known += wanted is not None
            assert wanted is None or (seen.is_resolvable and int(seen) == wanted), f"{width}: {seen}, not {wanted:b}"
    assert known > 9000
