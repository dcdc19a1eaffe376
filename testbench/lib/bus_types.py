# SPDX-License-Identifier: Apache-2.0
"""What the host's and the firmware's buses of both devices share: constants, and the shape of what they report."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TypedDict

import numpy

CONFIG_SPACE = 0x10000
NOTIFY = 0x1000  # of the BAR: queue i at 4 i
READ, WRITE, BOTH = 1, 2, 3
OKAY, SLVERR, DECERR = 0, 2, 3
ERRORS = (SLVERR, DECERR)
MESSAGE = numpy.dtype([("at_ps", "<i8"), ("vector", "<i8"), ("address", "<u8"), ("data", "<i8")])
INCIDENT_KINDS = {1: "outside host memory", 2: "outside the guarded ranges", 3: "against the rules of AXI"}


class Incident(TypedDict):
    """An access the card should not have made."""

    ns: int
    address: int
    length: int
    write: bool
    what: str


class HostRegisters(ABC):
    """The two spaces that a driver reaches, over one port that has both."""

    @abstractmethod
    async def _sized_read(self, address: int, size: int) -> int: ...

    @abstractmethod
    def _sized_write(self, address: int, value: int, size: int) -> None: ...

    async def bar_read(self, offset: int, size: int) -> int:
        """Read 1, 2, 4 or 8 naturally aligned bytes of the BAR."""
        return await self._sized_read(offset, size)

    def bar_write(self, offset: int, value: int, size: int) -> None:
        """Write to the BAR (posted)."""
        self._sized_write(offset, value, size)

    async def config_read(self, offset: int, size: int) -> int:
        """Read PCI configuration space."""
        return await self._sized_read(CONFIG_SPACE + offset, size)

    def config_write(self, offset: int, value: int, size: int) -> None:
        """Write PCI configuration space (posted)."""
        self._sized_write(CONFIG_SPACE + offset, value, size)
