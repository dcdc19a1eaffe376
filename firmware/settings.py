# SPDX-License-Identifier: Apache-2.0
"""What the owner of a card may choose when its firmware boots."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class CardSettings:
    """Defaults make a card that any driver can use."""

    mac: bytes = bytes.fromhex("02fe52000001")
    """The card's address: locally administered."""
    mtu: int | None = None
    """Largest MTU told to the driver; None: what MAX_FRAME allows."""
    speed_mbps: int | None = None
    """Link speed told to the driver; None: the MAC's."""
    withheld: int = 0
    """Feature bits not to offer."""
    heartbeat_us: int = 25_000
    """How often firmware shows that it lives; the watchdog bites after four of these. 0: no watchdog."""
    hold_limit_us: int = 20_000
    """How long a driver's read may wait for firmware."""
    pause_rx: bool = True
    pause_tx: bool = True
    """802.3x flow control, obeyed and sent."""
    rx_wait_cycles: int = 2_500
    """How long a received frame waits for a buffer."""
    multi_pair_test: bool = False
    """Vendor test mode: all queue pairs on the BAR without MQ and RSS, steered by ``Firmware.steer``."""
