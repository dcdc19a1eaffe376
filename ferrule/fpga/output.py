# SPDX-License-Identifier: Apache-2.0
"""The folders that a build leaves: whether they can be written, and whether what is there may go."""

from __future__ import annotations

import tempfile
from pathlib import Path

from ferrule.fpga.errors import OutputError

FAILED = ".failed"
MARK = "elaboration.log"  # of every build, good or failed


def failed(out: Path) -> Path:
    """Where a build that fails leaves its logs."""
    return out.with_name(out.name + FAILED)


def check(out: Path) -> None:
    """Raise OutputError now and not after minutes of work, when ``out`` could not be put in place."""
    if out.name in ("", ".."):
        raise OutputError(f"--out {out}: give the folder a name, it is made or replaced whole")
    for place in (out, failed(out)):
        _replaceable(place)
    try:
        above = next(one for one in out.absolute().parents if one.exists())
        tempfile.TemporaryDirectory(prefix=".ferrule-", dir=above).cleanup()
    except OSError as error:
        raise OutputError(f"--out {out}: cannot be written: {error.strerror}: {error.filename}") from None


def _replaceable(place: Path) -> None:
    """What is there is replaced, so it must be nothing, or a build of before."""
    try:
        is_there = place.is_symlink() or place.exists()
        fits = place.is_dir() and ((place / MARK).is_file() or not any(place.iterdir()))
    except OSError as error:
        raise OutputError(f"--out {place}: {error.strerror}") from None
    if is_there and not fits:
        raise OutputError(f"{place} is there and no folder of a build, which would replace it: give another --out")
