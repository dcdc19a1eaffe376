# SPDX-License-Identifier: Apache-2.0
"""mac_stream: padding towards the wire, verdicts and counts towards the core, the link's level."""

import random
from collections import Counter

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge

from testbench.lib.streams import Sink, Source, beats_of

EVENTS = ("tx_frame", "rx_frame", "rx_fcs", "rx_runt", "rx_giant", "rx_error", "rx_overflow", "rx_pause", "tx_pause")
MAX_FRAME = 1522


class Bench:
    """Both sides of the MAC with random stalls, and every event pulse counted."""

    def __init__(self, dut):
        self.dut, self.rng = dut, random.Random(cocotb.RANDOM_SEED)
        self.keep_w = len(dut.s_axis_tkeep)
        self.counts: Counter[str] = Counter()
        stall = self.rng.choice([0.0, 0.2, 0.6])
        cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
        self.core = Source(dut, dut.clk, ["tdata", "tkeep", "tlast"], stall=stall, rng=self.rng)
        self.wire_out = Sink(
            dut, dut.clk, ["tdata", "tkeep", "tlast"], "m_wire_axis_", stall=self.rng.choice([0.0, 0.3, 0.7])
        )
        self.wire_in = Source(
            dut, dut.clk, ["tdata", "tkeep", "tlast", "tuser"], "s_wire_axis_", ready=None, stall=stall, rng=self.rng
        )
        self.core_out = Sink(dut, dut.clk, ["tdata", "tkeep", "tlast", "tuser"], ready=None, stall=0.0)
        for name, value in {"cfg_max_frame": MAX_FRAME, "cfg_pause_rx": 1, "cfg_pause_tx": 1, "pause_request": 1,
                            "cfg_mac": 0x665544332211, "wire_link_up": 0, "rst": 1}.items():  # fmt: skip
            getattr(dut, name).value = value

    async def start(self):
        await ClockCycles(self.dut.clk, 4)
        self.dut.rst.value = 0
        cocotb.start_soon(self._count())
        await ClockCycles(self.dut.clk, 2)

    async def _count(self):
        while True:
            await ReadOnly()
            for name in EVENTS:
                self.counts[name] += int(getattr(self.dut, f"evt_{name}").value)
            self.counts["tx_bytes"] += int(self.dut.evt_tx_bytes.value)
            self.counts["rx_bytes"] += int(self.dut.evt_rx_bytes.value)
            await RisingEdge(self.dut.clk)

    async def drain(self, source, cycles=60_000):
        for _ in range(cycles):
            await RisingEdge(self.dut.clk)
            if source.idle:
                break
        assert source.idle, "the MAC takes no more beats"
        await ClockCycles(self.dut.clk, 200)


@cocotb.test()
async def pads_short_frames(dut):
    """Every length from 1 byte to beyond the minimum leaves whole, padded with zeros to 60 bytes, and is counted."""
    bench = Bench(dut)
    await bench.start()
    lengths = [*range(1, 140), 1514, 9000, *(bench.rng.randrange(14, 200) for _ in range(60))]
    bench.rng.shuffle(lengths)
    frames = [bench.rng.randbytes(length) for length in lengths]
    for frame in frames:
        for beat in beats_of(frame, bench.keep_w):
            # lanes beyond the frame carry rubbish, so that zeros in the padding are the MAC's doing
            free = ((1 << 8 * bench.keep_w) - 1) & ~((1 << 8 * beat["tkeep"].bit_count()) - 1)
            bench.core.send({**beat, "tdata": beat["tdata"] | (bench.rng.getrandbits(8 * bench.keep_w) & free)})
    await bench.drain(bench.core)
    wanted = [frame.ljust(60, b"\0") for frame in frames]
    assert [frame for frame, _ in bench.wire_out.take_frames()] == wanted
    assert bench.counts == Counter(tx_frame=len(wanted), tx_bytes=sum(map(len, wanted)))


@cocotb.test()
async def judges_received_frames(dut):
    """Good frames pass; runts, giants (cut short) and frames the wire marks are marked and counted once."""
    bench = Bench(dut)
    await bench.start()
    limit = MAX_FRAME - 4
    cases = [(length, 0) for length in [*range(1, 130), limit - 1, limit, limit + 1, limit + 500, 70_000, 60, 59]]
    cases += [(bench.rng.randrange(1, 1700), int(bench.rng.random() < 0.3)) for _ in range(60)]
    bench.rng.shuffle(cases)
    wanted, counts = [], Counter()
    for length, error in cases:
        frame = bench.rng.randbytes(length)
        bench.wire_in.send_frame(frame, bench.keep_w, error)
        cut = -(-(limit + 1) // bench.keep_w) * bench.keep_w
        if length > limit and (length > cut or not error):
            reason = "rx_giant"
        elif error:
            reason = "rx_error"
        else:
            reason = "rx_runt" if length < 60 else "rx_frame"
        wanted.append((frame[:cut] if length > limit else frame, int(reason != "rx_frame")))
        counts[reason] += 1
        counts["rx_bytes"] += length if reason == "rx_frame" else 0
    await bench.drain(bench.wire_in)
    assert bench.core_out.take_frames() == wanted
    assert not bench.core_out.words
    assert bench.counts == counts


@cocotb.test()
async def follows_the_link(dut):
    """link_up is the wire's level; fault stays none; flow control is the vendor MAC's, so no pause frame is made."""
    bench = Bench(dut)
    await bench.start()
    for level in (1, 0, 1):
        dut.wire_link_up.value = level
        await ClockCycles(dut.clk, 5)
        assert (int(dut.link_up.value), int(dut.fault.value)) == (level, 0)
    assert not bench.wire_out.words and not +bench.counts
