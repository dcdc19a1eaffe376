# SPDX-License-Identifier: Apache-2.0
"""etherbone answers as its oracle does, makes exactly the accesses it is asked for, and swallows what is no request."""

import random
import struct

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge
from scapy.layers.inet import ICMP, IP, UDP
from scapy.layers.l2 import ARP, Ether
from scapy.packet import Raw

from testbench.lib.streams import Sink, Source
from testbench.unit.etherbone_oracle import BROADCAST, MOST, PORT, Oracle, packet, record

MAC, ADDRESS, PEER = "02:46:45:52:00:01", "192.168.1.50", "192.168.1.7"
PEER_MAC = "02:00:00:00:00:07"
BEAT = "tdata", "tkeep", "tlast"


def word_at(address: int) -> int:
    """What the bus reads there."""
    return (address * 0x9E3779B1 ^ address >> 7) & 0xFFFFFFFF


class Bench:
    """The port between two streams and a bus that answers late."""

    def __init__(self, dut, stall: float) -> None:
        self.dut, self.rng = dut, random.Random(cocotb.RANDOM_SEED)
        self.oracle = Oracle(MAC, ADDRESS, word_at)
        self.seen: list[tuple[str, int, int]] = []
        self.stall = stall

    async def start(self) -> None:
        """Clock, addresses, reset."""
        dut = self.dut
        cocotb.start_soon(Clock(dut.clk, 16, "ns").start())
        dut.cfg_mac.value = int(MAC.replace(":", ""), 16)
        dut.cfg_ip.value = int.from_bytes(bytes(map(int, ADDRESS.split("."))), "big")
        for name in ("s_axis_tvalid", "m_axis_tready", "wb_ack", "wb_dat_r"):
            getattr(dut, name).value = 0
        dut.rst.value = 1
        await ClockCycles(dut.clk, 3)
        dut.rst.value = 0
        self.source = Source(dut, dut.clk, (*BEAT, "tuser"), ready=None, stall=self.stall, rng=self.rng)
        self.sink = Sink(dut, dut.clk, BEAT, stall=self.stall, rng=self.rng)
        cocotb.start_soon(self._bus())

    async def _bus(self) -> None:
        dut, edge = self.dut, RisingEdge(self.dut.clk)
        while True:
            await edge
            await ReadOnly()
            if not int(dut.wb_stb.value):
                continue
            wait = self.rng.randrange(6) if self.rng.random() < self.stall else 0
            if wait:
                await ClockCycles(dut.clk, wait)
            address, write, data = 4 * int(dut.wb_adr.value), int(dut.wb_we.value), int(dut.wb_dat_w.value)
            await edge
            dut.wb_ack.value, dut.wb_dat_r.value = 1, word_at(address)
            self.seen.append(("write", address, data) if write else ("read", address, word_at(address)))
            await edge
            dut.wb_ack.value, dut.wb_dat_r.value = 0, self.rng.getrandbits(32)

    async def ask(self, frame: bytes, bad: bool = False) -> None:
        """Send a frame; its answer, or that there is none, and the accesses must be the oracle's."""
        self.source.send_frame(frame, 8, int(bad))
        expected = None if bad else self.oracle.answer(frame)
        got: list[bytes] = []
        quiet = 0
        limit = 20_000
        while quiet < 60 and limit:
            await RisingEdge(self.dut.clk)
            limit -= 1
            got += [data for data, _ in self.sink.take_frames()]
            busy = not self.source.idle or int(self.dut.wb_stb.value) or len(self.seen) < len(self.oracle.accesses)
            quiet = 0 if busy or (expected and not got) else quiet + 1
        assert limit, f"no answer to {frame.hex()}"
        assert self.seen == self.oracle.accesses, f"other accesses for {frame.hex()}"
        assert got == ([expected] if expected else []), (
            f"{frame.hex()}\nanswered by {[data.hex() for data in got]}\ninstead of  {expected and expected.hex()}"
        )
        self.seen.clear()
        self.oracle.accesses.clear()


def over_udp(data: bytes, sport: int = 4000, dport: int = PORT, dst: str = MAC) -> bytes:
    """A frame of a peer, padded as a wire would have it."""
    frame = bytes(Ether(dst=dst, src=PEER_MAC) / IP(src=PEER, dst=ADDRESS) / UDP(sport=sport, dport=dport) / Raw(data))
    return frame.ljust(60, b"\0")


def arp(rng: random.Random) -> bytes:
    """A question for us, or for another address."""
    asked = rng.choice((ADDRESS, ADDRESS, "192.168.1.51"))
    return bytes(Ether(dst=BROADCAST, src=PEER_MAC) / ARP(op=1, hwsrc=PEER_MAC, psrc=PEER, pdst=asked)).ljust(60, b"\0")


def ping(rng: random.Random) -> bytes:
    """An echo request of any length."""
    data = rng.randbytes(rng.choice((0, 1, 2, 3, 17, 56, rng.randrange(MOST - 27), MOST - 28)))
    frame = Ether(dst=MAC, src=PEER_MAC) / IP(src=PEER, dst=ADDRESS) / ICMP(type=rng.choice((8, 8, 8, 0))) / Raw(data)
    return bytes(frame).ljust(rng.choice((42, 60)), b"\0")


