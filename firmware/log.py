# SPDX-License-Identifier: Apache-2.0
"""Firmware's log: bounded, timed, counted by kind, so that a card in trouble can be asked what happened."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

KEPT = 256


@dataclass(frozen=True)
class Entry:
    """One thing that happened."""

    ns: int
    kind: str
    text: str


class Log:
    """The last entries, and how many of each kind there ever were."""

    def __init__(self) -> None:
        self.entries: deque[Entry] = deque(maxlen=KEPT)
        self.counts: Counter[str] = Counter()
        self.listener: Callable[[Entry], object] = lambda _: None
        """Told of each entry at once."""

    def add(self, ns: int, kind: str, text: str) -> None:
        """Note something."""
        self.counts[kind] += 1
        entry = Entry(ns, kind, text)
        self.entries.append(entry)
        self.listener(entry)

    def last(self, kind: str) -> str:
        """The last of a kind in words; empty: there is none among the entries kept."""
        return next((entry.text for entry in reversed(self.entries) if entry.kind == kind), "")

    def __str__(self) -> str:
        return "\n".join(f"{entry.ns:>15} ns  {entry.kind:<14} {entry.text}" for entry in self.entries)
