# SPDX-License-Identifier: Apache-2.0
"""What the caller may choose when a device is probed."""

from __future__ import annotations

from dataclasses import dataclass, field

from .features import Feature

CONTROL_SIZE = 64
COMMAND_BYTES = 8192
LARGEST_FRAME = 65_535 + 18  # longest IP packet, Ethernet header and a VLAN tag


@dataclass
class Options:
    """Defaults are those of a general-purpose driver."""

    pairs: int = 1
    """Queue pairs to use. More than one without MQ and RSS needs a device with 2 x pairs + 1 queues: a test map."""
    rx_size: int = 256
    """Descriptors of a receive queue; the device's limit if that is less, and a power of two in a split ring."""
    tx_size: int = 256
    """Descriptors of a transmit queue."""
    mtu: int = 1500
    """Longest L3 packet we send unsegmented; at most the device's."""
    mac: bytes | None = None
    """Our address, if it shall not be the device's."""
    unwanted: frozenset[Feature] = field(default_factory=frozenset)
    """Features not to accept; RING_PACKED among them gives split rings."""
    rx_buffer_size: int | None = None
    """Bytes of a receive buffer; chosen by features and MTU when None."""
    offloads_off: set[str] = field(default_factory=set)
    """Offloads switched off by ``ethtool -K``: negotiated, but whoever builds frames must not ask for them."""
    tx_descriptors: int = 1
    """1: header and frame in one descriptor; 2: one each."""
    tx_indirect: bool = False
    """Put a frame's descriptors into an indirect table (if negotiated)."""
    small_slots: int | None = None
    """Transmit slots for short frames; as many as the queue has descriptors when None."""
    small_slot_bytes: int = 2048
    """Room in each, for header and frame."""
    medium_slots: int = 64
    """Transmit slots for frames up to the device's MTU; 0 leaves such frames to the large ones."""
    large_slots: int = 32
    """Transmit slots for super-frames."""
    large_slot_bytes: int = LARGEST_FRAME
    """Longest super-frame."""
    buffer_align: int = 4096
    """Where arrays of buffers begin; less where memory is scarce."""
    control_size: int = CONTROL_SIZE
    """Descriptors of the control queue; a command takes two."""
    command_bytes: int = COMMAND_BYTES
    """Longest control command."""
    command_limit_ns: int = 500_000_000
    """How long a control command may take."""
    ring_start: int = 0
    """First ring index; other than 0 only for tests with a device that was told the same.

    In packed rings the first place, modulo the ring's size, with bit 15 set where the wrap counters are 0.
    """
