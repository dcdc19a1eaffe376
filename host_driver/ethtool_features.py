# SPDX-License-Identifier: Apache-2.0
"""``ethtool -k`` and ``-K``: which offloads the driver may ask the device for, under ethtool's names.

Those of transmission are asked for frame by frame, those of reception are switched in the device.
"""

from __future__ import annotations

from collections.abc import Sequence

from .errors import Unsupported
from .net.device import NetDevice
from .net.features import Feature

# ethtool's name, and the feature that must be negotiated for it to be switchable
SWITCHABLE = {
    "tx-checksum-ip-generic": Feature.CSUM,
    "tx-tcp-segmentation": Feature.HOST_TSO4,
    "tx-tcp-ecn-segmentation": Feature.HOST_ECN,
    "tx-tcp6-segmentation": Feature.HOST_TSO6,
}
TSO = ("tx-tcp-segmentation", "tx-tcp-ecn-segmentation", "tx-tcp6-segmentation")
ALIASES = {
    "tx": ("tx-checksum-ip-generic",),
    "tx-checksumming": ("tx-checksum-ip-generic",),
    "tso": TSO,
    "tcp-segmentation-offload": TSO,
}
RX_CHECKSUM, RX_HASH = ("rx", "rx-checksumming", "rx-checksum"), ("rxhash", "receive-hashing", "rx-hashing")


def available(device: NetDevice, name: str) -> bool:
    """Whether the device can do it."""
    return SWITCHABLE[name] in device.features


def enabled(device: NetDevice, name: str) -> bool:
    """Whether the driver may ask for it now; segmentation needs the checksum offload, as in Linux."""
    on = available(device, name) and name not in device.options.offloads_off
    return on and (name not in TSO or enabled(device, "tx-checksum-ip-generic"))


async def set_features(device: NetDevice, words: Sequence[str]) -> None:
    """``-K name on|off ...``."""
    if len(words) % 2 or not words:
        raise ValueError("expected pairs of feature and on or off")
    for feature, state in zip(words[::2], words[1::2], strict=True):
        if state not in ("on", "off"):
            raise ValueError(f"{feature}: {state!r} is neither on nor off")
        if feature in RX_CHECKSUM:
            await device.settings.set_rx_checksum(state == "on")
        elif feature in RX_HASH:
            await device.steering.set_hashing(state == "on")
        else:
            set_feature(device, feature, state == "on")


def set_feature(device: NetDevice, name: str, on: bool) -> None:
    """Switch an offload of transmission, or a group of them, by one of ethtool's names."""
    names = ALIASES.get(name, (name,) if name in SWITCHABLE else ())
    if not names:
        known = ", ".join([*RX_CHECKSUM, *RX_HASH, *ALIASES, *SWITCHABLE])
        raise ValueError(f"feature {name!r} is unknown or fixed; these can be switched: {known}")
    usable = [single for single in names if available(device, single)]
    if on and not usable:
        raise Unsupported(f"the device was not offered or refused {name}: it stays off [fixed]")
    for single in usable:
        (device.options.offloads_off.discard if on else device.options.offloads_off.add)(single)


def features_text(device: NetDevice, name: str) -> str:
    """The text of ``ethtool -k``."""

    def row(feature: str) -> str:
        state = "on" if enabled(device, feature) else "off"
        return f"\t{feature}: {state}{'' if available(device, feature) else ' [fixed]'}"

    def group(title: str, members: tuple[str, ...]) -> str:
        state = "on" if any(enabled(device, member) for member in members) else "off"
        return f"{title}: {state}{'' if any(available(device, member) for member in members) else ' [fixed]'}"

    def received(title: str, on: bool, switchable: bool) -> str:
        return f"{title}: {'on' if on else 'off'}{'' if switchable else ' [fixed]'}"

    features = device.features
    checksums = Feature.GUEST_CSUM in features
    switched = checksums and Feature.CTRL_GUEST_OFFLOADS in features and device.queues.control is not None
    hashes = Feature.HASH_REPORT in features
    rows = [
        f"Features for {name}:",
        received("rx-checksumming", checksums and device.settings.rx_checksum, switched),
        group("tx-checksumming", ("tx-checksum-ip-generic",)),
        "\ttx-checksum-ipv4: off [fixed]",
        row("tx-checksum-ip-generic"),
        "\ttx-checksum-ipv6: off [fixed]",
        "scatter-gather: on [fixed]",
        "\ttx-scatter-gather: on [fixed]",
        group("tcp-segmentation-offload", TSO),
        *(row(member) for member in TSO),
        "generic-segmentation-offload: off [fixed]",
        "generic-receive-offload: off [fixed]",
        "large-receive-offload: off [fixed]",
        "rx-vlan-offload: off [fixed]",
        "tx-vlan-offload: off [fixed]",
        "ntuple-filters: off [fixed]",
        received("receive-hashing", hashes and device.steering.hashing, hashes),
        "highdma: on [fixed]",
        received("rx-vlan-filter", Feature.CTRL_VLAN in features, False),
        "",
    ]
    return "\n".join(rows)
