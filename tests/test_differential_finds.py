# SPDX-License-Identifier: Apache-2.0
"""The differential harness finds wrong devices: models with one thing broken, held against the model as it is."""

import re
from unittest import mock

import pytest

from testbench.differential.compare import Difference, hold_equal
from testbench.differential.operations import (
    Fail,
    Misuse,
    Receive,
    Refill,
    RxFrame,
    Sequence,
    Transmit,
    TxFrame,
    from_json,
    to_json,
)
from testbench.differential.search import search
from testbench.differential.server import ModelDevice
from testbench.model.offload import classify, coalesce, flow, segment, steering
from testbench.model.path import mac, receive
from testbench.model.registers import bar, msix
from testbench.model.registers.statistics import Statistics
from testbench.model.rings import control, packed, split
from testbench.model.rings.queue import Virtqueue
from testbench.model.wire.impair import Impairment

TRIES = 1500  # most are found among the first hundred
STARTS = range(1, 9)  # what is drawn depends on what is loaded; the rarest takes about 800 sequences


class Broken(ModelDevice):
    """The model with ``owner.name`` replaced."""

    def __init__(self, owner, name, replacement, pairs=1):
        super().__init__(pairs)
        self.pairs = pairs
        self._patch = mock.patch.object(owner, name, replacement)

    def run(self, sequence, salt):
        with self._patch:
            return super().run(sequence, salt)


def after(function, change):
    """The function, its result changed."""
    return lambda *args, **kwargs: change(function(*args, **kwargs))


def ignoring(*args, **kwargs):
    """Nothing happens."""


def forgetting(name):
    """A count that leaves one counter alone."""
    original = Statistics.count

    def count(self, what, amount=1):
        if what != name:
            original(self, what, amount)

    return count


def longer_by_one(original):
    def complete(self, chain, length, more=False, after_ps=0):
        original(self, chain, length + 1 if length else 0, more, after_ps)

    return complete


def wishing_for_all(original):
    def wish(self):
        good = original(self)
        self._memory.write(self._device_area + 2, b"\0\0")
        return good

    return wish


def with_the_id_of_another(original):
    def store(self, buffers, count):
        for place, (due, chain, length, more) in enumerate(buffers):
            buffers[place] = due, chain._replace(buffer_id=chain.buffer_id ^ 1), length, more
        return original(self, buffers, count)

    return store


def choosing(original, change):
    """Receive queue of a frame, changed by ``change(steering, hash)`` where it has one in mode RSS."""

    def choose(self, *args):
        queue, value, report = original(self, *args)
        return change(self, value) if self.mode == steering.RSS and report else queue, value, report

    return choose


def for_every_pair(original):
    def choose(self, *args):
        self.pairs = steering.TABLE_ENTRIES
        return original(self, *args)

    return choose


def by_addresses(original):
    return lambda self, flow: original(self, flow._replace(ports=b""))


BREAKS = {
    "an inserted checksum is off by one": (
        segment,
        "checksum_not_zero",
        after(segment.checksum_not_zero, lambda v: v ^ 1),
    ),
    "a counter stands still": (Statistics, "count", forgetting("tx_csum_inserted")),
    "used lengths are off by one": (Virtqueue, "complete", longer_by_one(Virtqueue.complete)),
    "merged buffers are limited to one": (receive, "MOST_BUFFERS", 1),
    "num_buffers is written elsewhere": (receive, "NUM_BUFFERS", 8),
    "the longest frame is shorter": (mac, "FCS", 8),
    "padding is not counted": (mac, "SHORTEST", 0),
    "two tags are not looked behind": (classify, "VLAN_TYPES", ()),
    "an 802.3 length is not checked": (classify, "LONGEST_802_3", 0),
    "time does not end a coalesced wait": (coalesce.Coalescer, "_time_is_up", ignoring),
    "commands are answered with nothing": (control, "WRITABLE", 0),
    "a mask does not hold": (msix.Msix, "masked", lambda self, vector: False),
    "pending bits do not show": (msix.Msix, "pending_word", lambda self, offset: 0),
    "a configuration change is not announced": (bar.Bar, "notify_config", ignoring),
    "event indices are never written": (split.SplitRing, "wish", lambda self: True),
    "chains longer than one are cut": (split, "NEXT", 0),
    "faults of the wire are drawn otherwise": (Impairment, "_hit", lambda self, share: False),
    # packed rings
    "the wrap counter stands still": (packed.PackedRing, "_wrap", lambda self, position: True),
    "every descriptor is to be notified": (packed.PackedRing, "wish", wishing_for_all(packed.PackedRing.wish)),
    "a driver that wants no interrupt gets it": (packed, "EVENT_DISABLE", 9),
    "a driver's event is not read": (packed, "EVENT_DESC", 9),
    "a buffer has the id of another": (packed.PackedRing, "store", with_the_id_of_another(packed.PackedRing.store)),
    "a used chain takes one place": (
        packed.PackedRing,
        "_walk",
        after(packed.PackedRing._walk, lambda chain: chain and chain._replace(places=1)),
    ),
    # filter, hashes, receive queues
    "the VLAN filter is the wrong way round": (
        classify.Filter,
        "passes",
        after(classify.Filter.passes, lambda passes: not passes),
    ),
    "ports are not hashed": (steering.Steering, "hash", by_addresses(steering.Steering.hash)),
    "extension headers are not looked behind": (flow, "EXTENSIONS", ()),
    "the indirection table is off by one": (
        steering.Steering,
        "choose",
        choosing(steering.Steering.choose, lambda self, value: self.table[value + 1 & self.mask]),
        4,
    ),
    "frames come to pairs that are not in use": (
        steering.Steering,
        "choose",
        for_every_pair(steering.Steering.choose),
        4,
    ),
    "no flow comes back": (steering.Steering, "learn", ignoring, 4),
}


def find(broken):
    """The first difference from the model as it is."""
    pairs = broken.pairs
    found = (search(ModelDevice(pairs), broken, pairs, start=start, examples=TRIES, shrink=False) for start in STARTS)
    return next(filter(None, found), None)


@pytest.mark.parametrize("what", BREAKS)
def test_a_broken_device_is_found(what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where the found tests go
    assert find(Broken(*BREAKS[what])) is not None


def test_a_difference_is_printed_as_a_test_that_shows_it_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    broken = Broken(*BREAKS["used lengths are off by one"])
    text = find(broken)
    assert "model and RTL differ at barrier" in text and re.search(r"^ +used \d", text, re.M)
    (path,) = (tmp_path / "build" / "differential").glob("test_found_*.py")
    scope = {}
    exec(compile(path.read_text(), str(path), "exec"), scope)
    with pytest.raises(Difference):
        hold_equal(scope["SEQUENCE"], ModelDevice(1), broken, 0)
    assert callable(scope["test_model_and_rtl_agree"])


def test_sequences_survive_their_way_through_json():
    every = Sequence(
        (
            Refill(((2048,), (100, 200)), 0, False, True), Receive((RxFrame(60, "group", "udp6", "fcs"),)),
            Transmit((TxFrame(1514, "pieces", "tso4", 5, 1448, 7),)), Misuse("rx", "loop"), Fail("tx", "data", at=64),
        ),
        size=64, withheld=(15, 29),
    )  # fmt: skip
    assert from_json(to_json(every)) == every
