# SPDX-License-Identifier: Apache-2.0
"""Our driver over vhost-user on cards of four and of sixteen pairs: plain MQ, and RSS."""

import pytest
from scapy.layers.inet import IP, UDP
from scapy.layers.l2 import Ether
from vhost_cards import left_alone, looped_card
from vhost_driver import arriving, down, up
from vhost_traffic import OURS, THEIRS, Stream, carry

from host_driver import Feature
from host_driver.transport.vhost_user import VhostUserHost, run


@pytest.fixture(scope="module", params=[(device, pairs) for device in ("model", "rtl") for pairs in (4, 16)], ids=str)
def card(request):
    device, pairs = request.param
    with looped_card(device, pairs=pairs) as card:
        card.pairs = pairs
        yield card


@pytest.fixture(params=["split", "packed"])
def rings(request):
    return request.param


def ways(rng, flow, count):
    """UDP frames whose two ends are alike, so that what comes back is of the flow that was sent."""
    end, port = f"10.0.{flow}.1", 1024 + flow
    link = Ether(dst=THEIRS.hex(":"), src=OURS.hex(":"))
    packet = link / IP(src=end, dst=end) / UDP(sport=port, dport=port)
    bodies = [number.to_bytes(4, "big") + rng.randbytes(rng.randint(20, 400)) for number in range(count)]
    return [bytes(packet / body) for body in bodies]


def test_flows_come_back_on_the_pair_they_were_sent_from(card, rng, rings):
    with left_alone(card), VhostUserHost.connect(card.path) as host:
        device = up(host, rings, unwanted=frozenset({Feature.RSS}), pairs=card.pairs)
        assert device.queues.max_pairs == card.pairs and set(device.transport.vrings) == set(range(2 * card.pairs + 1))
        carry(*(Stream(device, device, ways(rng, pair, 60), pair, window=20) for pair in range(card.pairs)))
        run(device.steering.set_pairs(2))
        carry(*(Stream(device, device, ways(rng, card.pairs + pair, 20), pair, window=20) for pair in range(2)))
        down(device)


def test_rss_spreads_flows_and_keeps_each_on_its_pair(card, rng, rings):
    with left_alone(card), VhostUserHost.connect(card.path) as host:
        device = up(host, rings, pairs=card.pairs)
        assert Feature.RSS in device.features
        frames = [frame for flow in range(4 * card.pairs) for frame in ways(rng, flow, 3)]
        got = {}
        for frame in frames:
            assert device.transmit(frame)
            (one,) = arriving(device)
            assert one.frame == frame
            got.setdefault(frame[26:38], set()).add(one.pair)
        assert len(got) == 4 * card.pairs and all(len(pairs) == 1 for pairs in got.values())
        assert len(set.union(*got.values())) > card.pairs / 2
        run(device.steering.set_table([card.pairs - 1]))
        assert device.transmit(frames[0]) and [one.pair for one in arriving(device)] == [card.pairs - 1]
        down(device)
