# SPDX-License-Identifier: Apache-2.0
"""Families of FPGAs: which tool knows a part, and the card that suits it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ferrule.fpga.export.errors import ExportError

TOOLS = ("vivado", "quartus", "radiant")


@dataclass(frozen=True)
class Family:
    """Parts whose order code matches ``pattern``; ``width`` and ``core_mhz`` of the card unless told otherwise."""

    name: str
    tool: str
    pattern: str
    width: int
    core_mhz: float


# Widths and clocks for the fastest port that is usual on such parts: 1 to 10, 25 or 100 Gb/s.
FAMILIES = (
    Family("7 series", "vivado", r"xc7(s|a|k|v|vx|vh|z)\d+\w*-\d\w*", 64, 156.25),
    Family("UltraScale", "vivado", r"xc[kv]u\d+-\w+-\d\w*-\w+", 128, 250),
    Family("UltraScale+", "vivado", r"xc([akv]u\d+p|zu\d+\w*|u\d+\w*)-\w+-\d\w*-\w+", 512, 250),
    Family("Versal", "vivado", r"xcv[cehmp]\d+-\w+-\d\w*-\w+-\w+", 512, 300),
    Family("Cyclone V", "quartus", r"5C(E|G|S)\w+", 64, 100),
    Family("Arria V GZ", "quartus", r"5AGZ\w+", 64, 156.25),
    Family("Arria V", "quartus", r"5A(G|S)\w+", 64, 125),
    Family("Stratix V", "quartus", r"5S\w+", 128, 200),
    Family("MAX 10", "quartus", r"10M\w+", 64, 62.5),
    Family("Cyclone 10 LP", "quartus", r"10CL\w+", 64, 62.5),
    Family("Cyclone 10 GX", "quartus", r"10CX\w+", 64, 156.25),
    Family("Arria 10", "quartus", r"10A(S|T|X)\w+", 128, 250),
    Family("Stratix 10", "quartus", r"1S\w+", 512, 250),
    Family("Agilex 7", "quartus", r"AG(F|I|M)\w+", 512, 300),
    Family("Agilex 5", "quartus", r"A5(D|E)\w+", 128, 250),
    Family("CrossLink-NX", "radiant", r"LIFCL-\d+-\d\w+", 64, 62.5),
    Family("Certus-NX", "radiant", r"LFD2NX-\d+-\d\w+", 64, 62.5),
    Family("CertusPro-NX", "radiant", r"LFCPNX-\d+-\d\w+", 64, 100),
    Family("MachXO5-NX", "radiant", r"LFMXO5-\d+T?-\d\w+", 64, 62.5),
    Family("Avant", "radiant", r"LAV-AT-\w+-\d\w+", 128, 156.25),
)
OPEN = re.compile(r"LFE5U(M|M5G)?-\d+F-\d\w+", re.IGNORECASE)
"""ECP5: none of these tools knows them, the open ones do."""


def family(tool: str, part: str) -> Family:
    """The family of a part that ``tool`` knows. Raises ExportError."""
    if tool not in TOOLS:
        raise ExportError(f"no tool {tool!r}: there are {', '.join(TOOLS)}")
    if OPEN.fullmatch(part):
        raise ExportError(f"{part} is an ECP5, which {tool} does not know: `ferrule fpga build` makes its bitstream")
    found = next((one for one in FAMILIES if re.fullmatch(one.pattern, part, re.IGNORECASE)), None)
    if found is None:
        names = ", ".join(one.name for one in FAMILIES if one.tool == tool)
        raise ExportError(
            f"part {part!r} is of no family known here: give the whole order code, with package and speed grade; "
            f"for {tool} there are {names}"
        )
    if found.tool != tool:
        raise ExportError(f"{part} is {found.name}, which {tool} does not know: take --tool {found.tool}")
    return found
