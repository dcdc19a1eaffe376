# SPDX-License-Identifier: Apache-2.0
"""rx_writer against a model of rings, host memory and frame store: what the host sees is what the standard says."""

from __future__ import annotations

import os
import random
from collections import Counter, deque
from dataclasses import dataclass, field

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge

from testbench.unit.rx_oracle import meta_word

EVENTS = ["frame", "descriptor", "drop_no_buffer", "drop_chain", "drop_buffer_small", "drop_dma"]
GUARD = 0xEE
ADDR_W = int(os.environ.get("ADDR_W", "64"))
HASH_REPORT = int(os.environ.get("HASH_REPORT", "0"))  # virtio_net_hdr has 20 bytes


@dataclass
class Chain:
    """A buffer of the driver: descriptors (address, length, writable); ``broken`` puts an error on the last word."""

    queue: int
    id: int
    descriptors: list[tuple[int, int, int]]
    broken: bool = False
    written: int = 0  # bytes that arrived in memory and have been answered

    @property
    def room(self) -> int:
        return sum(length for _, length, _ in self.descriptors)

    @property
    def usable(self) -> bool:
        return not self.broken and all(writable for _, _, writable in self.descriptors)


@dataclass
class Frame:
    """A frame in the store."""

    data: bytes
    queue: int = 0
    verified: int = 0


@dataclass
class Completion:
    """What the writer said of a chain."""

    chain: Chain
    length: int
    more: int


@dataclass
class Write:
    """A request of the DMA client."""

    address: int
    length: int
    tag: int
    data: bytes = b""
    error: int = 0


