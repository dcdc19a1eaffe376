# SPDX-License-Identifier: Apache-2.0
"""A program under its keeper, as its owner sees it."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from ferrule.guest import keeper


class Kept:
    """A running program; nothing of it is left after ``end``, nor after the death of this process."""

    def __init__(
        self,
        command: Sequence[str],
        output: Path,
        fds: Sequence[int] = (),
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """``output`` gets what it prints, besides what others add to this file.

        It inherits ``fds`` under their numbers; ``environment`` adds to ours.
        """
        reading, self._lifeline = os.pipe()
        try:
            output.write_bytes(b"")
            with output.open("ab") as file:
                self._keeper = subprocess.Popen(
                    [sys.executable, "-S", "-E", keeper.__file__, str(reading), *command], stdin=subprocess.DEVNULL,
                    stdout=file, stderr=subprocess.STDOUT, pass_fds=[reading, *fds], start_new_session=True,
                    env={**os.environ, **(environment or {})},
                )  # fmt: skip
        except OSError:
            os.close(self._lifeline)
            raise
        finally:
            os.close(reading)

    def poll(self) -> int | None:
        """Exit status as a shell tells it, or None while it runs."""
        return self._keeper.poll()

    def wait(self, timeout_s: float) -> bool:
        """Whether it has ended by itself within this time."""
        try:
            self._keeper.wait(timeout_s)
        except subprocess.TimeoutExpired:
            return False
        return True

    def end(self) -> int:
        """Kill it, if it still runs, with all that it has started; returns its exit status. May be called again."""
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        if not self.wait(keeper.REAP_LIMIT_S + 5.0):
            self._keeper.kill()
        return self._keeper.wait()
