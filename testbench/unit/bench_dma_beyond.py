# SPDX-License-Identifier: Apache-2.0
"""A card with 32-bit addresses: a request for more ends as an error, and nothing at a low address is touched for it."""

from __future__ import annotations

import cocotb
from cocotb.triggers import ReadOnly, RisingEdge

from testbench.unit import bench_dma_read, bench_dma_write

REACH = 1 << 32
OUTSIDE = (REACH, REACH | 64, 1 << 63 | 4096, (1 << 64) - REACH + 5, (1 << 64) - 1, REACH - 1, REACH - 40, REACH - 4097)


async def bursts(dut, channel, seen):
    """Addresses of all bursts, as they are taken."""
    while True:
        await ReadOnly()
        if int(getattr(dut, f"m_axi_{channel}valid").value) and int(getattr(dut, f"m_axi_{channel}ready").value):
            seen.append(int(getattr(dut, f"m_axi_{channel}addr").value))
        await RisingEdge(dut.clk)


@cocotb.test()
async def nothing_beyond_comes_round_to_the_start(dut):
    """Requests that begin beyond, or run out of reach, fail; those within, between them, do not."""
    reads = hasattr(dut, "m_axi_araddr")
    bench = bench_dma_read if reads else bench_dma_write
    bench.BASE = 0
    rng, _, clients = await bench.start(dut, stall=0.2)
    seen = []
    cocotb.start_soon(bursts(dut, "ar" if reads else "aw", seen))
    for address in OUTSIDE:
        for length in (4200, rng.randint(1, 30) + 4097):
            if reads:
                clients.ask(rng.randrange(clients.count), address, length)
            else:
                clients.write(rng.randrange(clients.count), address, rng.randbytes(length))
    await bench.finish(dut, clients)
    assert clients.failed == clients.answered == 2 * len(OUTSIDE)
    assert min(seen) >= REACH - 8192, "a burst came round"
    assert all(address >> 32 in (0, REACH - 1) for address in seen)
    if reads:
        clients.ask(0, 4096 + 3, 700)
    else:
        clients.write(0, 4096 + 3, rng.randbytes(700))
    await bench.finish(dut, clients)
    assert clients.failed == clients.answered - 1
