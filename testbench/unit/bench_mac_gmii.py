# SPDX-License-Identifier: Apache-2.0
"""mac_gmii on its wire, which cocotbext-eth drives and reads: frames, gaps, verdicts, link, flow control, crossings."""

import logging
import os
import random
from collections import Counter, deque

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge, Timer
from cocotbext.eth import GmiiFrame, GmiiSink, GmiiSource

from testbench.lib.streams import Sink, Source
from testbench.lib.xgmii import with_fcs

EVENTS = (
    "tx_frame", "rx_frame", "rx_fcs", "rx_runt", "rx_giant", "rx_error", "rx_overflow", "rx_pause", "tx_pause",
    "tx_underrun",
)  # fmt: skip
MAX_FRAME = 1522
OWN = bytes.fromhex("021122334455")
PAUSE_ADDRESS = bytes.fromhex("0180c2000001")
BYTE_PS = 8000
SFD = 0xD5
CORE_PS = int(os.environ.get("CORE_PS", "4000"))
GAP = 12


def pause_frame(quanta: int, source: bytes = OWN) -> bytes:
    return (PAUSE_ADDRESS + source + bytes.fromhex("88080001") + quanta.to_bytes(2, "big")).ljust(60, b"\0")


def with_preamble(data: bytes, length: int = 8) -> bytes:
    """A preamble of ``length`` bytes, the start delimiter included, and the frame as given."""
    return b"\x55" * (length - 1) + bytes([SFD]) + data


class WireIn(GmiiSource):
    """The PHY's side of the receive pins; every frame has a gap of its own behind it."""

    gaps: deque[int]

    @property
    def ifg(self) -> int:
        return self.gaps.popleft()

    @ifg.setter
    def ifg(self, _: int) -> None:
        self.gaps = deque()

    def put(self, raw: bytes, gap: int = GAP, errors: tuple[int, ...] = ()) -> None:
        """Bytes with valid high, the error pin at the given places."""
        self.gaps.append(gap)
        marks = [int(place in errors) for place in range(len(raw))]
        self.send_nowait(GmiiFrame(raw, marks if errors else None))

    def frame(self, frame: bytes, gap: int = GAP, preamble: int = 8) -> None:
        self.put(with_preamble(with_fcs(frame), preamble), gap)


class WireOut(GmiiSink):
    """The PHY's side of the transmit pins. The model leaves out a frame's first byte, which its times put back."""

    def take(self) -> list[GmiiFrame]:
        frames = [self.recv_nowait() for _ in range(self.count())]
        for frame in frames:
            missing = round((frame.sim_time_end - frame.sim_time_start) / BYTE_PS) - len(frame.data)
            frame.data = bytearray(b"\x55" * missing) + frame.data
        return frames

    def payloads(self) -> list[bytes]:
        return [payload(frame) for frame in self.take()]


def payload(frame: GmiiFrame) -> bytes:
    """The frame without FCS, its form on the wire checked."""
    assert frame.error is None, "error inside a frame"
    data = bytes(frame.data)
    assert data[:8] == with_preamble(b""), f"wrong preamble {data[:8].hex()}"
    assert data[8:] == with_fcs(data[8:-4]), "wrong FCS"
    return data[8:-4]


def gaps(frames: list[GmiiFrame]) -> list[int]:
    """Byte times without a frame between each two."""
    pairs = zip(frames[1:], frames, strict=False)
    return [round((after.sim_time_start - before.sim_time_end) / BYTE_PS) for after, before in pairs]


