# SPDX-License-Identifier: Apache-2.0
"""The model's packed rings against a driver half written from the standard: one queue, on a timeline of its own."""

import struct
from types import SimpleNamespace

import pytest

from testbench.differential.raw_packed_queue import DESC, DISABLE, ENABLE
from testbench.differential.raw_queue import INDIRECT, NEXT, WRITE
from testbench.model.host.memory import HostMemory
from testbench.model.rings import errors
from testbench.model.rings.queue import AHEAD, Virtqueue
from testbench.model.system.timeline import Event, Timeline
from testbench.system.packed_queue import PackedQueue

BASE, BYTES = 0x1000_0000, 1 << 20
LATENCY_PS = 500_000
DATA = BASE + BYTES // 2


class Ring:
    """A queue of the model and the driver's half of it. The consumer is the test."""

    def __init__(self, size, event_idx=False, indirect=True, index=0, left=bytes(4)):
        """``left``: what stands in the device area before the queue is enabled."""
        self.timeline = Timeline()
        self.memory = HostMemory(BASE, BYTES, lambda: self.timeline.now_ps)
        self.memory.latency_ps = self.memory.write_latency_ps = LATENCY_PS
        self.errors, self.published = [], []
        self.queue = Virtqueue(
            self.timeline, self.memory, self.timeline.after, 5, lambda number: None,
            lambda number, code: self.errors.append(code), lambda number, frames: self.published.append(frames),
        )  # fmt: skip
        self.queue.packed, self.queue.event_idx, self.queue.indirect = True, event_idx, indirect
        self.driver = PackedQueue(SimpleNamespace(memory=self.memory.array, memory_base=BASE), 0, size)
        self.driver.event_idx = event_idx
        self.driver.begin(index)
        self.memory.array[self.driver.addresses[2] - BASE :][:4] = list(left)
        self.queue.start(size, self.driver.addresses, index)
        self.rest()

    def rest(self):
        """Let far more simulated time pass than anything takes."""

        async def wait():
            event = Event(self.timeline)
            self.timeline.after(100 * LATENCY_PS, event.set)
            await event

        self.timeline.run(wait(), lambda due: due or 0)

    def offer(self, *chains, indirect=False):
        """Offer chains of (address, length, device writes), and notify if the device wants it; their ids."""
        ids = [self.driver.add(list(chain), indirect) for chain in chains]
        if self.driver.publish():
            self.queue.kick()
        self.rest()
        return ids

    def asks(self):
        """Whether the device would interrupt."""
        answers = []
        self.queue.ask(lambda number, wanted: answers.append(wanted))
        self.rest()
        return answers[-1]

    @property
    def indices(self):
        return self.queue.ring.indices()


def readable(number, length=100):
    return (DATA + 256 * number, length, False)


def writable(number, length=100):
    return (DATA + 256 * number, length, True)


@pytest.mark.parametrize("event_idx", [False, True])
@pytest.mark.parametrize("size", [2, 3, 7, 8, 100, 255])
def test_random_chains_of_every_size_of_ring_come_back_over_many_rounds(rng, size, event_idx):
    """Chains as offered, direct and indirect; used ones in order, where they began, with length and flags."""
    ring = Ring(size, event_idx)
    waiting, offered, rounds = [], {}, 0
    while rounds < 300:
        rounds += 1
        batch = []
        for _ in range(rng.randrange(4)):
            count = rng.randrange(1, min(size, 5) + 1)
            indirect = rng.random() < 0.4
            if ring.driver.room < (1 if indirect else count) or not ring.driver.ids:
                break
            reads = rng.randrange(count + 1)
            chain = [(DATA + rng.randrange(1000), rng.randrange(1, 5000), place >= reads) for place in range(count)]
            number = ring.driver.add(chain, indirect)
            offered[number] = chain, 1 if indirect else count
            batch.append(number)
        waiting += batch
        if ring.driver.publish():
            ring.queue.kick()
        ring.rest()
        # at rest everything is fetched, whether or not a notification was wanted: none may have been missed
        assert [chain.buffer_id for chain in ring.queue.chains] == waiting[-len(ring.queue.chains) or len(waiting) :]
        done = []
        for _ in range(rng.randrange(len(ring.queue.chains) + 1)):
            chain = ring.queue.take()
            wanted, places = offered.pop(chain.buffer_id)
            assert ([tuple(segment) for segment in chain.segments], chain.error, chain.places) == (wanted, 0, places)
            written = rng.choice([0, sum(length for _, length, write in wanted if write)])
            ring.queue.complete(chain, written)
            done.append((chain.buffer_id, written))
        ring.rest()
        assert ring.driver.reclaim() == done and [number for number, _ in done] == waiting[: len(done)]
        del waiting[: len(done)]
        assert ring.indices == ring.driver.indices
    assert not ring.errors and not ring.queue.broken


