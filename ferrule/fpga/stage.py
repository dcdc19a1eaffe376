# SPDX-License-Identifier: Apache-2.0
"""One tool run as a process of its own: a log file, a limit, its progress told, and nothing of it left afterwards."""

from __future__ import annotations

import os
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from ferrule.fpga.errors import ToolError
from ferrule.guest.process import Kept
from testbench.lib import tools

POLL_S = 0.1
TAIL = 15
# Tools write temporary files; they belong to the folder that goes when the build ends, in whatever way.
PYTHON = "import os, sys; os.chdir(sys.argv[1]); sys.argv[1:] = sys.argv[2:]; "


def run(
    name: str, code: str, arguments: Sequence[str], folder: Path, limit_s: float, tell: Callable[[str], None],
    set_by: str = " (--limit)",
) -> str:  # fmt: skip
    """Run Python ``code`` in ``folder`` with ``sys.argv[1:]`` = arguments; its output is in ``name.log``, and returned.

    ``tell`` gets every line. ``set_by``: what the message says of the limit's origin.
    Raises ToolError when it fails or takes longer.
    """
    log = folder / f"{name}.log"
    temporary = folder / "tmp"
    temporary.mkdir(exist_ok=True)
    # the user's platform cache of WASM programs would not be the project's, which CI keeps
    wasm = Path(os.environ.get("YOWASP_CACHE_DIR", tools.cache_dir() / "yowasp"))
    environment = {"TMPDIR": str(temporary), "YOWASP_CACHE_DIR": str(wasm.resolve()), "PYTHONUNBUFFERED": "1"}
    end = time.monotonic() + limit_s
    process = Kept([sys.executable, "-c", PYTHON + code, str(folder), *arguments], log, environment=environment)
    try:
        with log.open(errors="replace") as reader:
            rest = ""
            while (status := process.poll()) is None and time.monotonic() < end:
                time.sleep(POLL_S)
                *lines, rest = (rest + reader.read()).split("\n")
                for line in lines:
                    tell(line)
    finally:
        process.end()
    text = log.read_text(errors="replace")
    if status is None:
        raise ToolError(f"{name} did not end within {limit_s:g} s{set_by}; it had said last:\n{_last(text, 5)}")
    if status:
        raise ToolError(f"{name} failed with status {status}:\n{_why(text)}")
    return text


def _why(text: str) -> str:
    errors = [line for line in text.splitlines() if re.match(r"\S*\s*(ERROR|Error|error)\b.*:", line)]
    for line in list(errors):
        # the check of a parameter in the RTL: Yosys ends where a simulator would, but does not print why
        if found := re.match(r"(.+):(\d+): .*\$finish", line):
            errors.append(f"the line above that: {Path(found[1]).read_text().splitlines()[int(found[2]) - 2].strip()}")
    return "\n".join(errors[:TAIL]) or _last(text, TAIL)


def _last(text: str, count: int) -> str:
    return "\n".join(text.rstrip().splitlines()[-count:])