class Bench:
    """The MAC between a core with short random pauses and a wire that never pauses at all."""

    def __init__(self, dut, core_ps: int = CORE_PS, stall: float = 0.2) -> None:
        self.dut, self.rng = dut, random.Random(cocotb.RANDOM_SEED)
        self.keep_w = len(dut.s_axis_tkeep)
        self.counts: Counter[str] = Counter()
        cocotb.start_soon(Clock(dut.clk, core_ps, "ps").start())
        cocotb.start_soon(Clock(dut.tx_clk, BYTE_PS, "ps").start())
        cocotb.start_soon(Clock(dut.rx_clk, BYTE_PS + 2, "ps").start())
        self.core = Source(dut, dut.clk, ["tdata", "tkeep", "tlast"], stall=stall)
        self.core_out = Sink(dut, dut.clk, ["tdata", "tkeep", "tlast", "tuser"], ready=None, stall=0.0)
        self.wire_in = WireIn(dut.gmii_rxd, dut.gmii_rx_er, dut.gmii_rx_dv, dut.rx_clk)
        self.wire_in.log.setLevel(logging.WARNING)
        for name in ("cfg_pause_rx", "cfg_pause_tx", "pause_request"):
            getattr(dut, name).value = 0
        for name in ("rst", "tx_rst", "rx_rst", "wire_link_up"):
            getattr(dut, name).value = 1
        dut.cfg_max_frame.value = MAX_FRAME
        dut.cfg_mac.value = int.from_bytes(OWN, "little")

    async def start(self) -> None:
        dut = self.dut
        await ClockCycles(dut.tx_clk, 4)
        await ClockCycles(dut.clk, 4)
        for reset in (dut.rst, dut.tx_rst, dut.rx_rst):
            reset.value = 0
        self.wire_out = WireOut(dut.gmii_txd, dut.gmii_tx_er, dut.gmii_tx_en, dut.tx_clk)
        self.wire_out.log.setLevel(logging.WARNING)
        for name in EVENTS:
            cocotb.start_soon(self._count(name))
        await ClockCycles(dut.tx_clk, 4)
        await ClockCycles(dut.clk, 4)
        assert int(dut.link_up.value) == 1 and int(dut.fault.value) == 0

    async def _count(self, name: str) -> None:
        """Cycles in which an event is high."""
        event, edge = getattr(self.dut, f"evt_{name}"), RisingEdge(self.dut.clk)
        size = getattr(self.dut, f"evt_{name[:3]}bytes") if name in ("tx_frame", "rx_frame") else None
        while True:
            await RisingEdge(event)
            await ReadOnly()
            while int(event.value):
                self.counts[name] += 1
                if size is not None:
                    self.counts[f"{name[:3]}bytes"] += int(size.value)
                await edge
                await ReadOnly()

    async def until(self, condition, cycles: int = 40_000, what: str = "the bench's condition") -> None:
        for _ in range(cycles):
            if condition():
                return
            await RisingEdge(self.dut.tx_clk)
        raise AssertionError(f"{what} did not come about in {cycles} cycles; counts {self.counts}")

    async def set(self, name: str, value: int) -> None:
        """A level of the core changes with the core's clock."""
        await RisingEdge(self.dut.clk)
        getattr(self.dut, name).value = value

    def send(self, frames: list[bytes]) -> None:
        for frame in frames:
            self.core.send_frame(frame, self.keep_w)

    async def sent(self, count: int) -> list[GmiiFrame]:
        """Wait for so many frames on the wire."""
        await self.until(lambda: self.wire_out.count() >= count, what=f"{count} frames on the wire")
        return self.wire_out.take()

    async def receive(self) -> list[tuple[bytes, int]]:
        """Wait until all that was put on the wire has passed; the frames the core was given."""
        await self.until(self.wire_in.idle, 150_000, "an empty wire")
        await ClockCycles(self.dut.rx_clk, 30)
        await ClockCycles(self.dut.clk, 30)
        frames = self.core_out.take_frames()
        assert not self.core_out.words, "a frame without an end"
        return frames


@cocotb.test()
async def sends_frames_of_every_length(dut):
    """Padding, preamble, FCS, never less than 12 bytes of gap; the core may pause for moments within a frame."""
    bench = Bench(dut)
    await bench.start()
    lengths = [*range(1, 18), *range(57, 76), 127, 128, 129, 511, 512, 513, 1514, 1518, 9212, 9300]
    bench.rng.shuffle(lengths)
    frames = [bench.rng.randbytes(length) for length in lengths]
    for index, frame in enumerate(frames):
        bench.send([frame])
        if index % 10 == 0:  # start some frames from idle
            await bench.until(lambda: bench.core.idle)
            await ClockCycles(dut.tx_clk, bench.rng.randrange(150))
    seen = await bench.sent(len(frames))
    assert [payload(frame) for frame in seen] == [frame.ljust(60, b"\0") for frame in frames]
    assert min(gaps(seen)) == GAP
    total = sum(max(60, length) for length in lengths)
    assert bench.counts == Counter(tx_frame=len(frames), tx_bytes=total)
    assert not int(dut.tx_busy.value)


