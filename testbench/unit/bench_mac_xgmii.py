# SPDX-License-Identifier: Apache-2.0
"""mac_xgmii on its wire: frames, gaps, verdicts, faults, flow control, crossings, against an encoder of our own."""

import random
from collections import Counter

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge

from testbench.lib.streams import Sink, Source
from testbench.lib.xgmii import ERROR, IDLE, START, XgmiiDriver, XgmiiMonitor, fault_column, with_fcs

EVENTS = (
    "tx_frame", "rx_frame", "rx_fcs", "rx_runt", "rx_giant", "rx_error", "rx_overflow", "rx_pause", "tx_pause",
    "tx_underrun",
)  # fmt: skip
MAX_FRAME = 1522
OWN = bytes.fromhex("021122334455")
PAUSE_ADDRESS = bytes.fromhex("0180c2000001")


def pause_frame(quanta: int, source: bytes = OWN) -> bytes:
    return (PAUSE_ADDRESS + source + bytes.fromhex("88080001") + quanta.to_bytes(2, "big")).ljust(60, b"\0")


class Bench:
    """The MAC between a core that never pauses within a frame and a wire that never pauses at all."""

    def __init__(self, dut, core_ps=4000):
        self.dut, self.rng = dut, random.Random(cocotb.RANDOM_SEED)
        self.keep_w = len(dut.s_axis_tkeep)
        self.counts: Counter[str] = Counter()
        self.events = [(name, getattr(dut, f"evt_{name}")) for name in EVENTS]
        cocotb.start_soon(Clock(dut.clk, core_ps, "ps").start())
        cocotb.start_soon(Clock(dut.tx_clk, 6400, "ps").start())
        cocotb.start_soon(Clock(dut.rx_clk, 6402, "ps").start())
        self.core = Source(dut, dut.clk, ["tdata", "tkeep", "tlast"], stall=0.0)
        self.core_out = Sink(dut, dut.clk, ["tdata", "tkeep", "tlast", "tuser"], ready=None, stall=0.0)
        self.wire_in = XgmiiDriver(dut)
        for name in ("cfg_pause_rx", "cfg_pause_tx", "pause_request"):
            getattr(dut, name).value = 0
        for name in ("rst", "tx_rst", "rx_rst"):
            getattr(dut, name).value = 1
        dut.cfg_max_frame.value = MAX_FRAME
        dut.cfg_mac.value = int.from_bytes(OWN, "little")

    async def start(self):
        await ClockCycles(self.dut.tx_clk, 4)
        await ClockCycles(self.dut.clk, 4)
        for reset in (self.dut.rst, self.dut.tx_rst, self.dut.rx_rst):
            reset.value = 0
        self.wire_out = XgmiiMonitor(self.dut)
        cocotb.start_soon(self._count())
        await ClockCycles(self.dut.tx_clk, 4)
        await ClockCycles(self.dut.clk, 4)
        assert int(self.dut.link_up.value) == 1

    async def _count(self):
        edge = RisingEdge(self.dut.clk)
        while True:
            await ReadOnly()
            for name, signal in self.events:
                if int(signal.value):
                    self.counts[name] += 1
            self.counts["tx_bytes"] += int(self.dut.evt_tx_bytes.value)
            self.counts["rx_bytes"] += int(self.dut.evt_rx_bytes.value)
            await edge

    async def until(self, condition, words=20_000, what="the bench's condition"):
        for _ in range(words):
            if condition():
                return
            await RisingEdge(self.dut.tx_clk)
        raise AssertionError(f"{what} did not come about in {words} words; counts {self.counts}")

    async def set(self, name, value):
        """A level of the core changes with the core's clock."""
        await RisingEdge(self.dut.clk)
        getattr(self.dut, name).value = value

    def send(self, frames):
        for frame in frames:
            self.core.send_frame(frame, self.keep_w)

    async def receive(self):
        """Wait until all that was put on the wire has passed; the frames the core was given."""
        await self.until(lambda: self.wire_in.quiet, 40_000, "an empty wire")
        await ClockCycles(self.dut.rx_clk, 60)
        await ClockCycles(self.dut.clk, 200)  # a slow core empties its FIFO
        frames = self.core_out.take_frames()
        assert not self.core_out.words, "a frame without an end"
        return frames