def test_a_full_ring_of_single_descriptors_is_fetched_in_parts_and_none_is_lost():
    ring = Ring(200, event_idx=True)
    ids = ring.offer(*([writable(number % 32)] for number in range(200)))
    assert len(ring.queue.chains) == AHEAD
    for number in ids:
        chain = ring.queue.take()
        assert chain.buffer_id == number
        ring.queue.complete(chain, 1)
        ring.rest()
    assert ring.driver.reclaim() == [(number, 1) for number in ids]


@pytest.mark.parametrize("event_idx", [False, True])
def test_a_consumer_that_takes_all_at_once_gets_all(event_idx):
    ring = Ring(200, event_idx)
    got = []

    def take(number):
        while ring.queue.chains:
            got.append(ring.queue.take())
            ring.queue.complete(got[-1], 0)

    ring.queue.on_chain = take
    for turn in range(3):
        ids = ring.offer(*([readable(0)] for _ in range(200 - turn)))
        assert [chain.buffer_id for chain in got] == ids == [number for number, _ in ring.driver.reclaim()]
        got.clear()


@pytest.mark.parametrize("index, wanted", [(0, 0), (0x8000, 0x8000), (3, 3), (0x8004, 0x8004)])
def test_a_ring_begins_at_any_index_and_keeps_its_indices_when_it_stops(index, wanted):
    ring = Ring(5, index=index)
    assert ring.indices == (wanted, wanted) == ring.driver.indices
    ring.offer([readable(0)], [readable(1), readable(2), readable(3)])
    ring.queue.complete(ring.queue.take(), 0)
    ring.rest()
    assert len(ring.driver.reclaim()) == 1
    before = ring.indices
    assert before == ring.driver.indices
    ring.queue.stop()
    ring.rest()
    assert ring.indices == before and not ring.queue.busy


