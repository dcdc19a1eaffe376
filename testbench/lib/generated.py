# SPDX-License-Identifier: Apache-2.0
"""Files that are generated from a source and kept beside what is written by hand: which are stale, and writing them."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

from testbench.lib.tools import ROOT


def stale(files: Mapping[str, str], root: Path = ROOT) -> list[str]:
    """Paths (below ``root``) of ``files`` that are missing or differ from their text."""
    return [path for path, text in files.items() if not (root / path).exists() or (root / path).read_text() != text]


def write(files: Mapping[str, str], notice: str) -> int:
    """Write ``files``, or with ``--check`` on the command line only say which are stale; the exit status."""
    if "--check" in sys.argv[1:]:
        late = stale(files)
        print("\n".join(f"stale: {path} ({notice})" for path in late) or "generated files are up to date")
        return 1 if late else 0
    for path, text in files.items():
        (ROOT / path).write_text(text)
        print(f"wrote {path}")
    return 0
