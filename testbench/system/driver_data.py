# SPDX-License-Identifier: Apache-2.0
"""Entries: the driver's data path whatever the card offers it, however its rings are made, and when they are full."""

from __future__ import annotations

from typing import Any

from firmware import features, regs
from host_driver import Feature, NetDevice, NetHeader, checksum_request, tso_request
from host_driver.net.features import mask
from host_driver.transport.capabilities import read_capabilities
from testbench.lib.oracle_tso import NetHeader as OracleHeader
from testbench.lib.oracle_tso import expected
from testbench.lib.sim_base import SimBase
from testbench.system.driver_card import tcp_frame
from testbench.system.rig import LIMIT_NS, OTHER, Rig

BOTH = regs.DATAPATH_TX_ENABLE | regs.DATAPATH_RX_ENABLE
TABLE_SIZE = 0x7FF  # in the MSI-X capability's control word


class FewVectors:
    """A host that lets its driver have only so many of the card's MSI-X vectors; all else as on ``bus``."""

    def __init__(self, bus: Any, control_at: int, vectors: int) -> None:
        self._bus, self._control_at, self._vectors = bus, control_at, vectors

    def __getattr__(self, name: str) -> Any:
        return getattr(self._bus, name)

    async def config_read(self, offset: int, size: int) -> int:
        """Read PCI configuration space."""
        value = await self._bus.config_read(offset, size)
        return value & ~TABLE_SIZE | self._vectors - 1 if offset == self._control_at else value


async def both_ways(rig: Rig, turns: int, burst: int, size: int = 200) -> bool:
    """Bursts both ways at once, by interrupts; whether every byte arrived and nothing is held."""
    for _ in range(turns):
        back = [rig.frame(size) for _ in range(burst)]
        out = [rig.frame(size, OTHER) for _ in range(burst)]
        rig.sim.wire.send_frames(back)
        if await rig.send(out) != out or [got.frame for got in await rig.receive(burst)] != back:
            return False
    return await rig.reclaim() == 0


