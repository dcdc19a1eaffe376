# SPDX-License-Identifier: Apache-2.0
"""Entries that stall on purpose; tests/test_diagnosis.py reads what the error says of them."""

from __future__ import annotations

from typing import Any

from firmware import regs
from testbench.lib.native import card_state
from testbench.system.rig import OTHER, Rig

FOREVER_PS = 10**15
MSIX_TABLE = 0x4000
TRANSMITQ0 = 1


async def _stall(rig: Rig, frames: int, rung: bool = True, pair: int = 0) -> dict[str, Any]:
    """Wait for frames that never come."""
    for _ in range(frames):
        assert rig.device.transmit(rig.frame(100, OTHER), None, pair, more=not rung)
    if not rung:
        assert rig.device.queues.tx[pair].queue.publish(), "the card wants no doorbell"
    await rig.sim.wire.wait_received(len(rig.sim.wire.received) + frames)
    return {}


async def no_doorbell(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Frames are published and the doorbell is not rung, after some that went well."""
    pair = args.get("pair", 0)
    several = {"card": {"multi_pair_test": True}, "options": {"pairs": 4}} if pair else {}
    rig = await Rig(sim, several).up()
    await rig.send([rig.frame(100, OTHER) for _ in range(5)], pair=pair)
    return await _stall(rig, 3, rung=False, pair=pair)


async def no_memory(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Host memory answers no read any more."""
    rig = await Rig(sim, args).up()
    await sim.idle()
    sim.cell("memory.read_latency_ps").value = FOREVER_PS
    return await _stall(rig, 1)


async def no_payload(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Host memory gives the ring and the descriptors of a frame, and not its bytes."""
    rig = await Rig(sim, args).up()
    await sim.idle()
    assert rig.device.transmit(rig.frame(100, OTHER))
    while not card_state(TRANSMITQ0)["popped"]:
        await sim.sleep_ns(4)
    sim.cell("memory.read_latency_ps").value = FOREVER_PS
    await sim.wire.wait_received(1)
    return {}


async def disabled(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Firmware has switched transmission off."""
    rig = await Rig(sim, args).up()
    await sim.idle()
    sim.mgmt.write32(regs.DATAPATH, regs.DATAPATH_RX_ENABLE)
    return await _stall(rig, 2)


async def masked(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """A received frame is published, and every vector's mask holds its interrupt back."""
    rig = await Rig(sim, args).up()
    for vector in range(4):
        sim.host.bar_write(MSIX_TABLE + 16 * vector + 12, 1, 4)
    sim.wire.send(rig.frame(100))
    await sim.wire.wait_received(1)
    return {}


async def no_answer(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Firmware is gone, and a command waits for it."""
    rig = await Rig(sim, args).up()
    rig.stop()
    command = sim.start_soon(rig.device.settings.set_promisc(True))
    await sim.sleep_ns(20_000)
    command.cancel()
    await sim.wire.wait_received(1)
    return {}
