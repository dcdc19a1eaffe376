# SPDX-License-Identifier: Apache-2.0
"""One ring as the front end keeps it: its eventfds, and the messages that start and stop it."""

from __future__ import annotations

import os
import select

from .front_end import FrontEnd
from .memory import GuestMemory
from .protocol import Request

COUNTER_BYTES = 8


class Vring:
    """Started by its making, but not enabled; ``stop`` ends it."""

    def __init__(
        self, front_end: FrontEnd, memory: GuestMemory, index: int, size: int, rings: tuple[int, int, int], base: int
    ) -> None:
        """``rings`` are the guest addresses of descriptors, the driver's and the device's part."""
        self.index, self._size, self._base = index, size, base
        flags = os.EFD_CLOEXEC | os.EFD_NONBLOCK
        self.kick_fd, self.call_fd, self.error_fd = (os.eventfd(0, flags) for _ in range(3))
        self.kicks = 0
        self._descriptors, self._driver, self._device = (memory.user_address(address) for address in rings)
        try:
            self.start(front_end)
        except BaseException:
            self.close()
            raise

    def start(self, front_end: FrontEnd) -> None:
        """Tell a back end of it: the first one, or one that comes in the place of another that ended without a word.

        That one's end of the ring is not known here, so a later back end is told of the ring's beginning.
        """
        self._front_end = front_end
        front_end.set_vring_num(self.index, self._size)
        front_end.set_vring_base(self.index, self._base)
        front_end.set_vring_addr(self.index, self._descriptors, self._device, self._driver)
        front_end.set_vring_fd(Request.SET_VRING_ERR, self.index, self.error_fd)
        front_end.set_vring_fd(Request.SET_VRING_CALL, self.index, self.call_fd)
        front_end.set_vring_fd(Request.SET_VRING_KICK, self.index, self.kick_fd)

    def kick(self) -> None:
        """Tell the back end that there is something new."""
        self.kicks += 1
        os.eventfd_write(self.kick_fd, 1)

    def failed(self) -> bool:
        """The back end has signalled an error of this ring."""
        poll = select.poll()
        poll.register(self.error_fd, select.POLLIN)
        return bool(poll.poll(0))

    def stop(self) -> int:
        """Stop it; where the back end had come to."""
        try:
            return self._front_end.get_vring_base(self.index)
        finally:
            self.close()

    def close(self) -> None:
        """Close the eventfds; for when the back end is gone."""
        for fd in (self.kick_fd, self.call_fd, self.error_fd):
            os.close(fd)


def take_event(fd: int) -> bool:
    """Whether the eventfd was signalled since it was last taken."""
    try:
        os.read(fd, COUNTER_BYTES)
    except BlockingIOError:
        return False
    return True
