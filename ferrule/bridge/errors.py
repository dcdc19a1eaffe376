# SPDX-License-Identifier: Apache-2.0
"""What can go wrong on the way to a board; the message says what, where and what to do."""

from ferrule.errors import FerruleError


class BridgeError(FerruleError):
    """Base of them."""


class BridgeTimeout(BridgeError):
    """The board did not answer, or took nothing, within the bound."""


class BridgeClosed(BridgeError):
    """The line is gone."""


class NotABoard(BridgeError):
    """Something else answers on the line, or its registers say what cannot be."""


class BridgeBusy(BridgeError):
    """The line is in use, or memory never came to rest."""
