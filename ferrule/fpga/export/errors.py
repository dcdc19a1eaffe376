# SPDX-License-Identifier: Apache-2.0
"""What can be wrong with a wish for a vendor's project."""

from __future__ import annotations

from ferrule.errors import FerruleError


class ExportError(FerruleError):
    """The message says what is wrong and what there is instead."""