@dataclass
class Model:
    """Everything round the writer, a cycle at a time. Only bytes of chains may be written to its memory."""

    dut: object
    rng: random.Random
    stall: float = 0.3
    latency: int = 20
    seg_latency: int = 2
    fail: float = 0.0
    tables: dict[int, deque] = field(default_factory=dict)
    frames: deque = field(default_factory=deque)
    memory: dict[int, int] = field(default_factory=dict)
    completions: list[Completion] = field(default_factory=list)
    events: Counter = field(default_factory=Counter)
    bytes_delivered: int = 0
    cycles: int = 0
    writes: list[Write] = field(default_factory=list)
    next_address: int = 0x1_0000_0000 if ADDR_W == 64 else 0x4000_0000

    def __post_init__(self) -> None:
        self.keep_w = len(self.dut.wr_dat_data) // 8
        self.queues = len(self.dut.chain_ready)
        self.header = 20 if HASH_REPORT else 12
        self.tables = {queue: deque() for queue in range(self.queues)}
        self.beats: deque = deque()
        self.segments: deque = deque()  # (cycle it may appear, word)
        self.popped: deque = deque()
        self.requests: deque = deque()  # taken, data not complete
        self.answers: deque = deque()  # (cycle, Write)
        self.pending_data = b""
        self.owner: dict[int, Chain] = {}
        self.serial = 0
        self.meta_on = self.beat_on = self.seg_on = 0
        self.dropped: list[Frame] = []
        self.first_completion: int | None = None
        self.last_completion = 0

    async def start(self, mrg: int, csum: int = 1, wait: int = 50, clock: bool = True) -> None:
        """Clock (once a test), reset, configuration."""
        dut = self.dut
        if clock:
            cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
        for name in ["s_meta_valid", "s_axis_tvalid", "pop_ready", "seg_valid", "cpl_ready", "wr_req_ready"]:
            getattr(dut, name).value = 0
        for name in ["wr_dat_ready", "wr_rsp_valid", "chain_ready", "chain_none", "s_meta", "s_axis_tlast"]:
            getattr(dut, name).value = 0
        for name in ["seg_addr", "seg_len", "seg_write", "seg_last", "seg_error", "seg_id", "seg_ndesc"]:
            getattr(dut, name).value = 0
        dut.wr_rsp_tag.value = dut.wr_rsp_error.value = dut.s_axis_tdata.value = 0
        dut.cfg_enable.value, dut.cfg_hash_report.value = 1, HASH_REPORT
        dut.cfg_mrg_rxbuf.value, dut.cfg_guest_csum.value, dut.cfg_wait_cycles.value = mrg, csum, wait
        dut.rst.value = 1
        await ClockCycles(dut.clk, 3)
        dut.rst.value = 0

    def add_chain(self, lengths, queue: int = 0, broken: bool = False, readable: int | None = None, touch: bool = True):
        """Give the device a chain of descriptors; some follow each other in memory without a gap."""
        descriptors = []
        for index, length in enumerate(lengths):
            self.next_address += self.rng.choice([0, 0, 1, 3, 64, 4096]) if index else self.rng.randrange(8192)
            descriptors.append((self.next_address, length, int(index != readable)))
            self.next_address += length
        self.next_address += 1
        self.serial += 1
        chain = Chain(queue, self.serial & 0xFFFF, descriptors, broken)
        if touch:
            for address, length, writable in descriptors:
                if writable:
                    for offset in range(address, address + length):
                        self.owner[offset] = chain
        self.tables[queue].append(chain)
        return chain

    def _drive(self) -> None:
        dut, rng = self.dut, self.rng

        def ready() -> int:
            return int(rng.random() >= self.stall)

        if not self.meta_on and self.frames and ready():
            self.meta_on = 1
            frame = self.frames[0]
            fields = {"len": len(frame.data), "queue": frame.queue, "data_valid": frame.verified}
            dut.s_meta.value = meta_word(**fields, hash=0x11223344, hash_type=5)
        dut.s_meta_valid.value = self.meta_on
        if not self.beat_on and self.beats and ready():
            self.beat_on = 1
            dut.s_axis_tdata.value, dut.s_axis_tlast.value = self.beats[0]
        dut.s_axis_tvalid.value = self.beat_on
        available = sum(1 << queue for queue, table in self.tables.items() if table)
        dut.chain_ready.value = available
        dut.chain_none.value = ~available & (1 << self.queues) - 1
        self.pop_ready, self.req_ready, self.dat_ready, self.cpl_ready = ready(), ready(), ready(), ready()
        dut.pop_ready.value, dut.wr_req_ready.value = self.pop_ready, self.req_ready
        dut.wr_dat_ready.value, dut.cpl_ready.value = self.dat_ready, self.cpl_ready
        if not self.seg_on and self.segments and self.segments[0][0] <= self.cycles and ready():
            self.seg_on = 1
            for name, value in self.segments[0][1].items():
                getattr(dut, f"seg_{name}").value = value
        dut.seg_valid.value = self.seg_on
        answer = bool(self.answers and self.answers[0][0] <= self.cycles)
        if answer:
            write = self.answers.popleft()[1]
            dut.wr_rsp_tag.value, dut.wr_rsp_error.value = write.tag, write.error
            for offset in range(write.length):
                self.owner[write.address + offset].written += 1
        dut.wr_rsp_valid.value = int(answer)

    def _watch(self) -> None:
        dut = self.dut
        if self.meta_on and int(dut.s_meta_ready.value):
            self.meta_on = 0
            frame = self.frames.popleft()
            if int(dut.s_meta_drop.value):
                self.dropped.append(frame)
            else:
                for offset in range(0, len(frame.data), self.keep_w):
                    chunk = frame.data[offset : offset + self.keep_w]
                    data = chunk + self.rng.randbytes(self.keep_w - len(chunk))
                    last = int(offset + self.keep_w >= len(frame.data))
                    self.beats.append((int.from_bytes(data, "little"), last))
        if self.beat_on and int(dut.s_axis_tready.value):
            self.beat_on = 0
            self.beats.popleft()
        if int(dut.pop_valid.value) and self.pop_ready:
            queue = int(dut.pop_queue.value)
            chain = self.tables[queue].popleft()
            self.popped.append(chain)
            for number, (address, length, writable) in enumerate(chain.descriptors, 1):
                last = int(number == len(chain.descriptors))
                word = {
                    "addr": address, "len": length, "write": writable, "last": last,
                    "error": int(last and chain.broken), "id": chain.id, "ndesc": number,
                }  # fmt: skip
                self.segments.append((self.cycles + self.seg_latency, word))
        if self.seg_on and int(dut.seg_ready.value):
            self.seg_on = 0
            self.segments.popleft()
        if int(dut.wr_req_valid.value) and self.req_ready:
            write = Write(int(dut.wr_req_addr.value), int(dut.wr_req_len.value), int(dut.wr_req_tag.value))
            assert 1 <= write.length <= 4096
            write.error = int(self.rng.random() < self.fail)
            self.requests.append(write)
            self.writes.append(write)
        if int(dut.wr_dat_valid.value) and self.dat_ready:
            self.pending_data += int(dut.wr_dat_data.value).to_bytes(self.keep_w, "little")
        while self.requests:
            write = self.requests[0]
            padded = -(-write.length // self.keep_w) * self.keep_w
            if len(self.pending_data) < padded:
                break
            write.data, self.pending_data = self.pending_data[: write.length], self.pending_data[padded:]
            self.requests.popleft()
            for offset, value in enumerate(write.data):
                assert write.address + offset in self.owner, f"{write.address + offset:#x} was never the device's"
                self.memory[write.address + offset] = value
            due = max(self.cycles + self.latency, self.answers[-1][0] + 1 if self.answers else 0)
            self.answers.append((due, write))
        if int(dut.cpl_valid.value) and self.cpl_ready:
            chain = self.popped.popleft()
            length = int(dut.cpl_len.value)
            assert int(dut.cpl_queue.value) == chain.queue and int(dut.cpl_id.value) == chain.id
            assert int(dut.cpl_ndesc.value) == len(chain.descriptors)
            assert not any(self.owner[w.address] is chain for _, w in self.answers), "completed with writes unanswered"
            assert not any(self.owner.get(w.address) is chain for w in self.requests), "completed with writes under way"
            assert chain.written >= length
            self.completions.append(Completion(chain, length, int(dut.cpl_more.value)))
            self.first_completion = self.first_completion or self.cycles
            self.last_completion = self.cycles
        for name in EVENTS:
            if int(getattr(dut, f"evt_{name}").value):
                self.events[name] += 1
                if name == "frame":
                    self.bytes_delivered += int(dut.evt_bytes.value)

    async def run(self, cycles: int) -> None:
        """Go on for some cycles."""
        for _ in range(cycles):
            self._drive()
            await RisingEdge(self.dut.clk)
            self.cycles += 1
            self._watch()

    async def settle(self, limit: int = 60_000) -> None:
        """Go on until every frame is placed or dropped and the writer says that it is idle."""
        while self.frames or self.beats or not int(self.dut.idle.value):
            await self.run(10)
            limit -= 10
            assert limit > 0, "does not come to rest"
        await self.run(5)
        assert not self.requests and not self.answers and not self.pending_data and not self.popped
        assert not self.segments

    def content(self, chain: Chain, length: int) -> bytes:
        """The first bytes of a chain in memory."""
        addresses = [a for start, size, _ in chain.descriptors for a in range(start, start + size)]
        return bytes(self.memory.get(address, GUARD) for address in addresses[:length])

    def received(self) -> list[tuple[int, int, bytes]]:
        """(queue, flags, frame) of all delivered frames, as a driver reads them; and checks of what surrounds them."""
        frames, position = [], 0
        while position < len(self.completions):
            first = self.completions[position]
            if not first.length:
                assert not first.more
                position += 1
                continue
            group = [first]
            while group[-1].more:
                group.append(self.completions[position + len(group)])
            position += len(group)
            assert all(entry.chain.queue == first.chain.queue and entry.length for entry in group)
            assert all(entry.length == entry.chain.room for entry in group[:-1]), "a buffer before the last is not full"
            data = b"".join(self.content(entry.chain, entry.length) for entry in group)
            header, frame = data[: self.header], data[self.header :]
            assert header[1:10] == bytes(9), header.hex()
            assert int.from_bytes(header[10:12], "little") == len(group), f"num_buffers {header.hex()} for {len(group)}"
            if self.header == 20:
                assert header[12:] == bytes.fromhex("4433221105000000")
            frames.append((first.chain.queue, header[0], frame))
        return frames


def mtu_frame(rng: random.Random, longest: int = 1514) -> bytes:
    """Random bytes of a length a frame can have."""
    return rng.randbytes(rng.choice([14, 60, 61, 64, rng.randrange(14, 200), rng.randrange(14, longest + 1)]))


def make(dut, **settings) -> tuple[Model, random.Random]:
    """The model and its random numbers."""
    rng = random.Random(cocotb.RANDOM_SEED)
    return Model(dut, rng, **settings), rng


@cocotb.test()
async def one_buffer_a_frame(dut):
    """Without MRG_RXBUF: any split of a chain, longer chains untouched behind the frame, DATA_VALID as verified."""
    model, rng = make(dut, stall=0.3)
    await model.start(mrg=0)
    sent = []
    for _ in range(60):
        frame = Frame(mtu_frame(rng), 0, rng.randrange(2))
        total = len(frame.data) + 20
        cuts = sorted(rng.sample(range(1, total), rng.choice([0, 0, 1, 2, 5])))
        lengths = [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]
        model.add_chain(lengths + [100] * rng.choice([0, 0, 2]))
        model.frames.append(frame)
        sent.append(frame)
    await model.settle()
    assert model.received() == [(0, 2 * frame.verified, frame.data) for frame in sent]
    assert model.events["frame"] == len(sent) and model.bytes_delivered == sum(len(frame.data) for frame in sent)
    assert model.events["descriptor"] == sum(len(entry.chain.descriptors) for entry in model.completions)
    assert not [name for name in EVENTS[2:] if model.events[name]]


@cocotb.test()
async def descriptors_of_single_bytes(dut):
    """Chains of 1-byte descriptors at any alignment."""
    model, rng = make(dut, stall=0.1)
    mrg = rng.randrange(2)
    await model.start(mrg=mrg)
    frames = [Frame(mtu_frame(rng, 100)[:100]) for _ in range(12)]
    for frame in frames:
        model.add_chain([1] * (len(frame.data) + model.header + 8))
    model.frames.extend(frames)
    await model.settle()
    assert model.received() == [(0, 0, frame.data) for frame in frames]


@cocotb.test()
async def mergeable_buffers(dut):
    """Frames over any number of buffers; num_buffers is right even when its two bytes lie in different descriptors."""
    model, rng = make(dut, stall=rng_stall())
    await model.start(mrg=1, csum=0)
    sent = []
    for _ in range(40):
        sent.append(Frame(mtu_frame(rng, 3000), 0, 1))
        model.frames.append(sent[-1])
    while model.frames or not int(dut.idle.value):
        if len(model.tables[0]) < 40:
            size = rng.choice([12, 13, 64, 64, 128, 256, 1526])
            first = rng.choice([size, 1, 5, 10, 11, 12])
            model.add_chain(rng.choice([[11, 1, size], [first, size], [size]]))
        await model.run(1)
    await model.settle()
    assert model.received() == [(0, 0, frame.data) for frame in sent]
    assert sum(entry.more for entry in model.completions) > 10


def rng_stall() -> float:
    """No stalls, few, or many."""
    return random.Random(cocotb.RANDOM_SEED).choice([0.0, 0.2, 0.6])


@cocotb.test()
async def num_buffers_of_headers_split_over_buffers(dut):
    """Buffers shorter than the header, against the standard, still get the bytes in their places."""
    model, rng = make(dut, stall=0.2)
    await model.start(mrg=1)
    frames = [Frame(rng.randbytes(60 + size)) for size in range(20)]
    for frame in frames:
        left = len(frame.data) + model.header
        while left > 0:
            size = rng.randrange(1, 14)
            model.add_chain([size])
            left -= size
        # what is left of this frame's last buffer stays unused, so the next frame begins with a new one
    model.frames.extend(frames)
    await model.settle()
    assert model.received() == [(0, 0, frame.data) for frame in frames]


@cocotb.test()
async def addresses_at_the_end_of_reach(dut):
    """A buffer may end with the last address of ADDR_W bits; of one beyond, nothing is written anywhere."""
    model, rng = make(dut, stall=0.2)
    await model.start(mrg=1)
    top, lost = 1 << ADDR_W, 0
    for number in range(40):
        frame = Frame(mtu_frame(rng, 600))
        size = len(frame.data) + model.header
        kind = rng.choice(["ends", "crosses", "beyond", "top", "unused"])
        if kind in ("crosses", "beyond") and ADDR_W == 64:
            kind = "ends"
        if kind == "crosses":
            spans = [(top - rng.choice([1, 2, size // 2, size - 1]), rng.choice([size, size + 5, 1 << 17, 1 << 20]))]
        elif kind == "beyond":
            spans = [(rng.choice([top, 1 << 63, 2**64 - 1 - size, top | 0x4000_0000]), size)]
        elif kind == "top":
            spans = [(top - (1 << 17), 1 << 17)]
        elif kind == "unused":
            spans = [(top - size, size), (2**64 - 64, 64)]
        else:
            spans = [(top - size, size)]
        if rng.random() < 0.3:
            head = rng.randrange(1, 20)
            spans = [(0x1000 * (number + 1), head), *((a + head, n - head) for a, n in spans[:1]), *spans[1:]]
        chain = model.add_chain([1], touch=False)
        chain.descriptors = [(address, length, 1) for address, length in spans]
        usable = spans[:-1] if kind in ("crosses", "beyond", "unused") else spans
        for address, length in usable:
            model.owner.update(dict.fromkeys(range(address, address + length), chain))
        lost += kind in ("crosses", "beyond")
        model.frames.append(frame)
        await model.settle()
        if kind not in ("crosses", "beyond"):
            assert model.content(chain, size)[model.header :] == frame.data, f"{kind} {spans}"
        else:
            assert model.completions[-1].length == 0, f"{kind} {spans}"
    assert model.events["drop_dma"] == lost and model.events["frame"] == 40 - lost
    assert not [name for name in ("drop_chain", "drop_buffer_small", "drop_no_buffer") if model.events[name]]


@cocotb.test()
async def bad_chains(dut):
    """Errors, readable descriptors and buffers that are too small cost the frame, are counted, and come back empty."""
    for mrg in (0, 1):
        model, rng = make(dut, stall=0.3)
        await model.start(mrg=mrg, clock=mrg == 0)
        sent, expected = [], Counter()
        for _ in range(50):
            frame = Frame(mtu_frame(rng, 600))
            total = len(frame.data) + model.header
            kind = rng.choice(["good", "good", "error", "readable", "small", "late"])
            half = rng.randrange(1, total)
            if kind == "good":
                model.add_chain([half, total - half])
                sent.append(frame)
            elif kind == "error":
                model.add_chain([half, total][: rng.randrange(1, 3)], broken=True)
                expected["drop_chain"] += 1
            elif kind == "readable":
                model.add_chain([half, total, 50], readable=rng.randrange(3))
                expected["drop_chain"] += 1
            elif kind == "late" or mrg:
                # a good first buffer, then a bad one
                if mrg:
                    model.add_chain([half])
                    model.add_chain([total], broken=True)
                    expected["drop_chain"] += 1
                else:
                    model.add_chain([total, 5], broken=True)
                    expected["drop_chain"] += 1
            else:
                model.add_chain([half])
                expected["drop_buffer_small"] += 1
            model.frames.append(frame)
        await model.settle()
        assert model.received() == [(0, 0, frame.data) for frame in sent]
        assert {name: model.events[name] for name in EVENTS[2:] if model.events[name]} == dict(expected)
        assert all(entry.chain.usable for entry in model.completions if entry.length)


@cocotb.test()
async def no_buffers(dut):
    """A frame without a buffer waits for the bounded time, no longer; half-placed ones give their buffers back."""
    model, rng = make(dut, stall=0.0)
    await model.start(mrg=1, wait=40)
    lost, kept = Frame(rng.randbytes(60)), Frame(rng.randbytes(61))
    model.frames.append(lost)
    await model.run(35)
    assert not model.events
    await model.run(15)
    assert model.events == {"drop_no_buffer": 1} and model.dropped == [lost]
    model.frames.append(kept)
    await model.run(30)
    model.add_chain([100])
    await model.settle()
    assert model.received() == [(0, 0, kept.data)]
    # the third buffer of a frame never comes
    model.frames.append(Frame(rng.randbytes(500)))
    model.add_chain([100])
    model.add_chain([64, 36])
    await model.run(150)
    assert model.events["drop_no_buffer"] == 2
    assert [(entry.length, entry.more) for entry in model.completions[1:]] == [(0, 0), (0, 0)]
    # another one's comes just in time
    model.frames.append(Frame(rng.randbytes(300)))
    model.add_chain([100])
    await model.run(40)
    model.add_chain([300])
    await model.settle()
    assert len(model.received()[-1][2]) == 300 and model.events["drop_no_buffer"] == 2
    # a queue that does not exist has no buffers; a switched-off receiver takes none
    model.add_chain([2000])
    model.frames.append(Frame(rng.randbytes(60), queue=200))
    await model.run(20)
    dut.cfg_enable.value = 0
    model.frames.append(Frame(rng.randbytes(60)))
    await model.run(20)
    assert model.events["drop_no_buffer"] == 4 and len(model.tables[0]) == 1
    await model.settle()


@cocotb.test()
async def the_header_follows_the_level(dut):
    """Frames behind 12 and 20 bytes from one reset: what has been negotiated decides when a frame is taken up."""
    model, rng = make(dut, stall=0.2)
    await model.start(mrg=1)
    for hash_report in (1 - HASH_REPORT, HASH_REPORT, 1 - HASH_REPORT):
        dut.cfg_hash_report.value, model.header = hash_report, 20 if hash_report else 12
        model.completions.clear()
        sent = [Frame(mtu_frame(rng, 300)) for _ in range(8)]
        for frame in sent:
            for _ in range(-(-(len(frame.data) + model.header) // 90)):
                model.add_chain([9, 11, 70])
            model.frames.append(frame)
        await model.settle()
        assert model.received() == [(0, 0, frame.data) for frame in sent]


@cocotb.test()
async def failed_writes(dut):
    """A write error empties the buffers of its own frame and of no other."""
    model, rng = make(dut, stall=0.2, fail=0.2, latency=60)
    await model.start(mrg=1)
    total = 0
    for _ in range(60):
        frame = Frame(mtu_frame(rng, 700), 0)
        model.frames.append(frame)
        total += 1
    sent = list(model.frames)
    for _ in range(400):
        model.add_chain([rng.choice([100, 200, 1000])])
    await model.settle()
    received = [frame for _, _, frame in model.received()]
    remaining = iter(sent)
    assert all(any(frame == other.data for other in remaining) for frame in received), "order or content"
    assert model.events["frame"] == len(received)
    assert model.events["drop_dma"] == total - len(received) > 0
    # by the tags: a frame is lost exactly when one of its writes failed
    lost, previous, failed = 0, None, 0
    for write in [*model.writes, Write(0, 0, -1)]:
        if previous is not None and write.tag != previous:
            lost, failed = lost + failed, 0
        previous, failed = write.tag, failed | write.error
    assert lost == model.events["drop_dma"]


@cocotb.test()
async def too_many_buffers(dut):
    """A frame that needs more buffers than can be remembered is given up and all of them come back."""
    model, rng = make(dut, stall=0.0)
    await model.start(mrg=1)
    limit = int(dut.BUFFERS.value)
    for _ in range(limit):
        model.add_chain([2])
    model.frames.append(Frame(rng.randbytes(2 * limit + 100)))
    await model.settle()
    assert [entry.length for entry in model.completions] == [0] * limit
    assert model.events["drop_buffer_small"] == 1
    model.add_chain([1000])
    model.frames.append(Frame(b"z" * 70))
    await model.settle()
    assert [frame for _, _, frame in model.received()] == [b"z" * 70]


@cocotb.test()
async def queues_do_not_mix(dut):
    """Frames go to the chains of their queue, in order; jumbo frames are split into writes of at most 4096 bytes."""
    model, rng = make(dut, stall=0.1)
    await model.start(mrg=0, wait=2000)
    sent = []
    for number in range(25):
        size = rng.choice([60, 1514, 9014]) if number % 5 == 0 else 60
        frame = Frame(rng.randbytes(size), rng.randrange(model.queues))
        model.add_chain([size + model.header + rng.randrange(200)], queue=frame.queue)
        model.frames.append(frame)
        sent.append(frame)
    await model.settle()
    assert model.received() == [(frame.queue, 0, frame.data) for frame in sent]


@cocotb.test()
async def throughput(dut):
    """Cycles a frame at 125 cycles of write latency, with nothing stalling."""
    limits = {64: {60: 16, 1514: 207}, 128: {60: 12, 1514: 107}, 512: {60: 12, 1514: 40}}[len(dut.wr_dat_data)]
    for size, limit in limits.items():
        model, rng = make(dut, stall=0.0, latency=125, seg_latency=4)
        await model.start(mrg=1, clock=size == 60)
        count = 80 if size == 60 else 20
        for _ in range(count):
            model.add_chain([2048])
            model.frames.append(Frame(rng.randbytes(size)))
        await model.settle()
        assert len(model.received()) == count
        pace = (model.last_completion - model.first_completion) / (count - 1)
        dut._log.info(f"PACE {size}-byte frames: {pace:.2f} cycles, {size * 8 / pace / 4:.1f} Gb/s at 250 MHz")
        assert pace <= limit, f"{size}-byte frames take {pace:.1f} cycles each"