@pytest.mark.parametrize("event_idx", [False, True])
def test_what_is_published_at_any_moment_is_seen(event_idx):
    """A driver notifies only when the device wants it, and nothing gets lost between the last look and the wish."""
    notified = set()
    for moment in range(0, 8 * LATENCY_PS, LATENCY_PS // 5):
        ring = Ring(4, event_idx)
        ring.offer([readable(0)])

        def publish(ring=ring):
            ring.driver.add([readable(2)])
            wanted = ring.driver.publish()
            notified.add(wanted)
            if wanted:
                ring.queue.kick()

        ring.driver.add([readable(1)])
        if ring.driver.publish():
            ring.queue.kick()
        ring.timeline.after(moment, publish)
        ring.rest()
        assert len(ring.queue.chains) == 3, f"published {moment} ps after a notification"
    assert notified == ({False, True} if event_idx else {True})


def test_before_a_rest_the_driver_is_told_where_the_device_looks_next():
    """Word with the wrap counter in bit 15, as the standard has it, and events for that descriptor alone."""
    ring = Ring(3, event_idx=True)
    assert ring.driver.wish == (0x8000, DESC)
    seen = []
    for _ in range(7):
        ring.offer([readable(0)])
        seen.append(ring.driver.wish[0])
        ring.queue.complete(ring.queue.take(), 0)
        ring.rest()
        ring.driver.reclaim()
    assert seen == [0x8001, 0x8002, 0, 1, 2, 0x8000, 0x8001]


def test_without_an_event_index_all_notifications_are_asked_for_once():
    ring = Ring(3, left=b"\xff\xff\1\0")
    assert ring.driver.wish == (0, ENABLE), "whatever stood there before"
    ring.memory.write = None
    ring.offer([readable(0)])
    assert len(ring.queue.chains) == 1


def use(ring, count):
    """So many buffers come back, one at a time."""
    for _ in range(count):
        ring.offer([readable(0)])
        ring.queue.complete(ring.queue.take(), 0)
        ring.rest()
        ring.driver.reclaim()


def test_the_driver_suppresses_interrupts():
    ring = Ring(4, event_idx=True)
    for flags, wanted in ((ENABLE, True), (DISABLE, False), (ENABLE, True)):
        ring.driver.want(flags)
        use(ring, 1)
        assert ring.asks() is wanted
    for _ in range(9):  # from every place, across the wrap
        ring.driver.want(DESC, 2)
        answers = []
        for _ in range(4):
            use(ring, 1)
            answers.append(ring.asks())
        assert answers == [False, False, True, False]
    ring.driver.want(DESC, 3)
    use(ring, 11)
    assert ring.asks(), "since then more than twice round"
    ring.driver.want(DESC, 3)
    use(ring, 3)
    assert not ring.asks()


def test_descriptor_events_that_were_not_negotiated_and_reserved_flags_hide_nothing():
    ring = Ring(4)
    for flags in (DESC, 3):
        ring.driver.want(flags, 3)
        use(ring, 1)
        assert ring.asks()


def test_buffers_of_one_frame_become_used_together_the_first_last():
    ring = Ring(8)
    stores = []
    ring.offer([writable(0)], [writable(1), writable(2)], [writable(3)])
    write = ring.memory.write
    ring.memory.write = lambda at, data: stores.append((at, len(data))) or write(at, data)
    for number in range(3):
        ring.queue.complete(ring.queue.take(), 7, more=number < 2)
    ring.rest()
    desc = ring.driver.addresses[0]
    flags = [(desc + 16 * place + 14, 2) for place in (3, 1, 0)]
    assert stores == [(desc + 16 * place + 8, 6) for place in (0, 1, 3)] + flags
    assert ring.published == [1] and [length for _, length in ring.driver.reclaim()] == [7, 7, 7]


BAD = [  # descriptors, what is wrong, and how many good ones there are before it
    ([(DATA, 0, 0)], errors.ZERO_LENGTH, 0),
    ([(DATA, 9, 0), (DATA, 0, 0), (DATA, 9, 0)], errors.ZERO_LENGTH, 1),
    ([(DATA, 9, WRITE), (DATA, 9, 0)], errors.ORDER, 1),
    ([(DATA, 15, INDIRECT)], errors.BAD_INDIRECT, 0),
    ([(DATA, 0, INDIRECT)], errors.BAD_INDIRECT, 0),
    ([(DATA, 9, 0), (DATA, 16, INDIRECT)], errors.BAD_INDIRECT, 1),
    ([(DATA, 16, INDIRECT), (DATA, 9, 0)], errors.BAD_INDIRECT, 0),
    ([(DATA, 16 * 7, INDIRECT)], errors.CHAIN_LENGTH, 0),
    ([(BASE - 4096, 16, INDIRECT)], errors.DESC_DMA, 0),
]


@pytest.mark.parametrize("rows, code, good", BAD)
def test_a_bad_chain_is_told_and_the_ring_goes_on_behind_it(rows, code, good):
    """The device finds the end of it, or it would not know where the next one begins."""
    ring = Ring(6)
    for _ in range(5):
        number = ring.driver.ids.pop()
        ring.driver.add_raw(number, rows)
        after = ring.offer([readable(1)])
        bad = ring.queue.take()
        assert (bad.buffer_id, bad.error, len(bad.segments), bad.places) == (number, code, good, len(rows))
        ring.queue.complete(bad, 0)
        ring.queue.complete(ring.queue.take(), 0)
        ring.rest()
        assert ring.driver.reclaim() == [(number, 0), (after[0], 0)]
    assert ring.errors == [code] * 5 and not ring.queue.broken


def test_indirect_tables_need_their_feature():
    ring = Ring(4, indirect=False)
    ring.offer([readable(0)], indirect=True)
    assert ring.queue.take().error == errors.BAD_INDIRECT


def test_a_chain_without_end_is_one_round_long():
    ring = Ring(4)
    ring.driver.add_raw(ring.driver.ids.pop(), [(DATA, 9, NEXT)] * 4)
    ring.offer()
    bad = ring.queue.take()
    assert (bad.error, bad.places) == (errors.CHAIN_LENGTH, 4)
    ring.queue.complete(bad, 0)
    ring.rest()
    assert ring.indices == (0x8000, 0x8000) and not ring.queue.chains


@pytest.mark.parametrize("what", ["flags", "descriptor", "element", "used flags", "wish", "driver's wish"])
def test_a_ring_that_cannot_be_reached_breaks_and_publishes_no_more(what):
    ring = Ring(4, event_idx=True)
    desc, driver, device = ring.driver.addresses
    at = {"element": desc + 8, "used flags": desc + 14, "driver's wish": driver, "wish": device}.get(what, desc)
    reads = what in ("flags", "descriptor", "driver's wish")

    def fail(original):
        def call(address, more):
            length = more if reads else len(more)
            hit = address <= at < address + length or (what == "flags" and address == desc + 14)
            hit = hit and (what != "descriptor" or length == 16)
            return (None if reads else False) if hit else original(address, more)

        return call

    name = "read" if reads else "write"
    setattr(ring.memory, name, fail(getattr(ring.memory, name)))
    ring.offer([readable(0)])
    if what in ("element", "used flags", "driver's wish"):
        ring.queue.complete(ring.queue.take(), 0)
        ring.rest()
        if what == "driver's wish":
            assert ring.asks(), "an interrupt too many rather than one too few"
        else:
            assert not ring.published
    assert ring.queue.broken and ring.errors == [errors.RING_DMA]


def test_a_ring_that_broke_gives_no_more_of_what_was_fetched_before():
    ring = Ring(4)
    ring.offer([readable(0)])
    assert len(ring.queue.chains) == 1
    ring.memory.read = lambda address, length: None
    ring.offer([readable(1)])
    assert ring.queue.broken and ring.queue.dry


def test_a_descriptor_counts_only_when_its_flags_say_so_in_this_round():
    """What the rounds before have left there is neither available nor used."""
    ring = Ring(2)
    memory = ring.memory.array
    for flags, taken in ((1 << 7 | 1 << 15, 0), (1 << 15, 0), (0, 0), (1 << 7, 1)):
        struct.pack_into("<QIHH", memory, 0, DATA, 9, 1, flags)
        ring.queue.kick()
        ring.rest()
        assert len(ring.queue.chains) == taken, hex(flags)
