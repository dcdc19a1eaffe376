# SPDX-License-Identifier: Apache-2.0
"""Lets this process outlive the cutting of a file it has mapped: SIGBUS swaps the lost page for an empty one.

A signal handler of Python's own runs only after the faulting instruction, which would fault for ever. This one is
called by the C library in its place. That is safe because the fault is synchronous: it comes from a copy to or from a
mapped buffer, which is a place where C calls nothing else, and never from the interpreter's own memory.
"""

from __future__ import annotations

import ctypes
import mmap
import signal
from collections.abc import Callable

_ADDRESS_AT = 16  # of si_addr in siginfo_t, Linux on 64 bits
_SA_SIGINFO = 4
_MAP_FIXED = 0x10
_libc = ctypes.CDLL(None, use_errno=True)
_libc.mmap.restype = ctypes.c_void_p
_libc.mmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_long]
_HANDLER = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)


class _Action(ctypes.Structure):
    """struct sigaction of <signal.h>, Linux on 64 bits with the GNU C library."""

    _fields_ = (
        ("handler", ctypes.c_void_p),
        ("mask", ctypes.c_ulong * 16),
        ("flags", ctypes.c_int),
        ("restorer", ctypes.c_void_p),
    )


_kept: list[object] = []


def survive(owns: Callable[[int], bool], lost: Callable[[], None]) -> None:
    """From here on a lost page at an address that ``owns`` says is ours is replaced, and ``lost`` told of it."""

    def handle(number: int, info: int, context: int) -> None:
        address = ctypes.c_uint64.from_address(info + _ADDRESS_AT).value
        page = address & ~(mmap.PAGESIZE - 1)
        protection, flags = mmap.PROT_READ | mmap.PROT_WRITE, mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _MAP_FIXED
        if owns(address) and _libc.mmap(page, mmap.PAGESIZE, protection, flags, -1, 0) == page:
            lost()
        else:
            signal.signal(signal.SIGBUS, signal.SIG_DFL)  # it comes again, and ends the process

    handler = _HANDLER(handle)
    _kept.append(handler)
    action = _Action(ctypes.cast(handler, ctypes.c_void_p), flags=_SA_SIGINFO)
    if _libc.sigaction(signal.SIGBUS, ctypes.byref(action), None):
        raise OSError(ctypes.get_errno(), "SIGBUS cannot be caught")
