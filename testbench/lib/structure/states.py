# SPDX-License-Identifier: Apache-2.0
"""Draws a state machine: states as boxes, transitions as arrows, what each state is for below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from testbench.lib.structure.layout import ROUND, Curve, lay_out
from testbench.lib.structure.machine import Machine
from testbench.lib.structure.svg import LARGE, SMALL, Drawing, width_of

HEIGHT = 28.0
MARGIN = 22.0
HEAD = 78.0  # title, reset mark
LINE = 16.0  # of the legend


@dataclass
class Marks:
    """How a drawing differs from the plain one: classes with their ``style``, and what the pointer shows."""

    style: str = ""
    states: Mapping[str, tuple[str, str]] = field(default_factory=dict)  # state -> class, tip
    edges: Mapping[tuple[str, str], tuple[str, str]] = field(default_factory=dict)  # (from, to) -> class, tip
    extra: Sequence[tuple[str, str]] = ()  # transitions that the machine does not have


def draw_states(machine: Machine, marks: Marks | None = None) -> str:
    """SVG of one machine."""
    marks = marks or Marks()
    order = [machine.reset, *(name for name in machine.names if name != machine.reset)]
    pairs = [*machine.transitions, *(pair for pair in marks.extra if set(pair) <= set(order))]
    layout = lay_out({name: width_of(name) + 22 for name in order}, pairs, HEIGHT, 26.0, 40.0)
    comments = {name: comment for name, _, comment in machine.states if comment}
    column = max((width_of(name, SMALL) for name in comments), default=0.0) + 12
    title = machine.title
    texts = [column + width_of(comment, SMALL) for comment in comments.values()]
    inner = max(layout.width, width_of(title, LARGE), *texts)
    foot = HEAD + layout.height + (LINE * len(comments) + 22 if comments else 0)
    drawing = Drawing(inner + 2 * MARGIN, foot + MARGIN, f"states of {title}", marks.style)
    drawing.label(MARGIN, 32, title, "title")
    left = MARGIN + (inner - layout.width) / 2
    _reset_mark(drawing, left + layout.nodes[machine.reset][0], HEAD + layout.nodes[machine.reset][1] - HEIGHT / 2)
    for pair, curves in layout.edges.items():
        style, tip = marks.edges.get(pair, ("", ""))
        drawing.open(style, tip or f"{pair[0]} to {pair[1]}")
        _edge(drawing, curves, left, HEAD)
        drawing.close()
    for name, (x, y) in layout.nodes.items():
        style, tip = marks.states.get(name, ("", ""))
        drawing.open(style, tip or comments.get(name, ""))
        width = layout.widths[name]
        drawing.box(left + x - width / 2, HEAD + y - HEIGHT / 2, width, HEIGHT, radius=ROUND)
        drawing.label(left + x, HEAD + y + 4.2, name, "mid")
        drawing.close()
    for number, (name, comment) in enumerate(comments.items()):
        y = HEAD + layout.height + 36 + LINE * number
        drawing.label(MARGIN, y, name, "small")
        drawing.label(MARGIN + column, y, comment, "prose")
    return drawing.text


def _reset_mark(drawing: Drawing, x: float, y: float) -> None:
    """A dot with an arrow to the box whose upper side is at ``y``."""
    drawing.open("", "reset")
    drawing.box(x - 3.5, y - 27, 7, 7, "tip", 3.5)
    drawing.path(["M", x, y - 22, "L", x, y - 6])
    drawing.tip(x, y, 0, 1)
    drawing.close()


def _edge(drawing: Drawing, curves: Sequence[Curve], dx: float, dy: float) -> None:
    """A line along the curves, moved by (dx, dy), with its head at the end of the last one."""
    (x, y), (_, before) = curves[-1][3], curves[-1][0]
    down = 1.0 if y > before else -1.0
    steps: list[str | float] = ["M", curves[0][0][0] + dx, curves[0][0][1] + dy]
    for curve in curves:
        ends = [*curve[1:3], (curve[3][0], curve[3][1] - 6 * down) if curve is curves[-1] else curve[3]]
        straight = abs(curve[0][0] - curve[3][0]) < 0.05
        steps.append("L" if straight else "C")
        steps += [value for point in ends[2 if straight else 0 :] for value in (point[0] + dx, point[1] + dy)]
    drawing.path(steps)
    drawing.tip(x + dx, y + dy, 0, down)
