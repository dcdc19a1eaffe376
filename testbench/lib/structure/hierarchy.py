# SPDX-License-Identifier: Apache-2.0
"""Draws the card from the inside: every module in the module that holds it, from the card's top to the right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from testbench.lib import tools
from testbench.lib.structure.source import Instance, Module
from testbench.lib.structure.svg import SMALL, Drawing, width_of

BOX = 20.0
ROW = 26.0
GAP = 44.0  # between columns
MARGIN = 22.0
HEAD = 92.0
LEGEND = 152.0  # width of one entry
COLOURS = {
    "nic": "#6e7781", "nic/regs": "#8250df", "nic/virtqueue": "#2f81f7", "nic/dma": "#2da44e", "nic/mac": "#bf8700",
    "nic/irq": "#bf3989", "nic/common": "#a0a8b2", "offload/tso": "#d1532f", "offload/checksum": "#1b9e95",
    "offload/filter": "#7a6a58", "offload/coalesce": "#9e3fb5",
}  # fmt: skip


@dataclass
class Box:
    """Instances of one module side by side in the same parent; ``again``: its inside is drawn elsewhere."""

    module: Module
    label: str
    again: bool = False
    parts: list[Box] = field(default_factory=list)
    x: float = 0
    y: float = 0

    @property
    def width(self) -> float:
        """Room for both texts, px."""
        return 12 + width_of(self.module.name) + (width_of(self.label, SMALL) + 10 if self.label else 0) + 6


def draw_hierarchy(modules: Mapping[str, Module], top: str) -> str:
    """SVG of everything below ``top``."""
    root = _box(modules, top, "", set())
    columns: list[float] = []
    for depth, box in _walk(root, 0):
        columns += [0.0] * (depth + 1 - len(columns))
        if box.parts:  # a box with nothing to its right may be as long as it likes
            columns[depth] = max(columns[depth], box.width)
    starts = [MARGIN + sum(columns[:depth]) + GAP * depth for depth in range(len(columns))]
    rows = _place(root, 0, HEAD, starts)
    colours = {
        folder: colour for folder, colour in COLOURS.items() if any(_folder(m) == folder for m in modules.values())
    }
    width = max(box.x + box.width for _, box in _walk(root, 0)) + MARGIN
    drawing = Drawing(width, rows + MARGIN, f"modules of {top}")
    drawing.label(MARGIN, 32, f"Modules of {top}", "title")
    for number, (folder, colour) in enumerate(colours.items()):
        across = int((width - 2 * MARGIN) // LEGEND)
        x, y = MARGIN + LEGEND * (number % across), 48 + 18 * (number // across)
        drawing.box(x, y, 10, 10, colour, 2)
        drawing.label(x + 16, y + 9, f"hw/{folder}", "small")
    for _, box in _walk(root, 0):
        _draw(drawing, box)
    return drawing.text


def _box(modules: Mapping[str, Module], name: str, label: str, seen: set[str]) -> Box:
    box = Box(modules[name], label, again=bool(modules[name].instances) and name in seen)
    seen.add(name)
    if not box.again:
        groups: dict[tuple[str, str], list[Instance]] = {}
        for instance in modules[name].instances:
            alone = instance.name if modules[instance.module].instances else ""
            groups.setdefault((instance.module, instance.when + alone), []).append(instance)
        for (module, _), instances in groups.items():
            when = f"  ({instances[0].when})" if instances[0].when else ""
            box.parts.append(_box(modules, module, ", ".join(i.name for i in instances) + when, seen))
    if box.again:
        box.label += "  (inside as above)"
    return box


def _walk(box: Box, depth: int) -> Iterator[tuple[int, Box]]:
    yield depth, box
    for part in box.parts:
        yield from _walk(part, depth + 1)


def _place(box: Box, depth: int, y: float, starts: list[float]) -> float:
    """Give ``box`` and all below it their places from row ``y`` on; the next free row."""
    box.x, box.y = starts[depth], y
    below = y
    for part in box.parts:
        below = _place(part, depth + 1, below, starts)
    return max(below, y + ROW)


def _folder(module: Module) -> str:
    return str(module.path.parent.relative_to(tools.HW))


def _draw(drawing: Drawing, box: Box) -> None:
    middle = box.y + BOX / 2
    if box.parts:
        turn = box.parts[0].x - GAP / 2
        first, *others = (part.y + BOX / 2 for part in box.parts)
        drawing.path(["M", box.x + box.width, middle, "L", box.parts[0].x, first])
        if others:
            drawing.path(["M", turn, middle, "L", turn, others[-1] - 6])
        for y in others:
            drawing.path(["M", turn, y - 6, "Q", turn, y, turn + 6, y, "L", box.parts[0].x, y])
    drawing.open("", box.module.sentence)
    drawing.box(box.x, box.y, box.width, BOX)
    drawing.box(box.x, box.y, 5, BOX, COLOURS.get(_folder(box.module), "#6e7781"), 2)
    drawing.label(box.x + 12, middle + 4.2, box.module.name)
    drawing.label(box.x + 22 + width_of(box.module.name), middle + 3.8, box.label, "small")
    drawing.close()
