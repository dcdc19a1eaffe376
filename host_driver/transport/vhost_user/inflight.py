# SPDX-License-Identifier: Apache-2.0
"""The back end's books of what it works on (INFLIGHT_SHMFD), kept for it from one start to the next reset."""

from __future__ import annotations

import os

from .front_end import FrontEnd
from .protocol import Inflight, ProtocolFeature


class InflightBooks:
    """Memory that the back end makes and the front end holds; nothing where that was not negotiated."""

    def __init__(self, front_end: FrontEnd) -> None:
        self._front_end = front_end
        self.held: tuple[Inflight, int] | None = None
        """Description and file descriptor."""

    def give(self, queues: int, queue_size: int) -> None:
        """Before the first ring starts: ask for the books, and hand them back as the ones to use."""
        if self.held or ProtocolFeature.INFLIGHT_SHMFD not in self._front_end.accepted:
            return
        self.held = self._front_end.get_inflight(queues, queue_size)
        self._front_end.set_inflight(*self.held)

    def hand_on(self, front_end: FrontEnd) -> None:
        """Give them to a back end that comes in the place of the one that wrote them."""
        self._front_end = front_end
        if self.held:
            front_end.set_inflight(*self.held)

    def forget(self) -> None:
        """After a reset there is nothing that a later back end would have to know."""
        if self.held:
            os.close(self.held[1])
            self.held = None
