# SPDX-License-Identifier: Apache-2.0
"""Draws a module from outside: parameters, and ports in the groups of the source, inputs left, outputs right."""

from __future__ import annotations

import textwrap
from itertools import zip_longest

from testbench.lib.structure.source import Module, Port, PortGroup
from testbench.lib.structure.svg import LARGE, PROSE, SMALL, Drawing, width_of

ROW = 18.0
LINE = 13.0  # of a group's title
LEAST = 220.0  # width of the box
PIN = 26.0  # length of the line outside the box
PAD = 14.0  # from the edge of the box to a name
BETWEEN = 36.0  # names of the two sides
MARGIN = 20.0


def draw_ports(module: Module) -> str:
    """SVG of one module."""
    ports = [port for group in module.groups for port in group.ports]
    left, right = ([port for port in ports if (port.direction == "output") == out] for out in (False, True))
    outside = [
        max((width_of(port.width, SMALL) + 6 for port in side if port.width), default=0.0) for side in (left, right)
    ]
    names = [max((width_of(port.name) for port in side), default=0.0) for side in (left, right)]
    parameters = [f"{name} = {value}" for name, value in module.parameters]
    inside = max(
        LEAST,
        sum(names) + 2 * PAD + BETWEEN,
        width_of(module.name, LARGE) + 2 * PAD,
        *(width_of(text, SMALL) + 2 * PAD for text in parameters),
    )
    x = MARGIN + outside[0] + PIN
    head = 30 + ROW * len(parameters) + (8 if parameters else 0)
    body = sum(_height(group, inside) for group in module.groups) + 10
    drawing = Drawing(x + inside + PIN + outside[1] + MARGIN, 2 * MARGIN + head + body, f"ports of {module.name}")
    drawing.box(x, MARGIN, inside, head + body)
    drawing.label(x + inside / 2, MARGIN + 22, module.name, "title mid")
    for number, text in enumerate(parameters):
        drawing.label(x + inside / 2, MARGIN + 42 + ROW * number, text, "small mid")
    y = MARGIN + head
    for group in module.groups:
        drawing.path(["M", x, y, "L", x + inside, y], "rule")
        for number, line in enumerate(_title(group, inside)):
            drawing.label(x + inside / 2, y + 16 + LINE * number, line, "prose mid")
        _draw_group(drawing, group, x, inside, y + _title_height(group, inside))
        y += _height(group, inside)
    return drawing.text


def _sides(group: PortGroup) -> tuple[list[Port], list[Port]]:
    return [p for p in group.ports if p.direction != "output"], [p for p in group.ports if p.direction == "output"]


def _title(group: PortGroup, inside: float) -> list[str]:
    return textwrap.wrap(group.title, int((inside - PAD) / (PROSE * SMALL)))


def _title_height(group: PortGroup, inside: float) -> float:
    return 11 + LINE * len(_title(group, inside)) if group.title else 6


def _height(group: PortGroup, inside: float) -> float:
    return _title_height(group, inside) + ROW * max(map(len, _sides(group))) + 6


def _draw_group(drawing: Drawing, group: PortGroup, x: float, inside: float, y: float) -> None:
    for number, (entering, leaving) in enumerate(zip_longest(*_sides(group))):
        line = y + ROW * number + ROW / 2
        if entering:
            _pin(drawing, entering, x - PIN, x, line)
            drawing.label(x + PAD, line + 4, entering.name)
            drawing.label(x - PIN - 6, line + 3.5, entering.width, "small end")
            drawing.close()
        if leaving:
            _pin(drawing, leaving, x + inside, x + inside + PIN, line)
            drawing.label(x + inside - PAD, line + 4, leaving.name, "end")
            drawing.label(x + inside + PIN + 6, line + 3.5, leaving.width, "small")
            drawing.close()


def _pin(drawing: Drawing, port: Port, start: float, end: float, y: float) -> None:
    """The line of a port with its head; opens the port's group."""
    drawing.open("", port.comment)
    drawing.path(["M", start, y, "L", end - 6, y], "line bus" if port.width else "line")
    drawing.tip(end, y, 1, 0, 9 if port.width else 7)
