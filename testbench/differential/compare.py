# SPDX-License-Identifier: Apache-2.0
"""Holds what two devices showed against each other, and turns a difference into a test that anyone can run."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Protocol

from testbench.differential.operations import KINDS, Sequence

SHOWN = 12  # lines of a difference
FOUND = Path("build", "differential")
# looked at first, because they say more about the cause than what follows from them
ORDER = ("quiet", "incidents", "counters", "wire", "used", "interrupts", "queues", "registers", "memory")


class Device(Protocol):
    """Something that carries sequences out."""

    def run(self, sequence: Sequence, salt: int) -> list[dict[str, Any]]:
        """What was seen at each barrier."""


class Difference(AssertionError):
    """The devices differ; the message says where, and ends with a test that shows it again."""


def _entries(value: Any) -> dict[str, Any]:
    if isinstance(value, dict):
        return {str(name): item for name, item in value.items()}
    if isinstance(value, str):
        return dict(part.partition("=")[::2] for part in value.split())
    return {str(place): item for place, item in enumerate(value)} if isinstance(value, list) else {"": value}


def difference(model: list[dict[str, Any]], rtl: list[dict[str, Any]]) -> str | None:
    """Where two devices differ, in words; None: they do not."""
    for number, (left, right) in enumerate(zip(model, rtl, strict=True)):
        lines = []
        for aspect in ORDER:
            if left[aspect] == right[aspect]:
                continue
            ours, theirs = _entries(left[aspect]), _entries(right[aspect])
            for name in sorted(ours.keys() | theirs.keys()):
                if ours.get(name) != theirs.get(name):
                    lines.append(f"  {aspect} {name}: model {ours.get(name)}, rtl {theirs.get(name)}")
        if lines:
            rest = [f"  ... and {len(lines) - SHOWN} more"] if len(lines) > SHOWN else []
            return "\n".join([f"at barrier {number}:", *lines[:SHOWN], *rest])
    return None


def as_test(sequence: Sequence, salt: int) -> str:
    """Source of a pytest file that runs this sequence on both devices."""
    names = [name for name in ("RxFrame", "Sequence", "TxFrame", *KINDS) if f"{name}(" in repr(sequence)]
    steps = "".join(f"        {operation!r},\n" for operation in sequence.operations)
    card = {name: value for name, value in vars(sequence).items() if name != "operations"}
    return (
        "# SPDX-License-Identifier: Apache-2.0\n"
        f"from testbench.differential.operations import {', '.join(sorted(names))}\n"
        "from testbench.differential.replay import replay\n\n"
        f"SEQUENCE = Sequence(\n    operations=(\n{steps}    ),\n"
        f"    {', '.join(f'{name}={value}' for name, value in card.items())},\n)\n\n\n"
        f"def test_model_and_rtl_agree():\n    replay(SEQUENCE, salt={salt})\n"
    )


def hold_equal(sequence: Sequence, model: Device, rtl: Device, salt: int) -> None:
    """Run a sequence on both. Raises Difference, and leaves the test that shows it below ``build/differential``."""
    found = difference(model.run(sequence, salt), rtl.run(sequence, salt))
    if found is None:
        return
    text = as_test(sequence, salt)
    FOUND.mkdir(parents=True, exist_ok=True)
    path = FOUND / f"test_found_{sequence.pairs}.py"  # the last one is the smallest
    path.write_text(text)
    raise Difference(f"model and RTL differ {found}\nrun again: python -m pytest {path}\n\n{text}")
