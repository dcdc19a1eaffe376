# SPDX-License-Identifier: Apache-2.0
"""A ring index: it counts modulo 65,536 whatever the ring's size, so it must never be treated as a plain int."""

from __future__ import annotations


class RingIndex:
    """Free-running 16-bit index. ``int(index)`` is what goes into memory, ``index - other`` a distance of 0..65,535."""

    __slots__ = ("_value",)

    def __init__(self, value: int = 0) -> None:
        self._value = value & 0xFFFF

    def __add__(self, count: int) -> RingIndex:
        return RingIndex(self._value + count)

    def __sub__(self, other: RingIndex | int) -> int:
        return (self._value - int(other)) & 0xFFFF

    def __int__(self) -> int:
        return self._value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, RingIndex) and self._value == other._value

    def __hash__(self) -> int:
        return hash(self._value)

    def __repr__(self) -> str:
        return f"RingIndex({self._value})"

    def slot(self, size: int) -> int:
        """Place in a ring of ``size`` entries (a power of two, as split rings require)."""
        return self._value & (size - 1)

    def passed(self, event: int, old: RingIndex) -> bool:
        """Whether going from ``old`` to this index stepped over ``event``, i.e. the other side wants to know.

        The standard's ``vring_need_event``: the entry at ``event`` is among those just published.
        """
        return (self._value - event - 1) & 0xFFFF < (self._value - old._value) & 0xFFFF
