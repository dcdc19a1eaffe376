# SPDX-License-Identifier: Apache-2.0
"""Errors whose message is for the user: what was wrong, where, and what to do. The command leaves with status 2."""


class FerruleError(RuntimeError):
    """Base of them."""
