# SPDX-License-Identifier: Apache-2.0
"""Settings of a simulated system: the card's parameters, the host's memory and the wire."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True)
class CardConfig:
    """Verilog parameters of the card; each set of them is a simulator of its own."""

    data_w: int = 128
    queue_pairs: int = 1
    queue_size_max: int = 1024
    max_frame: int = 9216
    mac_kind: str = "stream"
    core_hz: int = 250_000_000
    module: str = "ferrule_nic"

    def __post_init__(self) -> None:
        if self.mac_kind not in ("xgmii", "stream"):
            raise ValueError(f"mac_kind {self.mac_kind!r}: expected 'xgmii' or 'stream'")
        if self.data_w not in (64, 128, 256, 512):
            raise ValueError(f"data_w {self.data_w}: expected 64, 128, 256 or 512")

    def parameters(self) -> dict[str, int]:
        """Names and values as Verilog has them."""
        return {
            "DATA_W": self.data_w,
            "QUEUE_PAIRS": self.queue_pairs,
            "QUEUE_SIZE_MAX": self.queue_size_max,
            "MAX_FRAME": self.max_frame,
            "MAC_KIND": 0 if self.mac_kind == "xgmii" else 1,
            "CORE_HZ": self.core_hz,
        }


@dataclass(frozen=True)
class HostConfig:
    """Host memory and bus. Latency runs from an accepted request to its first R beat, or its B."""

    memory_base: int = 0x1000_0000
    memory_size: int = 64 << 20
    latency_ns: float = 500
    write_latency_ns: float | None = None  # as latency_ns
    bytes_per_cycle: float | None = None  # of each direction; None: a beat every cycle
    max_reads: int = 32
    max_writes: int = 32
    spike_share: float = 0.0  # share of the transactions whose latency is longer by spike_ns
    spike_ns: float = 0
    read_jitter_ns: float = 0  # up to this much more for each read, and for each write, drawn independently
    write_jitter_ns: float = 0
    error_share: float = 0.0  # share of the bursts answered with SLVERR or DECERR, half of them each
    seed: int = 1
    read_limit_ns: float = 100_000_000  # of a register read


@dataclass(frozen=True)
class Impairments:
    """Faults of one direction of the wire, all drawn from `seed`. Shares are 0 to 1."""

    loss: float = 0.0
    corrupt: float = 0.0  # a bit flipped on the way: the FCS is wrong
    corrupt_payload: float = 0.0  # a bit flipped where no FCS covers it
    duplicate: float = 0.0
    reorder: float = 0.0  # share of the frames held back by reorder_ns
    reorder_ns: float = 10_000
    delay_ns: float = 0
    jitter_ns: float = 0
    flaps_ns: tuple[tuple[float, float], ...] = ()  # (link down at, up again at)
    seed: int = 1


@dataclass(frozen=True)
class WireConfig:
    """The wire. `tx` is the direction from the card, `rx` towards it."""

    gbps: float = 10
    loopback: bool = False
    capture: str = "full"  # "full", "count" (times and counts only) or "off"
    tx: Impairments | None = None
    rx: Impairments | None = None

    def __post_init__(self) -> None:
        if (8000 / self.gbps) % 1:
            raise ValueError(f"wire rate {self.gbps} Gb/s: a byte must take a whole number of picoseconds")
        if self.capture not in CAPTURE_MODES:
            raise ValueError(f"capture {self.capture!r}: expected one of {', '.join(CAPTURE_MODES)}")


CAPTURE_MODES = {"off": 0, "count": 1, "full": 2}


@dataclass(frozen=True)
class RunConfig:
    """Limits of a run. `quiet_ns`: simulated time without beat, frame, completion or interrupt that means a stall."""

    quiet_ns: float = 10_000_000
    wall_limit_s: float = 600
    capture_file: bool = True
    card: CardConfig = field(default_factory=CardConfig)
    host: HostConfig = field(default_factory=HostConfig)
    wire: WireConfig = field(default_factory=WireConfig)
