# SPDX-License-Identifier: Apache-2.0
"""What goes wrong on the way to a bitstream, each with a message for the user."""

from __future__ import annotations

from ferrule.errors import FerruleError


class BoardError(FerruleError):
    """A board that is not there, or whose data are wrong."""


class ToolError(FerruleError):
    """A tool is missing, failed, or took too long."""


class DesignError(FerruleError):
    """Design and board do not fit: pins, clocks, size."""


class OutputError(FerruleError):
    """A folder that cannot be written, or that holds something else than a build."""


class TimingError(FerruleError):
    """A clock that does not meet its constraint."""
