# SPDX-License-Identifier: Apache-2.0
"""Choices that suit a board: 32 KiB of memory in all, and a line on which an answer takes milliseconds."""

from __future__ import annotations

from typing import Any

from firmware import CardSettings
from host_driver import Options

JUMBO_MTU = 9194
SUPER_FRAME = 16_398  # Ethernet header and 16 KiB of IP packet
RING = 16
RX_BUFFER = 640  # 16 of them hold the longest frame, when buffers are mergeable


def board_options(**chosen: Any) -> Options:
    """Options of a driver whose rings and buffers fit into 32 KiB: one jumbo frame in, one super-frame out."""
    fitting = {
        "rx_size": RING, "tx_size": RING, "control_size": 4, "command_bytes": 512, "rx_buffer_size": RX_BUFFER,
        "mtu": JUMBO_MTU, "small_slot_bytes": 1536, "small_slots": 2, "medium_slots": 0, "large_slots": 1,
        "large_slot_bytes": SUPER_FRAME, "buffer_align": 128, "command_limit_ns": 10_000_000_000,
    }  # fmt: skip
    return Options(**{**fitting, **chosen})


def board_settings(**chosen: Any) -> CardSettings:
    """Settings of a firmware that reaches its card over a serial line."""
    patient = {"hold_limit_us": 1_000_000, "heartbeat_us": 1_000_000, "speed_mbps": 1_000, "rx_wait_cycles": 65_535}
    return CardSettings(**{**patient, **chosen})
