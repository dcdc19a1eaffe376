# SPDX-License-Identifier: Apache-2.0
"""Entries: the card with a MAC of its own, XGMII or GMII: line rate, link faults, flow control in both directions."""

from __future__ import annotations

from typing import Any

from testbench.lib.wire_frames import AT_PEER, FROM_CARD, TO_CARD
from testbench.system.rig import LIMIT_NS, OTHER, Rig

SLOT_OVERHEAD = 24  # preamble, FCS and gap
QUANTUM_BYTES = 64
RECEIVE_BYTES = 1_250_000  # byte times in which a slow host gets all it was sent
PAUSE = bytes.fromhex("0180c2000001")
OWN_FRAMES = 16
STANDSTILL = 1  # thousandths of a byte a cycle
LOCAL_FAULT, REMOTE_FAULT = 1, 2


def byte_ps(sim: Any) -> float:
    """A byte time of the wire."""
    return 8000 / float(sim.config.wire.gbps)


def quantum_ns(sim: Any) -> float:
    """The unit of pause frames, 512 bit times."""
    return QUANTUM_BYTES * byte_ps(sim) / 1000


def pause_frame(quanta: int) -> bytes:
    """802.3x, as the other end of the wire sends it."""
    return (PAUSE + OTHER + bytes.fromhex("88080001") + quanta.to_bytes(2, "big")).ljust(60, b"\0")


def quanta_of(frame: bytes) -> int | None:
    """What a pause frame asks for, None for any other frame."""
    if frame[:6] != PAUSE or frame[12:16] != bytes.fromhex("88080001"):
        return None
    return int.from_bytes(frame[16:18], "big")


async def both_ways(rig: Rig, out: list[bytes], back: list[bytes]) -> bool:
    """Send and receive at once, as fast as driver and wire can; whether every frame arrived in its order."""
    sim, device = rig.sim, rig.device
    before = len(sim.wire.received)
    got: list[bytes] = []
    sent = 0
    sim.wire.send_frames(back)
    while sent < len(out) or len(got) < len(back):
        while sent < len(out) and device.transmit(out[sent], more=True):
            sent += 1
        device.queues.tx[0].flush()
        got += [frame.frame for frame in device.poll()]
        if (sent < len(out) or len(got) < len(back)) and not await device.wait(LIMIT_NS):
            return False
    await sim.idle(LIMIT_NS)
    return got == back and [frame for _, frame in sim.wire.received[before:]] == out


