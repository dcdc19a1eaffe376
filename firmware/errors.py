# SPDX-License-Identifier: Apache-2.0
"""Everything firmware can fail with, named after what went wrong."""


class FirmwareError(Exception):
    """Base of all firmware errors."""


class IdentityError(FirmwareError):
    """This is no Ferrule card, or one whose registers this firmware does not know."""


class SelfTestError(FirmwareError):
    """The management port does not hold what is written to it."""


class ParameterError(FirmwareError):
    """The card was built with parameters that cannot be."""


class RegisterTimeout(FirmwareError):
    """A register did not reach the awaited value within the bound."""
