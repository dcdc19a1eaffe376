# SPDX-License-Identifier: Apache-2.0
"""A limit in wall-clock time for code of this process that may never come back, such as a driver under test."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from testbench.lib.errors import WallTimeError


@contextmanager
def wall_alarm(limit_s: float) -> Iterator[None]:
    """WallTimeError is raised wherever the code is when ``limit_s`` seconds are over.

    In the main thread only, which is the one that signals reach; in another there is no limit.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def ring(_: int, frame: FrameType | None) -> None:
        place = f"{frame.f_code.co_name} ({frame.f_code.co_filename}:{frame.f_lineno})" if frame else "nowhere"
        raise WallTimeError(f"no end after {limit_s:g} s of wall time, in {place}")

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, limit_s)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
