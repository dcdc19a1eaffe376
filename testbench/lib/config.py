# SPDX-License-Identifier: Apache-2.0
"""Settings of a simulated system: the card's parameters, the host's memory and the wire."""

from __future__ import annotations

from dataclasses import dataclass, field

MAC_KINDS = ("xgmii", "stream", "gmii")  # by their number in the RTL
LINE_GBPS = {"xgmii": 10, "gmii": 1}  # the one rate of a MAC of the card's own

# parameters that are powers of two, with their range
POWERS = (
    ("queue_size_max", 2, 32768),
    ("mac_table", 2, 128),
    ("rx_store", 16384, 32768),
    ("prefetch", 4, 64),
    ("command_ram", 512, 4096),
)


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
    # what a small card does without
    addr_w: int = 64  # bits of host addresses
    packed_rings: bool = True
    steering: bool = True  # RSS, hash reports, automatic steering
    vlan_filter: bool = True
    rx_checksum: bool = True
    mac_table: int = 32  # addresses
    rx_store: int = 32768  # bytes of received frames
    prefetch: int = 64  # chains or descriptors fetched ahead, a queue
    shared_rings: bool = False  # one ring engine for all queues
    command_ram: int = 4096  # bytes of a control command
    tx_store: int | None = None  # bytes of wire frames that wait for the MAC; None: two frames

    def __post_init__(self) -> None:
        if self.mac_kind not in MAC_KINDS:
            raise ValueError(f"mac_kind {self.mac_kind!r}: expected one of {', '.join(MAC_KINDS)}")
        if self.data_w not in (64, 128, 256, 512):
            raise ValueError(f"data_w {self.data_w}: expected 64, 128, 256 or 512")
        if not 1 <= self.queue_pairs <= 16:
            raise ValueError(f"queue_pairs {self.queue_pairs}: expected 1 to 16")
        if not 9216 <= self.max_frame <= 16384:
            raise ValueError(f"max_frame {self.max_frame}: expected 9216 to 16384")
        if not 32 <= self.addr_w <= 64:
            raise ValueError(f"addr_w {self.addr_w}: expected 32 to 64")
        if self.queue_pairs > 1 and not self.steering:
            raise ValueError(f"queue_pairs {self.queue_pairs}: more than one needs steering")
        if self.tx_store is not None and (not self.max_frame <= self.tx_store <= 32768 or self.tx_store % 64):
            raise ValueError(f"tx_store {self.tx_store}: expected a multiple of 64 from max_frame to 32768")
        for name, low, high in POWERS:
            value = getattr(self, name)
            if not low <= value <= high or value & value - 1:
                raise ValueError(f"{name} {value}: expected a power of two from {low} to {high}")

    def parameters(self) -> dict[str, int]:
        """Names and values as Verilog has them."""
        return {
            "DATA_W": self.data_w,
            "QUEUE_PAIRS": self.queue_pairs,
            "QUEUE_SIZE_MAX": self.queue_size_max,
            "MAX_FRAME": self.max_frame,
            "MAC_KIND": MAC_KINDS.index(self.mac_kind),
            "CORE_HZ": self.core_hz,
            "ADDR_W": self.addr_w,
            "PACKED_RINGS": int(self.packed_rings),
            "STEERING": int(self.steering),
            "VLAN_FILTER": int(self.vlan_filter),
            "RX_CHECKSUM": int(self.rx_checksum),
            "MAC_TABLE": self.mac_table,
            "RX_STORE": self.rx_store,
            "PREFETCH": self.prefetch,
            "SHARED_RINGS": int(self.shared_rings),
            "COMMAND_RAM": self.command_ram,
            "TX_STORE": 2 * self.max_frame if self.tx_store is None else self.tx_store,
        }


@dataclass(frozen=True)
class BoardConfig(CardConfig):
    """The same of a card that stands alone on a board, with memory of its own behind a serial line."""

    data_w: int = 64
    queue_size_max: int = 64
    core_hz: int = 62_500_000
    module: str = "board_core"
    addr_w: int = 32
    packed_rings: bool = False
    steering: bool = False
    vlan_filter: bool = False
    mac_table: int = 4
    rx_store: int = 16384
    prefetch: int = 8
    shared_rings: bool = True
    command_ram: int = 512
    tx_store: int | None = 16384
    baud_div: int = 4  # clocks a bit
    timeout_log2: int = 20  # clocks after which a message on the line has stopped
    host_ram: int = 32768
    board: str = ""  # of fpga/boards: that board as it is built, pins and all; "": the core alone

    def parameters(self) -> dict[str, int]:
        """Names and values as Verilog has them."""
        if self.board:
            return {"BAUD_DIV": self.baud_div}
        board = {"BAUD_DIV": self.baud_div, "TIMEOUT_LOG2": self.timeout_log2, "HOST_RAM": self.host_ram}
        return {**super().parameters(), **board}


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

    def __post_init__(self) -> None:
        rate = LINE_GBPS.get(self.card.mac_kind, self.wire.gbps)
        if self.wire.gbps != rate:
            raise ValueError(
                f"wire rate {self.wire.gbps} Gb/s: a card with mac_kind {self.card.mac_kind!r} runs at {rate}"
            )
