# SPDX-License-Identifier: Apache-2.0
"""The differential harness finds wrong devices: models with one thing broken, held against the model as it is."""

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
from testbench.model.offload import classify, coalesce, segment
from testbench.model.path import mac, receive
from testbench.model.registers import bar, msix
from testbench.model.registers.statistics import Statistics
from testbench.model.rings import control, split
from testbench.model.rings.queue import Virtqueue
from testbench.model.wire.impair import Impairment

TRIES = 1500  # most are found among the first hundred
STARTS = range(1, 9)  # what is drawn depends on what is loaded; the rarest takes about 800 sequences


class Broken(ModelDevice):
    """The model with ``owner.name`` replaced."""

    def __init__(self, owner, name, replacement):
        super().__init__(pairs=1)
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
}


def find(broken):
    """The first difference from the model as it is."""
    found = (search(ModelDevice(1), broken, pairs=1, start=start, examples=TRIES, shrink=False) for start in STARTS)
    return next(filter(None, found), None)


@pytest.mark.parametrize("what", BREAKS)
def test_a_broken_device_is_found(what, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)  # where the found tests go
    assert find(Broken(*BREAKS[what])) is not None


def test_a_difference_is_printed_as_a_test_that_shows_it_again(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    broken = Broken(*BREAKS["used lengths are off by one"])
    text = find(broken)
    assert "model and RTL differ at barrier" in text and "used 0" in text
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
