# SPDX-License-Identifier: Apache-2.0
"""Words of an ethtool command line, and how ethtool writes what a device does not have."""

from __future__ import annotations

from collections.abc import Sequence

LARGEST = 0xFFFF_FFFF


def shown(value: int | None) -> str:
    """A number, or ethtool's word for none."""
    return "n/a" if value is None else str(value)


def number(name: str, text: str, least: int = 0) -> int:
    """One number, decimal or with 0x; ``name`` is what it is for."""
    try:
        value = int(text, 0)
    except ValueError:
        raise ValueError(f"{name}: {text!r} is not a number") from None
    if not least <= value <= LARGEST:
        raise ValueError(f"{name}: {text} is outside {least}..{LARGEST}")
    return value


def parse_pairs(words: Sequence[str], allowed: Sequence[str]) -> dict[str, int]:
    """``name number name number ...`` as ethtool takes it."""
    if len(words) % 2 or not words:
        raise ValueError(f"expected pairs of name and number, of: {', '.join(allowed)}")
    values = {}
    for name, text in zip(words[::2], words[1::2], strict=True):
        if name not in allowed:
            raise ValueError(f"unknown parameter {name!r}, expected one of: {', '.join(allowed)}")
        values[name] = number(name, text)
    return values
