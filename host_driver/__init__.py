# SPDX-License-Identifier: Apache-2.0
"""A virtio-net driver for the host, in Python: it knows the standard, not our card."""

from .memory import DmaMemory
from .net.device import NetDevice, RxFrame
from .net.features import Feature
from .net.header import NetHeader, checksum_request, tso_request
from .net.options import Options

__all__ = ["DmaMemory", "Feature", "NetDevice", "NetHeader", "Options", "RxFrame", "checksum_request", "tso_request"]
