# SPDX-License-Identifier: Apache-2.0
"""Our driver in front of a card behind vhost-user: up, down, and the next frames."""

import time

from vhost_cards import GONE_S

from host_driver import Feature, NetDevice, Options
from host_driver.transport.vhost_user import VhostUserTransport, run

RINGS = {"split": frozenset({Feature.RING_PACKED}), "packed": frozenset({Feature.IN_ORDER}), "all": frozenset()}
"""What the driver does not take for each kind of rings; with "all" they are packed, and used in order."""


def up(host, rings="all", unwanted=frozenset(), **options):
    options = Options(unwanted=unwanted | RINGS[rings], **options)
    device = NetDevice(host, options=options, transport=VhostUserTransport)
    run(device.probe())
    assert (Feature.RING_PACKED in device.features) == (rings != "split")
    if device.queues.control:
        run(device.settings.set_promisc(True))  # the frames that come back are addressed to somebody else
    return device


def down(device):
    run(device.close())
    assert device.memory.live_buffers == 0


def arriving(device):
    """The next frames that come."""
    deadline = time.monotonic() + GONE_S
    while not (frames := device.poll()):
        assert time.monotonic() < deadline
        run(device.wait(int(GONE_S * 1e9)))
    return frames
