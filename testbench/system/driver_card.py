# SPDX-License-Identifier: Apache-2.0
"""Entries: driver and firmware on the real card. Each returns what tests/test_driver_system.py asserts."""

from __future__ import annotations

from typing import Any

from host_driver import tso_request
from host_driver.errors import DriverError
from host_driver.ethtool import Ethtool
from testbench.lib.oracle_tso import NetHeader, expected
from testbench.system.rig import LIMIT_NS, OTHER, Rig

GROUP = bytes.fromhex("01005e000001")
FOREIGN = bytes.fromhex("02000000beef")


async def probe(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Bring-up: what was negotiated and read."""
    rig = await Rig(sim, args).up()
    device = rig.device
    result = {
        "features": sorted(device.features), "mac": device.mac.hex(), "mtu": device.max_mtu, "link": device.link_up,
        "speed": device.speed, "duplex": device.duplex, "limits": device.queues.limits,
        "status": await device.transport.read("device_status"), "log": str(rig.firmware.log),
    }  # fmt: skip
    return {**result, "counters": await rig.close()}


async def ping_pong(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Frames both ways, one at a time, then in a burst."""
    rig = Rig(sim, args)
    await rig.boot()
    start = args.get("options", {}).get("ring_start", 0)
    if start:
        await rig.begin_rings_at(start)
    await rig.device.probe()
    rig.guard()
    same = await rig.ping_pong(args["sizes"])
    burst = [rig.frame(args["sizes"][place % len(args["sizes"])], OTHER) for place in range(args.get("burst", 0))]
    wire = await rig.send(burst)
    sent = len(wire) == len(burst) and all(got[: len(put)] == put for got, put in zip(wire, burst, strict=True))
    back = [rig.frame(max(60, len(frame))) for frame in burst]
    sim.wire.send_frames(back)
    received = [got.frame for got in await rig.receive(len(back))] == back
    held = await rig.reclaim()
    return {"same": same, "sent": sent, "received": received, "held": held, "counters": await rig.close()}


def tcp_frame(rig: Rig, version: int, payload: int) -> tuple[bytes, int]:
    """A TCP frame with a pseudo-header sum in its checksum, as a stack hands it to a card; and where TCP starts."""
    data = rig.rng.randbytes(payload)
    tcp_length = 20 + payload
    if version == 4:
        ip = bytes.fromhex("4500") + (20 + tcp_length).to_bytes(2, "big") + bytes.fromhex("123440004006")
        ip += bytes(2) + bytes((10, 0, 0, 1, 10, 0, 0, 2))
        pseudo, kind, start = ip[12:20] + bytes((0, 6)) + tcp_length.to_bytes(2, "big"), b"\x08\x00", 34
    else:
        addresses = bytes.fromhex("fd" + "00" * 14 + "01" + "fd" + "00" * 14 + "02")
        ip = bytes.fromhex("60000000") + tcp_length.to_bytes(2, "big") + bytes((6, 64)) + addresses
        pseudo, kind, start = addresses + tcp_length.to_bytes(4, "big") + bytes((0, 0, 0, 6)), b"\x86\xdd", 54
    total = sum(int.from_bytes(pseudo[at : at + 2], "big") for at in range(0, len(pseudo), 2))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    tcp = bytes.fromhex("1f90c001fffffff0000000015018ffff") + total.to_bytes(2, "big") + bytes(2)
    return OTHER + rig.device.mac + kind + ip + tcp + data, start


async def offloads(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Segmentation and checksum requests through the rings against the oracle; then received checksum verdicts."""
    rig = await Rig(sim, args).up()
    wrong = frames = 0
    last: list[bytes] = []
    for version, payload, mss in args["cases"]:
        frame, start = tcp_frame(rig, version, payload)
        if mss:
            request = tso_request(1 if version == 4 else 4, start + 20, mss, start)
            header = request.pack()
            oracle = NetHeader(1, 1 if version == 4 else 4, start + 20, mss, start, 16)
        else:
            oracle = NetHeader(1, 0, 0, 0, start, 16)
            header = oracle.pack()
        want = expected(oracle, frame).frames
        got = await rig.send([frame], header)
        frames += len(got)
        wrong += [data[: len(put)] for data, put in zip(got, want, strict=False)] != want or len(got) != len(want)
        last = got
    sim.wire.send(rig.device.mac + last[0][6:])
    spoiled = bytearray(rig.device.mac + last[0][6:])
    spoiled[-1] ^= 1
    sim.wire.send(bytes(spoiled))
    verdicts = [got.header[0] for got in await rig.receive(2)]
    return {"wrong": wrong, "frames": frames, "verdicts": verdicts, "counters": await rig.close()}


async def control(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Control commands, seen by what then gets through, and coalescing read back."""
    rig = await Rig(sim, args).up()
    settings, device = rig.device.settings, rig.device

    async def heard() -> list[str]:
        names = {"own": device.mac, "group": GROUP, "foreign": FOREIGN, "all": b"\xff" * 6}
        for mac in names.values():
            sim.wire.send(rig.frame(64, mac))
        await sim.idle(LIMIT_NS)
        got = {frame.frame[:6] for frame in device.poll()}
        return [name for name, mac in names.items() if mac in got]

    result: dict[str, Any] = {"plain": await heard()}
    await settings.set_promisc(True)
    result["promisc"] = await heard()
    await settings.set_promisc(False)
    await settings.set_allmulti(True)
    result["allmulti"] = await heard()
    await settings.set_allmulti(False)
    await settings.set_addresses([FOREIGN], [GROUP])
    result["table"] = await heard()
    await settings.set_addresses([], [bytes((1, 0, 0, 0, place >> 8, place & 255)) for place in range(300)])
    result["overflow"] = await heard()
    await settings.set_addresses([], [])
    old = device.mac
    await settings.set_mac(FOREIGN)
    result["new mac"] = await heard()
    result["config mac"] = (await device.transport.config_bytes(0, 6)).hex()
    sim.wire.send(rig.frame(64, old))
    await sim.idle(LIMIT_NS)
    result["old mac"] = len(device.poll())
    await settings.set_rx_coalescing(32, 100)
    await settings.set_tx_coalescing(15, 10)
    await settings.set_queue_coalescing(1, 3, 4)
    result["coalescing"] = [await settings.get_queue_coalescing(queue) for queue in (0, 1)]
    refused = 0
    for queue in (2, 7):
        try:
            await settings.set_queue_coalescing(queue, 1, 1)
        except DriverError:
            refused += 1
    await device.queues.reset_rx(0)
    await device.queues.reset_tx(0)
    rig.guard()
    result["after queue reset"] = [await settings.get_queue_coalescing(queue) for queue in (0, 1)]
    await settings.set_rx_coalescing(0, 0)
    await settings.set_tx_coalescing(0, 0)
    return {**result, "refused": refused, "works": await rig.ping_pong([60, 1514]), "counters": await rig.close()}


async def mtu(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """The driver's MTU changed with traffic running, and the card's enforced on reception."""
    rig = await Rig(sim, args).up()
    device = rig.device
    limit = device.max_mtu
    sent = []
    for value in (1500, limit, 576, limit):
        device.set_mtu(value)
        wire = await rig.send([rig.frame(value + 14, OTHER)] * 3)
        dropped = device.queues.tx[0].dropped
        device.transmit(rig.frame(value + 15, OTHER))
        sent.append((len(wire), device.queues.tx[0].dropped - dropped))
    sim.wire.send(rig.frame(limit + 14))
    sim.wire.send(rig.frame(limit + 15))
    sim.wire.send(rig.frame(100))
    got = [len(frame.frame) for frame in await rig.receive(2)]
    return {"limit": limit, "sent": sent, "received": got, "counters": await rig.close()}


async def ethtool(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Every verb on the card."""
    rig = await Rig(sim, args).up()
    tool = Ethtool(rig.device, "ferrule0", ".".join(map(str, rig.firmware.card.version)))
    await rig.ping_pong([60, 1514])
    await tool.run("-C", ["rx-usecs", "20", "rx-frames", "4"])
    await tool.run("-G", ["rx", "64", "tx", "128"])
    rig.guard()
    works = await rig.ping_pong([60, 1514])
    texts = {verb: await tool.run(verb) for verb in ("", "-i", "-k", "-c", "-g", "-l", "-S", "-t")}
    return {"texts": texts, "works": works, "counters": await rig.close()}


async def link_flap(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """The link goes down and up; the driver learns it by interrupt, and traffic goes on."""
    rig = await Rig(sim, args).up()
    seen = []
    for up in (False, True) * 3:
        sim.wire.link(up)
        while rig.device.link_up != up and await rig.device.wait(LIMIT_NS):
            rig.device.poll()
        seen.append(rig.device.link_up)
    return {"seen": seen, "works": await rig.ping_pong([60, 9014]), "counters": await rig.close()}


async def pairs(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Four pairs by the vendor test mode, steered by firmware."""
    rig = Rig(sim, {**args, "card": {"multi_pair_test": True}, "options": {"pairs": 4}})
    await rig.boot()
    macs = [bytes((2, 0, 0, 0, 0, pair)) for pair in range(4)]
    rig.firmware.steer({mac: pair for pair, mac in enumerate(macs) if pair})
    await rig.device.probe()
    rig.guard()
    await rig.device.settings.set_promisc(True)
    for count in range(40):
        sim.wire.send(rig.frame(60 + 37 * count, macs[count % 4]))
    got = await rig.receive(40)
    steered = all(frame.frame[5] == frame.pair for frame in got)
    works = [await rig.send([rig.frame(1000, OTHER)], pair=pair) for pair in range(4)]
    return {"got": len(got), "steered": steered, "sent": [len(wire) for wire in works], "counters": await rig.close()}