async def line_rate(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Bring-up, single frames of all sizes, then bursts both ways at once; how full the line from the card is."""
    rig = await Rig(sim, args).up()
    result: dict[str, Any] = {
        "link": rig.device.link_up,
        "speed": rig.device.speed,
        "same": await rig.ping_pong(args["sizes"]),
    }
    fill: dict[str, Any] = {}
    for size, count in args["bursts"]:
        sim.wire.clear()
        sim.wire.mark(FROM_CARD, count // 4)
        whole = await both_ways(
            rig, [rig.frame(size, OTHER) for _ in range(count)], [rig.frame(size) for _ in range(count)]
        )
        first, last = sim.wire.span_ps(FROM_CARD)
        slots = count - 1 - count // 4
        fill[str(size)] = {"whole": whole, "share": slots * (size + SLOT_OVERHEAD) * byte_ps(sim) / (last - first)}
    mixed = [rig.rng.randrange(60, 2000) for _ in range(200)]
    result["mixed"] = await both_ways(
        rig, [rig.frame(size, OTHER) for size in mixed], [rig.frame(size) for size in reversed(mixed)]
    )
    harness = sim.counters()
    result["wire"] = {
        name: harness[f"{sim.config.card.mac_kind}.{name}"] for name in ("min_gap", "bad_frames", "bad_preambles")
    }
    return {**result, "fill": fill, "counters": await rig.close()}


async def until_link(rig: Rig, up: bool) -> bool:
    """The driver learns the link's state by interrupt."""
    end = rig.sim.time_ns + LIMIT_NS
    while rig.device.link_up != up and rig.sim.time_ns < end:
        await rig.device.wait(end - rig.sim.time_ns)
        rig.device.poll()
    return rig.device.link_up == up


async def faults(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Local fault, remote fault and link loss, each in the middle of traffic; what the card answers, what is lost."""
    rig = await Rig(sim, args).up()
    cases = {}
    for name, setting, value in (
        ("local fault", "xgmii.send_fault", LOCAL_FAULT),
        ("remote fault", "xgmii.send_fault", REMOTE_FAULT),
        ("link lost", "wire.link", 0),
        ("local fault again", "xgmii.send_fault", LOCAL_FAULT),
    ):
        rest = sim.cell(setting).value
        out = [rig.frame(1514, OTHER) for _ in range(40)]
        sim.wire.send_frames([rig.frame(1514) for _ in range(20)])
        for frame in out:
            rig.device.transmit(frame)
        await sim.sleep_ns(5_000 + rig.rng.randrange(10_000))
        sim.cell(setting).value = value
        result: dict[str, Any] = {"down": await until_link(rig, False), "answer": sim.cell("xgmii.card_fault").value}
        # rings do not hang on a dead line
        result["held"] = await rig.reclaim()
        sim.cell(setting).value = rest
        result["up"] = await until_link(rig, True)
        await sim.idle(LIMIT_NS)
        while rig.device.poll():
            pass
        result["after"] = await rig.ping_pong([60, 1514, 9014])
        cases[name] = result
    flaps = []
    for turn in range(args["flaps"]):
        sim.wire.link(bool(turn % 2))
        flaps.append(await until_link(rig, bool(turn % 2)))
    return {
        "cases": cases, "flaps": flaps, "after": await rig.ping_pong([60, 9014]), "changes": rig.device.config_changes,
        "counters": await rig.close(),
    }  # fmt: skip


async def link_losses(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """The link goes in the middle of traffic and comes back, again and again: rings go on, and then so do frames."""
    rig = await Rig(sim, args).up()
    cases = []
    for _ in range(args["turns"]):
        sim.wire.send_frames([rig.frame(1514) for _ in range(6)])
        for _ in range(12):
            rig.device.transmit(rig.frame(1514, OTHER))
        await sim.sleep_ns(10_000 + rig.rng.randrange(50_000))
        sim.wire.link(False)
        down, held = await until_link(rig, False), await rig.reclaim()
        sim.wire.link(True)
        up = await until_link(rig, True)
        await sim.idle(LIMIT_NS)
        while rig.device.poll():
            pass
        cases.append([down, held, up, await rig.ping_pong([60, 1514, 9014])])
    return {"cases": cases, "changes": rig.device.config_changes, "counters": await rig.close()}


async def pause_obeyed(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """Pause frames to the card: for how long nothing of the driver's leaves, and that it then all does."""
    rig = await Rig(sim, args).up()
    holds = []
    for quanta in args["quanta"]:
        count = sim.wire.frames(TO_CARD)
        sim.wire.send(pause_frame(quanta))
        await sim.wire.wait_sent(count + 1)
        start = sim.time_ns
        await sim.sleep_ns(200)
        out = [rig.frame(200 + place, OTHER) for place in range(8)]
        wire = await rig.send(out)
        first = sim.wire.received[-len(out)][0] if wire == out else -1
        holds.append([quanta * quantum_ns(sim), first - start])
    # the longest pause there is, ended by one of no time
    sim.wire.send(pause_frame(0xFFFF))
    await sim.sleep_ns(1_000)
    out = [rig.frame(1514, OTHER) for _ in range(20)]
    before = len(sim.wire.received)
    for frame in out:
        rig.device.transmit(frame)
    await sim.sleep_ns(100_000)
    held = len(sim.wire.received) - before
    # reception goes on meanwhile
    frame = rig.frame(700)
    sim.wire.send(frame)
    heard = [received.frame for received in await rig.receive(1)] == [frame]
    start = sim.time_ns
    sim.wire.send(pause_frame(0))
    await sim.idle(LIMIT_NS)
    sent = sim.wire.received[before:]
    return {
        "holds": holds, "held": held, "heard": heard, "sent": [data for _, data in sent] == out,
        "resumed_ns": sent[0][0] - start if sent else None, "unasked": len(rig.device.poll()),
        "after": await rig.ping_pong([60, 9014]), "counters": await rig.close(),
    }  # fmt: skip


class Peer:
    """The other end of the wire, which obeys pause frames: once it has reacted it starts no further frame."""

    def __init__(self, rig: Rig, reaction_ns: float) -> None:
        self.rig, self._reaction_ns = rig, reaction_ns
        self._looked = len(rig.sim.wire.received)
        self._stop_ns = self._go_ns = 0.0
        self.asked: list[int] = []
        self.others: list[bytes] = []

    def look(self) -> None:
        """Read what the card has sent since."""
        received = self.rig.sim.wire.received
        for at, frame in received[self._looked :]:
            quanta = quanta_of(frame)
            if quanta is None:
                self.others.append(frame)
                continue
            end = at + 72 * byte_ps(self.rig.sim) / 1000
            self.asked.append(quanta)
            self._stop_ns, self._go_ns = end + self._reaction_ns, end + quanta * quantum_ns(self.rig.sim)
        self._looked = len(received)

    async def send(self, frames: list[bytes]) -> None:
        """All of them, at line rate as far as the card allows."""
        sim = self.rig.sim
        sent = sim.wire.frames(TO_CARD)
        for frame in frames:
            self.look()
            while self._stop_ns <= sim.time_ns < self._go_ns:
                await sim.wire.wait_received(sim.wire.frames(AT_PEER) + 1, self._go_ns - sim.time_ns)
                self.look()
            sim.wire.send(frame)
            sent += 1
            await sim.wire.wait_sent(sent)


async def pause_asked(sim: Any, args: dict[str, Any]) -> dict[str, Any]:
    """A host slower than the wire, or at a standstill: a peer that obeys the card's pause frames loses nothing."""
    rig = await Rig(sim, args).up()
    before = await rig.firmware.counters()
    cases = {}
    rate = sim.cell("memory.write_millibytes")
    for name, sizes, own, slow, reaction_ns in args["cases"]:
        peer = Peer(rig, reaction_ns)
        back = [rig.frame(size) for size in sizes]
        out = [rig.frame(own, OTHER) for _ in range(OWN_FRAMES)] if own else []
        for frame in out:
            assert rig.device.transmit(frame)
        await sim.sleep_ns(3_000)
        rate.value = slow
        sending = sim.start_soon(peer.send(back))
        if slow == STANDSTILL:
            await sim.sleep_ns(60_000)
            rate.value = 0
        got = await rig.receive(len(back), RECEIVE_BYTES * round(byte_ps(sim)) // 1000)
        await sending
        rate.value = 0
        await sim.idle(LIMIT_NS)
        peer.look()
        after = await rig.firmware.counters()
        moved, before = {key: after[key] - before[key] for key in after}, after
        cases[name] = {
            "whole": [frame.frame for frame in got] == back, "sent": peer.others == out, "asked": peer.asked,
            "pause_frames": moved["tx_pause_frames"],
            "drops": {key: value for key, value in moved.items() if "_drop_" in key and value},
        }  # fmt: skip
        await rig.reclaim()
    return {"cases": cases, "after": await rig.ping_pong([60, 9014]), "counters": await rig.close()}
