# SPDX-License-Identifier: Apache-2.0
"""The simulated side of a live run as a call: settings in, run record out."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from testbench.lib.config import CardConfig, HostConfig, WireConfig
from testbench.lib.runtime import run_simulation
from testbench.lib.sim_build import build_simulator

if TYPE_CHECKING:
    from ferrule.live.session import LiveSettings

WALL_LIMIT_S = 7 * 24 * 3600.0  # a server may be left running


def card_config(settings: LiveSettings) -> CardConfig:
    """The card that a live run uses."""
    return CardConfig(data_w=settings.data_width)


def build(settings: LiveSettings) -> None:
    """Build the simulator if the run needs one and it is not in the cache."""
    if settings.device == "rtl":
        build_simulator(card_config(settings))


def simulate(settings: LiveSettings, fds: Mapping[str, int], args: Mapping[str, Any], run_dir: Path) -> dict[str, Any]:
    """Run card, firmware and driver between the two interfaces until told to stop; returns the run's record."""
    return run_simulation(
        "ferrule.live.bridge:run",
        card=card_config(settings),
        host=HostConfig(latency_ns=settings.host_latency_ns, seed=settings.seed),
        wire=WireConfig(gbps=settings.wire_gbps, capture="full" if settings.capture else "count"),
        args={**args, **fds},
        run_dir=run_dir,
        waves=settings.waves,
        wall_limit_s=WALL_LIMIT_S,
        capture_file=settings.capture,
        pass_fds=list(fds.values()),
        own_session=True,
        device=settings.device,
    )


def join_captures(folders: list[Path], target: Path) -> None:
    """One capture of several runs: pcapng files may follow each other, each section with interfaces of its own."""
    part = target.with_suffix(".part")
    with part.open("wb") as stream:
        for folder in folders:
            stream.write((folder / "wire.pcapng").read_bytes())
    part.rename(target)