def line_words(first, last):
    return (last.start - first.start) / 8


@cocotb.test()
async def sends_frames_of_every_length(dut):
    """Padding, preamble, FCS, every terminate lane, both start lanes, and never less than 9 bytes of gap."""
    bench = Bench(dut)
    await bench.start()
    lengths = [*range(1, 100), 511, 512, 513, 1514, 1518, 4000, *(bench.rng.randrange(14, 400) for _ in range(30))]
    bench.rng.shuffle(lengths)
    frames = [bench.rng.randbytes(length) for length in lengths]
    for index, frame in enumerate(frames):
        bench.send([frame])
        if index % 10 == 0:  # start some frames from idle
            await bench.until(lambda: bench.core.idle)
            await ClockCycles(dut.tx_clk, bench.rng.randrange(150))
    await bench.until(lambda: len(bench.wire_out.frames) == len(frames), what="the last frame")
    seen = bench.wire_out.take()
    assert [frame.payload for frame in seen] == [frame.ljust(60, b"\0") for frame in frames]
    assert min(frame.gap for frame in seen[1:]) >= 9
    assert {frame.start % 8 for frame in seen} == {0, 4}
    total = sum(max(60, length) for length in lengths)
    assert bench.counts == Counter(tx_frame=len(frames), tx_bytes=total, rx_bytes=0)


@cocotb.test()
async def keeps_the_line_full(dut):
    """Frames waiting behind each other start 8 + length + 12 bytes apart on the average, whatever their length."""
    bench = Bench(dut)
    await bench.start()
    for length in (60, 61, 62, 63, 64, 65, 131):
        count = 40
        bench.send([bench.rng.randbytes(length) for _ in range(count)])
        await bench.until(lambda count=count: len(bench.wire_out.frames) == count)
        seen = bench.wire_out.take()
        gaps = [frame.gap for frame in seen[1:]]
        assert set(gaps) <= set(range(9, 16)), f"gaps {gaps}"
        # the deficit carries at most 3 bytes over from the frames before
        assert abs(sum(gaps) - 12 * len(gaps)) <= 3, f"length {length}: gaps {gaps}"
        words, ideal = line_words(seen[0], seen[-1]), (count - 1) * (8 + length + 4 + 12) / 8
        assert abs(words - ideal) <= 3 / 8
        dut._log.info("%d frames of %d bytes: %.1f words of 64 bits, ideal %.1f", count, length + 4, words, ideal)
    # the first frames start from an empty FIFO; once others wait behind, lengths may change as they like
    mixed = [bench.rng.randrange(60, 300) for _ in range(80)]
    bench.send([bench.rng.randbytes(length) for length in mixed])
    await bench.until(lambda: len(bench.wire_out.frames) == len(mixed))
    gaps = [frame.gap for frame in bench.wire_out.take()[20:]]
    assert min(gaps) >= 9 and abs(sum(gaps) - 12 * len(gaps)) <= 3, f"gaps {gaps}"


@cocotb.test()
async def receives_frames_of_every_length(dut):
    """Both start lanes, every terminate lane, gaps down to the 5 bytes that a receiver may meet."""
    bench = Bench(dut)
    await bench.start()
    lengths = [*range(60, 140), 1514, 1518, *(bench.rng.randrange(60, 1500) for _ in range(15))]
    bench.rng.shuffle(lengths)
    frames = [bench.rng.randbytes(length) for length in lengths]
    for frame in frames:
        bench.wire_in.send(
            with_fcs(frame), bench.rng.choice([5, 5, 9, 12, 12, 40]), bench.rng.choice([None, None, 0, 4])
        )
    assert await bench.receive() == [(frame, 0) for frame in frames]
    assert bench.counts == Counter(rx_frame=len(frames), rx_bytes=sum(lengths), tx_bytes=0)


