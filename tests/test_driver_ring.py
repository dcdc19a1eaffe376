# SPDX-License-Identifier: Apache-2.0
"""Ring arithmetic, allocator and split queue of the driver, against a device side that does what no card does.

It takes chains out of order, asks for notifications at random and breaks its ring; rings on the card are in
test_driver_rules.py.
"""

import random
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtio_device import BASE, DeviceRing

from host_driver.errors import QueueError
from host_driver.memory import DmaMemory, OutOfDmaMemory
from host_driver.virtqueue.ring_index import RingIndex
from host_driver.virtqueue.split import F_WRITE, SplitQueue

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


def pair(size, first=0, event_idx=True, indirect=0):
    array = np.zeros(1 << 20, np.uint8)
    memory = DmaMemory(array, BASE)
    queue = SplitQueue(memory, 5, size, event_idx, indirect, first)
    ring = DeviceRing(array, BASE, size, queue.desc_address, queue.avail_address, queue.used_address, first)
    ring.event_idx = event_idx
    return queue, ring, memory


@pytest.mark.parametrize("size", [1, 2, 8, 256, 1024])
@pytest.mark.parametrize("indirect", [0, 4])
def test_chains_reach_the_device_and_come_back_out_of_order_across_the_wrap(size, indirect):
    rng = random.Random(size + indirect)
    queue, ring, _ = pair(size, first=65530, indirect=indirect)
    expected, at_device, returned, token = {}, [], set(), 0
    for _ in range(400):
        for _ in range(rng.randrange(4)):
            limit = min(4, size)
            segments = [(BASE + rng.randrange(1 << 19), rng.randrange(1, 5000)) for _ in range(rng.randint(1, limit))]
            writable = rng.randint(0, len(segments))
            if queue.add(segments, writable, token, indirect=bool(indirect)):
                shape = [(a, n, place >= len(segments) - writable) for place, (a, n) in enumerate(segments)]
                expected[token] = shape
                token += 1
            else:
                assert queue.free_descriptors < len(segments)
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
            assert parts == expected[found] and length == head + 1
            returned.add(found)
    assert token > 100 and queue.in_flight == len(at_device)
    assert returned | set(queue.detach()) == set(range(token))
    assert queue.free_descriptors == size


@pytest.mark.parametrize("event_idx", [True, False])
def test_the_device_is_notified_exactly_when_it_asks(event_idx):
    rng = random.Random(3)
    queue, ring, _ = pair(64, first=65500, event_idx=event_idx)
    index = 65500
    for _ in range(600):
        event = (index + rng.randrange(-2, 12)) % 65536
        no_notify = rng.randrange(2)
        ring.want_kick_at(event)
        ring.write(ring.used, bytes((no_notify, 0)))
        count = rng.randrange(5)
        for _ in range(count):
            assert queue.add_one(BASE, 100, F_WRITE, None)
        if event_idx:
            expected = event in [(index + step) % 65536 for step in range(count)]
        else:
            expected = bool(count) and not no_notify
        assert queue.publish() == expected
        index = (index + count) % 65536
        while chain := ring.take():
            ring.complete(chain[0], 1)
        ring.publish(count)
        assert len(queue.pop()) == count


@pytest.mark.parametrize("event_idx", [True, False])
def test_no_completion_is_left_without_interrupt_or_recheck(event_idx):
    rng = random.Random(4)
    queue, ring, _ = pair(32, first=65520, event_idx=event_idx)
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


def test_an_interrupt_can_be_asked_for_later():
    queue, ring, _ = pair(16)
    for _ in range(8):
        queue.add_one(BASE, 64, 0, None)
    queue.publish()
    assert queue.enable_interrupts(after=4)
    for number in range(6):
        ring.complete(ring.take()[0], 0)
        assert ring.publish(1) == (number == 3)


@pytest.mark.parametrize("evil", ["id beyond", "id not held", "index ahead"])
def test_a_device_that_breaks_the_ring_is_named(evil):
    queue, ring, _ = pair(8)
    queue.add_one(BASE, 64, 0, "mine")
    queue.publish()
    head, _ = ring.take()
    if evil == "id beyond":
        ring.complete(8, 0)
    elif evil == "id not held":
        ring.complete((head + 1) % 8, 0)
    else:
        ring.used_index = 9
    ring.publish(1)
    with pytest.raises(QueueError):
        queue.pop()


def test_misuse_of_a_queue_is_refused():
    queue, _, memory = pair(4, indirect=2)
    for segments, writable, indirect in ([], 0, False), ([(BASE, 0)], 0, False), ([(BASE, 1)] * 5, 0, False), (
        [(BASE, 1)] * 3, 0, True,
    ), ([(BASE, 1)], 2, False):  # fmt: skip
        with pytest.raises(QueueError):
            queue.add(segments, writable, None, indirect)
    with pytest.raises(QueueError):
        SplitQueue(memory, 0, 6)
    queue.free()
    assert memory.live_buffers == 0
