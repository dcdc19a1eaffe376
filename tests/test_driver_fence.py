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
from host_driver.virtqueue import split
from host_driver.virtqueue.fence import full_fence
from testbench.lib import tools

ROUND, DONE, DRIVER, DEVICE, SEEN = 0, 8, 16, 24, 32  # as in fence_peer.cpp
ROUNDS = 200_000
BUDGET_S = 1.0  # fewer rounds on a machine with other things to do
LIMIT_S = 20.0
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


class Between:
    """In the fence's place: the device acts at the one moment at which the driver's store must be there already."""

    def __init__(self, monkeypatch, event_idx):
        self.memory = np.zeros(1 << 16, np.uint8)
        self.queue = split.SplitQueue(DmaMemory(self.memory, 0), 0, 4, event_idx)
        size = self.queue.size
        self.avail = self.memory[self.queue.avail_address :][: 6 + 2 * size].view("<u2")
        self.used = self.memory[self.queue.used_address :][: 6 + 8 * size].view("<u2")
        self.calls = 0
        monkeypatch.setattr(split, "full_fence", self)

    def __call__(self):
        self.calls += 1
        self.act()


@pytest.mark.parametrize("event_idx", [True, False])
def test_index_before_and_event_after(monkeypatch, event_idx):
    """The device finds nothing new, asks for a notification and looks again: one of the two must see the other."""
    between = Between(monkeypatch, event_idx)
    queue, avail, used = between.queue, between.avail, between.used
    if not event_idx:
        used[0] = split.USED_F_NO_NOTIFY
    between.act = lambda: None
    queue.add_one(0x1000, 64, 0, "first")
    assert queue.publish() == event_idx

    def falls_asleep():
        assert avail[1] == 2, "the index is stored before the fence"
        if event_idx:
            used[-1] = 1
        else:
            used[0] = 0

    between.act = falls_asleep
    queue.add_one(0x1000, 64, 0, "second")
    assert queue.publish(), "the request is loaded after the fence"
    assert between.calls == 2


@pytest.mark.parametrize("event_idx", [True, False])
def test_request_before_and_used_index_after(monkeypatch, event_idx):
    """The driver asks for an interrupt while the device finishes: it must be told, or see it."""
    between = Between(monkeypatch, event_idx)
    queue, avail, used = between.queue, between.avail, between.used
    between.act = lambda: None
    queue.add_one(0x1000, 64, 0, "first")
    queue.publish()
    queue.disable_interrupts()

    def finishes():
        assert (avail[-1] == 0) if event_idx else (avail[0] == 0), "the request is stored before the fence"
        used[1] = 1

    between.act = finishes
    assert not queue.enable_interrupts(), "the index is loaded after the fence"
    assert queue.pop() == [("first", 0)]
