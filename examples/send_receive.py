# SPDX-License-Identifier: Apache-2.0
"""A card, its firmware, the tiny driver and a wire: one frame out, one frame in.

ferrule sim examples.send_receive:demo --device model
"""

from __future__ import annotations

from typing import Any

from examples.tiny_driver import TinyDriver
from firmware import Firmware

ECHO = bytes.fromhex("02aabbccddee")  # who is at the other end of the wire
EXPERIMENT = b"\x88\xb5"  # an Ethernet type for trying things
MILLISECOND = 1_000_000


async def demo(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Send a frame, have the other end send it back, and receive it by interrupt."""
    firmware = Firmware(sim.mgmt)  # in a real card it is there already
    await firmware.boot()
    sim.start_soon(firmware.run())

    driver = TinyDriver(sim.host)
    await driver.probe()

    text = args.get("text", "hello").encode()
    driver.transmit(ECHO + driver.mac + EXPERIMENT + text)
    await sim.wire.wait_received(1, MILLISECOND)
    sent_ns, frame = sim.wire.received[0]

    sim.wire.send(frame[6:12] + frame[:6] + frame[12:])
    received: list[bytes] = []
    while not received and await driver.wait(MILLISECOND):
        received = driver.poll()
    received_ns = sim.time_ns

    await driver.close()
    firmware.stop()
    return {
        "mac": driver.mac.hex(":"), "link": "up" if driver.link_up else "down", "sent at": f"{sent_ns} ns",
        "received at": f"{received_ns} ns", "text": received[0][14 : 14 + len(text)].decode(),
    }  # fmt: skip
