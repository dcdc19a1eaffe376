# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies for sequences: every operation of the vocabulary, small things often, rare things sometimes."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from testbench.differential import misuse, misuse_packed
from testbench.differential.frames import FLOWS
from testbench.differential.operations import (
    Barrier,
    Events,
    Fail,
    Impair,
    Kick,
    Link,
    Mask,
    Misuse,
    Poke,
    Receive,
    Refill,
    Reset,
    RxFrame,
    Sequence,
    Transmit,
    TxFrame,
)
from testbench.differential.strategies_commands import HASH, PLAIN, RSS_CONFIG, VLAN, active_pairs, seeds, vlans

SIZES = (60, 61, 64, 65, 127, 128, 1514, 1518, 9212, 9213)
MQ, RSS = 22, 60
# also GUEST_CSUM, MRG_RXBUF, CTRL_VLAN, INDIRECT_DESC, EVENT_IDX, IN_ORDER, HASH_REPORT
OPTIONAL = (1, 15, 19, MQ, 28, 29, 35, 57, RSS)
# without MQ and RSS there is one pair
WITHHELD = st.sets(st.sampled_from(OPTIONAL), max_size=4).map(
    lambda bits: tuple(sorted(bits - {RSS} if MQ in bits else bits))
)
flows = st.integers(0, FLOWS - 1)  # few, so that what is sent comes back
PACKETS = [
    "length", "vlan plain", "vlan plain", "tcp4", "tcp4", "tcp4 bad", "tcp6", "udp4", "udp6", "udp6 bad", "icmp4",
    "fragment4", "vlan tcp4", "tagged tcp4", "tagged tcp4 bad", "behind tcp6", "behind udp6", "behind icmp6",
]  # fmt: skip
REFUSED = ("gso type", "gso no csum", "gso size 0", "csum range", "ip length", "header")

tx_frames = st.builds(
    TxFrame,
    size=st.one_of(st.sampled_from(SIZES), st.integers(1, 300), st.integers(14, 9300), st.integers(9000, 40_000)),
    layout=st.sampled_from(["whole", "whole", "header apart", "pieces", "indirect"]),
    offload=st.sampled_from(["none"] * 6 + ["csum", "csum", "tso4", "tso6", *REFUSED]),
    parts=st.integers(1, 9),
    mss=st.one_of(st.sampled_from([536, 1448, 8948]), st.integers(64, 9300)),
    seed=seeds,
    flow=flows,
)
rx_frames = st.builds(
    RxFrame,
    size=st.one_of(st.sampled_from(SIZES), st.integers(14, 400), st.integers(60, 9300)),
    to=st.sampled_from(["own"] * 8 + ["broadcast", "group", "foreign", "table"]),
    kind=st.sampled_from(["plain"] * 5 + PACKETS),
    mark=st.sampled_from([""] * 12 + ["fcs", "error"]),
    pair=st.just(0),
    seed=seeds,
    flow=flows,
    vlan=vlans,
)
buffers = st.lists(
    st.lists(st.one_of(st.sampled_from([2048, 1536, 4032]), st.integers(1, 3000)), min_size=1, max_size=3).map(tuple),
    min_size=1, max_size=8,
).map(tuple)  # fmt: skip


def conversations(pairs: int) -> st.SearchStrategy:
    """A frame that is sent, and one that comes back in the same flow."""

    def both(pair: int, flow: int, six: bool, seed: int) -> tuple[Transmit, Receive]:
        sent = TxFrame(100 + seed % 64, offload="tso6" if six else "csum", seed=seed, flow=flow)
        return Transmit((sent,), pair), Receive((RxFrame(100, kind="tcp6" if six else "tcp4", seed=seed, flow=flow),))

    return st.builds(both, st.integers(0, pairs - 1), flows, st.booleans(), seeds)


impairments = st.one_of(
    st.builds(
        Impair, st.just("rx"),
        st.fixed_dictionaries({}, optional={
            "loss": st.just(0.2), "corrupt": st.just(0.2), "corrupt_payload": st.just(0.2), "duplicate": st.just(0.2),
            "reorder": st.just(0.3), "delay_ns": st.just(700.0), "jitter_ns": st.just(900.0),
        }).map(lambda shares: tuple(sorted(shares.items()))),
        seeds,
    ),
    # on the way from the card only what does not depend on the exact start of each frame
    st.builds(
        Impair, st.just("tx"),
        st.fixed_dictionaries({}, optional={
            "loss": st.just(0.2), "corrupt": st.just(0.2), "corrupt_payload": st.just(0.2), "duplicate": st.just(0.2),
        }).map(lambda shares: tuple(sorted(shares.items()))),
        seeds,
    ),
)  # fmt: skip
# registers whose write has no effect on the device's status; some are read-only, some nobody has
pokes = st.builds(
    Poke,
    st.one_of(
        st.sampled_from([0x00, 0x04, 0x08, 0x0C, 0x18, 0x20, 0x28, 0x30, 0x38, 0x3000, 0x3004, 0x2000, 0x4000, 0x5000]),
        st.integers(0x1000, 0x17FF).map(lambda at: 4 * at),
    ),
    st.one_of(st.integers(0, 3), st.integers(0, 2**32 - 1)),
    st.just(4),
)


