# SPDX-License-Identifier: Apache-2.0
"""What a card behind vhost-user is set to."""

from __future__ import annotations

import re
from dataclasses import dataclass

from ferrule.errors import FerruleError
from firmware.features import NAMES, OFFERED
from testbench.lib.config import CardConfig

MAC = "52:54:00:fe:12:01"


@dataclass(frozen=True)
class VhostSettings:
    """Card, wire and surroundings."""

    device: str = "rtl"  # or "model"
    mac: str = MAC
    mtu: int | None = None  # told to the guest; None: the longest the card can have
    pairs: int = 1
    data_width: int = 128
    wire_gbps: int = 10
    host_latency_ns: int = 500
    client: bool = False
    """Call a front end that listens at the socket, in place of listening there."""
    loopback: bool = False
    without: tuple[str, ...] = ()
    """Features not to offer, by the standard's names without prefix, such as RING_PACKED."""
    time_travel: bool = False
    """Offer notifications as messages, for guests whose time is not the clock's."""
    capture: bool = False
    waves: bool = False
    trigger: bool = False
    """Leave waves only of the time around the first error of a queue."""

    def address(self) -> bytes:
        """``mac`` as bytes. Raises FerruleError for what is no address of one card."""
        if not re.fullmatch(r"[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}", self.mac):
            raise FerruleError(f"--mac {self.mac}: expected six bytes such as {MAC}")
        address = bytes.fromhex(self.mac.replace(":", ""))
        if address[0] & 1 or not any(address):
            raise FerruleError(
                f"--mac {self.mac}: a card needs an address of its own, not that of a group or of nobody"
            )
        return address

    def withheld(self) -> int:
        """``without`` as bits. Raises FerruleError for a name that is no feature."""
        bits = {name: bit for bit, name in NAMES.items()}
        for name in self.without:
            if name not in bits:
                raise FerruleError(
                    f"--without {name}: no such feature; the card has {', '.join(NAMES[bit] for bit in OFFERED)}"
                )
        return sum({1 << bits[name] for name in self.without})

    @property
    def with_waves(self) -> bool:
        """Waves are written, for whatever reason."""
        return self.waves or self.trigger

    def card(self) -> CardConfig:
        """The card's parameters."""
        return CardConfig(data_w=self.data_width, queue_pairs=self.pairs)
