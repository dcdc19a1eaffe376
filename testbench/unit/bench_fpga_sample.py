# SPDX-License-Identifier: Apache-2.0
"""What is built for a board is what does the work: the sample's pins, PLL and double-rate cells, with a PHY at them.

The PHY is as those of the boards: its clock comes 2 ns after the data, and it delays the clock that it gets.
"""

from __future__ import annotations

import itertools
import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, Timer
from cocotb.utils import get_sim_time

HALF_NS = 4.0
CENTRE_NS = 2.0
BAUD_NS = 543 * 16
SETTLED = 500  # cycles in which the PLL locks and the resets end


async def drive(dut, data, gap):
    """Bytes from the PHY, both nibbles in a cycle, then a gap."""
    for valid, byte in [(1, byte) for byte in data] + [(0, 0)] * gap:
        for level, nibble in ((1, byte & 15), (0, byte >> 4)):
            dut.eth0_rxd.value, dut.eth0_rx_ctl.value = nibble, valid
            await Timer(CENTRE_NS, "ns")
            dut.eth0_rxc.value = level
            await Timer(HALF_NS - CENTRE_NS, "ns")


async def take(dut, received):
    """Bytes to the PHY, looked at in the middle of each half of the clock sent."""
    low = None
    while True:
        await dut.eth0_txc.value_change
        high = bool(dut.eth0_txc.value)
        await Timer(CENTRE_NS, "ns")
        control = int(dut.eth0_tx_ctl.value)
        if high:
            low = int(dut.eth0_txd.value) if control else None
        elif low is not None:
            assert control, "the control bit says an error"
            received.append(low | int(dut.eth0_txd.value) << 4)


@cocotb.test
async def bytes_come_back(dut):
    """What the PHY gives is what it gets, in order; the lines are never unknown once the PLL has locked."""
    rng = random.Random(cocotb.RANDOM_SEED)
    dut.eth0_rxc.value = 0
    cocotb.start_soon(Clock(dut.clk25, 40, "ns").start())
    await drive(dut, b"", SETTLED)
    for pin in (dut.eth0_tx_ctl, dut.uart_tx, dut.led_n):
        assert pin.value.is_resolvable
    received: list[int] = []
    cocotb.start_soon(take(dut, received))
    sent: list[int] = []
    for _ in range(20):
        frame = rng.randbytes(rng.randrange(1, 60))
        sent += frame
        await drive(dut, frame, rng.randrange(12, 40))
    await drive(dut, b"", 40)
    assert received == sent


@cocotb.test
async def serial_line_runs_at_its_rate(dut):
    """Start bits, eight bits and stop bits of 543 core clocks: the core's clock is the PLL's 62.5 MHz."""
    cocotb.start_soon(Clock(dut.clk25, 40, "ns").start())
    dut.eth0_rxc.value = 0
    await drive(dut, b"", SETTLED)
    await RisingEdge(dut.uart_tx)
    starts = []
    for _ in range(4):
        while dut.uart_tx.value:
            await dut.uart_tx.value_change
        starts.append(get_sim_time("ns"))
        await Timer(9.5 * BAUD_NS, "ns")
        assert dut.uart_tx.value == 1, "no stop bit where one belongs"
    # ten bits, and two more of quiet
    assert all(abs(late - early - 12 * BAUD_NS) < 1 for early, late in itertools.pairwise(starts)), starts
