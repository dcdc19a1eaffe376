# SPDX-License-Identifier: Apache-2.0
"""The card's control plane: it runs on the management port, on RTL, model or board alike."""

from .card import Firmware
from .settings import CardSettings

__all__ = ["CardSettings", "Firmware"]