RING_PLACES = ("avail index", "used element", "used index")
WEIGHTS = {
    "transmit": 6, "receive": 6, "refill": 4, "kick": 1, "command": 2, "steering": 2, "conversation": 7, "events": 3,
    "reset": 1, "queue reset": 1, "mask": 1, "poke": 1, "link": 1, "barrier": 1, "impair": 1, "misuse": 2, "fail": 1,
}  # fmt: skip


def operations(pairs: int, packed: bool, multiqueue: bool) -> dict[str, st.SearchStrategy]:
    """Strategies of one operation by the names of ``WEIGHTS``, on a card of ``pairs`` pairs."""
    rings = misuse_packed if packed else misuse
    active = active_pairs(pairs)
    pair = st.integers(0, pairs - 1)
    received = rx_frames.flatmap(lambda frame: pair.map(lambda to: replace(frame, pair=to)))
    ways = st.sampled_from(["rx", "tx"])
    kicked = st.sampled_from([True, True, True, False])
    found = {
        "transmit": st.builds(Transmit, st.lists(tx_frames, min_size=1, max_size=6).map(tuple), pair, kicked),
        "receive": st.builds(Receive, st.lists(received, min_size=1, max_size=6).map(tuple)),
        "refill": st.builds(Refill, buffers, pair, kicked, st.booleans()),
        "kick": st.builds(Kick, st.sampled_from(["rx", "tx", "control"]), pair),
        "command": PLAIN,
        "steering": st.one_of(VLAN, HASH, RSS_CONFIG, active),
        "steering at first": st.one_of(active, RSS_CONFIG) if multiqueue else st.one_of(HASH, RSS_CONFIG),
        "events": st.builds(
            Events, ways, st.sampled_from([2, 2, 0, 1, 1, 3]), st.sampled_from([0, 0, 1, 2, 65535]), pair
        ),
        "reset": st.builds(Reset, st.just("device"), st.booleans(), WITHHELD),
        "queue reset": st.builds(Reset, ways, st.booleans(), st.just(()), pair),
        "mask": st.builds(Mask, st.integers(-1, 2 * pairs + 1), st.booleans()),
        "poke": pokes,
        "link": st.builds(Link, st.booleans()),
        "barrier": st.builds(Barrier),
        "misuse": st.builds(Misuse, ways, st.sampled_from(rings.CHAINS + rings.RINGS), pair),
        "fail": st.one_of(
            st.builds(Fail, ways, st.sampled_from(RING_PLACES), pair),
            st.builds(Fail, ways, st.just("data"), pair, st.one_of(st.none(), st.integers(0, 40_000))),
        ),
    }
    if multiqueue:
        found["conversation"] = conversations(pairs)
    if pairs == 1:
        found["impair"] = impairments  # with several queues the order of their frames on the line is a matter of pace
    return found


@st.composite
def sequences(draw: st.DrawFn, pairs: int = 1) -> Sequence:
    """Whole sequences; most begin with buffers in the receive queues, or they would only drop."""
    packed, multiqueue = draw(st.booleans()), pairs > 1 and draw(st.integers(0, 3)) > 0
    kinds = operations(pairs, packed, multiqueue)
    names = [name for name, weight in WEIGHTS.items() for _ in range(weight) if name in kinds]
    steps = []
    if draw(st.integers(0, 3)):
        plenty = tuple((2048,) if number % 3 else (1000, 1500) for number in range(draw(st.integers(1, 16))))
        steps = [Refill(plenty, pair) for pair in range(pairs)]
    if multiqueue or draw(st.booleans()):
        steps.append(draw(kinds["steering at first"]))
    for name in draw(st.lists(st.sampled_from(names), min_size=3, max_size=16)):
        step = draw(kinds[name])
        steps += step if isinstance(step, tuple) else (step,)
    size = draw(st.sampled_from([4, 16, 64, 64]) if not packed or draw(st.booleans()) else st.integers(2, 64))
    before_wrap = draw(st.sampled_from([0, 1, 2, 5]))
    return Sequence(tuple(steps), pairs, size, draw(WITHHELD), packed, multiqueue, before_wrap)
