# SPDX-License-Identifier: Apache-2.0
"""The driver's fence between a store and a later load: where it stands, and what it does.

Each side stores its word and loads the other's; that both see the old value is what may not be, because then neither
tells the other anything. With the load straight after the store it was seen 1 to 7 times in two million rounds, which
is too rare for a test to wait for: so one test shows that the fence works, and others that store and load stand on
either side of it.
"""

import ctypes
import mmap
import os
import subprocess
import time

import numpy as np
import pytest

from host_driver.memory import DmaMemory
from host_driver.virtqueue import queue
from host_driver.virtqueue.fence import full_fence
from host_driver.virtqueue.packed import PackedQueue
from host_driver.virtqueue.split import SplitQueue
from testbench.lib import tools

ROUND, DONE, DRIVER, DEVICE, SEEN = 0, 8, 16, 24, 32  # as in fence_peer.cpp
ROUNDS = 200_000
BUDGET_S = 1.0  # fewer rounds on a machine with other things to do
LIMIT_S = 20.0
SIZE = 4  # of a ring
PATIENCE = 10_000  # looks before the processor is given away


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    library = tmp_path_factory.mktemp("fence") / "peer.so"
    source = tools.ROOT / "tests" / "fence_peer.cpp"
    subprocess.run(["g++", "-O2", "-shared", "-fPIC", source, "-o", library], check=True, timeout=60)
    return ctypes.CDLL(str(library)).fence_peer


@pytest.mark.parametrize("longest", [20, 60])
def test_one_side_sees_the_other(peer, seed, longest):
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("one processor keeps its own order")
    shared = mmap.mmap(-1, mmap.PAGESIZE)
    words = memoryview(shared).cast("Q")
    child = os.fork()
    if not child:
        at = ctypes.addressof(ctypes.c_char.from_buffer(shared))
        peer(ctypes.c_void_p(at), ctypes.c_uint64(ROUNDS), ctypes.c_uint32(seed), ctypes.c_uint32(longest))
        os._exit(0)
    neither = met = 0
    started = time.monotonic()
    try:
        for number in range(1, ROUNDS + 1):
            if not number % 32 and time.monotonic() > started + BUDGET_S:
                break
            words[ROUND] = number
            words[DRIVER] = number
            full_fence()
            seen = words[DEVICE] == number
            looks = 0
            while words[DONE] != number:
                looks += 1
                if looks % PATIENCE == 0:
                    assert time.monotonic() < started + LIMIT_S, "the other process does not get on"
                    os.sched_yield()
            seen_by_device = words[SEEN] == number
            neither += not seen and not seen_by_device
            met += seen and seen_by_device
    finally:
        if words[DONE] != ROUNDS:
            os.kill(child, 9)
        os.waitpid(child, 0)
    print(f"{number} rounds, both saw each other in {met}")
    assert neither == 0


class SplitSide:
    """The device's acts on a split ring."""

    def __init__(self, memory, event_idx):
        self.queue = SplitQueue(DmaMemory(memory, 0), 0, SIZE, event_idx)
        self.event_idx = event_idx
        self.avail = memory[self.queue.avail_address :][: 6 + 2 * SIZE].view("<u2")
        self.used = memory[self.queue.used_address :][: 6 + 8 * SIZE].view("<u2")

    def want_kick_at(self, number):
        """For the buffer of this number from the beginning on, or for any."""
        if self.event_idx:
            self.used[-1] = number
        else:
            self.used[0] = 0

    def want_no_kick(self):
        """Without event indices."""
        self.used[0] = 1

    def sees(self, count):
        return self.avail[1] == count

    def finish_first(self):
        self.used[1] = 1

    def is_asked_for_first(self):
        return self.avail[-1] == 0 if self.event_idx else self.avail[0] == 0


class PackedSide:
    """The same on a packed ring, in its first round: wrap counters are 1."""

    def __init__(self, memory, event_idx):
        self.queue = PackedQueue(DmaMemory(memory, 0), 0, SIZE, event_idx)
        self.event_idx = event_idx
        self.ring = memory[self.queue.desc_address :][: 16 * SIZE].view("<u2")
        self.driver = memory[self.queue.avail_address :][:4].view("<u2")
        self.device = memory[self.queue.used_address :][:4].view("<u2")

    def want_kick_at(self, number):
        self.device[:] = (number | 0x8000, 2) if self.event_idx else (0, 0)

    def want_no_kick(self):
        self.device[1] = 1

    def sees(self, count):
        return [flags == 0x80 for flags in self.ring[7::8]] == [place < count for place in range(SIZE)]

    def finish_first(self):
        self.ring[7] = 0x8080

    def is_asked_for_first(self):
        return list(self.driver) == [0x8000, 2] if self.event_idx else self.driver[1] == 0


class Between:
    """In the fence's place: the device acts at the one moment at which the driver's store must be there already."""

    def __init__(self, monkeypatch, kind, event_idx):
        self.side = kind(np.zeros(1 << 16, np.uint8), event_idx)
        self.calls = 0
        self.act = lambda: None
        monkeypatch.setattr(queue, "full_fence", self)

    def __call__(self):
        self.calls += 1
        self.act()


@pytest.mark.parametrize("kind", [SplitSide, PackedSide])
@pytest.mark.parametrize("event_idx", [True, False])
def test_index_before_and_event_after(monkeypatch, kind, event_idx):
    """The device finds nothing new, asks for a notification and looks again: one of the two must see the other."""
    between = Between(monkeypatch, kind, event_idx)
    side = between.side
    side.want_kick_at(0)
    if not event_idx:
        side.want_no_kick()
    side.queue.add_one(0x1000, 64, 0, "first")
    assert side.queue.publish() == event_idx

    def falls_asleep():
        assert side.sees(2), "what is new is stored before the fence"
        side.want_kick_at(1)

    between.act = falls_asleep
    side.queue.add_one(0x1000, 64, 0, "second")
    assert side.queue.publish(), "the request is loaded after the fence"
    assert between.calls == 2


@pytest.mark.parametrize("kind", [SplitSide, PackedSide])
@pytest.mark.parametrize("event_idx", [True, False])
def test_request_before_and_used_index_after(monkeypatch, kind, event_idx):
    """The driver asks for an interrupt while the device finishes: it must be told, or see it."""
    between = Between(monkeypatch, kind, event_idx)
    side = between.side
    side.queue.add_one(0x1000, 64, 0, "first")
    side.queue.publish()
    side.queue.disable_interrupts()
    assert not side.is_asked_for_first()

    def finishes():
        assert side.is_asked_for_first(), "the request is stored before the fence"
        side.finish_first()

    between.act = finishes
    assert not side.queue.enable_interrupts(), "what is used is loaded after the fence"
    assert between.calls == 2
    assert side.queue.pop() == [("first", 0)]
