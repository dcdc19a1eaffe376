# SPDX-License-Identifier: Apache-2.0
"""``ethtool -c -C -g -G -l -L``: coalescing, sizes and number of the queues."""

from __future__ import annotations

from collections.abc import Sequence

from .errors import Unsupported
from .ethtool_words import parse_pairs, shown
from .net.device import NetDevice
from .net.features import Feature

COALESCE = {"rx-usecs": "rx", "rx-frames": "rx", "tx-usecs": "tx", "tx-frames": "tx"}


def coalesce_text(device: NetDevice, name: str) -> str:
    """``-c``."""
    settings = device.settings
    supported = Feature.NOTF_COAL in device.features
    rows = [f"Coalesce parameters for {name}:", "Adaptive RX: n/a  TX: n/a"]
    rows += [f"{what}: n/a" for what in ("stats-block-usecs", "sample-interval", "pkt-rate-low", "pkt-rate-high")]
    for side, values in (("rx", settings.rx_coalescing), ("tx", settings.tx_coalescing)):
        packets, usecs = values if supported else (None, None)
        rows += ["", f"{side}-usecs: {shown(usecs)}", f"{side}-frames: {shown(packets)}"]
        rows += [f"{side}-usecs-irq: n/a", f"{side}-frames-irq: n/a"]
    for level in ("low", "high"):
        rows.append("")
        rows += [f"{side}-{what}-{level}: n/a" for side in ("rx", "tx") for what in ("usecs", "frame")]
    return "\n".join([*rows, "", "CQE mode RX: n/a  TX: n/a", "", ""])


async def set_coalesce(device: NetDevice, words: Sequence[str]) -> None:
    """``-C rx-usecs N rx-frames N tx-usecs N tx-frames N``, what is not named stays."""
    values = parse_pairs(words, list(COALESCE))
    settings = device.settings
    for side, old, change in (
        ("rx", settings.rx_coalescing, settings.set_rx_coalescing),
        ("tx", settings.tx_coalescing, settings.set_tx_coalescing),
    ):
        new = (values.get(f"{side}-frames", old[0]), values.get(f"{side}-usecs", old[1]))
        if side in {COALESCE[name] for name in values}:
            await change(*new)


def ring_text(device: NetDevice, name: str) -> str:
    """``-g``."""
    queues = device.queues
    limits = (queues.limits.get(0, 0), queues.limits.get(1, 0))
    sizes = (queues.rx[0].queue.size, queues.tx[0].queue.size) if queues.rx else (0, 0)
    rows = [f"Ring parameters for {name}:"]
    for title, (rx, tx) in (("Pre-set maximums:", limits), ("Current hardware settings:", sizes)):
        rows += [title, f"RX:\t\t{rx}", "RX Mini:\tn/a", "RX Jumbo:\tn/a", f"TX:\t\t{tx}"]
    buffer = queues.rx[0].buffer_size if queues.rx else None
    rows += [f"RX Buf Len:\t\t{shown(buffer)}", "CQE Size:\t\tn/a", "TX Push:\tn/a", "TCP data split:\tn/a"]
    return "\n".join([*rows, ""])


async def set_ring(device: NetDevice, words: Sequence[str]) -> None:
    """``-G rx N tx N``: by resetting the queues one by one, or the whole device where it cannot do that."""
    values = parse_pairs(words, ["rx", "tx"])
    any_size = Feature.RING_PACKED in device.features
    for side, limit in (("rx", device.queues.limits.get(0, 0)), ("tx", device.queues.limits.get(1, 0))):
        size = values.get(side, 2)
        if not 2 <= size <= limit or (size & (size - 1) and not any_size):
            wanted = "a number" if any_size else "a power of two"
            raise ValueError(f"{side}: {size} is not {wanted} from 2 to {limit}")
    device.options.rx_size = values.get("rx", device.options.rx_size)
    device.options.tx_size = values.get("tx", device.options.tx_size)
    if Feature.RING_RESET not in device.features:
        await device.recover()
        return
    for pair in range(device.queues.max_pairs):
        if "rx" in values:
            await device.queues.reset_rx(pair)
        if "tx" in values:
            await device.queues.reset_tx(pair)


def channels_text(device: NetDevice, name: str) -> str:
    """``-l``: receive and transmit queues come in pairs."""
    rows = [f"Channel parameters for {name}:"]
    counts = (device.queues.max_pairs, device.queues.active)
    for title, count in zip(("Pre-set maximums:", "Current hardware settings:"), counts, strict=True):
        rows += [title, "RX:\t\tn/a", "TX:\t\tn/a", "Other:\t\tn/a", f"Combined:\t{count}"]
    return "\n".join([*rows, ""])


async def set_channels(device: NetDevice, words: Sequence[str]) -> None:
    """``-L combined N``."""
    count = parse_pairs(words, ["combined"])["combined"]
    most = device.queues.max_pairs
    if count != device.queues.active and not device.features & {Feature.MQ, Feature.RSS}:
        raise Unsupported(f"{count} channels: the device has {most} and no MQ to change that")
    if not 1 <= count <= most:
        raise ValueError(f"combined: {count} is outside 1..{most}")
    await device.steering.set_pairs(count)
