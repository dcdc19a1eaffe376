# SPDX-License-Identifier: Apache-2.0
"""ethtool's verbs on our device, with ethtool's own output shapes, so that scripts that read the one read the other."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import DriverError, Unsupported
from .ethtool_features import features_text, set_feature
from .net.device import NetDevice
from .net.features import Feature, mask
from .net.stats import card_counters, link_stats, queue_stats

DRIVER_NAME, DRIVER_VERSION = "ferrule_net", "0.1.0"
LARGEST = 0xFFFF_FFFF
COALESCE = {"rx-usecs": "rx", "rx-frames": "rx", "tx-usecs": "tx", "tx-frames": "tx"}


def _value(value: int | None) -> str:
    return "n/a" if value is None else str(value)


def parse_pairs(words: Sequence[str], allowed: Sequence[str]) -> dict[str, int]:
    """``name number name number ...`` as ethtool takes it."""
    if len(words) % 2 or not words:
        raise ValueError(f"expected pairs of name and number, of: {', '.join(allowed)}")
    values = {}
    for name, text in zip(words[::2], words[1::2], strict=True):
        if name not in allowed:
            raise ValueError(f"unknown parameter {name!r}, expected one of: {', '.join(allowed)}")
        try:
            values[name] = int(text, 0)
        except ValueError:
            raise ValueError(f"{name}: {text!r} is not a number") from None
        if not 0 <= values[name] <= LARGEST:
            raise ValueError(f"{name}: {text} is outside 0..{LARGEST}")
    return values


class Ethtool:
    """Verbs on one device; ``name`` is what it is called in the output."""

    def __init__(self, device: NetDevice, name: str = "ferrule0", firmware_version: str = "") -> None:
        self.device, self.name, self.firmware_version = device, name, firmware_version

    async def run(self, verb: str, words: Sequence[str] = ()) -> str:
        """One command line, e.g. ``run("-C", ["rx-usecs", "50"])``; returns the text to print."""
        if verb in ("-K", "-C", "-G", "-L"):
            await {"-K": self.set_features, "-C": self.set_coalesce, "-G": self.set_ring, "-L": self.set_channels}[
                verb
            ](words)
            return ""
        if verb == "-t":
            return await self.self_test()
        if verb == "-S":
            return await self.statistics()
        if verb == "":
            return self.settings()
        verbs = {"-i": self.driver_info, "-k": self.features, "-c": self.coalesce, "-g": self.ring, "-l": self.channels}
        if verb not in verbs:
            raise ValueError(f"unknown verb {verb!r}, expected one of: -i -k -K -c -C -g -G -l -L -S -t")
        return verbs[verb]()

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

    def features(self) -> str:
        """``-k``."""
        return features_text(self.device, self.name)

    async def set_features(self, words: Sequence[str]) -> None:
        """``-K name on|off ...``."""
        if len(words) % 2 or not words:
            raise ValueError("expected pairs of feature and on or off")
        for feature, state in zip(words[::2], words[1::2], strict=True):
            if state not in ("on", "off"):
                raise ValueError(f"{feature}: {state!r} is neither on nor off")
            set_feature(self.device, feature, state == "on")

    def coalesce(self) -> str:
        """``-c``."""
        settings = self.device.settings
        supported = Feature.NOTF_COAL in self.device.features
        rows = [f"Coalesce parameters for {self.name}:", "Adaptive RX: n/a  TX: n/a"]
        rows += [f"{name}: n/a" for name in ("stats-block-usecs", "sample-interval", "pkt-rate-low", "pkt-rate-high")]
        for side, values in (("rx", settings.rx_coalescing), ("tx", settings.tx_coalescing)):
            packets, usecs = values if supported else (None, None)
            rows += ["", f"{side}-usecs: {_value(usecs)}", f"{side}-frames: {_value(packets)}"]
            rows += [f"{side}-usecs-irq: n/a", f"{side}-frames-irq: n/a"]
        for level in ("low", "high"):
            rows.append("")
            rows += [f"{side}-{what}-{level}: n/a" for side in ("rx", "tx") for what in ("usecs", "frame")]
        return "\n".join([*rows, "", "CQE mode RX: n/a  TX: n/a", "", ""])

    async def set_coalesce(self, words: Sequence[str]) -> None:
        """``-C rx-usecs N rx-frames N tx-usecs N tx-frames N``, what is not named stays."""
        values = parse_pairs(words, list(COALESCE))
        settings = self.device.settings
        for side, old, change in (
            ("rx", settings.rx_coalescing, settings.set_rx_coalescing),
            ("tx", settings.tx_coalescing, settings.set_tx_coalescing),
        ):
            new = (values.get(f"{side}-frames", old[0]), values.get(f"{side}-usecs", old[1]))
            if side in {COALESCE[name] for name in values}:
                await change(*new)

    def ring(self) -> str:
        """``-g``."""
        queues = self.device.queues
        limits = (queues.limits.get(0, 0), queues.limits.get(1, 0))
        sizes = (queues.rx[0].queue.size, queues.tx[0].queue.size) if queues.rx else (0, 0)
        rows = [f"Ring parameters for {self.name}:"]
        for title, (rx, tx) in (("Pre-set maximums:", limits), ("Current hardware settings:", sizes)):
            rows += [title, f"RX:\t\t{rx}", "RX Mini:\tn/a", "RX Jumbo:\tn/a", f"TX:\t\t{tx}"]
        buffer = queues.rx[0].buffer_size if queues.rx else None
        rows += [f"RX Buf Len:\t\t{_value(buffer)}", "CQE Size:\t\tn/a", "TX Push:\tn/a", "TCP data split:\tn/a"]
        return "\n".join([*rows, ""])

    async def set_ring(self, words: Sequence[str]) -> None:
        """``-G rx N tx N``: by resetting the queues one by one, or the whole device where it cannot do that."""
        device = self.device
        values = parse_pairs(words, ["rx", "tx"])
        for side, limit in (("rx", device.queues.limits.get(0, 0)), ("tx", device.queues.limits.get(1, 0))):
            size = values.get(side, 2)
            if not 2 <= size <= limit or size & (size - 1):
                raise ValueError(f"{side}: {size} is not a power of two from 2 to {limit}")
        device.options.rx_size = values.get("rx", device.options.rx_size)
        device.options.tx_size = values.get("tx", device.options.tx_size)
        if Feature.RING_RESET not in device.features:
            await device.recover()
            return
        for pair in range(device.options.pairs):
            if "rx" in values:
                await device.queues.reset_rx(pair)
            if "tx" in values:
                await device.queues.reset_tx(pair)

    def channels(self) -> str:
        """``-l``: receive and transmit queues come in pairs; how many is fixed when the device is probed."""
        rows = [f"Channel parameters for {self.name}:"]
        for title in ("Pre-set maximums:", "Current hardware settings:"):
            rows += [title, "RX:\t\tn/a", "TX:\t\tn/a", "Other:\t\tn/a", f"Combined:\t{self.device.options.pairs}"]
        return "\n".join([*rows, ""])

    async def set_channels(self, words: Sequence[str]) -> None:
        """``-L combined N``: only what is there, because MQ is not supported."""
        count = parse_pairs(words, ["combined"])["combined"]
        if count != self.device.options.pairs:
            raise Unsupported(f"{count} channels: the device has {self.device.options.pairs} and no MQ to change that")

    async def statistics(self) -> str:
        """``-S``: Linux's own names, each queue's, and the card's with ``hw_`` before them."""
        card = await card_counters(self.device.transport)
        stats = link_stats(self.device, card) | queue_stats(self.device)
        stats |= {f"hw_{name}": value for name, value in card.items()}
        return "".join(["NIC statistics:\n", *(f"     {name}: {value}\n" for name, value in stats.items())])

    async def self_test(self) -> str:
        """``-t``: registers, features, configuration, the control queue and the link."""
        results = {}
        for title, test in (
            ("Register test  (online)", self._test_registers),
            ("Config test    (online)", self._test_config),
            ("Control queue  (online)", self._test_control),
            ("Link test      (online)", self._test_link),
        ):
            try:
                results[title] = 0 if await test() else 1
            except DriverError:
                results[title] = 1
        rows = [f"The test result is {'FAIL' if any(results.values()) else 'PASS'}", "The test extra info:"]
        return "\n".join([*rows, *(f"{title}\t {value}" for title, value in results.items()), "", ""])

    async def _test_registers(self) -> bool:
        device = self.device
        return await device.transport.agrees(2 * device.options.pairs, mask(device.features), device.offered)

    async def _test_config(self) -> bool:
        return (
            Feature.MAC not in self.device.features or await self.device.transport.config_bytes(0, 6) == self.device.mac
        )

    async def _test_control(self) -> bool:
        if Feature.CTRL_RX in self.device.features:
            await self.device.settings.set_promisc(self.device.settings.promisc)
        return True

    async def _test_link(self) -> bool:
        await self.device.config_changed()
        return self.device.link_up
