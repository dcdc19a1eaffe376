# SPDX-License-Identifier: Apache-2.0
"""Ring arithmetic, allocator and both ring formats of the driver, against a device side that does what no card does.

It takes chains out of order, asks for notifications at random and breaks its ring; rings on the card are in
test_driver_rules.py.
"""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from packed_ring import DISABLE, ENABLE, RESERVED, PackedRing
from split_ring import SplitRing

from host_driver.errors import QueueError
from host_driver.memory import DmaMemory, OutOfDmaMemory
from host_driver.virtqueue import packed as packed_format
from host_driver.virtqueue.packed import PackedQueue
from host_driver.virtqueue.queue import F_WRITE
from host_driver.virtqueue.ring_index import RingIndex
from host_driver.virtqueue.split import SplitQueue

BASE = 0x2_4000_0000

words = st.integers(0, 65535)


@given(words, st.integers(0, 65535))
def test_distance_undoes_advance_across_the_wrap(start, count):
    assert (RingIndex(start) + count) - RingIndex(start) == count


@given(words, st.integers(0, 300), words)
def test_an_event_is_passed_only_when_it_is_among_the_new_entries(old, count, event):
    expected = any((old + step) % 65536 == event for step in range(count))
    assert (RingIndex(old) + count).passed(event, RingIndex(old)) == expected


@given(words, st.sampled_from([1 << n for n in range(16)]))
def test_slot_is_the_index_modulo_the_size(value, size):
    assert RingIndex(value).slot(size) == value % size


def test_an_index_does_not_compare_with_a_plain_int():
    assert RingIndex(3) != 3
    with pytest.raises(TypeError):
        assert RingIndex(3) < RingIndex(4)


@settings(max_examples=60)
@given(st.lists(st.tuples(st.booleans(), st.integers(1, 900), st.sampled_from([1, 2, 16, 64, 512])), max_size=60))
def test_buffers_never_overlap_and_everything_comes_back(steps):
    array = np.zeros(16384, np.uint8)
    memory = DmaMemory(array, 0x1003)
    live = []
    for is_free, size, align in steps:
        if is_free and live:
            live.pop(size % len(live)).free()
            continue
        try:
            buffer = memory.alloc(size, align)
        except OutOfDmaMemory:
            continue
        assert buffer.address % align == 0 and len(buffer.view) == size
        live.append(buffer)
        spans = sorted((other.address, other.address + other.size) for other in live)
        assert all(first[1] <= second[0] for first, second in pairwise(spans))
    assert memory.live_buffers == len(live) and memory.live_bytes == sum(buffer.size for buffer in live)
    for buffer in live:
        buffer.free()
    assert (memory.live_buffers, memory.live_bytes) == (0, 0)
    assert memory.alloc(array.size, 1).size == array.size


def test_a_buffer_is_zero_and_cannot_be_freed_twice():
    array = np.full(4096, 0xAA, np.uint8)
    memory = DmaMemory(array, 0)
    buffer = memory.alloc(64)
    assert bytes(buffer.view) == bytes(64)
    buffer.view[0] = 7
    assert array[buffer.offset] == 7
    buffer.free()
    with pytest.raises(ValueError, match="freed twice"):
        buffer.free()


FORMATS = {"split": (SplitQueue, SplitRing), "packed": (PackedQueue, PackedRing)}
SPLIT_SIZES = (1, 2, 8, 256, 1024)
PACKED_SIZES = (1, 2, 3, 7, 8, 255, 256, 1000)
both_formats = pytest.mark.parametrize("ring_format", FORMATS)
any_size = pytest.mark.parametrize(
    ("ring_format", "size"), [*(("split", n) for n in SPLIT_SIZES), *(("packed", n) for n in PACKED_SIZES)]
)


def near_the_wrap(ring_format, size):
    """A first index from which the ring soon goes round, or its index runs over."""
    return 65530 if ring_format == "split" else max(size - 3, 0) | 0x8000


def pair(ring_format, size, first=0, event_idx=True, indirect=0, in_order=False):
    array = np.zeros(1 << 20, np.uint8)
    memory = DmaMemory(array, BASE)
    driver, device = FORMATS[ring_format]
    queue = driver(memory, 5, size, event_idx, indirect, first, in_order)
    ring = device(array, BASE, size, queue.desc_address, queue.avail_address, queue.used_address, first)
    ring.event_idx = event_idx
    return queue, ring, memory


