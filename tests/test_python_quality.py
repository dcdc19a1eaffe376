# SPDX-License-Identifier: Apache-2.0
"""The Python is lint-free, formatted and typed, and every source file names its licence."""

import subprocess
import sys
from pathlib import Path

import pytest

from testbench.lib import tools

COMMENT = {".py": "#", ".v": "//", ".vh": "//", ".sv": "//", ".cpp": "//", ".h": "//", ".rdl": "//", ".sh": "#"}


@pytest.mark.parametrize(
    "command", [["ruff", "check", "."], ["ruff", "format", "--check", "."], ["mypy"]], ids=" ".join
)
def test_is_clean(command):
    program = Path(sys.executable).with_name(command[0])
    result = subprocess.run([program, *command[1:]], cwd=tools.ROOT, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stdout + result.stderr


def test_every_source_file_names_its_licence():
    listed = subprocess.run(["git", "ls-files"], cwd=tools.ROOT, capture_output=True, text=True, check=True).stdout
    nameless = []
    for name in listed.splitlines():
        mark = COMMENT.get(Path(name).suffix)
        if (
            mark
            and f"{mark} SPDX-License-Identifier: Apache-2.0" not in (tools.ROOT / name).read_text().split("\n")[:2]
        ):
            nameless.append(name)
    assert nameless == []
