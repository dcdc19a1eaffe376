# SPDX-License-Identifier: Apache-2.0
"""``ethtool -t``: registers, features, configuration, the control queue and the link."""

from __future__ import annotations

from .errors import DriverError
from .net.device import NetDevice
from .net.features import Feature, mask


async def self_test_text(device: NetDevice) -> str:
    """Runs every test; the text has 0 for each that passed."""
    results = {}
    for title, test in (
        ("Register test  (online)", _registers),
        ("Config test    (online)", _config),
        ("Control queue  (online)", _control),
        ("Link test      (online)", _link),
    ):
        try:
            results[title] = 0 if await test(device) else 1
        except DriverError:
            results[title] = 1
    rows = [f"The test result is {'FAIL' if any(results.values()) else 'PASS'}", "The test extra info:"]
    return "\n".join([*rows, *(f"{title}\t {value}" for title, value in results.items()), "", ""])


async def _registers(device: NetDevice) -> bool:
    queues = 2 * device.queues.max_pairs
    return await device.transport.agrees(queues, mask(device.features), device.offered)


async def _config(device: NetDevice) -> bool:
    return Feature.MAC not in device.features or await device.transport.config_bytes(0, 6) == device.mac


async def _control(device: NetDevice) -> bool:
    if Feature.CTRL_RX in device.features:
        await device.settings.set_promisc(device.settings.promisc)
    return True


async def _link(device: NetDevice) -> bool:
    await device.config_changed()
    return device.link_up