@cocotb.test()
async def receives_minimum_frames_at_line_rate(dut):
    """84 byte times a frame, starts alternating between lanes 0 and 4: all reach the core, as fast as they came."""
    bench = Bench(dut)
    await bench.start()
    ends, cycle = [], 0
    frames = [bench.rng.randbytes(60) for _ in range(150)]
    for frame in frames:
        bench.wire_in.send(with_fcs(frame), 12)
    edge = RisingEdge(dut.rx_clk)
    bench.core_out.on_word = lambda word: ends.append(cycle) if word["tlast"] else None
    while len(ends) < len(frames):
        await edge
        cycle += 1
        assert cycle < 150 * 11 + 100
    assert await bench.receive() == [(frame, 0) for frame in frames]
    words = ends[-1] - ends[0]
    dut._log.info("150 minimum frames: %d words of 64 bits from first to last, ideal %.1f", words, 149 * 10.5)
    assert abs(words - 149 * 10.5) <= 2
    assert bench.counts == Counter(rx_frame=150, rx_bytes=9000, tx_bytes=0)


@cocotb.test()
async def judges_received_frames(dut):
    """Bad FCS, runts, giants, stray characters, lost ends, bad preambles: dropped, counted once, others unharmed."""
    bench = Bench(dut)
    await bench.start()
    rng, counts, good = bench.rng, Counter(tx_bytes=0), []
    for step in range(140):
        kind = rng.choice(["good", "good", "fcs", "runt", "giant", "error", "preamble", "open", "control"])
        gap = rng.choice([5, 9, 12, 12, 30])
        frame = rng.randbytes(rng.choice([60, 61, rng.randrange(60, 300)]))
        if kind == "fcs":
            data = bytearray(with_fcs(frame))
            data[rng.randrange(len(data))] ^= 1 << rng.randrange(8)
            bench.wire_in.send(bytes(data), gap)
            counts["rx_fcs"] += 1
        elif kind == "runt":
            # with or without a good FCS, down to no byte at all
            short = rng.randbytes(step % 60)
            bench.wire_in.send(with_fcs(short) if rng.random() < 0.5 else short, gap)
            counts["rx_runt"] += 1
        elif kind == "giant":
            bench.wire_in.send(with_fcs(rng.randbytes(MAX_FRAME - 4 + rng.choice([1, 2, 8, 300]))), gap)
            counts["rx_giant"] += 1
        elif kind == "error":
            place = rng.randrange(8, len(frame) + 12)
            bench.wire_in.send(with_fcs(frame), gap, replace={place: (ERROR, True)})
            counts["rx_error"] += 1
        elif kind == "control":
            place = rng.randrange(8, len(frame) + 13)  # the terminate character as well
            bench.wire_in.send(with_fcs(frame), gap, replace={place: (IDLE, True)})
            counts["rx_error"] += 1
        elif kind == "preamble":
            place = rng.randrange(1, 8)
            bench.wire_in.send(with_fcs(frame), gap, replace={place: (ERROR, True)})
            counts["rx_error"] += 1
        elif kind == "open":
            # no terminate character: the next frame's start ends it
            bench.wire_in.align()
            bench.wire_in.put([(START, True), *((byte, False) for byte in b"\x55" * 6 + b"\xd5" + frame[:57])])
            while bench.wire_in.sent % 4:
                bench.wire_in.put([(0xAA, False)])
            counts["rx_error"] += 1
            kind = "good"
        if kind == "good":
            bench.wire_in.send(with_fcs(frame), gap)
            good.append(frame)
            counts["rx_frame"] += 1
            counts["rx_bytes"] += len(frame)
    received = await bench.receive()
    assert [frame for frame, bad in received if not bad] == good
    assert sum(bad for _, bad in received) == sum(
        counts[name] for name in ("rx_fcs", "rx_runt", "rx_giant", "rx_error")
    )
    assert bench.counts == counts


