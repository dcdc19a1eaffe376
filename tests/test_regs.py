# SPDX-License-Identifier: Apache-2.0
"""The register source and what is generated from it, and the block benches of hw/nic/regs."""

import pytest

from firmware import regs
from host_driver import vendor_regs
from testbench.lib import export_regs
from testbench.lib.bench import SIMULATORS, run_bench

BLOCKS = (
    "reg_read axil_slave pci_config status_hold bar_common bar_device bar_vendor error_log queue_table queue_ctl "
    "mgmt_core mgmt_config mgmt_steering mgmt_vlan stats_ram stats regs_top"
)
COMMON = ["hw/nic/common/fifo_sync.v", "hw/nic/common/ram_sdp.v"]
SOURCES = COMMON + [f"hw/nic/regs/{name}.v" for name in BLOCKS.split()]


def test_generated_files_are_up_to_date():
    assert export_regs.stale() == [], export_regs.NOTICE


def test_a_changed_generated_file_is_noticed(tmp_path):
    for path, text in export_regs.generate().items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    assert export_regs.stale(tmp_path) == []
    (tmp_path / export_regs.FIRMWARE).write_text("ID = 4\n")
    (tmp_path / export_regs.MARKDOWN).unlink()
    assert sorted(export_regs.stale(tmp_path)) == sorted([export_regs.FIRMWARE, export_regs.MARKDOWN])


def test_both_ports_name_the_same_counters():
    assert regs.STATS == vendor_regs.STATS
    assert len(set(regs.STATS)) == len(regs.STATS)


@pytest.mark.parametrize("simulator", SIMULATORS)
@pytest.mark.parametrize("pairs", [1, 4])
def test_registers(simulator, pairs):
    parameters = {"QUEUE_PAIRS": pairs, "CORE_HZ": 10_000_000}
    run_bench("regs_top", "testbench.unit.bench_regs", SOURCES, simulator, parameters)


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_registers_of_a_small_card(simulator):
    parameters = {"CORE_HZ": 10_000_000, "QUEUE_SIZE_MAX": 64, "MAC_TABLE": 4, "ADDR_W": 32}
    parameters |= dict.fromkeys(("PACKED_RINGS", "STEERING", "VLAN_FILTER", "RX_CHECKSUM"), 0)
    run_bench("regs_top", "testbench.unit.bench_regs_small", SOURCES, simulator, parameters)


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_steering_registers(simulator):
    parameters = {"QUEUE_PAIRS": 4, "CORE_HZ": 10_000_000}
    run_bench("regs_top", "testbench.unit.bench_regs_steering", SOURCES, simulator, parameters)


@pytest.mark.parametrize("simulator", SIMULATORS)
def test_stats(simulator):
    run_bench("stats", "testbench.unit.bench_stats", ["hw/nic/regs/stats_ram.v", "hw/nic/regs/stats.v"], simulator)
