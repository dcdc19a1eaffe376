# SPDX-License-Identifier: Apache-2.0
"""Generated sequences of operations on model and RTL: wire, memory, counters, registers and interrupts are equal."""

from contextlib import closing
from functools import reduce
from operator import xor

import pytest

from testbench.differential.frames import FLOWS, HOST_PORT, PEER_PORT, TCP, UDP, addresses
from testbench.differential.operations import (
    Fail,
    Link,
    Receive,
    Reconfigure,
    Refill,
    RxFrame,
    Sequence,
    Transmit,
    TxFrame,
)
from testbench.differential.replay import replay
from testbench.differential.search import search
from testbench.differential.server import ModelDevice, RtlDevice

# parts run beside each other: (queue pairs, sequences)
PARTS = {"one pair": (1, 220), "one pair again": (1, 220), "four pairs": (4, 180)}


@pytest.mark.parametrize("part", PARTS)
def test_model_and_rtl_agree(seed, part):
    pairs, count = PARTS[part]
    with closing(RtlDevice(pairs)) as rtl:
        found = search(ModelDevice(pairs), rtl, pairs, seed + list(PARTS).index(part), count)
    assert found is None, found


def test_which_of_two_errors_was_the_last_is_a_matter_of_pace():
    frame, whole = TxFrame(60, "whole", "none", 1, 536, 0), {"pair": 0, "kick": True}
    replay(
        Sequence(
            operations=(
                Transmit((frame,) * 3, **whole),
                Link(up=False),
                Fail("tx", "used element"),
                Reconfigure("promisc", 0),
                Transmit((frame,), **whole),
                Transmit((TxFrame(60, "indirect", "none", 1, 536, 0),), **whole),
            ),
            pairs=1, size=4, withheld=(28,),
        )
    )  # fmt: skip


def test_a_driver_that_knows_no_event_indices_is_asked_for_every_notification_and_told_no_descriptor():
    replay(Sequence(operations=(Refill(((2048,),)),), size=3, withheld=(29,), packed=True))


def test_a_broken_packed_ring_gives_no_more_of_what_was_fetched_before():
    fill, fault, frames = Refill(((2048,),)), Fail("rx", "avail index"), Receive((RxFrame(60), RxFrame(60)))
    replay(Sequence(operations=(fill, fault, fill, Link(up=True), frames), size=4, packed=True))


def place(ends, *ports):
    """Where the RTL remembers a flow (flow_key.v)."""
    words = [int.from_bytes(ends[at : at + 4], "big") for at in range(0, len(ends), 4)]
    half = len(words) // 2
    total = reduce(xor, words[:half]) + reduce(xor, words[half:]) + 33 * sum(ports) & 0xFFFF_FFFF
    return reduce(xor, total.to_bytes(4, "big"))


def test_no_flow_that_is_sent_shares_its_place_with_another_that_is_drawn():
    """The model knows flows by all their bytes, the RTL by one of 256 places."""
    places = []
    for version in (4, 6):
        for flow in range(FLOWS):
            ends = b"".join(addresses(version, flow))
            places += [place(ends, HOST_PORT[kind], PEER_PORT[kind] + flow) for kind in (TCP, UDP)]
            places.append(place(ends))  # fragments, and what has no ports
    assert len(set(places)) == len(places) == 6 * FLOWS
