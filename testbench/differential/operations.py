# SPDX-License-Identifier: Apache-2.0
"""The vocabulary of a sequence: what a host, a wire and an operator do to a card, as plain data that prints as code."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class TxFrame:
    """A frame to send. ``size``: bytes of it (payload with "tso4"/"tso6"). ``seed``: of its bytes and its cuts.

    ``layout``: "whole", "header apart", "pieces" (up to ``parts`` descriptors), "indirect" (the same in a table).
    ``offload``: "none", "csum", "tso4", "tso6", or a request that cannot be done: "gso type", "gso no csum",
    "gso size 0", "csum range", "ip length", "header". ``flow``: whom it goes to, but with "none".
    """

    size: int
    layout: str = "whole"
    offload: str = "none"
    parts: int = 3
    mss: int = 1448
    seed: int = 0
    flow: int = 0


@dataclass(frozen=True)
class RxFrame:
    """A frame to receive. ``to``: "own", "broadcast", "group", "foreign", "table"; ``mark``: "", "fcs", "error".

    ``pair``: whose own address it is, on cards of several.
    ``kind``: "plain", "length" (an 802.3 length beyond the frame), or "tcp4", "tcp6", "udp4", "udp6", "icmp4",
    "fragment4", the first four also with " bad" (a wrong checksum), those of IPv6 also as "behind ..." (an extension
    header). Before all that may stand "tagged" (two tags) or "vlan" (one, of the id ``vlan``). ``flow``: from whom.
    """

    size: int
    to: str = "own"
    kind: str = "plain"
    mark: str = ""
    pair: int = 0
    seed: int = 0
    flow: int = 0
    vlan: int = 5


@dataclass(frozen=True)
class Transmit:
    """Make frames available on a transmit queue; without ``kick`` the device is not told."""

    frames: tuple[TxFrame, ...]
    pair: int = 0
    kick: bool = True


@dataclass(frozen=True)
class Refill:
    """Make receive buffers available: the sizes of each one's descriptors."""

    buffers: tuple[tuple[int, ...], ...]
    pair: int = 0
    kick: bool = True
    indirect: bool = False


@dataclass(frozen=True)
class Receive:
    """Frames from the wire, back to back."""

    frames: tuple[RxFrame, ...]


@dataclass(frozen=True)
class Kick:
    """Ring a queue's doorbell: "rx", "tx" or "control"."""

    queue: str
    pair: int = 0


@dataclass(frozen=True)
class Reconfigure:
    """A control command by name (see ``commands.py``), with its value."""

    what: str
    value: Any


@dataclass(frozen=True)
class Events:
    """What the driver wants to be told of.

    Split: with event indices ``used_event`` so far ``ahead``, else the flag that is bit 0 of ``mode``. Packed: ``mode``
    is that of the event suppression structure, whose descriptor is so far ahead.
    """

    queue: str
    mode: int
    ahead: int
    pair: int = 0


@dataclass(frozen=True)
class Reset:
    """Reset of "device", "rx" or "tx"; ``hard``: in the middle of whatever is under way.

    After a reset of the device these ``features`` (bits of the standard) are withheld.
    """

    what: str
    hard: bool = False
    withheld: tuple[int, ...] = ()
    pair: int = 0


@dataclass(frozen=True)
class Mask:
    """Mask or unmask a vector; -1 is the whole function."""

    vector: int
    on: bool


@dataclass(frozen=True)
class Impair:
    """Faults of a direction of the wire: shares by name; empty takes them off."""

    direction: str
    shares: tuple[tuple[str, float], ...] = ()
    seed: int = 1


@dataclass(frozen=True)
class Link:
    """Take the link down or up."""

    up: bool


@dataclass(frozen=True)
class Poke:
    """Write a register of the BAR (``offset``, ``size`` 1, 2 or 4 bytes) with everything at rest."""

    offset: int
    value: int
    size: int


@dataclass(frozen=True)
class Misuse:
    """Something no driver may do to a ring of "rx" or "tx", and a doorbell: a bad chain by name.

    The names are those of ``misuse.py``, with packed rings those of ``misuse_packed.py``.
    """

    queue: str
    what: str
    pair: int = 0


@dataclass(frozen=True)
class Fail:
    """Host memory answers the next access with an error: "data", "avail index", "used element", "used index".

    "data" is all of the direction's buffers, or with ``at`` only the 64 bytes there.
    """

    queue: str
    what: str
    pair: int = 0
    at: int | None = None


@dataclass(frozen=True)
class Barrier:
    """Let everything come to rest, and look."""


Operation = (
    Transmit | Refill | Receive | Kick | Reconfigure | Events | Reset | Mask | Impair | Link | Poke | Misuse | Fail
    | Barrier
)  # fmt: skip
KINDS = {kind.__name__: kind for kind in Operation.__args__}  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Sequence:
    """Operations on a card of ``pairs`` queue pairs with rings of ``size`` descriptors, brought up once before them.

    ``withheld``: features (bits of the standard) that the driver does not accept. A card of several pairs is steered by
    commands (``multiqueue``: one of MQ and RSS is accepted), else each pair has an address of its own. Ring indices
    begin so far ``before_wrap``, 0: at their beginning.
    """

    operations: tuple[Operation, ...]
    pairs: int = 1
    size: int = 16
    withheld: tuple[int, ...] = ()
    packed: bool = False
    multiqueue: bool = False
    before_wrap: int = 0


def _tuples(value: Any) -> Any:
    return tuple(_tuples(item) for item in value) if isinstance(value, list) else value


def to_json(sequence: Sequence) -> dict[str, Any]:
    """Plain JSON values."""
    operations = [{"kind": type(operation).__name__, **asdict(operation)} for operation in sequence.operations]
    return {**asdict(sequence), "operations": operations}


def from_json(values: dict[str, Any]) -> Sequence:
    """The same sequence again."""
    operations = []
    for row in values["operations"]:
        fields = {name: _tuples(value) for name, value in row.items() if name != "kind"}
        inner = {"Transmit": TxFrame, "Receive": RxFrame}.get(row["kind"])
        if inner:
            fields["frames"] = tuple(inner(**frame) for frame in row["frames"])
        operations.append(KINDS[row["kind"]](**fields))
    rest = {name: _tuples(value) for name, value in values.items() if name != "operations"}
    return Sequence(operations=tuple(operations), **rest)