@cocotb.test()
async def bears_a_pause_of_the_core_anywhere(dut):
    """400 ns without a word, from the first beats of a frame on, do not show on the wire."""
    bench = Bench(dut, stall=0.0)
    await bench.start()
    for place in (1, 2, 3, 5, 8, 9, 10, 14):
        frame = bench.rng.randbytes(20 * bench.keep_w)
        bench.send([frame])
        left = len(bench.core.queue) - place
        while len(bench.core.queue) > left:
            await RisingEdge(dut.clk)
        bench.core.stall = 1.0
        await Timer(400, "ns")
        bench.core.stall = 0.0
        assert [payload(seen) for seen in await bench.sent(1)] == [frame], f"paused after beat {place}"
    assert bench.counts["tx_underrun"] == 0


@cocotb.test()
async def keeps_the_line_full(dut):
    """Frames waiting behind each other are 12 bytes apart, whatever their length."""
    bench = Bench(dut)
    await bench.start()
    for lengths in ([60] * 30, [61] * 10, [67] * 10, [bench.rng.randrange(60, 300) for _ in range(20)]):
        bench.send([bench.rng.randbytes(length) for length in lengths])
        seen = await bench.sent(len(lengths))
        assert set(gaps(seen)) == {GAP}
        assert [len(payload(frame)) for frame in seen] == lengths


@cocotb.test()
async def receives_frames_of_every_length(dut):
    """Gaps down to 8 bytes, preambles of 5 to 12 bytes with the start delimiter, jumbo frames up to the limit."""
    bench = Bench(dut)
    dut.cfg_max_frame.value = 9216
    await bench.start()
    lengths = [*range(60, 80), 127, 128, 129, 1514, 1518, 9211, 9212]
    bench.rng.shuffle(lengths)
    frames = [bench.rng.randbytes(length) for length in lengths]
    for frame in frames:
        bench.wire_in.frame(frame, bench.rng.choice([8, 8, 9, 12, 40]), bench.rng.choice([5, 6, 7, 8, 8, 12]))
    assert await bench.receive() == [(frame, 0) for frame in frames]
    assert bench.counts == Counter(rx_frame=len(frames), rx_bytes=sum(lengths))
    bench.wire_in.frame(bench.rng.randbytes(9213))
    (cut,) = await bench.receive()
    assert cut[1] and bench.counts["rx_giant"] == 1


@cocotb.test()
async def minimum_frames_at_line_rate_both_ways(dut):
    """84 byte times a frame, both ways at once: all arrive, as fast as they came, and every counter is exact."""
    bench = Bench(dut)
    await bench.start()
    count = 60
    there, back = ([bench.rng.randbytes(60) for _ in range(count)] for _ in range(2))
    for frame in there:
        bench.wire_in.frame(frame)
    bench.send(back)
    assert await bench.receive() == [(frame, 0) for frame in there]
    seen = await bench.sent(count)
    assert [payload(frame) for frame in seen] == back and set(gaps(seen)) == {GAP}
    spent = (seen[-1].sim_time_start - seen[0].sim_time_start) / BYTE_PS
    assert spent == (count - 1) * 84
    assert bench.counts == Counter(rx_frame=count, rx_bytes=60 * count, tx_frame=count, tx_bytes=60 * count)


