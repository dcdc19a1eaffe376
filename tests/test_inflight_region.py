# SPDX-License-Identifier: Apache-2.0
"""The inflight region of a packed ring: after a kill between any two stores the next back end knows where to go on."""

import ctypes
import mmap
import os
import random
import signal
import struct
import subprocess
import time

import pytest

from firmware.vhost import inflight_packed
from firmware.vhost.inflight_part import Part
from firmware.vhost.message import VhostError
from testbench.lib import tools
from testbench.model.host.inflight import PackedRegion

BASE, ENTRIES = 0x10000, 16
AVAIL, USED, NEXT = 1 << 7, 1 << 15, 1
DESCRIPTOR = struct.Struct("<QIHH")
LENGTH = inflight_packed.bytes_of(ENTRIES)
PUBLISHED, ABOUT, ADDED, RUNNING = range(4)  # as in inflight_victim.cpp
KILLS = {"time": 40, "store": 200}
LIMIT_S = 5.0
STEPS = 4000  # functions, each of which stores at most once


class Killed(Exception):
    """Here it ends."""


class Mortal(Part):
    """A part that is written to so many times. Of what is longer than a word the last time may bring only a piece."""

    lives = 1 << 30

    def write(self, at, data):
        try:
            self.spend()
        except Killed:
            super().write(at, data[: len(data) // 64 * 32])
            raise
        super().write(at, data)

    def spend(self):
        if not self.lives:
            raise Killed
        self.lives -= 1


class Memory:
    """The guest's memory as firmware has it, which lives as long as the part."""

    def __init__(self, ring, part):
        self.ring, self.part = ring, part

    def word(self, address):
        return struct.unpack_from("<H", self.ring, address - BASE)[0]

    def write(self, address, data):
        self.part.spend()
        self.ring[address - BASE : address - BASE + len(data)] = data


@pytest.fixture
def part():
    fd = os.memfd_create("region")
    os.ftruncate(fd, LENGTH)
    yield Mortal(fd, 0, LENGTH, ENTRIES, 0)
    os.close(fd)


def wrap_of(at, size):
    return 1 - (at // size & 1)


def flags_of(at, size):
    """Of an available descriptor."""
    return AVAIL if wrap_of(at, size) else USED


def described(at, size, more=0):
    return DESCRIPTOR.pack(at, 1000 + at % 1000, at & 0xFFFF, flags_of(at, size) | more)


def intact(ring, size, begin, end):
    """The ring has these descriptors as the driver gave them."""
    for at in range(begin, end):
        address, length, number, flags = DESCRIPTOR.unpack_from(ring, at % size * 16)
        assert (address, length, number) == (at, 1000 + at % 1000, at & 0xFFFF)
        assert flags & (AVAIL | USED) == flags_of(at, size)


def partition(data, ring, size):
    """Entries in flight; each entry is that or free, as another back end would find them."""
    *_, entries, free, old_free, used, old, wrap, old_wrap = inflight_packed.HEAD.unpack_from(data)
    entry = [inflight_packed.Entry(*fields) for fields in inflight_packed.ENTRY.iter_unpack(data[32:])]
    flags = DESCRIPTOR.unpack_from(ring, 16 * old)[3] & (AVAIL | USED)
    at = free if (used, wrap) != (old, old_wrap) and flags != (AVAIL if old_wrap else USED) else old_free
    seen = set()
    while at != entries:
        assert at not in seen
        seen.add(at)
        at = entry[at].next
    heads = [number for number, fields in enumerate(entry) if fields.inflight and number not in seen]
    for number in heads:
        at = number
        for place in range(entry[number].num):
            assert at not in seen
            seen.add(at)
            assert (at == entry[number].last) == (place + 1 == entry[number].num)
            at = entry[at].next
    assert len(seen) == entries
    return len(heads)


class Spy:
    """A region's view: what is stored is seen, store by store."""

    def __init__(self, data, seen):
        self.data, self.seen = data, seen

    def __setitem__(self, where, data):
        self.data[where] = data
        self.seen()


def life(rng, size, begin):
    """(region, ring, published up to, added up to) after each store of a card's and its driver's life."""
    region, ring = bytearray(LENGTH), bytearray(16 * size)
    fresh = os.memfd_create("fresh")
    os.ftruncate(fresh, LENGTH)
    inflight_packed.renew(Part(fresh, 0, LENGTH, ENTRIES, 0), begin % size, wrap_of(begin, size))
    region[:] = os.pread(fresh, LENGTH, 0)
    os.close(fresh)
    states, truth = [], [begin, begin]

    def seen():
        states.append((bytes(region), bytes(ring), *truth))

    card = PackedRegion(
        Spy(region, seen), (True, BASE, size, begin % size, wrap_of(begin, size)), ENTRIES,
        lambda address, length: bytes(ring[address - BASE : address - BASE + length]),
    )  # fmt: skip

    def store(at, data):
        done = card.before(BASE + at, data)
        ring[at : at + len(data)] = data
        return done

    chains = []

    def driver():
        while (count := rng.randint(1, 3)) + truth[1] <= truth[0] + size and rng.random() < 0.7:
            for i in range(count):
                at = truth[1] + i
                ring[at % size * 16 : at % size * 16 + 16] = described(at, size, NEXT if i + 1 < count else 0)
            chains.append(count)
            truth[1] += count
            seen()

    for _ in range(12):
        driver()
        batch = chains[: rng.randint(0, len(chains))]
        places = [truth[0] + sum(batch[:i]) for i in range(len(batch))]
        for at in places:
            assert store(at % size * 16 + 8, struct.pack("<IH", 7, 7)) is None
            seen()
        for at in reversed(places):
            done = store(at % size * 16 + 14, struct.pack("<H", AVAIL | USED if wrap_of(at, size) else 0))
            if at == places[0]:
                truth[0] += sum(batch)
            seen()
            if done and rng.random() < 0.5:
                driver()  # it is another process
            if done:
                done()
        del chains[: len(batch)]
    return states


@pytest.mark.parametrize("size", [3, 7, 16])
def test_the_models_stores(part, rng, size):
    """At every store of the model's, and of each of these at some store of the back end that takes over."""
    seen = 0
    for _ in range(10):
        for region, ring, published, added in life(rng, size, rng.randrange(2 * size)):
            ring = bytearray(ring)
            partition(region, ring, size)
            part.write(0, region)
            wanted = (published % size, wrap_of(published, size))
            part.lives = rng.randint(0, 16)
            try:
                inflight_packed.take_over(part, Memory(ring, part), BASE, size)
                inflight_packed.renew(part, *wanted)
            except Killed:
                seen += 1
            part.lives = 1 << 30
            assert inflight_packed.take_over(part, Memory(ring, part), BASE, size) == wanted
            intact(ring, size, published, added)
    assert seen > 100


@pytest.fixture(scope="module", params=["at any time", "at any store"])
def victim(request, tmp_path_factory):
    """(the function, the most functions it lives for; 0: until it is killed)."""
    steps = request.param == "at any store"
    library = tmp_path_factory.mktemp("victim") / "victim.so"
    dpi = tools.ROOT / "testbench" / "dpi"
    sources = [tools.ROOT / "tests" / "inflight_victim.cpp", dpi / "inflight.cpp"]
    # the C library has functions of these names that do nothing: ours come first
    flags = ["-O1", "-fno-inline", "-finstrument-functions", "-Wl,-Bsymbolic"] if steps else ["-O2"]
    command = ["g++", *flags, "-shared", "-fPIC", "-I", dpi, *sources, "-o", library]
    subprocess.run(command, check=True, timeout=120)
    run = ctypes.CDLL(str(library)).inflight_victim
    run.argtypes = [ctypes.c_void_p, ctypes.c_void_p, *[ctypes.c_int] * 3, ctypes.c_uint64, ctypes.c_uint32,
                    ctypes.c_uint64]  # fmt: skip
    return run, STEPS if steps else 0


def lived(victim, ring, words, part, size, published, rng):
    """A process lives for a moment."""
    run, steps = victim
    seed, steps = rng.getrandbits(32), steps and rng.randint(1, steps)
    words[RUNNING] = 0
    child = os.fork()
    if not child:
        at, told = (ctypes.addressof(ctypes.c_char.from_buffer(data)) for data in (ring, words))
        run(at, told, part.fd, size, ENTRIES, published, seed, steps)
    end = time.monotonic() + LIMIT_S
    while not words[RUNNING] and time.monotonic() < end:
        time.sleep(0)
    time.sleep(rng.random() * 0.003)
    while steps and not os.waitid(os.P_PID, child, os.WEXITED | os.WNOHANG | os.WNOWAIT) and time.monotonic() < end:
        time.sleep(0)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    assert words[RUNNING]
    assert time.monotonic() < end, "it goes on"


@pytest.mark.parametrize("size", [5, 16])
def test_the_simulators_stores(victim, part, rng, size):
    """Killed again and again; the next one goes on in the same ring."""
    ring, words = mmap.mmap(-1, mmap.PAGESIZE), memoryview(mmap.mmap(-1, mmap.PAGESIZE)).cast("Q")
    inflight_packed.renew(part, 0, 1)
    kills = KILLS["store" if victim[1] else "time"]
    published, held, before = 0, 0, 0
    for _ in range(kills):
        lived(victim, ring, words, part, size, published, rng)
        published, added = words[PUBLISHED], words[ADDED]
        if words[ABOUT] != published:
            flags = DESCRIPTOR.unpack_from(ring, published % size * 16)[3] & (AVAIL | USED)
            if flags != flags_of(published, size):
                published = words[ABOUT]
        held += bool(partition(part.read(), ring, size))
        place = inflight_packed.take_over(part, Memory(ring, part), BASE, size)
        assert place == (published % size, wrap_of(published, size))
        intact(ring, size, published, added)
        inflight_packed.renew(part, *place)
        assert published >= before
        before = published
    print(f"{published} descriptors, {held} of {kills} killed with some in flight")
    assert held > kills / 4


def test_a_region_of_a_back_end_that_keeps_no_order(part, rng):
    """Its buffers in flight stand behind the place, one after another, in the order in which they were fetched."""
    size, index = 8, 6
    ring = bytearray(16 * size)
    inflight_packed.renew(part, index, 0)
    numbers = rng.sample(range(ENTRIES), 4)  # two buffers, of 3 descriptors and of 1
    for head, chain, counter in ((numbers[0], numbers[:3], 90), (numbers[3], numbers[3:], 7)):
        for place, number in enumerate(chain):
            more = place + 1 < len(chain)
            entry = inflight_packed.ENTRY.pack(
                number == head, chain[place + 1] if more else 0, chain[-1], len(chain), counter,
                number, AVAIL | more, 100 + number, number << 32,
            )  # fmt: skip
            part.write(inflight_packed.HEAD_BYTES + number * inflight_packed.ENTRY.size, entry)
    free = [number for number in range(ENTRIES) if number not in numbers]
    for number, after in zip(free, [*free[1:], ENTRIES], strict=True):
        part.write(inflight_packed.HEAD_BYTES + number * inflight_packed.ENTRY.size + 2, struct.pack("<H", after))
    part.write(inflight_packed.HEADS_AT, struct.pack("<HH", free[0], free[0]))
    assert inflight_packed.take_over(part, Memory(ring, part), BASE, size) == (index, 0)
    for at, number in zip((6, 7, 0, 1), (numbers[3], *numbers[:3]), strict=True):
        address, length, buffer_id, flags = DESCRIPTOR.unpack_from(ring, 16 * at)
        assert (address, length, buffer_id) == (number << 32, 100 + number, number)
        assert flags & (AVAIL | USED) == (USED if at > 1 else AVAIL)
        assert flags & NEXT == (number in numbers[:2])


def test_garbage_is_an_error_or_a_place(part, rng):
    """Whatever is there: words, or a place in the ring and nothing written outside it."""
    errors = 0
    for _ in range(400):
        ring = bytearray(rng.randbytes(16 * 8))
        part.write(0, rng.randbytes(LENGTH))
        part.write(0, struct.pack("<QHH", 0, 1, ENTRIES))
        for at, most in ((12, ENTRIES), (14, ENTRIES), (16, 8), (18, 8)):
            part.write(at, struct.pack("<H", rng.randint(0, most)))
        part.write(20, bytes((rng.randrange(2), rng.randrange(2))))
        for number in range(ENTRIES):
            links = struct.pack("<BBHHH", rng.randrange(4) == 0, 0, *(rng.randint(0, ENTRIES) for _ in range(3)))
            part.write(inflight_packed.HEAD_BYTES + number * inflight_packed.ENTRY.size, links)
        try:
            index, wrap = inflight_packed.take_over(part, Memory(ring, part), BASE, 8)
            assert index < 8
            assert wrap < 2
        except VhostError:
            errors += 1
        assert len(ring) == 16 * 8
    assert 0 < errors < 400


def test_random_bytes_are_refused():
    rng, fd = random.Random(1), os.memfd_create("region")
    for length in (LENGTH, LENGTH - 1, 0):
        os.ftruncate(fd, length)
        os.pwrite(fd, rng.randbytes(length), 0)
        with pytest.raises(VhostError, match="inflight region"):
            Part(fd, 0, LENGTH, ENTRIES, 0).in_use()
    os.close(fd)
