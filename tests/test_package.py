# SPDX-License-Identifier: Apache-2.0
"""The wheel carries the card and everything its simulation is built from."""

import subprocess
import sys
import zipfile

from ferrule.guest.guest import INIT
from testbench.lib import tools
from testbench.lib.sources import card_sources


def test_wheel_holds_rtl_harness_and_command(tmp_path):
    command = ["-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir", str(tmp_path), "."]
    subprocess.run([sys.executable, *command], cwd=tools.ROOT, check=True, timeout=120, capture_output=True)
    (wheel,) = tmp_path.glob("ferrule-*.whl")
    held = set(zipfile.ZipFile(wheel).namelist())
    needed = [*card_sources(), *tools.HW.rglob("*.vh"), *tools.HW.rglob("*.f"), INIT]
    needed += [
        path
        for folder in ("dpi", "hdl", "coverage")
        for path in (tools.ROOT / "testbench" / folder).rglob("*")
        if path.is_file()
    ]
    needed += [path for path in (tools.ROOT / "fpga").rglob("*") if path.suffix in (".v", ".vh", ".f", ".toml", ".md")]
    missing = {str(path.relative_to(tools.ROOT)) for path in needed} - held
    assert not missing
    entry_points = next(name for name in held if name.endswith("entry_points.txt"))
    assert "ferrule = ferrule.cli:main" in zipfile.ZipFile(wheel).read(entry_points).decode()
