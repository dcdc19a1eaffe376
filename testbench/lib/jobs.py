# SPDX-License-Identifier: Apache-2.0
"""The settings of a run as JSON and back, for the two processes of a run."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from testbench.lib.config import BoardConfig, CardConfig, HostConfig, Impairments, RunConfig, WireConfig


def config_to_json(config: RunConfig) -> dict[str, Any]:
    """Plain JSON values."""
    return asdict(config)


def config_from_json(values: dict[str, Any]) -> RunConfig:
    """The same settings again."""
    wire = dict(values["wire"])
    for direction in ("tx", "rx"):
        if wire[direction]:
            flaps = tuple(tuple(flap) for flap in wire[direction]["flaps_ns"])
            wire[direction] = Impairments(**{**wire[direction], "flaps_ns": flaps})
    card = BoardConfig if values["card"]["module"] == BoardConfig.module else CardConfig
    parts = {"card": card(**values["card"]), "host": HostConfig(**values["host"]), "wire": WireConfig(**wire)}
    return RunConfig(**{**values, **parts})