class Owner:
    """Adds random chains and remembers what each must look like to the device."""

    def __init__(self, queue, rng):
        self.queue, self.rng = queue, rng
        self.expected, self.token = {}, 0

    def add(self, indirect=False):
        rng, queue = self.rng, self.queue
        count = rng.randint(1, min(4, queue.size))
        segments = [(BASE + rng.randrange(1 << 19), rng.randrange(1, 5000)) for _ in range(count)]
        writable = rng.randint(0, count)
        if not queue.add(segments, writable, self.token, indirect):
            assert queue.free_descriptors < (1 if indirect else count)
            return
        self.expected[self.token] = [(a, n, place >= count - writable) for place, (a, n) in enumerate(segments)]
        self.token += 1


@any_size
@pytest.mark.parametrize("indirect", [0, 4])
def test_chains_reach_the_device_and_come_back_out_of_order_across_the_wrap(ring_format, size, indirect):
    rng = random.Random(size + indirect)
    queue, ring, _ = pair(ring_format, size, near_the_wrap(ring_format, size), indirect=indirect)
    owner = Owner(queue, rng)
    at_device, returned = [], set()
    for _ in range(400):
        for _ in range(rng.randrange(4)):
            owner.add(bool(indirect))
        assert not ring.pending(), "nothing is seen before it is published"
        queue.publish()
        while chain := ring.take():
            at_device.append(chain)
        rng.shuffle(at_device)
        done = at_device[: rng.randrange(len(at_device) + 1)]
        del at_device[: len(done)]
        for head, _ in done:
            ring.complete(head, head + 1)
        ring.publish(len(done))
        assert queue.used_pending() == len(done)
        for (head, parts), (found, length) in zip(done, queue.pop(), strict=True):
            assert parts == owner.expected[found] and length == head + 1
            returned.add(found)
    assert owner.token > 100 and queue.in_flight == len(at_device)
    assert returned | set(queue.detach()) == set(range(owner.token))
    assert queue.free_descriptors == size


@settings(max_examples=150, deadline=None)
@given(
    ring_format=st.sampled_from(list(FORMATS)), size=st.integers(1, 9), rng=st.randoms(use_true_random=False),
    event_idx=st.booleans(), indirect=st.sampled_from([0, 4]), single=st.booleans(), first=st.integers(0, 65535),
)  # fmt: skip
def test_an_in_order_device_announces_batches(ring_format, size, rng, event_idx, indirect, single, first):
    if ring_format == "split":
        size = 1 << size % 4
    else:
        first = first % size | first & 0x8000
    queue, ring, _ = pair(ring_format, size, first, event_idx, indirect, in_order=True)
    owner = Owner(queue, rng)
    at_device, heads, popped = [], [], 0
    for _ in range(60):
        for _ in range(rng.randrange(4)):
            if single and queue.add_one(BASE, 77, F_WRITE, owner.token):
                owner.expected[owner.token] = [(BASE, 77, True)]
                owner.token += 1
            elif not single:
                owner.add(bool(indirect) and rng.random() < 0.5)
        queue.publish()
        while chain := ring.take():
            at_device.append(chain)
            heads.append(chain[0])
        lengths = []
        while at_device and rng.random() < 0.7:
            batch = at_device[: rng.randint(1, len(at_device))]
            del at_device[: len(batch)]
            ring.complete(batch[-1][0], 9, tuple(head for head, _ in batch[:-1]))
            whole = [sum(length for _, length, writable in parts if writable) for _, parts in batch[:-1]]
            lengths += [*whole, 9]
        ring.publish(len(lengths))
        while lengths:
            limit = rng.randint(1, 5)
            got = queue.pop(limit)
            assert [token for token, _ in got] == list(range(popped, popped + min(limit, len(lengths))))
            assert [length for _, length in got] == lengths[:limit]
            popped += len(got)
            del lengths[:limit]
            assert queue.used_pending() == len(lengths)
            assert queue.in_flight == len(at_device) + len(lengths)
    assert queue.pop() == [] and sorted(queue.detach()) == list(range(popped, owner.token))


