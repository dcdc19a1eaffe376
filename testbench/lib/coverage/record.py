# SPDX-License-Identifier: Apache-2.0
"""What runs visited of the card's state machines: counts by instance, added up over instances and runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from testbench.lib.errors import CoverageError
from testbench.lib.structure.machine import Machine
from testbench.lib.structure.store import stored_machines

Pair = tuple[str, str]


@dataclass
class Visits:
    """What was seen of a machine. A step is a change of state without reset; states without a name are numbers."""

    states: set[str] = field(default_factory=set)
    steps: Counter[Pair] = field(default_factory=Counter)
    resets: Counter[str] = field(default_factory=Counter)  # changes of state by reset, by the state they ended

    def add(self, other: Visits) -> None:
        """Take in what ``other`` saw."""
        self.states |= other.states
        self.steps += other.steps
        self.resets += other.resets


@dataclass
class Record:
    """A machine and its visits by instance; without one, the card of these runs does not have the module."""

    machine: Machine
    instances: dict[str, Visits] = field(default_factory=dict)

    @property
    def together(self) -> Visits:
        """All instances as one."""
        total = Visits()
        for visits in self.instances.values():
            total.add(visits)
        return total

    def states(self, visits: Visits) -> list[str]:
        """Named states that were visited."""
        return [name for name in self.machine.names if name in visits.states]

    def transitions(self, visits: Visits) -> list[Pair]:
        """Transitions of the machine that were visited."""
        return [pair for pair in self.machine.transitions if pair in visits.steps]

    def unexpected(self, visits: Visits) -> list[Pair]:
        """Steps that were seen and are none of the machine's transitions: the extraction or the RTL is wrong."""
        return sorted(pair for pair in visits.steps if pair not in self.machine.transitions)


@dataclass
class Coverage:
    """``runs`` are the entries that were run."""

    runs: list[str]
    records: list[Record]


def decode(text: str, entry: str) -> Coverage:
    """Coverage of one run from what the simulator counted (testbench/coverage/fsm_coverage.cpp)."""
    records = [Record(machine) for machine in stored_machines()]
    names: dict[int, str] = {}
    visits = Visits()
    for line in text.splitlines():
        words = line.split()
        if len(words) == 2:
            record = records[int(words[0])]
            names = {value: name for name, value, _ in record.machine.states}
            visits = record.instances.setdefault(_short(words[1]), Visits())
            continue
        source, target, by_reset, count = map(int, words)
        a, b = names.get(source, str(source)), names.get(target, str(target))
        visits.states |= {a, b}
        if by_reset:
            visits.resets[a] += count
        elif a != b:
            visits.steps[a, b] += count
    return Coverage([entry], records)


def _short(path: str) -> str:
    """``u_tx.u_fetch`` of ``sim_top.card.u_tx.u_fetch.i_monitor_state_q``."""
    return path.partition(".card.")[2].rpartition(".")[0]


def merge(parts: Sequence[tuple[str, Coverage]]) -> Coverage:
    """One coverage of several, each with a name for messages. Raises CoverageError when their machines differ."""
    first, base = parts[0]
    result = Coverage([], [Record(record.machine) for record in base.records])
    for name, coverage in parts:
        if [_shape(record) for record in coverage.records] != [_shape(record) for record in base.records]:
            raise CoverageError(f"{first} and {name} come from different RTL: their state machines are not the same")
        result.runs += coverage.runs
        for record, more in zip(result.records, coverage.records, strict=True):
            for path, visits in more.instances.items():
                record.instances.setdefault(path, Visits()).add(visits)
    return result


def _shape(record: Record) -> tuple[str, list[str], list[Pair]]:
    return record.machine.title, record.machine.names, sorted(record.machine.transitions)
