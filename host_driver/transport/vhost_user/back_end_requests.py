# SPDX-License-Identifier: Apache-2.0
"""The channel on which the back end asks something of the front end."""

from __future__ import annotations

import select
import socket
from collections import Counter

from ...errors import BackEndGone
from .channel import TIMEOUT_S, Channel, Message
from .protocol import U64, BackendRequest

DONE, REFUSED = U64.pack(0), U64.pack(1)


class BackEndRequests:
    """Serves the requests that have come. ``given`` is the end that the back end gets."""

    def __init__(self, timeout_s: float = TIMEOUT_S) -> None:
        ours, self.given = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        self.channel = Channel(ours, timeout_s)
        self.counts: Counter[int] = Counter()
        """Requests by number, those that were refused too."""
        self.config_changed = self.closed = False

    def fileno(self) -> int:
        """For ``poll``."""
        return self.channel.fileno()

    def serve(self) -> None:
        """Handle every request that waits; none is waited for."""
        poll = select.poll()
        poll.register(self.channel.fileno(), select.POLLIN)
        while not self.closed and poll.poll(0):
            try:
                message = self.channel.receive("a request of the back end")
            except BackEndGone:
                self.closed = True
                return
            message.close_fds()
            if message.is_reply:
                continue  # we ask nothing here
            self.counts[message.request] += 1
            answer = DONE if self._handle(message) else REFUSED
            if message.needs_reply:
                self.channel.reply(message, answer)

    def _handle(self, message: Message) -> bool:
        if message.request != BackendRequest.CONFIG_CHANGE_MSG:
            return False  # what they belong to was not negotiated
        self.config_changed = True
        return True

    def close(self) -> None:
        """Close both ends."""
        self.channel.close()
        self.given.close()