def test_an_in_order_driver_uses_split_descriptors_in_ring_order():
    queue, ring, _ = pair("split", 8, in_order=True)
    place = 0
    for turn in range(40):
        count = turn % 3 + 1
        queue.add([(BASE, 1)] * count, 0, None)
        queue.publish()
        head, _ = ring.take()
        assert head == place
        for at in range(place, place + count - 1):
            entry = ring.read(queue.desc_address + 16 * (at % 8), 16)
            assert entry[12] & 1 and int.from_bytes(entry[14:], "little") == (at + 1) % 8
        place = (place + count) % 8
        ring.complete(head, 0)
        ring.publish(1)
        queue.pop()


@both_formats
@pytest.mark.parametrize("event_idx", [True, False])
@pytest.mark.parametrize("size", [64, 61])
def test_the_device_is_notified_exactly_when_it_asks(ring_format, event_idx, size):
    size = 64 if ring_format == "split" else size
    rng = random.Random(3)
    queue, ring, _ = pair(ring_format, size, near_the_wrap(ring_format, size), event_idx)
    for turn in range(600):
        steps, wanted = rng.randrange(-2, 12), bool(rng.randrange(2))
        if event_idx:
            ring.want_kick_in(steps)
        else:
            ring.want_kicks(wanted)
        count, chain = rng.randrange(5), rng.randrange(1, 4) if ring_format == "packed" else 1
        for _ in range(count):
            assert queue.add([(BASE, 100)] * chain, chain, turn)
        passed = 0 <= steps < count * chain if event_idx else bool(count) and wanted
        assert queue.publish() == passed
        assert queue.publish() is False, "one batch is announced once"
        while chain := ring.take():
            ring.complete(chain[0], 1)
        ring.publish(count)
        assert len(queue.pop()) == count


@pytest.mark.parametrize("event_idx", [True, False])
def test_a_packed_device_may_ask_for_all_notifications_or_for_none(event_idx):
    queue, ring, _ = pair("packed", 5, event_idx=event_idx)
    for mode, wanted in ((ENABLE, True), (DISABLE, False), (RESERVED, True)):
        ring.write(queue.used_address + 2, bytes((mode, 0)))
        queue.add_one(BASE, 1, 0, None)
        assert queue.publish() == wanted
    ring.write(queue.used_address + 2, bytes((packed_format.EVENT_DESC, 0)))
    ring.write(queue.used_address, bytes((0, 0)))
    queue.add_one(BASE, 1, 0, None)
    assert queue.publish() != event_idx, (
        "an event of a place that lies behind counts only if such events were negotiated"
    )


@settings(max_examples=300)
@given(size=st.integers(1, 9), start=st.integers(0, 17), count=st.integers(0, 9), event=st.integers(0, 17))
def test_a_packed_event_is_passed_only_when_it_is_among_the_new_descriptors(size, start, count, event):
    count, start, event = min(count, size), start % (2 * size), event % (2 * size)
    end = (start + count) % (2 * size)

    def at(position):
        return position % size, position < size

    place, wrap = at(event)
    expected = event in [(start + step) % (2 * size) for step in range(count)]
    assert packed_format.passed(place | wrap << 15, *at(end), count, size) == expected


@both_formats
@pytest.mark.parametrize("event_idx", [True, False])
def test_no_completion_is_left_without_interrupt_or_recheck(ring_format, event_idx):
    rng = random.Random(4)
    size = {"split": 32, "packed": 29}[ring_format]
    queue, ring, _ = pair(ring_format, size, near_the_wrap(ring_format, size), event_idx)
    for _ in range(500):
        while queue.add_one(BASE, 64, F_WRITE, None):
            pass
        queue.publish()
        early, late = rng.randrange(3), rng.randrange(1, 4)

        def finish(count):
            for _ in range(count):
                ring.complete(ring.take()[0], 1)
            return ring.publish(count)

        queue.disable_interrupts()
        if early:
            assert not finish(early)
        armed = queue.enable_interrupts()
        assert armed == (early == 0)
        if armed:
            assert finish(late)
        queue.pop()


@both_formats
def test_an_interrupt_can_be_asked_for_later(ring_format):
    queue, ring, _ = pair(ring_format, 16, 0x8000 | 13 if ring_format == "packed" else 0)
    for turn in range(3):
        for _ in range(8):
            queue.add_one(BASE, 64, 0, None)
        queue.publish()
        assert queue.enable_interrupts(after=4)
        for number in range(8):
            ring.complete(ring.take()[0], 0)
            assert ring.publish(1) == (number == 3), turn
        assert len(queue.pop()) == 8


