# SPDX-License-Identifier: Apache-2.0
"""ethtool's verbs on our device, with ethtool's own output shapes, so that scripts that read the one read the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from .ethtool_features import features_text, set_features
from .ethtool_queues import channels_text, coalesce_text, ring_text, set_channels, set_coalesce, set_ring
from .ethtool_rss import flow_hash_text, rss_text, set_flow_hash, set_rss
from .ethtool_selftest import self_test_text
from .net.device import NetDevice
from .net.stats import card_counters, link_stats, queue_stats

DRIVER_NAME, DRIVER_VERSION = "ferrule_net", "0.1.0"

SHOW: dict[str, Callable[[NetDevice, str], str]] = {
    "-k": features_text, "-c": coalesce_text, "-g": ring_text, "-l": channels_text, "-x": rss_text,
}  # fmt: skip
SET: dict[str, Callable[[NetDevice, Sequence[str]], Awaitable[None]]] = {
    "-K": set_features, "-C": set_coalesce, "-G": set_ring, "-L": set_channels, "-N": set_flow_hash, "-X": set_rss,
}  # fmt: skip
VERBS = "-i -k -K -c -C -g -G -l -L -n -N -x -X -S -t"


class Ethtool:
    """Verbs on one device; ``name`` is what it is called in the output."""

    def __init__(self, device: NetDevice, name: str = "ferrule0", firmware_version: str = "") -> None:
        self.device, self.name, self.firmware_version = device, name, firmware_version

    async def run(self, verb: str, words: Sequence[str] = ()) -> str:
        """One command line, e.g. ``run("-C", ["rx-usecs", "50"])``; returns the text to print."""
        if verb in SET:
            await SET[verb](self.device, words)
            return ""
        if verb in SHOW:
            return SHOW[verb](self.device, self.name)
        if verb == "-n":
            return flow_hash_text(self.device, words)
        if verb == "-t":
            return await self_test_text(self.device)
        if verb == "-S":
            return await self.statistics()
        if verb == "-i":
            return self.driver_info()
        if verb == "":
            return self.settings()
        raise ValueError(f"unknown verb {verb!r}, expected one of: {VERBS}")

    def settings(self) -> str:
        """``ethtool NAME``."""
        device = self.device
        duplex = {0: "Half", 1: "Full"}.get(device.duplex, "Unknown! (255)")
        speed = f"{device.speed}Mb/s" if device.speed >= 0 else "Unknown!"
        return (
            f"Settings for {self.name}:\n\tSupported ports: [  ]\n\tSpeed: {speed}\n\tDuplex: {duplex}\n"
            f"\tAuto-negotiation: off\n\tPort: Other\n\tLink detected: {'yes' if device.link_up else 'no'}\n"
        )

    def driver_info(self) -> str:
        """``-i``."""
        lines = (
            ("driver", DRIVER_NAME), ("version", DRIVER_VERSION), ("firmware-version", self.firmware_version),
            ("expansion-rom-version", ""), ("bus-info", "0000:00:00.0"), ("supports-statistics", "yes"),
            ("supports-test", "yes"), ("supports-eeprom-access", "no"), ("supports-register-dump", "no"),
            ("supports-priv-flags", "no"),
        )  # fmt: skip
        return "".join(f"{name}: {value}\n" for name, value in lines)

    async def statistics(self) -> str:
        """``-S``: Linux's own names, each queue's, and the card's with ``hw_`` before them."""
        card = await card_counters(self.device.transport)
        stats = link_stats(self.device, card) | queue_stats(self.device)
        stats |= {f"hw_{name}": value for name, value in card.items()}
        return "".join(["NIC statistics:\n", *(f"     {name}: {value}\n" for name, value in stats.items())])
