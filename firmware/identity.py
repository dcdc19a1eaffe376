# SPDX-License-Identifier: Apache-2.0
"""Which card this is and whether its management port works: the first thing after power-up."""

from __future__ import annotations

from dataclasses import dataclass

from . import regs
from .bus import ManagementBus
from .errors import IdentityError, ParameterError, SelfTestError

SUPPORTED_MAJOR = (0, 1)
SMALLEST_FRAME, LARGEST_FRAME = 1518, 65_535
WIDTHS = (64, 128, 256, 512)
PATTERNS = (0x0000_0000, 0xFFFF_FFFF, 0xAAAA_AAAA, 0x5555_5555, 0x0123_4567, 0x89AB_CDEF)
LINE_MBPS = {0: 10_000, 1: 10_000, 2: 1_000}
"""Line rate by kind of MAC; that of a stream is the vendor MAC's, most often this."""
WALKING = tuple(1 << bit for bit in range(32))


@dataclass(frozen=True)
class Card:
    """Parameters the card was built with."""

    version: tuple[int, int, int]
    pairs: int
    queue_size_max: int
    data_width: int
    mac_kind: int
    max_frame: int
    mac_entries: int
    core_hz: int
    addr_width: int
    packed_rings: bool
    steering: bool
    vlan_filter: bool
    rx_checksum: bool

    @property
    def control_queue(self) -> int:
        """Its global queue number; 2n is receiveqN, 2n + 1 transmitqN."""
        return 2 * self.pairs

    @property
    def line_mbps(self) -> int:
        """What its MAC runs at."""
        return LINE_MBPS[self.mac_kind]


def field(word: int, mask: int) -> int:
    """The bits under ``mask``, moved down."""
    return (word & mask) // (mask & -mask)


async def identify(bus: ManagementBus) -> Card:
    """Read and check identity and parameters."""
    found = await bus.read32(regs.ID)
    if found != regs.ID_VALUE:
        raise IdentityError(f"ID reads {found:#010x}, a Ferrule card has {regs.ID_VALUE:#010x}")
    word = await bus.read32(regs.VERSION)
    version = (field(word, regs.VERSION_MAJOR), field(word, regs.VERSION_MINOR), field(word, regs.VERSION_PATCH))
    if version[0] not in SUPPORTED_MAJOR:
        raise IdentityError(f"the card has register map version {version[0]}, this firmware knows {SUPPORTED_MAJOR}")
    queues = await bus.read32(regs.PARAM_QUEUES)
    width = await bus.read32(regs.PARAM_WIDTH)
    frame = await bus.read32(regs.PARAM_FRAME)
    able = await bus.read32(regs.CAPABILITIES)
    card = Card(
        version=version,
        pairs=field(queues, regs.PARAM_QUEUES_PAIRS),
        queue_size_max=field(queues, regs.PARAM_QUEUES_SIZE_MAX),
        data_width=field(width, regs.PARAM_WIDTH_DATA_W),
        mac_kind=field(width, regs.PARAM_WIDTH_MAC_KIND),
        max_frame=field(frame, regs.PARAM_FRAME_MAX_FRAME),
        mac_entries=field(frame, regs.PARAM_FRAME_MAC_TABLE),
        core_hz=await bus.read32(regs.CORE_HZ),
        addr_width=field(able, regs.CAPABILITIES_ADDR_W),
        packed_rings=bool(able & regs.CAPABILITIES_PACKED_RINGS),
        steering=bool(able & regs.CAPABILITIES_STEERING),
        vlan_filter=bool(able & regs.CAPABILITIES_VLAN_FILTER),
        rx_checksum=bool(able & regs.CAPABILITIES_RX_CHECKSUM),
    )
    check(card)
    return card


def check(card: Card) -> None:
    """Refuse parameters that no card can have, saying which."""
    size = card.queue_size_max
    for name, value, good, allowed in (
        ("QUEUE_PAIRS", card.pairs, 1 <= card.pairs <= 127, "1..127"),
        ("QUEUE_SIZE_MAX", size, size >= 2 and not size & (size - 1), "a power of two from 2"),
        ("DATA_W", card.data_width, card.data_width in WIDTHS, str(WIDTHS)),
        ("MAX_FRAME", card.max_frame, card.max_frame >= SMALLEST_FRAME, f"{SMALLEST_FRAME}..{LARGEST_FRAME}"),
        ("MAC kind", card.mac_kind, card.mac_kind in LINE_MBPS, "0 (XGMII), 1 (stream) or 2 (GMII)"),
        ("CORE_HZ", card.core_hz, card.core_hz > 0, "more than 0"),
        ("ADDR_W", card.addr_width, 32 <= card.addr_width <= 64, "32..64"),
    ):
        if not good:
            raise ParameterError(f"{name} reads {value}, allowed: {allowed}")


async def self_test(bus: ManagementBus) -> None:
    """Write patterns to the scratch register and see that time passes."""
    for pattern in PATTERNS + WALKING:
        bus.write32(regs.SCRATCH, pattern)
        read = await bus.read32(regs.SCRATCH)
        if read != pattern:
            raise SelfTestError(f"SCRATCH reads {read:#010x} after {pattern:#010x} was written")
    before = await cycles(bus)
    after = await cycles(bus)
    if after <= before:
        raise SelfTestError(f"the cycle counter does not run: {before} then {after}")


async def cycles(bus: ManagementBus) -> int:
    """Core cycles since reset; the low half first, which latches the high one."""
    low = await bus.read32(regs.CYCLES_LO)
    return low | await bus.read32(regs.CYCLES_HI) << 32
