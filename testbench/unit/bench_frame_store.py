# SPDX-License-Identifier: Apache-2.0
"""frame_store never stalls its input, gives whole good frames in order, and makes room for no part of any other."""

import random
from collections import deque

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge

from testbench.unit.rx_oracle import meta_word


class Bench:
    """Drives and watches every port in one loop, a cycle at a time."""

    def __init__(self, dut, rng: random.Random) -> None:
        self.dut, self.rng = dut, rng
        self.keep_w = len(dut.m_axis_tkeep)
        self.input: deque = deque()  # beats or None
        self.metas: list[int] = []
        self.dropped: list[int] = []
        self.frames: list[bytes] = []
        self.partial = b""
        self.full_events = 0
        self.highest = 0
        self.cycles = 0
        self.drop_chance = self.meta_stall = self.data_stall = 0.0

    async def start(self) -> None:
        """Clock and reset."""
        cocotb.start_soon(Clock(self.dut.clk, 4, "ns").start())
        for name in ["s_axis_tdata", "s_axis_tlast", "s_axis_tvalid", "s_meta"]:
            getattr(self.dut, name).value = 0
        for name in ["m_meta_ready", "m_meta_drop", "m_axis_tready"]:
            getattr(self.dut, name).value = 0
        self.dut.rst.value = 1
        await ClockCycles(self.dut.clk, 3)
        self.dut.rst.value = 0

    def send(self, frame: bytes, meta: int, gap: float = 0.0) -> None:
        """Queue a frame."""
        for offset in range(0, len(frame), self.keep_w):
            while gap and self.rng.random() < gap:
                self.input.append(None)
            chunk = frame[offset : offset + self.keep_w]
            last = offset + self.keep_w >= len(frame)
            data = chunk + self.rng.randbytes(self.keep_w - len(chunk))
            self.input.append((int.from_bytes(data, "little"), int(last), meta if last else self.rng.getrandbits(100)))

    async def cycle(self) -> None:
        """Drive, wait for the edge, look at what was there when it came."""
        dut, rng = self.dut, self.rng
        beat = self.input.popleft() if self.input else None
        dut.s_axis_tvalid.value = int(beat is not None)
        if beat is not None:
            dut.s_axis_tdata.value, dut.s_axis_tlast.value, dut.s_meta.value = beat
        meta_ready, drop = int(rng.random() >= self.meta_stall), int(rng.random() < self.drop_chance)
        data_ready = int(rng.random() >= self.data_stall)
        dut.m_meta_ready.value, dut.m_meta_drop.value, dut.m_axis_tready.value = meta_ready, drop, data_ready
        await RisingEdge(dut.clk)
        self.cycles += 1
        self.full_events += int(dut.evt_store_full.value)
        self.highest = max(self.highest, int(dut.level.value))
        if meta_ready and int(dut.m_meta_valid.value):
            (self.dropped if drop else self.metas).append(int(dut.m_meta.value))
        if data_ready and int(dut.m_axis_tvalid.value):
            count = int(dut.m_axis_tkeep.value).bit_count()
            assert int(dut.m_axis_tkeep.value) == (1 << count) - 1
            self.partial += int(dut.m_axis_tdata.value).to_bytes(self.keep_w, "little")[:count]
            if int(dut.m_axis_tlast.value):
                self.frames.append(self.partial)
                self.partial = b""

    async def settle(self, limit: int = 60_000) -> None:
        """Run until nothing has moved for a while."""
        quiet = 0
        while quiet < 60:
            before = (len(self.metas), len(self.dropped), len(self.frames), len(self.partial))
            await self.cycle()
            moved = self.input or before != (len(self.metas), len(self.dropped), len(self.frames), len(self.partial))
            quiet = 0 if moved else quiet + 1
            limit -= 1
            assert limit, "does not come to rest"


