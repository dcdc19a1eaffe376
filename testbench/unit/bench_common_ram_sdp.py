# SPDX-License-Identifier: Apache-2.0
"""ram_sdp writes the bytes its strobes name and keeps the last word read while no read is asked for."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, RisingEdge

WORDS, LANES = 16, 4


@cocotb.test()
async def writes_the_strobed_bytes_and_holds_what_was_read(dut):
    """Random writes and reads at once, against a list of bytes; never both of one word in one cycle."""
    rng = random.Random(cocotb.RANDOM_SEED)
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    memory = [bytearray(LANES) for _ in range(WORDS)]
    shown = None
    for cycle in range(2000):
        filling = cycle < WORDS
        to = cycle if filling else rng.randrange(WORDS)
        strobe = 2**LANES - 1 if filling else rng.randrange(2**LANES)
        data = rng.randbytes(LANES)
        at = rng.choice([place for place in range(WORDS) if place != to])
        read = not filling and rng.random() < 0.6
        dut.ram_wr_strb.value, dut.ram_wr_addr.value = strobe, to
        dut.ram_wr_data.value = int.from_bytes(data, "little")
        dut.ram_rd_en.value, dut.ram_rd_addr.value = int(read), at
        await RisingEdge(dut.clk)
        for lane in range(LANES):
            if strobe >> lane & 1:
                memory[to][lane] = data[lane]
        if read:
            shown = bytes(memory[at])
        await FallingEdge(dut.clk)
        if shown is not None:
            assert int(dut.ram_rd_data.value).to_bytes(LANES, "little") == shown, f"cycle {cycle}, word {at}"
