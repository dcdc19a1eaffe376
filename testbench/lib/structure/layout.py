# SPDX-License-Identifier: Apache-2.0
"""Second half of a layered layout: where every box stands, and the curves along which the edges run."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from testbench.lib.structure.layers import Edge, Layers, is_bend, make_layers

Point = tuple[float, float]
Curve = tuple[Point, Point, Point, Point]
BEND = 10.0  # room for an edge that passes a layer, px
ROUND = 9.0  # of the corners of a box, where no edge may touch, px
PORT, CLOSE = 16.0, 12.0  # between edges that touch one side of a box: wanted, least
RELAX = 600  # sweeps over the places; enough for the largest graphs to settle


@dataclass
class Layout:
    """Middle and width of every node; an edge's curves from start to end (end, two control points, end); px."""

    widths: dict[str, float]
    nodes: dict[str, Point] = field(default_factory=dict)
    edges: dict[Edge, list[Curve]] = field(default_factory=dict)
    width: float = 0
    height: float = 0


def lay_out(widths: Mapping[str, float], edges: Sequence[Edge], height: float, gap_x: float, gap_y: float) -> Layout:
    """Place boxes of at least ``widths`` (in the order that is downwards) and one ``height``; gaps between them, px."""
    layers = make_layers(list(widths), edges)
    result = Layout({name: max(width, _room(name, layers)) for name, width in widths.items()})
    sizes = {name: result.widths.get(name, BEND) for row in layers.rows for name in row}
    x = _place(layers, sizes, gap_x)
    for _ in range(4):
        _straighten(layers, sizes, gap_x / 6, x)
    left = min(x[name] - size / 2 for name, size in sizes.items())
    x = {name: value - left for name, value in x.items()}
    y = {name: row * (height + gap_y) + height / 2 for row, names in enumerate(layers.rows) for name in names}
    result.width = max(x[name] + size / 2 for name, size in sizes.items())
    result.height = len(layers.rows) * (height + gap_y) - gap_y
    result.nodes = {name: (x[name], y[name]) for name in widths}
    ports = _ports(layers, result.widths, x)
    turns = _turns(layers, result.widths, ports, x)
    for edge, chain in layers.chains.items():
        points = [(ports[edge, 0], y[chain[0]] + height / 2)]
        for bend in chain[1:-1]:
            points += [(x[bend], y[bend] - height / 2), (x[bend], y[bend] + height / 2)]
        points.append((ports[edge, -1], y[chain[-1]] - height / 2))
        first, last = turns[edge, 0], 1 - turns[edge, -1]
        if len(chain) == 2:
            first = last = (first + last) / 2
        at = [first, *[0.5] * (len(points) - 3), last]
        curves = [_curve(a, b, turn) for (a, b), turn in zip(pairwise(points), at, strict=False)]
        result.edges[edge] = curves if chain[0] == edge[0] else [curve[::-1] for curve in curves[::-1]]
    return result


def _room(name: str, layers: Layers) -> float:
    """Width a box needs for the edges on its fuller side."""
    return (max(len(layers.above[name]), len(layers.below[name])) - 1) * CLOSE + 2 * ROUND


def _place(layers: Layers, sizes: Mapping[str, float], gap: float) -> dict[str, float]:
    """Middle of each box: near the mean of its neighbours, no closer to the next than ``gap``."""
    x: dict[str, float] = {}
    starts: list[list[float]] = []
    for row in layers.rows:
        offsets = [sizes[row[0]] / 2]
        for a, b in pairwise(row):
            offsets.append(offsets[-1] + (sizes[a] + sizes[b]) / 2 + gap)
        starts.append(offsets)
        x.update(zip(row, offsets, strict=True))
    for sweep in range(RELAX):
        for row, offsets in list(zip(layers.rows, starts, strict=True))[:: -1 if sweep % 2 else 1]:
            wanted = []
            for name, offset in zip(row, offsets, strict=True):
                weights = [(x[other], _weight(name, other)) for other in layers.above[name] + layers.below[name]]
                total = sum(weight for _, weight in weights)
                wanted.append((sum(at * weight for at, weight in weights) / total if total else x[name]) - offset)
            x.update((n, value + o) for n, value, o in zip(row, _rising(wanted), offsets, strict=True))
    return x


