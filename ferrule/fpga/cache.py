# SPDX-License-Identifier: Apache-2.0
"""Where builds happen and what is kept of them: a folder in the cache for every content, made whole or not at all."""

from __future__ import annotations

import hashlib
import shutil
import signal
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

from ferrule.fpga import synthesis
from ferrule.fpga.board import Board
from ferrule.fpga.errors import OutputError
from testbench.lib import tools


def netlist_key(board: Board, versions: Mapping[str, str]) -> str:
    """Of everything that synthesis sees."""
    headers = sorted(path for folder in tools.INCLUDES for path in folder.glob("*.vh"))
    return _key([*board.sources, *headers, synthesis.SMALL_ADDERS], synthesis.passes(board), versions)


def result_key(board: Board, seeds: Sequence[int], versions: Mapping[str, str]) -> str:
    """Of everything that decides the folder with the bitstream, this program included."""
    own = sorted(Path(__file__).parent.glob("*.py"))
    return _key([*own, board.folder / "board.toml"], netlist_key(board, versions), board.name, list(seeds))


def _key(files: Sequence[Path], *settings: object) -> str:
    digest = hashlib.sha256(repr(settings).encode())
    for path in files:
        digest.update(path.name.encode() + b"\0" + path.read_bytes())
    return digest.hexdigest()[:16]


def folder(kind: str, key: str) -> Path:
    """The cached folder of this content; it exists only when it is whole."""
    return tools.cache_dir() / "fpga" / f"{kind}-{key}"


@contextmanager
def work() -> Iterator[Path]:
    """A folder that is gone afterwards, also when the user or the system ends the program."""

    def leave(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, leave) if main else None
    base = tools.cache_dir().resolve() / "fpga"
    with _told(base):
        base.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix="work-", dir=base))
    path = scratch / "build"  # with the rights of an ordinary folder, which its copies get
    path.mkdir()
    try:
        yield path
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
        if main:
            signal.signal(signal.SIGTERM, before)


def keep(made: Path, place: Path) -> None:
    """Put a copy of ``made`` at ``place``, in one step; another process may have been first."""
    with _beside(place) as copy:
        shutil.copytree(made, copy)
        try:
            copy.rename(place)
        except OSError:
            if not place.exists():
                raise


def publish(made: Path, place: Path) -> None:
    """The same, in the stead of what may be there."""
    with _beside(place) as copy:
        shutil.copytree(made, copy)
        old = copy.with_name("old")
        if place.exists():
            place.rename(old)
        try:
            copy.rename(place)
        except BaseException:
            if old.exists():
                old.rename(place)
            raise


@contextmanager
def _beside(place: Path) -> Iterator[Path]:
    with _told(place):
        place.parent.mkdir(parents=True, exist_ok=True)
        scratch = Path(tempfile.mkdtemp(prefix=f".{place.name}-", dir=place.parent))
        try:
            yield scratch / "new"
        finally:
            shutil.rmtree(scratch, ignore_errors=True)


@contextmanager
def _told(place: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise OutputError(f"cannot write {place}: {error.strerror or error}") from None
