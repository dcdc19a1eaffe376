# SPDX-License-Identifier: Apache-2.0
"""Memory of a board as an array of this machine, kept alike by messages when the driver says so.

``theirs`` is what the board is known to hold. What differs from it in the driver's array was written by the driver and
is to be pushed; what the card has written is told by the board's map of dirty lines and is to be fetched. Both may be
in one line, so neither moves a whole line over the other's bytes; a word has only one of them as its writer.

What the board held before us is looked at only where somebody writes to it: an array that nobody has written to is a
pattern drawn anew each time, so a word that differs from it was written. (One in 2^32 first writes of a word looks like
none; the line itself, which has no checksum, is less reliable.)
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence

import numpy as np

from ferrule.bridge import regs
from ferrule.bridge.board import LINE_BYTES, Board
from ferrule.bridge.bone import Bone
from ferrule.bridge.errors import BridgeBusy

LINE_WORDS = LINE_BYTES // 4
ROUNDS = 64  # of fetching, until a card that writes on and on has broken every ring


class MemoryMirror:
    """``array`` is the driver's to read and write."""

    def __init__(self, board: Board) -> None:
        self._board = board
        self._base, size = board.memory_base, board.memory_size
        self._lines = size // LINE_BYTES
        self.array = np.frombuffer(bytearray(os.urandom(size)), np.uint8)
        theirs = self.array.copy()
        self._mine8, self._theirs8 = self.array.reshape(-1, LINE_BYTES), theirs.reshape(-1, LINE_BYTES)
        self._mine, self._theirs = self.array.view("<u4"), theirs.view("<u4")
        self._known = np.zeros(self._lines, bool)
        self._owed: set[int] = set()  # lines whose bits are cleared, and which are not fetched yet
        self.pushed = self.fetched = 0  # words
        board.locked(self._take_dirty)
        self._owed.clear()  # of before our time

    def push(self) -> None:
        """What the driver has written since goes to the board."""
        if (self._mine != self._theirs).any():
            self._board.locked(self._push)

    def _push(self, bone: Bone) -> None:
        differs = (self._mine != self._theirs).reshape(-1, LINE_WORDS)
        partly = np.flatnonzero(differs.any(1) & ~differs.all(1) & ~self._known)
        for line, words in self._read(bone, partly.tolist()):
            self._merge(line, words)
        changed = np.flatnonzero(self._mine != self._theirs)
        if not len(changed):
            return
        # a word that has not changed is not written again: it may be the card's by now
        runs = np.split(changed, np.flatnonzero(np.diff(changed) != 1) + 1)
        bone.write_all([(self._base + 4 * int(run[0]), self._mine[run].tolist()) for run in runs])
        self._theirs[changed] = self._mine[changed]
        self._known[np.unique(changed // LINE_WORDS)] = True
        self.pushed += len(changed)

    def fetch(self) -> None:
        """What the card has written since comes here, as of one moment.

        A line may say that another one has been written (a ring's index, of its buffers), so nothing is shown to the
        driver before the map has been empty: then every line is as it was at that moment.
        """
        self._board.locked(self._fetch)

    def _fetch(self, bone: Bone) -> None:
        found: dict[int, Sequence[int]] = {}
        for _ in range(ROUNDS):
            lines = self._take_dirty(bone) | (self._owed - found.keys())
            if not lines:
                break
            found.update(self._read(bone, sorted(lines)))
        else:
            raise BridgeBusy(f"the card has not stopped writing to memory in {ROUNDS} rounds; reset it")
        for line, words in found.items():
            self._merge(line, words)
        self._owed.clear()

    def _take_dirty(self, bone: Bone) -> set[int]:
        """Lines written since; ``_owed`` has them, too. Without an answer it has all: the bits are cleared by then."""
        owed, self._owed = self._owed, set(range(self._lines))
        words, complete = bone.read_clearing(regs.DIRTY, self._lines // 32)
        dirty = {32 * at + bit for at, word in enumerate(words) for bit in range(32) if word >> bit & 1}
        if not complete:
            dirty = set(range(self._lines))
        self._owed = owed | dirty
        return dirty

    def _read(self, bone: Bone, lines: Sequence[int]) -> Iterable[tuple[int, Sequence[int]]]:
        for first, count in _joined(lines):
            words = bone.read(self._base + first * LINE_BYTES, count * LINE_WORDS)
            for line in range(count):
                yield first + line, words[line * LINE_WORDS : (line + 1) * LINE_WORDS]

    def _merge(self, line: int, words: Sequence[int]) -> None:
        """What the board holds in a line; what the driver has written there and not pushed stays."""
        span = slice(line * LINE_WORDS, (line + 1) * LINE_WORDS)
        theirs = np.array(words, "<u4")
        if self._known[line]:
            mine8, known8 = self._mine8[line], self._theirs8[line]
            np.copyto(mine8, theirs.view(np.uint8), where=mine8 == known8)
        else:
            np.copyto(self._mine[span], theirs, where=self._mine[span] == self._theirs[span])
        self._theirs[span] = theirs
        self._known[line] = True
        self.fetched += LINE_WORDS


def _joined(lines: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbours as (first, count): one message reads them all."""
    runs: list[tuple[int, int]] = []
    for line in lines:
        if runs and sum(runs[-1]) == line:
            runs[-1] = (runs[-1][0], runs[-1][1] + 1)
        else:
            runs.append((line, 1))
    return runs
