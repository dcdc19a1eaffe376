# SPDX-License-Identifier: Apache-2.0
"""rgmii_codec: nibbles and control bits as RGMII 2.0 has them, and the status that a PHY gives between frames."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge, Timer

CTL = {(0, 0): (0, 0), (0, 1): (0, 1), (1, 0): (1, 1), (1, 1): (1, 0)}  # (enable, error): at the (rising, falling) edge


@cocotb.test()
async def codes_both_ways(dut):
    rng = random.Random(cocotb.RANDOM_SEED)
    dut.rx_clk.value = 0
    dut.rx_rst.value = 1
    for _ in range(200):
        data, enable, error = rng.randrange(256), rng.randrange(2), rng.randrange(2)
        dut.gmii_txd.value, dut.gmii_tx_en.value, dut.gmii_tx_er.value = data, enable, error
        rise, fall = CTL[enable, error]
        dut.rgmii_rxd_rise.value, dut.rgmii_rxd_fall.value = data & 15, data >> 4
        dut.rgmii_rx_ctl_rise.value, dut.rgmii_rx_ctl_fall.value = rise, fall
        await Timer(1, "ns")
        assert (int(dut.rgmii_txd_rise.value), int(dut.rgmii_txd_fall.value)) == (data & 15, data >> 4)
        assert (int(dut.rgmii_tx_ctl_rise.value), int(dut.rgmii_tx_ctl_fall.value)) == (rise, fall)
        assert int(dut.gmii_rxd.value) == data
        assert (int(dut.gmii_rx_dv.value), int(dut.gmii_rx_er.value)) == (enable, error)


@cocotb.test()
async def reads_the_status_between_frames(dut):
    rng = random.Random(cocotb.RANDOM_SEED)
    cocotb.start_soon(Clock(dut.rx_clk, 8, "ns").start())
    dut.rgmii_rxd_rise.value = 0xF
    dut.rgmii_rxd_fall.value = 0
    dut.rgmii_rx_ctl_rise.value = dut.rgmii_rx_ctl_fall.value = 0
    for name in ("gmii_txd", "gmii_tx_en", "gmii_tx_er"):
        getattr(dut, name).value = 0
    dut.rx_rst.value = 1
    await ClockCycles(dut.rx_clk, 3)
    assert not int(dut.link.value) and not int(dut.usable.value)
    dut.rx_rst.value = 0

    async def hold(nibble: int, cycles: int, valid: int = 0, error: int = 0) -> None:
        rise, fall = CTL[valid, error]
        dut.rgmii_rxd_rise.value = nibble
        dut.rgmii_rx_ctl_rise.value, dut.rgmii_rx_ctl_fall.value = rise, fall
        await ClockCycles(dut.rx_clk, cycles)

    def seen() -> int:
        return int(dut.link.value) | int(dut.speed.value) << 1 | int(dut.full_duplex.value) << 3

    for status in [*range(16), *(rng.randrange(16) for _ in range(40))]:
        await hold(status, 4)
        assert seen() == status
        # link up, 1000 Mb/s, full duplex
        assert int(dut.usable.value) == (status == 0b1101)
        # a nibble seen once, data, and carrier events say nothing
        await hold(~status & 15, 1)
        await hold(status, 2)
        await hold(~status & 15, 5, valid=1)
        await hold(~status & 15, 5, valid=1, error=1)
        await hold(~status & 15, 5, valid=0, error=1)
        await RisingEdge(dut.rx_clk)
        assert seen() == status
