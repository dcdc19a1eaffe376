# SPDX-License-Identifier: Apache-2.0
"""Draws sequences until two devices differ, and shrinks what it finds."""

from __future__ import annotations

import itertools

from hypothesis import HealthCheck, Phase, given, seed, settings

from testbench.differential.compare import Device, Difference, hold_equal
from testbench.differential.operations import Sequence
from testbench.differential.strategies import sequences


def search(first: Device, second: Device, pairs: int, start: int, examples: int, shrink: bool = True) -> str | None:
    """``examples`` sequences from the seed ``start``: the difference, with a test that shows it, or None."""
    salts = itertools.count()
    phases = [Phase.generate, Phase.shrink] if shrink else [Phase.generate]

    @seed(start)
    @settings(
        max_examples=examples,
        deadline=None,
        database=None,
        suppress_health_check=list(HealthCheck),
        phases=phases,
        report_multiple_bugs=False,
    )
    @given(sequences(pairs))
    def agree(sequence: Sequence) -> None:
        hold_equal(sequence, first, second, next(salts))

    try:
        agree()
    except Difference as difference:
        return str(difference)
    return None
