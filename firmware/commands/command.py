# SPDX-License-Identifier: Apache-2.0
"""What the control queue knows of a command: whether it may come, who carries it out, what it answers."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

Carry = Callable[[bytes], Awaitable[bytes | None]]


class Command(NamedTuple):
    """``carry_out(data)`` returns the bytes that precede the ack, or None to refuse; then nothing has changed."""

    feature: int
    """Must be negotiated."""
    carry_out: Carry
    result_bytes: int = 0
    """Bytes that precede the ack, also of a refusal."""


Table = Mapping[tuple[int, int], Command]
"""By class and command."""