async def negotiated(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Firmware boots and the driver probes for each set of ``withheld`` bits and each number of ``vectors``."""
    control_at = (await read_capabilities(sim.host)).msix_at or 0
    outcome = {}
    for name, withheld in args["withheld"].items():
        for vectors in args["vectors"]:
            small = {"rx_size": 32, "tx_size": 32}
            rig = Rig(sim, {"card": {"withheld": withheld}, "options": small, "ring": "any"})
            rig.device = NetDevice(FewVectors(sim.host, control_at + 2, vectors), rig.memory, rig.device.options)
            await rig.up()
            device, offer = rig.device, rig.firmware.offer
            assert device.features == {bit for bit in Feature if features.has(offer, bit)}
            accepted = await sim.mgmt.read32(regs.DRIVER_FEATURES_LO)
            outcome[f"{name}, {vectors} vectors"] = {
                "accepted": accepted | await sim.mgmt.read32(regs.DRIVER_FEATURES_HI) << 32 == mask(device.features),
                "offered": [feature for feature in Feature if features.has(offer, feature)],
                "alone": await rig.ping_pong([60, 1514, 14]), "bursts": await both_ways(rig, 6, 16),
                "used": len(set(device.queues.vectors.values())),
            }  # fmt: skip
            await device.close()
            rig.stop()
            sim.host.unguard()
            assert rig.memory.live_buffers == 0, f"{name}: close leaves buffers behind"
    return {"cases": outcome}


async def rings(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Rings of each size with each kind of chain, their indices from ``start`` on."""
    rig = Rig(sim, args)
    await rig.boot()
    outcome = {}
    for size in args["sizes"]:
        for descriptors, indirect in ((1, False), (2, False), (2, True)):
            options = rig.device.options
            options.rx_size = options.tx_size = size
            options.tx_descriptors, options.tx_indirect = descriptors, indirect
            await rig.begin_rings_at(args["start"])
            sim.host.unguard()
            await rig.device.probe()
            rig.guard()
            burst = max(size // 4, 1)
            name = f"{size}, {descriptors} descriptors{', indirect' if indirect else ''}"
            outcome[name] = await both_ways(rig, max(3 * size // burst, 6), burst)
            await rig.device.close()
    return {"cases": outcome, "leaked": rig.memory.live_buffers}


async def requests(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """A super-frame and a checksum request with each kind of chain: segments and sum show that the header arrived."""
    rig = Rig(sim, args)
    await rig.boot()
    outcome = {}
    for descriptors, indirect in ((1, False), (1, True), (2, False), (2, True)):
        rig.device.options.tx_descriptors, rig.device.options.tx_indirect = descriptors, indirect
        sim.host.unguard()
        await rig.device.probe()
        rig.guard()
        frame, start = tcp_frame(rig, 4, args["bytes"])
        whole = await rig.send([frame], tso_request(1, start + 20, 1448, start).pack())
        small, start = tcp_frame(rig, 4, 100)
        single = await rig.send([small], checksum_request(start, 16).pack())
        tx = rig.device.queues.tx[0]
        outcome[f"{descriptors} descriptors{', indirect' if indirect else ''}"] = {
            "segments": whole == expected(OracleHeader(1, 1, start + 20, 1448, start, 16), frame).frames,
            "sum": single == expected(OracleHeader(1, 0, 0, 0, start, 16), small).frames,
            "counted": [tx.super_frames, tx.csum_requests], "held": await rig.reclaim(),
        }  # fmt: skip
        await rig.device.close()
    return {"cases": outcome, "leaked": rig.memory.live_buffers}


async def merged(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """TCP frames that need one buffer and more, ``turns`` of each size; then long and short ones taken by budget."""
    rig = await Rig(sim, args).up()
    rx, outcome = rig.device.queues.rx[0], {}
    for size in args["sizes"]:
        plain, start = tcp_frame(rig, 6, size - 74)
        (frame,) = expected(OracleHeader(1, 0, 0, 0, start, 16), rig.device.mac + plain[6:]).frames
        before, buffers, same = rx.csum_valid, set(), 0
        for _ in range(args["turns"]):
            sim.wire.send(frame)
            got = await rig.receive(1)
            same += [one.frame for one in got] == [frame]
            buffers |= {NetHeader.unpack(one.header).num_buffers for one in got}
        outcome[str(size)] = {"same": same, "buffers": sorted(buffers), "valid": rx.csum_valid - before}
    sim.wire.send_frames([rig.frame(args["sizes"][-1]), rig.frame(100)] * 3)
    await sim.idle(LIMIT_NS)
    budget = [[len(got.frame) for got in rig.device.poll(budget)] for budget in (4, 64)]
    return {"cases": outcome, "budget": budget, "counters": await rig.close()}


async def transmit_rules(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """A ring that the card does not empty; frames beyond the MTU; doorbells for a batch."""
    rig = await Rig(sim, {**args, "options": {"tx_size": 8, "mtu": 1500}, "card": {"mtu": 9000}}).up()
    device, tx = rig.device, rig.device.queues.tx[0]
    sim.mgmt.write32(regs.DATAPATH, regs.DATAPATH_RX_ENABLE)
    await sim.sleep_ns(1_000)
    frames = [rig.frame(60, OTHER)]
    while device.transmit(frames[-1]):
        frames.append(rig.frame(60, OTHER))
    outcome: dict[str, Any] = {"full": [len(frames) - 1, tx.busy, tx.slots_held]}
    sim.mgmt.write32(regs.DATAPATH, BOTH)
    await device.wait(LIMIT_NS)
    sent = device.transmit(frames[-1])
    await sim.idle(LIMIT_NS)
    outcome["goes on"] = sent and [frame for _, frame in sim.wire.received] == frames

    plain = rig.frame(1515, OTHER)
    tagged = plain[:12] + b"\x81\x00" + plain[14:]
    taken = [device.transmit(frame) for frame in (plain, plain[:10], tagged + bytes(3), tagged + bytes(4))]
    device.set_mtu(9000)
    jumbo = rig.frame(9015, OTHER)
    taken += [device.transmit(jumbo[:9014]), device.transmit(jumbo)]
    await sim.idle(LIMIT_NS)
    wire = [len(frame) for _, frame in sim.wire.received[len(frames) :]]
    outcome["mtu"] = {"taken": taken, "sent": wire, "dropped": tx.dropped}

    outcome["counters"] = await rig.firmware.counters()

    # without event indices a doorbell is rung each time that the ring is published
    device.options.unwanted |= {Feature.RING_EVENT_IDX}
    sim.host.unguard()
    await device.recover()
    rig.guard()
    tx, before = device.queues.tx[0], await rig.firmware.counters()
    for number in range(5):
        device.transmit(rig.frame(300, OTHER), more=number < 4)
    await sim.idle(LIMIT_NS)
    after = await rig.firmware.counters()
    outcome["batch"] = [tx.queue.kicks, *(after[name] - before[name] for name in ("vq_kicks", "tx_frames"))]
    await rig.close()
    return outcome
