# SPDX-License-Identifier: Apache-2.0
"""What a queue asks of its ring, whatever the format."""

from __future__ import annotations

from collections import deque
from typing import Protocol

from testbench.model.rings.chain import Chain

Used = tuple[int, Chain, int, bool]
"""A buffer given back: picosecond from which it may be published, bytes written, and whether more of its frame follows.

Plain, because there is one for every frame.
"""


class Ring(Protocol):
    """One life of a ring in memory. Where an access fails, ``queue.fail`` is told."""

    starved: bool
    """More is available than there was room for."""
    coming: int
    """Chains asked for and not here."""

    def look(self) -> None:
        """A read of what tells of new chains is answered: fetch them, and say ``queue.looked``."""

    def refill(self) -> None:
        """There is room again."""

    def wish(self) -> bool:
        """Store when the driver is to notify: with the next chain. False: the access failed."""

    def store(self, buffers: deque[Used], count: int) -> bool:
        """Move so many into the ring and publish them together; False: an access has failed, now or before."""

    def mark(self) -> int:
        """How far it is published, for ``wanted``."""

    def wanted(self, mark: int) -> bool | None:
        """Whether the driver wants to hear of what was published up to ``mark``; None: the access failed."""

    def indices(self) -> tuple[int, int]:
        """Available index seen and used index, as QUEUE_INDICES shows them."""