@cocotb.test()
async def answers_link_faults(dut):
    """Four like sequences within 128 columns of each other raise a fault, 128 columns without one end it (46.3.4)."""
    bench = Bench(dut)
    await bench.start()
    wire = bench.wire_in

    async def settle():
        await bench.until(lambda: wire.quiet)
        await ClockCycles(dut.rx_clk, 12)
        await ClockCycles(dut.clk, 12)

    def state():
        return int(dut.fault.value), int(dut.link_up.value)

    def sequences(kinds, columns_between):
        for index, kind in enumerate(kinds):
            wire.idle(4 * columns_between if index else 0)
            wire.put(fault_column(kind))

    for kind in (1, 2):
        sequences([kind] * 3, 20)
        await settle()
        assert state() == (0, 1), "three are not enough"
        wire.idle(4 * 140)
        sequences([kind] * 8, 128)
        await settle()
        assert state() == (0, 1), "too far apart"
        wire.idle(4 * 140)
        sequences([1, 2] * 6, 3)
        await settle()
        assert state() == (0, 1), "not alike"
        wire.idle(4 * 140)
        wire.put(fault_column(3) * 10)
        await settle()
        assert state() == (0, 1), "reserved sequences"
        sequences([kind] * 4, 100)
        await bench.until(lambda: wire.quiet)
        await ClockCycles(dut.rx_clk, 8)
        assert state() == (kind, 0)
        # a fault stops the core's frames, which are taken and lost rather than kept for ever
        wire.put(fault_column(kind) * 600)
        await ClockCycles(dut.tx_clk, 10)
        before = dict(bench.wire_out.columns)
        bench.send([bench.rng.randbytes(200) for _ in range(8)])
        await ClockCycles(dut.tx_clk, 250)
        assert bench.core.idle and not bench.wire_out.frames
        grown = {name: bench.wire_out.columns[name] - before[name] for name in before}
        other = "remote" if kind == 1 else "idle"
        assert grown[other] > 480 and sum(grown.values()) == grown[other]
        await settle()
        await ClockCycles(dut.rx_clk, 35)
        assert state() == (kind, 0), "the fault ended early"
        await ClockCycles(dut.rx_clk, 20)
        assert state() == (0, 1)
        frames = [bench.rng.randbytes(70) for _ in range(5)]
        bench.send(frames)
        await bench.until(lambda: len(bench.wire_out.frames) == 5)
        assert [frame.payload for frame in bench.wire_out.take()] == frames
    # a fault in the middle of a long frame: the wire shows the fault at once, then whole frames only
    bench.wire_out.cuts_allowed = True
    long = [bench.rng.randbytes(1500) for _ in range(3)]
    bench.send(long)
    await ClockCycles(dut.tx_clk, 250)
    wire.put(fault_column(2) * 20)
    await settle()
    await ClockCycles(dut.tx_clk, 500)
    bench.send([b"\x5a" * 99])
    await bench.until(lambda: bench.wire_out.frames and len(bench.wire_out.frames[-1].data) == 103)
    whole = [frame.payload for frame in bench.wire_out.take()]
    assert bench.wire_out.cuts == 1 and whole[0] == long[0] and set(whole) <= {*long, b"\x5a" * 99}


@cocotb.test()
async def obeys_received_pause(dut):
    """A pause frame stops the core's frames for its quanta of 512 bit times, zero ends it; the core never gets it."""
    bench = Bench(dut)
    await bench.start()
    dut.cfg_pause_rx.value = 1
    await ClockCycles(dut.rx_clk, 5)
    for source in (OWN, bench.rng.randbytes(6)):
        bench.wire_in.send(with_fcs(pause_frame(40, source)))
        await bench.until(lambda: bench.wire_in.quiet)
        await ClockCycles(dut.tx_clk, 20)
        place = bench.wire_out.place
        assert not int(dut.tx_busy.value)
        bench.send([b"\x11" * 100] * 2)
        await ClockCycles(dut.tx_clk, 20)
        while len(bench.wire_out.frames) < 2:
            assert len(bench.wire_out.frames) or int(dut.tx_busy.value), "frames held by a pause are under way"
            await RisingEdge(dut.tx_clk)
        await ClockCycles(dut.tx_clk, 20)
        assert not int(dut.tx_busy.value)
        waited = (bench.wire_out.take()[0].start - place) / 8
        assert 40 * 8 - 40 <= waited <= 40 * 8, f"paused for {waited} words after the frame's arrival"
    # zero quanta end a pause; what is not a good pause frame pauses nothing
    bench.wire_in.send(with_fcs(pause_frame(0xFFFF)))
    bench.wire_in.send(with_fcs(pause_frame(0)))
    damaged = bytearray(with_fcs(pause_frame(0xFFFF)))
    damaged[-1] ^= 1
    bench.wire_in.send(bytes(damaged))
    other = pause_frame(0xFFFF)[:15] + b"\2" + pause_frame(0xFFFF)[16:]
    bench.wire_in.send(with_fcs(other))
    bench.wire_in.send(with_fcs(pause_frame(0xFFFF)[:40]))
    bench.wire_in.send(with_fcs(b"\3" + pause_frame(0xFFFF)[1:]))
    await bench.receive()
    bench.send([b"\x22" * 100])
    await bench.until(lambda: len(bench.wire_out.frames) == 1, 100)
    expected = Counter(rx_pause=4, rx_fcs=1, rx_runt=1, rx_frame=2, rx_bytes=120, tx_frame=5, tx_bytes=500)
    assert bench.counts == expected
    dut.cfg_pause_rx.value = 0
    await ClockCycles(dut.rx_clk, 5)
    bench.core_out.words.clear()
    bench.wire_in.send(with_fcs(pause_frame(0xFFFF)))
    assert await bench.receive() == [(pause_frame(0xFFFF), 0)], "without PAUSE_RX it is a frame like any other"