def test_interrupts_asked_for_later_count_what_was_found_already():
    queue, ring, _ = pair("split", 16, in_order=True)
    for _ in range(8):
        queue.add_one(BASE, 64, 0, None)
    queue.publish()
    heads = [ring.take()[0] for _ in range(8)]
    ring.complete(heads[2], 0, tuple(heads[:2]))
    ring.publish(3)
    assert len(queue.pop(1)) == 1 and queue.used_pending() == 2
    assert not queue.enable_interrupts(after=2) and queue.enable_interrupts(after=4)
    for number in range(3, 8):
        ring.complete(heads[number], 0)
        assert ring.publish(1) == (number == 4)


@both_formats
@pytest.mark.parametrize("in_order", [False, True])
@pytest.mark.parametrize("evil", ["id beyond", "id not held", "id twice", "too many"])
def test_a_device_that_breaks_the_ring_is_named(ring_format, evil, in_order):
    queue, ring, _ = pair(ring_format, 8, in_order=in_order)
    queue.add_one(BASE, 64, 0, "mine")
    queue.publish()
    head, _ = ring.take()
    queue.add_one(BASE, 64, 0, "not published")
    if evil == "id beyond":
        ring.complete(8, 0)
    elif evil == "id not held":
        ring.complete((head + 2) % 8, 0)
    elif evil == "id twice":
        ring.complete(head, 0)
        ring.publish(1)
        assert len(queue.pop()) == 1
        ring.complete(head, 0)
    else:
        ring.complete(head, 0)
        ring.complete((head + 1) % 8, 0)
    ring.publish(1)
    with pytest.raises(QueueError, match="queue 5: the device"):
        queue.pop()


def test_a_used_index_that_says_less_than_its_batch_is_named():
    queue, ring, _ = pair("split", 8, in_order=True)
    for _ in range(4):
        queue.add_one(BASE, 64, 0, None)
    queue.publish()
    heads = [ring.take()[0] for _ in range(4)]
    ring.complete(heads[3], 0)
    ring.publish(1)
    with pytest.raises(QueueError, match="returned 4 chains where its used index shows 1"):
        queue.pop()


def test_a_length_counts_only_where_a_packed_device_says_that_it_wrote():
    queue, ring, _ = pair("packed", 4)
    queue.add_one(BASE, 64, F_WRITE, None)
    queue.publish()
    number, _ = ring.take()
    ring.write(queue.desc_address + 8, (64).to_bytes(4, "little") + number.to_bytes(2, "little") + b"\x80\x80")
    assert queue.pop() == [(None, 0)]


def test_the_head_of_a_packed_chain_is_stored_last_and_at_once():
    queue, ring, _ = pair("packed", 6)
    for turn in range(20):
        flags_at = queue.desc_address + 16 * ring.next_avail[0] + 14
        before = ring.read(flags_at, 2)
        queue.add([(BASE, 1), (BASE, 2)], 1, None)
        queue.add_one(BASE, 3, F_WRITE, None)
        assert ring.read(flags_at, 2) == before and not ring.pending(), turn
        queue.publish()
        for _ in range(2):
            ring.complete(ring.take()[0], 1)
        ring.publish(2)
        assert len(queue.pop()) == 2


@both_formats
def test_misuse_of_a_queue_is_refused(ring_format):
    queue, _, memory = pair(ring_format, 4, indirect=2)
    for segments, writable, indirect in ([], 0, False), ([(BASE, 0)], 0, False), ([(BASE, 1)] * 5, 0, False), (
        [(BASE, 1)] * 3, 0, True,
    ), ([(BASE, 1)], 2, False):  # fmt: skip
        with pytest.raises(QueueError):
            queue.add(segments, writable, None, indirect)
    assert queue.free_descriptors == 4 and not queue.publish()
    with pytest.raises(QueueError):
        SplitQueue(memory, 0, 6)
    for size, first in ((0, 0), (32769, 0), (6, 6), (6, 0x8006)):
        with pytest.raises(QueueError):
            PackedQueue(memory, 0, size, first=first)
    areas = queue.areas
    assert all(
        memory.base <= at and at + size <= queue.buffer.address + queue.buffer.size for at, size in areas.values()
    )
    queue.free()
    assert memory.live_buffers == 0
