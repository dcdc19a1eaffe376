# SPDX-License-Identifier: Apache-2.0
"""The full memory barrier that a driver needs between telling the device something and looking at what it tells.

x86 keeps the order of stores and of loads, but lets a load pass an earlier store to another address. Where driver and
device each store one word and then load the other's (index and event, standard 2.7.13.4.1 and 2.7.14), both may see
the old value: the driver does not notify, the device goes to sleep, and a frame is stuck. It does happen between
CPython and another process, a few times in a million. A locked instruction between store and load forbids it, and
taking a lock that nobody holds is one: CPython's lock is an atomic compare-and-exchange in the process, and on x86
every atomic read-modify-write is locked. The lock is a fresh one each time, so that an exception from a signal handler
cannot leave it taken. A system call in its place would not do: entering the kernel orders nothing.
"""

from __future__ import annotations

from _thread import allocate_lock


def full_fence() -> None:
    """What was stored before is visible to other processes before anything after is loaded."""
    allocate_lock().acquire()