@cocotb.test()
async def asks_for_pause(dut):
    """XOFF when the request rises, again while it stays, XON when it falls; ahead of frames, even when paused."""
    bench = Bench(dut)
    await bench.start()
    await bench.set("pause_request", 1)
    await ClockCycles(dut.tx_clk, 60)
    assert not bench.wire_out.frames, "PAUSE_TX is off"
    await bench.set("cfg_pause_tx", 1)
    await bench.set("cfg_pause_rx", 1)
    await ClockCycles(dut.tx_clk, 60)
    refresh = int(dut.PAUSE_REFRESH_CYCLES.value)
    assert [frame.payload for frame in bench.wire_out.take()] == [pause_frame(0xFFFF)]
    await ClockCycles(dut.clk, 3 * refresh)
    seen = bench.wire_out.take()
    assert [frame.payload for frame in seen] == [pause_frame(0xFFFF)] * 3
    bench.wire_in.send(with_fcs(pause_frame(0xFFFF, b"\2" * 6)))
    await bench.receive()
    bench.send([b"\x33" * 300] * 3)
    await bench.receive()
    await bench.set("pause_request", 0)
    await ClockCycles(dut.clk, 200)
    seen = [frame.payload for frame in bench.wire_out.take()]
    assert seen[-1] == pause_frame(0) and set(seen[:-1]) <= {pause_frame(0xFFFF)}, "the core's frames were to wait"
    total = 1 + 3 + len(seen)
    bench.wire_in.send(with_fcs(pause_frame(0)))
    await bench.until(lambda: len(bench.wire_out.frames) >= 1)
    await bench.set("pause_request", 1)
    await bench.until(lambda: [len(frame.data) for frame in bench.wire_out.frames].count(304) == 3)
    seen = [frame.payload for frame in bench.wire_out.take()]
    # the new request overtakes waiting frames, all but those that had started
    assert seen.index(pause_frame(0xFFFF)) < 3 and seen.count(b"\x33" * 300) == 3
    total += seen.count(pause_frame(0xFFFF)) + seen.count(pause_frame(0))
    assert total == bench.counts["tx_pause"] and bench.counts["tx_frame"] == 3


@cocotb.test()
async def survives_a_slow_core(dut):
    """A core slower than the wire loses whole frames, each counted; a transmit underrun spoils its frame, counted."""
    bench = Bench(dut, core_ps=8800 * len(dut.s_axis_tkeep) // 8)
    await bench.start()
    rng = bench.rng
    frames = [rng.randbytes(rng.choice([60, 300, 1500])) for _ in range(60)]
    for frame in frames:
        bench.wire_in.send(with_fcs(frame))
    received = await bench.receive()
    await ClockCycles(dut.clk, 100)
    good = [frame for frame, bad in received if not bad]
    rest = iter(frames)
    assert all(frame in rest for frame in good), "a frame that was never sent, or out of order"
    assert 0 < len(good) < len(frames)
    assert bench.counts["rx_overflow"] == len(frames) - len(good)
    assert bench.counts["rx_frame"] == len(good) and bench.counts["rx_bytes"] == sum(map(len, good))
    sent = [rng.randbytes(length) for length in (400, 3000, 500, 64, 3000, 60)]
    bench.send(sent)
    await bench.until(lambda: len(bench.wire_out.frames) == len(sent))
    seen = bench.wire_out.take()
    assert [frame.spoiled for frame in seen] == [False, True, False, False, True, False]
    assert [frame.payload for frame in seen if not frame.spoiled] == [frame for frame in sent if len(frame) < 1000]
    assert bench.counts["tx_underrun"] == 2
