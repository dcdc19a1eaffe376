# SPDX-License-Identifier: Apache-2.0
"""Runs one sequence on both devices: what a printed difference calls."""

from __future__ import annotations

from contextlib import closing

from testbench.differential.compare import hold_equal
from testbench.differential.operations import Sequence
from testbench.differential.server import ModelDevice, RtlDevice


def replay(sequence: Sequence, salt: int = 0) -> None:
    """Raises Difference where model and RTL do not agree."""
    with closing(RtlDevice(sequence.pairs)) as rtl:
        hold_equal(sequence, ModelDevice(sequence.pairs), rtl, salt)