def _weight(one: str, other: str) -> float:
    """How much ``one`` wants to be above ``other``: boxes follow boxes, bends follow both."""
    if is_bend(one):
        return 2.0 if is_bend(other) else 1.0
    return 0.05 if is_bend(other) else 3.0


def _straighten(layers: Layers, sizes: Mapping[str, float], gap: float, x: dict[str, float]) -> None:
    """Put all bends of an edge above each other where there is room for it."""
    for chain in layers.chains.values():
        bends = chain[1:-1]
        low, high = float("-inf"), float("inf")
        for a, b in (pair for row in layers.rows for pair in pairwise(row)):
            apart = (sizes[a] + sizes[b]) / 2 + gap
            if b in bends:
                low = max(low, x[a] + apart)
            if a in bends:
                high = min(high, x[b] - apart)
        if len(bends) > 1 and low <= high:
            x.update(dict.fromkeys(bends, min(max(sum(x[name] for name in bends) / len(bends), low), high)))


def _rising(values: Sequence[float]) -> list[float]:
    """The non-decreasing sequence nearest to ``values`` (least squares)."""
    blocks: list[tuple[float, int]] = []
    for value in values:
        mean, count = value, 1
        while blocks and blocks[-1][0] > mean:
            other, others = blocks.pop()
            mean, count = (mean * count + other * others) / (count + others), count + others
        blocks.append((mean, count))
    return [mean for mean, count in blocks for _ in range(count)]


def _ports(layers: Layers, widths: Mapping[str, float], x: Mapping[str, float]) -> dict[tuple[Edge, int], float]:
    """Where each edge touches its upper (0) and its lower (-1) box: towards what it leads to, side by side."""
    spots = {}
    for end, step in ((0, 1), (-1, -2)):
        for box in widths:
            joined = [(chain[step], edge) for edge, chain in layers.chains.items() if chain[end] == box]
            joined.sort(key=lambda item: (x[item[0]], item[1]))
            reach = widths[box] / 2 - ROUND
            space = min(PORT, 2 * reach / max(len(joined) - 1, 1))
            # two boxes meet where they overlap, a bend is met straight
            wanted = [x[other] if is_bend(other) else (x[box] + x[other]) / 2 for other, _ in joined]
            inside = [min(max(value, x[box] - reach), x[box] + reach) for value in wanted]
            spread = _rising([value - space * number for number, value in enumerate(inside)])
            over = max(spread[-1] + space * (len(joined) - 1) - x[box] - reach, 0.0) if joined else 0.0
            for number, ((_, edge), value) in enumerate(zip(joined, spread, strict=True)):
                spots[edge, end] = max(value - over, x[box] - reach) + space * number
    return spots


def _turns(
    layers: Layers, widths: Mapping[str, float], ports: Mapping[tuple[Edge, int], float], x: Mapping[str, float]
) -> dict[tuple[Edge, int], float]:
    """How far from its box an edge turns aside, as a share of the gap: the outermost first, so that none cross."""
    turns = {}
    for end, step in ((0, 1), (-1, -2)):
        for box in widths:
            for side in (-1, 1):
                joined = [
                    (-side * ports[edge, end], edge)
                    for edge, chain in layers.chains.items()
                    if chain[end] == box and (x[chain[step]] - ports[edge, end]) * side >= 0
                ]
                for number, (_, edge) in enumerate(sorted(joined)):
                    turns[edge, end] = 0.28 + 0.44 * number / (len(joined) - 1) if len(joined) > 1 else 0.5
    return turns


def _curve(start: Point, end: Point, turn: float) -> Curve:
    """Vertical at both ends, aside at ``turn`` of the way."""
    level = start[1] + (end[1] - start[1]) * turn
    return start, (start[0], level), (end[0], level), end
