# SPDX-License-Identifier: Apache-2.0
"""The scenarios as tests and ``ferrule faults`` run them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from testbench.lib.config import CardConfig
from testbench.lib.runtime import run_simulation

WALL_LIMIT_S = 200


@dataclass(frozen=True)
class Scenario:
    """An entry with its arguments. ``rounds``: on the RTL, which takes its time, and on the model."""

    name: str
    entry: str
    rounds: tuple[int, int]
    args: Mapping[str, Any] = field(default_factory=dict)
    card: CardConfig | None = None

    def run(self, device: str, seed: int, run_dir: Path, rounds: int | None = None) -> dict[str, Any]:
        """The scenario's report."""
        args = {"seed": seed, "rounds": rounds or self.rounds[device == "model"], **self.args}
        return run_simulation(
            f"testbench.system.faults.{self.entry}", self.card, args=args, run_dir=run_dir, device=device,
            wall_limit_s=WALL_LIMIT_S, capture_file=False,
        )  # fmt: skip


SCENARIOS = {
    scenario.name: scenario
    for scenario in (
        Scenario("memory errors", "memory:errors", (12, 24), {"ns": 60_000}),
        Scenario("memory delays", "memory:delays", (6, 12), {"ns": 70_000, "stall_ns": 12_000, "stalls": 10}),
        Scenario("wire", "wire:impairments", (2, 5), {"ns": 150_000, "flaps": 10, "flap_ns": 2_000}),
        Scenario(
            "wire, own MAC",
            "wire:impairments",
            (1, 2),
            {"ns": 150_000, "flaps": 10, "flap_ns": 2_000},
            CardConfig(mac_kind="xgmii"),
        ),
        Scenario("firmware crashes", "firmware:crashes", (6, 30)),
        Scenario("firmware hangs", "firmware:hangs", (5, 15)),
        Scenario("interrupts", "interrupts:interrupts", (3, 6), {"times": 34}),
        Scenario("everything at once", "together:everything", (8, 15), {"events": 15}),
    )
}
