# SPDX-License-Identifier: Apache-2.0
"""A state machine as data.

A transition is a change of state in one clock cycle without reset. Staying in a state is none; what reset does is told
by ``reset`` alone; encodings without a name, which only a fault could reach, are left out.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Machine:
    """One state register. ``states`` are (name, value, comment); ``transitions`` (from, to) -> lines that make it."""

    module: str
    path: str  # of the source file, below the project's root
    register: str
    clock: str
    reset_signal: str
    width: int
    reset: str
    states: tuple[tuple[str, int, str], ...]
    transitions: dict[tuple[str, str], tuple[int, ...]]

    @property
    def names(self) -> list[str]:
        """States in the order of their values."""
        return [name for name, _, _ in self.states]

    @property
    def title(self) -> str:
        """``module.register``."""
        return f"{self.module}.{self.register}"
