# SPDX-License-Identifier: Apache-2.0
"""Which files of kernel modules to load, in which order."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ferrule.guest.errors import GuestError


def load_order(folder: Path, names: Sequence[str]) -> list[Path]:
    """Files of the modules and of all they need, each after what it needs; ``folder`` has modules.dep.

    Modules that are built into the kernel need no file. Raises GuestError when one is neither.
    """
    try:
        needs = {
            Path(file).stem: (Path(file), rest.split())
            for file, _, rest in (line.partition(":") for line in (folder / "modules.dep").read_text().splitlines())
        }
        built_in = {Path(line).stem for line in (folder / "modules.builtin").read_text().split()}
    except OSError as error:
        raise GuestError(f"the kernel's modules are not complete: {error}") from error
    order: dict[Path, None] = {}
    for name in names:
        if name in needs:
            file, others = needs[name]  # modules.dep names the nearest first
            order |= dict.fromkeys(map(Path, reversed(others))) | {file: None}
        elif name not in built_in:
            raise GuestError(f"the kernel of {folder} has no module {name}")
    return [folder / file for file in order]