@cocotb.test()
async def judges_received_frames(dut):
    """Bad FCS, runts, giants, errors, bad preambles, cut frames: dropped, counted once, others unharmed."""
    bench = Bench(dut)
    await bench.start()
    rng, counts, good, put = bench.rng, Counter(), [], bench.wire_in.put
    kinds = ["good", "fcs", "runt", "giant", "error", "preamble", "no start", "cut"] * 8
    rng.shuffle(kinds)
    for step, kind in enumerate(kinds):
        gap = rng.choice([1, 1, 8, 9, 12, 12, 30])
        frame = rng.randbytes(rng.choice([60, 61, rng.randrange(60, 200)]))
        raw = with_preamble(with_fcs(frame), rng.choice([5, 8]))
        if kind == "good":
            put(raw, gap)
            good.append(frame)
            counts["rx_frame"] += 1
            counts["rx_bytes"] += len(frame)
        elif kind == "fcs":
            data = bytearray(raw)
            data[rng.randrange(8, len(data))] ^= 1 << rng.randrange(8)
            put(bytes(data), gap)
            counts["rx_fcs"] += 1
        elif kind == "runt":
            # with or without a good FCS, down to no byte at all
            short = rng.randbytes(step % 60)
            put(with_preamble(with_fcs(short) if rng.random() < 0.5 else short), gap)
            counts["rx_runt"] += 1
        elif kind == "giant":
            put(with_preamble(with_fcs(rng.randbytes(MAX_FRAME - 4 + rng.choice([1, 2, 8, 100])))), gap)
            counts["rx_giant"] += 1
        elif kind == "error":
            put(raw, gap, (rng.choice([rng.randrange(len(raw)), 0, len(raw) - 1]),))
            counts["rx_error"] += 1
        elif kind == "preamble":
            put(bytes([rng.choice([0x54, 0x5D, 0, 0xFF])]).join([raw[:2], raw[3:]]), gap)
            counts["rx_error"] += 1
        elif kind == "no start":
            put(b"\x55" * rng.randrange(1, 20), gap)
            counts["rx_error"] += 1
        else:
            put(raw[: rng.randrange(75, len(raw)) if len(raw) > 80 else -1], gap)
            counts["rx_fcs" if len(bench.wire_in.queue._queue[-1].data) >= (raw.index(SFD) + 65) else "rx_runt"] += 1
    received = await bench.receive()
    assert [frame for frame, bad in received if not bad] == good
    assert sum(bad for _, bad in received) == len(kinds) - len(good)
    assert bench.counts == counts
    # what a PHY says between frames (false carrier, in-band status) is no frame
    dut.gmii_rx_er.value = 1
    dut.gmii_rxd.value = 0x0E
    await ClockCycles(dut.rx_clk, 20)
    dut.gmii_rx_er.value = 0
    await ClockCycles(dut.rx_clk, 20)
    bench.wire_in.frame(good[0])
    assert await bench.receive() == [(good[0], 0)]
    assert bench.counts == counts + Counter(rx_frame=1, rx_bytes=len(good[0]))


@cocotb.test()
async def loses_frames_without_a_link(dut):
    """Frames are taken at the wire's pace and lost, none is begun or ended half way through; the level arrives."""
    bench = Bench(dut)
    await bench.start()
    long = bench.rng.randbytes(600)
    bench.send([long])
    await ClockCycles(dut.tx_clk, 300)
    dut.wire_link_up.value = 0
    bench.send([bench.rng.randbytes(200) for _ in range(5)])
    await bench.until(lambda: bench.core.idle and not int(dut.tx_busy.value), 3000, "frames to go")
    assert int(dut.link_up.value) == 0
    (cut,) = bench.wire_out.take()
    assert bytes(cut.data) != with_preamble(with_fcs(long)) and with_preamble(long).startswith(bytes(cut.data))
    bench.send([bench.rng.randbytes(600)])
    await ClockCycles(dut.tx_clk, 300)
    dut.wire_link_up.value = 1
    frames = [bench.rng.randbytes(70) for _ in range(3)]
    bench.send(frames)
    assert [payload(frame) for frame in await bench.sent(3)] == frames
    assert int(dut.link_up.value) == 1 and bench.counts["tx_frame"] == 10


@cocotb.test()
async def obeys_received_pause(dut):
    """A pause frame stops the core's frames for its quanta of 512 bit times, zero ends it; the core never gets it."""
    bench = Bench(dut)
    await bench.start()
    dut.cfg_pause_rx.value = 1
    await ClockCycles(dut.rx_clk, 5)
    for source in (OWN, bench.rng.randbytes(6)):
        bench.wire_in.frame(pause_frame(20, source))
        await bench.until(bench.wire_in.idle)
        end = cocotb.utils.get_sim_time("ps")
        await ClockCycles(dut.tx_clk, 20)
        assert not int(dut.tx_busy.value)
        bench.send([b"\x11" * 100] * 2)
        await ClockCycles(dut.tx_clk, 20)
        assert int(dut.tx_busy.value), "frames held by a pause are under way"
        waited = ((await bench.sent(2))[0].sim_time_start - end) / BYTE_PS
        # the model calls itself idle at the end of the gap
        assert 20 * 64 <= waited + GAP <= 20 * 64 + 30, f"paused for {waited} bytes after the frame's arrival"
    # zero quanta end a pause; what is not a good pause frame pauses nothing
    whole = pause_frame(0xFFFF)
    bench.wire_in.frame(whole)
    bench.wire_in.frame(pause_frame(0))
    damaged = bytearray(with_preamble(with_fcs(whole)))
    damaged[-1] ^= 1
    bench.wire_in.put(bytes(damaged))
    others = [whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :] for place in (0, 5, 12, 15)]
    for other in (*others, whole[:40], whole[:59]):
        bench.wire_in.frame(other)
    assert [frame for frame, bad in await bench.receive() if not bad] == others
    bench.send([b"\x22" * 100])
    await bench.until(lambda: bench.wire_out.count() == 1, 300)
    assert bench.counts == Counter(rx_pause=4, rx_fcs=1, rx_runt=2, rx_frame=4, rx_bytes=240, tx_frame=5, tx_bytes=500)
    dut.cfg_pause_rx.value = 0
    await ClockCycles(dut.rx_clk, 5)
    bench.wire_in.frame(whole)
    assert await bench.receive() == [(whole, 0)], "without PAUSE_RX it is a frame like any other"


