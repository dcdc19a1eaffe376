# SPDX-License-Identifier: Apache-2.0
"""Block benches of what a board adds to the card: the serial bridge, and the block RAM that is host memory."""

import pytest

from testbench.lib import export_board_regs
from testbench.lib.bench import run_bench

COMMON = "hw/nic/common"
BRIDGE = [
    f"{COMMON}/sync_bit.v", f"{COMMON}/fifo_sync.v", "fpga/rtl/uart_rx.v", "fpga/rtl/uart_tx.v", "fpga/rtl/uartbone.v",
]  # fmt: skip
RAM = ["hw/nic/common/ram_apart.v", "fpga/rtl/dirty_map.v", "fpga/rtl/axi_ram.v"]
TIMEOUT_LOG2 = 10


@pytest.mark.parametrize("simulator,div,longest", [("icarus", 5, 9), ("verilator", 4, 60), ("verilator", 7, 20)])
def test_uartbone(simulator, div, longest):
    parameters = {"BAUD_DIV": div, "TIMEOUT_LOG2": TIMEOUT_LOG2}
    env = {name: str(value) for name, value in {**parameters, "LONGEST": longest}.items()}
    run_bench("uartbone", "testbench.unit.bench_uartbone", BRIDGE, simulator, parameters, env=env)


@pytest.mark.parametrize("simulator,size", [("icarus", 16384), ("verilator", 16384)])
def test_axi_ram(simulator, size):
    env = {"RAM_BYTES": str(size)}
    run_bench("axi_ram", "testbench.unit.bench_axi_ram", RAM, simulator, {"BYTES": size}, env=env)


def test_generated_register_files_are_those_of_the_source():
    assert export_board_regs.stale() == []
