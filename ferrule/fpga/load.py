# SPDX-License-Identifier: Apache-2.0
"""``ferrule fpga load``: a bitstream into a board, by openFPGALoader."""

from __future__ import annotations

import shlex
import shutil
import subprocess
from pathlib import Path

from ferrule.fpga.board import Board
from ferrule.fpga.errors import BoardError, ToolError

PROGRAM = "openFPGALoader"
LIMIT_S = 600.0


def command(board: Board, bitstream: Path, flash: bool) -> list[str]:
    """openFPGALoader's words: into the part's RAM, or for good into the board's flash."""
    if not board.loader:
        raise BoardError(f"{board.name}: board.toml has no load.openfpgaloader, so how to reach the board is not known")
    return [PROGRAM, *board.loader, *(["--write-flash"] if flash else []), str(bitstream)]


def load(board: Board, bitstream: Path, flash: bool) -> int:
    """Run it; its exit status. Raises BoardError, ToolError."""
    words = command(board, bitstream, flash)
    if not bitstream.is_file():
        raise BoardError(f"no bitstream {bitstream}: ferrule fpga build --board {board.name} makes it")
    if shutil.which(PROGRAM) is None:
        raise ToolError(
            f"{PROGRAM} is not on PATH (Debian: apt-get install openfpgaloader). The command would be:\n"
            f"  {shlex.join(words)}"
        )
    try:
        return subprocess.run(words, timeout=LIMIT_S, check=False).returncode
    except subprocess.TimeoutExpired:
        raise ToolError(f"{PROGRAM} did not end within {LIMIT_S:.0f} s: {shlex.join(words)}") from None