def request(rng: random.Random) -> bytes:
    """Records of reads and writes, as many as fit, some in one packet."""
    data, room = b"", (MOST - 36) // 4
    for _ in range(rng.choice((1, 1, 2, 4))):
        writes, reads = (rng.choice((0, 1, 3, rng.randrange(120))) for _ in range(2))
        words = record(
            [rng.getrandbits(32) for _ in range(writes)], [rng.getrandbits(32) for _ in range(reads)],
            rng.getrandbits(32), rng.getrandbits(32), rng.choice((15, 15, rng.randrange(256))),
        )  # fmt: skip
        if len(data + words) // 4 <= room:
            data += words
    return packet(data, rng.choice((0, 0, rng.randrange(1, 4), rng.getrandbits(32))), rng.random() < 0.05)


def spoiled(rng: random.Random, frame: bytes) -> bytes:
    """A request with some bytes of its headers changed, or cut off."""
    data = bytearray(frame)
    for _ in range(rng.randint(1, 3)):
        data[rng.randrange(min(len(data), 64))] = rng.choice((0, 255, rng.randrange(256)))
    return bytes(data[: rng.choice((len(data), len(data), rng.randrange(1, len(data) + 1)))])


async def started(dut, stall: float = 0.3) -> Bench:
    """A bench out of reset."""
    bench = Bench(dut, stall)
    await bench.start()
    return bench


@cocotb.test
async def every_kind(dut):
    """One of each, by hand."""
    bench = await started(dut)
    await bench.ask(bytes(Ether(dst=BROADCAST, src=PEER_MAC) / ARP(op=1, psrc=PEER, pdst=ADDRESS)).ljust(60, b"\0"))
    await bench.ask(over_udp(packet(b"", probe=True)))
    await bench.ask(over_udp(packet(record([1, 2, 3], [], base=0x1000))))
    await bench.ask(over_udp(packet(record([], [0x1000, 0x20, 0x1004], back=7))))
    await bench.ask(over_udp(packet(record([9], [4], base=0x8) + record([], [12]))))
    await bench.ask(over_udp(packet(record([1], [], base=4), tag=77)))
    await bench.ask(over_udp(packet(record([5] * 255, [], base=4))))
    await bench.ask(over_udp(packet(record([], [8] * 255))))
    await ClockCycles(dut.clk, 500)
    assert not bench.sink.words


@cocotb.test
async def a_repeated_request_is_answered_again_and_not_done_again(dut):
    """By tag, address and port; with something else in between it is done again."""
    bench = await started(dut)
    asked = over_udp(packet(record([3], [16], base=64), tag=5))
    await bench.ask(asked)
    for _ in range(3):
        await bench.ask(asked)
    assert bench.oracle._last
    await bench.ask(over_udp(packet(record([3], [16], base=64), tag=5), sport=4001))
    await bench.ask(asked)
    await bench.ask(ping(random.Random(1)))
    await bench.ask(asked)


@cocotb.test
async def lengths_that_lie(dut):
    """Counts beyond the packet, packets beyond the frame: nothing of that record is done."""
    bench = await started(dut)
    good = record([], [4, 8])
    for data in (
        struct.pack(">BBBB", 0, 15, 0, 200),
        struct.pack(">BBBB", 0, 15, 255, 255),
        struct.pack(">BBBBI", 0, 15, 1, 0, 4),
    ):
        await bench.ask(over_udp(packet(data)))
        await bench.ask(over_udp(packet(good + data)))
    whole = over_udp(packet(record([], [4] * 40)))
    for end in (43, 60, 61, len(whole) - 1):
        await bench.ask(whole[:end])
    await bench.ask(whole)
    await bench.ask(whole, bad=True)


@cocotb.test
async def anything(dut):
    """Frames of all kinds, right and wrong, one after another."""
    bench = await started(dut, random.Random(cocotb.RANDOM_SEED).choice((0, 0.2, 0.5)))
    rng = bench.rng
    for _ in range(150):
        frame = rng.choice((arp, ping, lambda rng: over_udp(request(rng), rng.choice((PORT, 4000)))))(rng)
        if rng.random() < 0.3:
            frame = spoiled(rng, frame)
        if rng.random() < 0.1:
            frame += rng.randbytes(rng.randrange(20))
        await bench.ask(frame, rng.random() < 0.1)


@cocotb.test
async def a_flood_is_lost_or_answered(dut):
    """Requests back to back: each is answered whole or lost whole, in order."""
    bench = await started(dut, 0)
    asked = [over_udp(packet(record([], [4 * n] * 60), tag=n + 1)) for n in range(40)]
    for frame in asked:
        bench.source.send_frame(frame, 8)
    await ClockCycles(dut.clk, 40_000)
    answers = [data for data, _ in bench.sink.take_frames()]
    expected = [bench.oracle.answer(frame) for frame in asked]
    places = [expected.index(answer) for answer in answers]
    assert places == sorted(set(places)) and len(places) >= 5, places