@cocotb.test()
async def asks_for_pause(dut):
    """XOFF when the request rises, again while it stays, XON when it falls; ahead of frames, even when paused."""
    bench = Bench(dut)
    await bench.start()
    await bench.set("pause_request", 1)
    await ClockCycles(dut.tx_clk, 120)
    assert not bench.wire_out.count(), "PAUSE_TX is off"
    await bench.set("cfg_pause_tx", 1)
    await bench.set("cfg_pause_rx", 1)
    refresh = int(dut.PAUSE_REFRESH_CYCLES.value)
    assert [payload(frame) for frame in await bench.sent(1)] == [pause_frame(0xFFFF)]
    await ClockCycles(dut.clk, 2 * refresh)
    await ClockCycles(dut.tx_clk, 120)
    seen = bench.wire_out.payloads()
    assert set(seen) == {pause_frame(0xFFFF)} and len(seen) in (2, 3)
    bench.wire_in.frame(pause_frame(0xFFFF, b"\2" * 6))
    await bench.receive()
    bench.send([b"\x33" * 300] * 3)
    await ClockCycles(dut.tx_clk, 60)
    await bench.set("pause_request", 0)
    await ClockCycles(dut.tx_clk, 120)
    last = bench.wire_out.payloads()
    assert last[-1] == pause_frame(0) and set(last[:-1]) <= {pause_frame(0xFFFF)}, "the core's frames were to wait"
    bench.wire_in.frame(pause_frame(0))
    await bench.until(lambda: int(dut.gmii_tx_en.value) == 1, 2000)
    await bench.set("pause_request", 1)
    await bench.until(lambda: bench.counts["tx_frame"] == 3 and not int(dut.tx_busy.value))
    await ClockCycles(dut.tx_clk, 450)
    rest = bench.wire_out.payloads()
    # the new request overtakes waiting frames, all but those that had started
    assert rest.index(pause_frame(0xFFFF)) < 3 and rest.count(b"\x33" * 300) == 3
    assert 1 + len(seen) + len(last) + len(rest) - 3 == bench.counts["tx_pause"]


@cocotb.test()
async def survives_a_slow_core(dut):
    """A core slower than the wire loses whole frames, each counted; a transmit underrun spoils its frame, counted."""
    bench = Bench(dut, core_ps=3 * BYTE_PS * len(dut.s_axis_tkeep) // 2, stall=0.0)
    await bench.start()
    rng = bench.rng
    long = 10 * bench.keep_w * 8  # far more than the FIFO evens out
    frames = [rng.randbytes(rng.choice([60, 3 * bench.keep_w + 60, long])) for _ in range(20)]
    dut.cfg_max_frame.value = 9216
    for frame in frames:
        bench.wire_in.frame(frame)
    received = await bench.receive()
    await ClockCycles(dut.clk, 100)
    received += bench.core_out.take_frames()
    good = [frame for frame, bad in received if not bad]
    rest = iter(frames)
    assert all(frame in rest for frame in good), "a frame that was never sent, or out of order"
    assert 0 < len(good) < len(frames)
    assert bench.counts["rx_overflow"] == len(frames) - len(good)
    assert bench.counts["rx_frame"] == len(good) and bench.counts["rx_bytes"] == sum(map(len, good))
    sent = [rng.randbytes(length) for length in (60, long, 64, 100, long, 60)]
    bench.send(sent)
    await bench.until(lambda: bench.wire_out.count() == len(sent))
    seen = bench.wire_out.take()
    assert [frame.error is not None for frame in seen] == [len(frame) == long for frame in sent]
    assert [payload(frame) for frame in seen if frame.error is None] == [frame for frame in sent if len(frame) < long]
    assert all(frame.error[-1] for frame in seen if frame.error is not None)
    assert bench.counts["tx_underrun"] == 2
