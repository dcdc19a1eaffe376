# SPDX-License-Identifier: Apache-2.0
"""``ferrule ethtool``: ethtool's verbs on the card of a running ``ferrule serve``."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ferrule.errors import FerruleError
from ferrule.live.control import request
from ferrule.live.session import INTERFACE


def ethtool(run_dir: Path, arguments: Sequence[str]) -> None:
    """Print what the run answers. As in ethtool, the interface's name may follow the verb; there is only one."""
    words = list(arguments)
    verb = words.pop(0) if words and words[0].startswith("-") else ""
    if words and words[0] == INTERFACE:
        words.pop(0)
    if not verb and words:
        raise FerruleError(f"expected a verb such as -S, -k or -C before {words[0]!r}")
    print(request(run_dir, verb, words), end="")
