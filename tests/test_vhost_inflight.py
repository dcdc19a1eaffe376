# SPDX-License-Identifier: Apache-2.0
"""A card that is killed at any moment, and the next one, which has the inflight region to go on with."""

import os
import signal
import struct
import threading
import time
from collections import Counter, deque

import pytest
from vhost_traffic import SHORTEST, THEIRS, short_folder

from ferrule.vhost.process import VhostCard
from ferrule.vhost.settings import VhostSettings
from host_driver import Feature, NetDevice, Options
from host_driver.transport.vhost_user import VhostUserHost, VhostUserTransport, run

LIMIT_S = 20.0
LATENCY_NS = 4000  # so that the card is often found between a used element and its publication
KILLS = {"model": 8, "rtl": 4}
WINDOW = 12  # frames on their way: no more than the receive ring has room for
LONGEST = 600
RINGS = {
    "one descriptor a frame": Options(rx_size=32, tx_size=16),
    "chains, and frames of several buffers": Options(
        rx_size=48, tx_size=24, tx_descriptors=2, rx_buffer_size=256, unwanted=frozenset({Feature.RING_INDIRECT_DESC})
    ),
    "split": Options(rx_size=32, tx_size=16, unwanted=frozenset({Feature.RING_PACKED})),
}
HEAD, HEAD_BYTES, ENTRY = struct.Struct("<QHHHHHHBB"), 32, struct.Struct("<BxHHHQHHIQ")


class Witness:
    """Every buffer that a queue's driver gives comes back once, in order."""

    def __init__(self, queue):
        self.given, self.back = deque(), 0
        add, add_one, pop = queue.add, queue.add_one, queue.pop

        def note(token, done):
            if done:
                self.given.append(token)
            return done

        def popped(*limit):
            done = pop(*limit)
            for token, _ in done:
                assert token is self.given.popleft(), "a buffer came back out of turn"
            self.back += len(done)
            return done

        queue.add = lambda parts, writable, token, *more: note(token, add(parts, writable, token, *more))
        queue.add_one = lambda address, length, flags, token: note(token, add_one(address, length, flags, token))
        queue.pop = popped


class Traffic:
    """Numbered frames to the card, whose wire gives them back."""

    def __init__(self, device, rng):
        self.device, self.rng = device, rng
        self.tx = device.queues.tx[0]
        self.watched = [Witness(self.tx.queue), Witness(device.queues.rx[0].queue)]
        self.watched[1].given.extend(device.queues.rx[0]._slots)
        self.sent = self.next = self.got = 0

    def frame(self, number):
        size = SHORTEST + number * 37 % (LONGEST - SHORTEST)
        head = bytes(self.device.mac) + THEIRS + b"\x88\xb5" + number.to_bytes(4, "big")
        return head + bytes((number + i) & 0xFF for i in range(size - len(head)))

    def push(self):
        while self.sent - self.next < WINDOW and self.device.transmit(self.frame(self.sent), more=True):
            self.sent += 1
        self.tx.flush()

    def pull(self):
        for received in self.device.poll():
            assert received.frame == self.frame(self.next), "another frame than the next one"
            self.next += 1
            self.got += 1

    def carry(self, count):
        """So many more frames come."""
        wanted, end = self.got + count, time.monotonic() + LIMIT_S
        while self.got < wanted:
            self.push()
            self.pull()
            assert time.monotonic() < end, (self.sent, self.next)

    def drain(self):
        """All that was sent comes, and nothing more is sent."""
        end = time.monotonic() + LIMIT_S
        while self.next < self.sent or self.watched[0].given:
            self.pull()
            self.tx.reclaim()
            assert time.monotonic() < end, (self.sent, self.next)

    def cut(self):
        """The card is dead: what came before comes, and the next card goes on with the first frame not taken."""
        self.pull()
        self.tx.reclaim()
        self.next = self.watched[0].back


def up(folder, device):
    card = VhostCard(folder / "card", VhostSettings(device=device, loopback=True, host_latency_ns=LATENCY_NS), folder)
    card.start()
    return card, card.record()["pid"]


def end(card, pid, traffic, after_s):
    """Kill the card's process while traffic goes on."""
    killer = threading.Timer(after_s, os.kill, (pid, signal.SIGKILL))
    killer.start()
    while killer.is_alive():
        traffic.push()
        traffic.pull()
    with pytest.raises(Exception, match="ended"):
        for _ in range(400):
            card.check()
            time.sleep(0.01)
    card.stop()


def region(books, index, packed):
    """(what is in flight, whether it was killed around a publication); the region is whole."""
    about, fd = books.held
    step = -(-(HEAD_BYTES + about.queue_size * ENTRY.size if packed else 16 + 16 * about.queue_size) // 64) * 64
    data = os.pread(fd, step, about.mmap_offset + index * step)
    if not packed:
        assert struct.unpack_from("<QHH", data) == (0, 1, about.queue_size)
        return 0, False
    features, version, entries, _, old_free, used, old, wrap, old_wrap = HEAD.unpack_from(data)
    assert (features, version, entries) == (0, 1, about.queue_size)
    entry = [ENTRY.unpack_from(data, HEAD_BYTES + i * ENTRY.size) for i in range(entries)]
    listed = []
    while old_free < entries:
        listed.append(old_free)
        old_free = entry[old_free][1]
    assert old_free == entries
    assert len(set(listed)) == len(listed)
    held = sum(entry[i][3] for i in range(entries) if entry[i][0] and i not in listed)
    assert held + len(listed) == entries
    return held, (used, wrap) != (old, old_wrap)


@pytest.mark.parametrize("rings", RINGS)
def test_killed_again_and_again(device, rings, rng, seed):
    found = Counter()
    with short_folder() as folder:
        card, pid = up(folder, device)
        with VhostUserHost.connect(card.path) as host:
            driver = NetDevice(host, options=RINGS[rings], transport=VhostUserTransport)
            run(driver.probe())
            packed = Feature.RING_PACKED in driver.features
            assert packed == (rings != "split")
            traffic = Traffic(driver, rng)
            for kill in range(KILLS[device]):
                traffic.carry(rng.randint(1, 30))
                end(card, pid, traffic, rng.random() * 0.05)
                for index in range(2):
                    held, between = region(driver.transport._books, index, packed)
                    found["in flight"] += held
                    found["around a publication"] += between
                traffic.cut()
                print(
                    f"seed {seed}, kill {kill}: {traffic.sent} sent, {traffic.next} taken, {traffic.got} came, {found}"
                )
                card, pid = up(folder, device)
                host.reconnect(card.path)
                driver.transport.resume()
                run(driver.settings.set_promisc(True))  # the control queue goes on as well
            traffic.carry(60)
            traffic.drain()
            assert [len(watched.given) for watched in traffic.watched] == [0, RINGS[rings].rx_size]
            if packed and device == "rtl":
                assert found["in flight"]
            run(driver.close())
            assert driver.memory.live_buffers == 0
        card.stop()
