# SPDX-License-Identifier: Apache-2.0
"""What the user sees while the tools run: one line a stage, and what the tool says of how far it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

Tell = Callable[[str], None]


class Stages:
    """Shows stages and keeps how long each took."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self.seconds: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str, read: Callable[[str], str | None] = lambda line: None) -> Iterator[Tell]:
        """While inside, lines given to the function that this yields move the display; ``read`` says what they mean."""
        start = time.monotonic()
        columns = (
            SpinnerColumn(),
            TextColumn("{task.description}"),
            TimeElapsedColumn(),
            TextColumn("{task.fields[at]}"),
        )
        with Progress(
            *columns, console=self._console, transient=True, disable=not self._console.is_terminal
        ) as progress:
            bar = progress.add_task(f"{name:<16}", total=None, at="")

            def tell(line: str) -> None:
                if text := read(line):
                    progress.update(bar, at=text[:60])

            yield tell
        self.seconds[name] = round(time.monotonic() - start, 1)
        self._console.print(f"{name}: {self.seconds[name]:.0f} s", highlight=False)
