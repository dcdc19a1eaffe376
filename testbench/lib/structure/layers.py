# SPDX-License-Identifier: Apache-2.0
"""First half of a layered layout: the layer of each node, the bends of each edge, and who stands beside whom.

Layers are horizontal. Edges against the order of the nodes are laid out reversed; an edge over several layers runs
through a bend on each layer between. Everything is decided in a fixed order: the same graph gives the same result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

Edge = tuple[str, str]
SWEEPS = 24


@dataclass
class Layers:
    """``rows`` hold nodes and bends from left to right; ``chains`` what an edge passes, downwards."""

    rows: list[list[str]]
    chains: dict[Edge, list[str]]
    above: dict[str, list[str]]
    below: dict[str, list[str]]


def is_bend(name: str) -> bool:
    """Names of nodes have no space in them, those of bends do."""
    return " " in name


def make_layers(names: Sequence[str], edges: Sequence[Edge]) -> Layers:
    """Layers of a graph; ``names`` are in the order that is downwards. Edges from a node to itself are left out."""
    rank = _ranks(names, edges)
    rows: list[list[str]] = [[] for _ in range(max(rank.values()) + 1)]
    for name in names:
        rows[rank[name]].append(name)
    layers = Layers(rows, {}, {}, {})
    for a, b in edges:
        if a != b:
            top, bottom = (a, b) if rank[a] < rank[b] else (b, a)
            bends = {row: f"{a} {b} {row}" for row in range(rank[top] + 1, rank[bottom])}
            for row, bend in bends.items():
                rows[row].append(bend)
            layers.chains[a, b] = [top, *bends.values(), bottom]
    for name in (name for row in rows for name in row):
        layers.above[name], layers.below[name] = [], []
    for chain in layers.chains.values():
        for upper, lower in pairwise(chain):
            layers.below[upper].append(lower)
            layers.above[lower].append(upper)
    _order(layers)
    return layers


def _ranks(names: Sequence[str], edges: Sequence[Edge]) -> dict[str, int]:
    """Layer of each node: below all that lead to it, and close to what it leads to where that makes lines shorter."""
    place = {name: number for number, name in enumerate(names)}
    down = {
        (min(edge, key=place.__getitem__), max(edge, key=place.__getitem__)) for edge in edges if edge[0] != edge[1]
    }
    rank = dict.fromkeys(names, 0)
    for name in names:
        rank[name] = max((rank[a] + 1 for a, b in down if b == name), default=0)
    for name in reversed(names):
        above = [a for a, b in down if b == name]
        below = [rank[b] for a, b in down if a == name]
        if len(below) > len(above):
            rank[name] = min(below) - 1
    return rank


def _crossings(layers: Layers) -> int:
    """How many edges cross between neighbouring rows."""
    total = 0
    for upper, lower in pairwise(layers.rows):
        place = {name: number for number, name in enumerate(lower)}
        ends = [end for name in upper for end in sorted(place[other] for other in layers.below[name])]
        total += sum(ends[i] > ends[j] for i in range(len(ends)) for j in range(i + 1, len(ends)))
    return total


def _order(layers: Layers) -> None:
    """Order each row for few crossings: by the mean of the neighbours' places, then by swaps; the best stays."""
    rows = layers.rows
    best, fewest = [list(row) for row in rows], _crossings(layers)
    for sweep in range(SWEEPS):
        side = layers.below if sweep % 2 else layers.above
        for row in reversed(rows) if sweep % 2 else rows:
            place = {name: float(number) for other in rows for number, name in enumerate(other)}
            place |= {name: sum(place[n] for n in side[name]) / len(side[name]) for name in row if side[name]}
            row.sort(key=place.__getitem__)
        for row in rows:
            _swap(layers, row)
        if (now := _crossings(layers)) < fewest:
            best, fewest = [list(row) for row in rows], now
    layers.rows[:] = best


def _swap(layers: Layers, row: list[str]) -> None:
    """Exchange neighbours of a row where that leaves fewer crossings."""
    for at in range(len(row) - 1):
        before = _crossings(layers)
        row[at], row[at + 1] = row[at + 1], row[at]
        if _crossings(layers) >= before:
            row[at], row[at + 1] = row[at + 1], row[at]