@cocotb.test()
async def order_and_rollback_under_stalls(dut):
    """Good frames come out whole and in order, bad ones and those dropped at the head leave no trace."""
    rng = random.Random(cocotb.RANDOM_SEED)
    bench = Bench(dut, rng)
    await bench.start()
    bench.meta_stall, bench.data_stall, bench.drop_chance = rng.random() * 0.7, rng.random() * 0.4, 0.2
    good = {}
    order = []
    for number in range(150):
        frame = rng.randbytes(rng.choice([14, 15, 16, 17, 60, 64, 65, rng.randrange(14, 400)]))
        drop = int(rng.random() < 0.2)
        meta = meta_word(len=len(frame), queue=number % 8, drop=drop, hash=number, data_valid=number & 1)
        bench.send(frame, meta, gap=0.6)
        if not drop:
            good[meta] = frame
            order.append(meta)
    await bench.settle()
    assert bench.full_events == 0
    assert sorted(bench.metas + bench.dropped, key=order.index) == order
    assert bench.metas == [meta for meta in order if meta in set(bench.metas)]
    assert bench.frames == [good[meta] for meta in bench.metas]
    assert bench.dropped, "nothing was dropped at the head"
    assert int(dut.level.value) == 0


@cocotb.test()
async def full_store_drops_whole_frames(dut):
    """What does not fit is counted once a frame, and what was there before and after is whole."""
    rng = random.Random(cocotb.RANDOM_SEED)
    bench = Bench(dut, rng)
    await bench.start()
    for _ in range(3):
        bench.metas, bench.frames, bench.full_events = [], [], 0
        bench.meta_stall = 1.0
        sent = []
        size = 0
        while size < 6 * 2048:
            frame = rng.randbytes(rng.choice([60, 300, 900, 2100]))
            size += len(frame)
            sent.append((meta_word(len=len(frame), hash=len(sent), drop=rng.random() < 0.1), frame))
            bench.send(*reversed(sent[-1]))
        await bench.settle()
        good = [entry for entry in sent if not entry[0] & meta_word(drop=1)]
        bench.meta_stall = 0.2
        await bench.settle()
        kept = [entry for entry in good if entry[0] in bench.metas]
        assert bench.frames == [frame for _, frame in kept]
        assert bench.full_events == len(good) - len(kept) > 0
        assert 1500 < bench.highest <= 2048, bench.highest
        assert int(dut.level.value) == 0
        bench.send(b"x" * 100, meta_word(len=100))
        await bench.settle()
        assert bench.frames[-1] == b"x" * 100


@cocotb.test()
async def full_throughput(dut):
    """A beat a cycle leaves while a beat a cycle comes in, whatever the length of the frames."""
    rng = random.Random(cocotb.RANDOM_SEED)
    bench = Bench(dut, rng)
    await bench.start()
    for size in (60, 1514):
        frames = [rng.randbytes(size) for _ in range(1500 * 12 // size)]
        for frame in frames:
            bench.send(frame, meta_word(len=size))
        beats, begin, bench.frames = len(bench.input), bench.cycles, []
        while len(bench.frames) < len(frames):
            await bench.cycle()
            assert bench.cycles - begin < 2 * beats + 500
        assert bench.frames == frames and bench.full_events == 0
        fill = -(-size // bench.keep_w) + 12
        assert bench.cycles - begin <= beats + fill, f"{bench.cycles - begin} cycles for {beats} beats"


@cocotb.test()
async def room_that_comes_too_late(dut):
    """A frame that lost a beat stays lost when the reader makes room before its last beat."""
    rng = random.Random(cocotb.RANDOM_SEED)
    bench = Bench(dut, rng)
    await bench.start()
    bench.data_stall = 0.5
    sent = []
    for number in range(40):
        frame = rng.randbytes(rng.randrange(600, 1500))
        sent.append((meta_word(len=len(frame), hash=number), frame))
        bench.send(frame, sent[-1][0])
    await bench.settle()
    kept = [frame for meta, frame in sent if meta in bench.metas]
    assert bench.frames == kept and len(bench.metas) == len(kept)
    assert bench.full_events == len(sent) - len(kept) > 0 < len(kept)
    assert int(dut.level.value) == 0
