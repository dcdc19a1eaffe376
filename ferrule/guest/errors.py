# SPDX-License-Identifier: Apache-2.0
"""What can go wrong with a guest, each by its name."""

from __future__ import annotations

from ferrule.errors import FerruleError


class GuestError(FerruleError):
    """A guest could not start, or ended; the message says which, why and what to do."""


class GuestHung(GuestError):
    """A guest gave no sign of life for too long and was killed; the message ends with its console's last lines."""


class CommandTimeout(GuestError):
    """A command in a guest did not end in its time and was killed; the guest goes on."""


class PackageMissing(GuestError):
    """A program is not installed; the message names the Debian package that brings it."""
