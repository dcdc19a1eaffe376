# SPDX-License-Identifier: Apache-2.0
"""The model's hashes, receive queues and VLAN filter, against published vectors and the standard's own rules."""

import ipaddress
import random
import struct

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import (
    HAO,
    ICMPv6EchoRequest,
    IPv6,
    IPv6ExtHdrDestOpt,
    IPv6ExtHdrFragment,
    IPv6ExtHdrHopByHop,
    IPv6ExtHdrRouting,
)
from scapy.layers.l2 import ARP, Dot1AD, Dot1Q, Ether
from scapy.packet import Raw

from testbench.lib.rss_vectors import KEY, VECTORS
from testbench.model.offload.classify import Entry, Filter, classify
from testbench.model.offload.flow import flow_of, network_layer
from testbench.model.offload.steering import AUTOMATIC, FLOWS, RSS, Steering
from testbench.model.offload.toeplitz import Toeplitz

OWN, OTHER = "02:00:00:00:00:01", "02:00:00:00:00:02"
A4, B4, A6, B6, HOME, CARE = "192.0.2.1", "198.51.100.7", "2001:db8::1", "2001:db8::2", "2001:db8::aa", "2001:db8::bb"


def packed(*addresses):
    return b"".join(ipaddress.ip_address(address).packed for address in addresses)


def toeplitz(key, data):
    """Bit by bit, as the definition has it."""
    bits, value = int.from_bytes(key, "big"), 0
    for number in range(8 * len(data)):
        if data[number // 8] >> 7 - number % 8 & 1:
            value ^= bits >> 8 * len(key) - 32 - number & 0xFFFFFFFF
    return value


def frame(*layers):
    built = Ether(dst=OWN, src=OTHER)
    for layer in layers:
        built = built / layer
    return bytes(built).ljust(60, b"\0")


def hashes(data, every_types):
    """(hash, report) of a frame for each set of hash types."""
    steering = Steering(key=bytearray(KEY), report=True)
    settings = Filter(enable=True, mac=data[:6], steering=steering)
    for steering.hash_types in every_types:
        verdict = classify(data, settings)
        assert verdict.drop is None
        yield verdict.hash_value, verdict.hash_report


@pytest.mark.parametrize("source, sport, destination, dport, plain, with_ports", VECTORS)
def test_the_hashes_that_microsoft_published(source, sport, destination, dport, plain, with_ports):
    ports = struct.pack(">HH", sport, dport)
    hash_of = Toeplitz(KEY).hash
    assert (hash_of(packed(source, destination)), hash_of(packed(source, destination) + ports)) == (plain, with_ports)
    assert toeplitz(KEY, packed(source, destination) + ports) == with_ports
    six = ":" in source
    ip = IPv6(src=source, dst=destination) if six else IP(src=source, dst=destination)
    data = frame(ip, TCP(sport=sport, dport=dport))
    kind = 3 if six else 0
    assert list(hashes(data, [0x1FF, 1 << kind])) == [(with_ports, kind + 2), (plain, kind + 1)]


def test_any_key_and_input(rng):
    for _ in range(50):
        key, data = rng.randbytes(40), rng.randbytes(rng.randrange(37))
        assert Toeplitz(key).hash(data) == toeplitz(key, data)


PORTS = struct.pack(">HH", 1024, 80)
T, U = TCP(sport=1024, dport=80), UDP(sport=1024, dport=80) / Raw(b"data")
V4, V6 = IP(src=A4, dst=B4), IPv6(src=A6, dst=B6)
HOME_OPTION = IPv6ExtHdrDestOpt(options=[HAO(hoa=HOME)])
TYPE_2 = IPv6ExtHdrRouting(type=2, segleft=1, addresses=[CARE])
OWN4, OWN6 = packed(A4, B4), packed(A6, B6)
# layers; the hash types that cover the packet, in the standard's order of preference, each with what is hashed
PACKETS = {
    "TCP over IPv4": ((V4, T), [(1, OWN4 + PORTS), (0, OWN4)]),
    "UDP over IPv4": ((V4, U), [(2, OWN4 + PORTS), (0, OWN4)]),
    "ICMP": ((V4, ICMP()), [(0, OWN4)]),
    "IPv4 options": ((IP(src=A4, dst=B4, options=Raw(b"\x01" * 40)), T), [(1, OWN4 + PORTS), (0, OWN4)]),
    "first fragment": ((IP(src=A4, dst=B4, flags="MF"), T), [(0, OWN4)]),
    "later fragment": ((IP(src=A4, dst=B4, frag=5), T), [(0, OWN4)]),
    "TCP header cut off by IP": ((IP(src=A4, dst=B4, len=39), T), [(0, OWN4)]),
    "two tags": ((Dot1AD(vlan=1), Dot1Q(vlan=2), V4, T), [(1, OWN4 + PORTS), (0, OWN4)]),
    "TCP over IPv6": ((V6, T), [(4, OWN6 + PORTS), (3, OWN6)]),
    "UDP over IPv6": ((V6, U), [(5, OWN6 + PORTS), (3, OWN6)]),
    "ICMPv6": ((V6, ICMPv6EchoRequest()), [(3, OWN6)]),
    "fragment over IPv6": ((V6, IPv6ExtHdrFragment(m=1), T), [(6, OWN6), (3, OWN6)]),
    "ESP": ((IPv6(src=A6, dst=B6, nh=50), Raw(b"\6".ljust(8, b"\0")), T), [(6, OWN6), (3, OWN6)]),
    "a home address out of place": (
        (IPv6(src=A6, dst=B6, nh=60), Raw(b"\x3b\2\xc9\x10" + packed(HOME) + b"\1\2\0\0")),
        [(6, OWN6), (3, OWN6)],
    ),
    "ARP": ((ARP(),), []),
}
AUTHENTICATED = IPv6(src=A6, dst=B6, nh=51)
for kind, layer, protocol, length, size in (
    ("TCP", T, 6, 4, 24),
    ("UDP", U, 17, 4, 24),
    ("TCP not at a multiple of eight", T, 6, 3, 20),
):
    own = {6: 4, 17: 5}[protocol]
    rows = [(6, OWN6), (3, OWN6)]
    if size == 24:
        rows = [(own + 3, OWN6 + PORTS), rows[0], (own, OWN6 + PORTS), rows[1]]
    header = Raw(bytes((protocol, length)).ljust(size, b"\0"))
    PACKETS[f"{kind} behind authentication"] = ((AUTHENTICATED, header, layer), rows)
for name, headers, hashed_addresses in (
    ("hop-by-hop options", (IPv6ExtHdrHopByHop(),), OWN6),
    ("a home address", (HOME_OPTION,), packed(HOME, B6)),
    ("a type 2 routing header", (TYPE_2,), packed(A6, CARE)),
    ("both", (HOME_OPTION, TYPE_2), packed(HOME, CARE)),
    ("one of two addresses", (IPv6ExtHdrRouting(type=2, segleft=1, addresses=[CARE, CARE]),), OWN6),
    ("a fragment header of a whole packet", (IPv6ExtHdrFragment(),), OWN6),
    ("two home addresses", (HOME_OPTION, IPv6ExtHdrDestOpt(options=[HAO(hoa=CARE)])), packed(HOME, B6)),
    ("another routing header", (IPv6ExtHdrRouting(type=0, segleft=0, addresses=[CARE]),), OWN6),
):
    for kind, layer, extended, own in (("TCP", T, 7, 4), ("UDP", U, 8, 5), ("ICMP", ICMPv6EchoRequest(), None, None)):
        rows = [(extended, hashed_addresses + PORTS)] if extended else []
        rows += [(6, hashed_addresses)] + ([(own, OWN6 + PORTS)] if own else []) + [(3, OWN6)]
        PACKETS[f"{kind} behind {name}"] = ((V6, *headers, layer), rows)


@pytest.mark.parametrize("name", PACKETS)
def test_every_set_of_hash_types_hashes_what_the_standard_says(name):
    layers, candidates = PACKETS[name]
    data = frame(*layers)
    right = {kind: (toeplitz(KEY, text), kind + 1) for kind, text in candidates}
    for types, got in enumerate(hashes(data, range(512))):
        wanted = next((right[kind] for kind, _ in candidates if types >> kind & 1), (0, 0))
        assert got == wanted, f"hash types {types:#x}"


@pytest.mark.parametrize("seed", range(3))
def test_no_frame_hurts_the_parser(seed):
    rng = random.Random(seed)
    frames = [frame(*layers) for layers, _ in PACKETS.values()]
    for _ in range(3000):
        data = bytearray(rng.choice(frames))
        for _ in range(rng.randrange(4)):
            data[rng.randrange(12, len(data))] = rng.randrange(256)
        flow = flow_of(bytes(data), *network_layer(bytes(data)))
        assert flow is None or (len(flow.ports) in (0, 4) and len(flow.addresses + flow.mobile) in (8, 64))


# ---- receive queues


def queue_of(data, steering, **settings):
    verdict = classify(data, Filter(enable=True, mac=data[:6], steering=steering, **settings))
    return verdict.queue


def test_the_indirection_table_and_the_queue_of_frames_without_a_hash():
    steering = Steering(RSS, pairs=4, hash_types=0x1FF, unclassified=3, mask=7, key=bytearray(KEY))
    steering.table[:8] = [0, 1, 2, 3, 2, 1, 0, 2]
    for source, sport, destination, dport, _, value in VECTORS:
        ip = IPv6(src=source, dst=destination) if ":" in source else IP(src=source, dst=destination)
        assert queue_of(frame(ip, TCP(sport=sport, dport=dport)), steering) == steering.table[value & 7]
    assert queue_of(frame(ARP()), steering) == 3
    steering.hash_types = 1 << 1
    assert queue_of(frame(V4, U), steering) == 3, "a type that is not enabled is no hash"


def test_an_entry_of_the_mac_table_steers_before_the_hash_which_is_told_all_the_same():
    steering = Steering(RSS, pairs=4, hash_types=2, key=bytearray(KEY), report=True)
    settings = Filter(enable=True, steering=steering)
    settings.table[5] = Entry(bytes.fromhex(OWN.replace(":", "")), True, True, 2)
    verdict = classify(frame(V4, T), settings)
    assert (verdict.queue, verdict.hash_value, verdict.hash_report) == (2, toeplitz(KEY, OWN4 + PORTS), 2)


def test_without_a_mode_and_a_report_nothing_is_hashed():
    assert classify(frame(V4, T), Filter(enable=True, promisc=True, steer=1)).queue == 1
    verdict = classify(frame(V4, T), Filter(enable=True, promisc=True, steering=Steering(hash_types=0x1FF)))
    assert (verdict.hash_value, verdict.hash_report) == (0, 0)


FLOW_PACKETS = [(V4, T), (V4, U), (V4, ICMP()), (V6, T), (V6, U), (Dot1Q(vlan=7), V4, T), (V6, HOME_OPTION, T)]


def returned(layers):
    """The same packet from the other end."""
    built = frame(*layers)
    packet = Ether(built)
    for layer, one, other in (
        (IP, "src", "dst"),
        (IPv6, "src", "dst"),
        (TCP, "sport", "dport"),
        (UDP, "sport", "dport"),
    ):
        if layer in packet:
            part = packet[layer]
            first, second = getattr(part, one), getattr(part, other)
            setattr(part, one, second)
            setattr(part, other, first)
    return bytes(packet)


@pytest.mark.parametrize("layers", FLOW_PACKETS, ids=lambda layers: "/".join(layer.name for layer in layers))
def test_a_flow_returns_on_the_pair_it_was_last_sent_from(layers):
    steering = Steering(AUTOMATIC, pairs=4)
    back = returned(layers)
    assert queue_of(back, steering, steer=1) == 1, "of a flow that nobody has sent"
    for pair in (3, 0, 2):
        steering.learn(frame(*layers), pair)
        assert queue_of(back, steering, steer=1) == pair
    if layers[-1] in (T, U):
        assert queue_of(frame(*layers), steering, steer=1) == 1, "its own direction is another flow"
    steering.pairs = 2
    assert queue_of(back, steering, steer=1) == 1, "not beyond the pairs in use"
    steering.clear()
    steering.mode, steering.pairs = AUTOMATIC, 4
    assert queue_of(back, steering, steer=1) == 1, "CLEAR forgets it"


def test_flows_are_not_learnt_without_end():
    steering = Steering(AUTOMATIC, pairs=4)
    for port in range(FLOWS + 10):
        steering.learn(frame(V4, TCP(sport=port, dport=80)), 1)
    steering.learn(frame(ARP()), 1)
    assert len(steering._flows) == FLOWS
    assert queue_of(frame(IP(src=B4, dst=A4), TCP(sport=80, dport=9)), steering) == 0, "the oldest is forgotten"
    assert queue_of(frame(IP(src=B4, dst=A4), TCP(sport=80, dport=10)), steering) == 1


# ---- VLANs


def test_the_vlan_filter():
    settings = Filter(enable=True, alluni=True, vlan_filter=True, vlans=1 << 5 | 1 << 4095)
    for layers, passes in (
        ((V4, T), True), ((Dot1Q(vlan=5), V4, T), True), ((Dot1Q(vlan=6), V4, T), False), ((Dot1Q(vlan=0), V4), True),
        ((Dot1Q(vlan=5, prio=7, dei=1), V4), True), ((Dot1Q(vlan=4095), V4), True), ((Dot1AD(vlan=6), V4, T), True),
        ((Dot1Q(vlan=6), Dot1Q(vlan=5), V4), False), ((Dot1Q(vlan=5), Dot1Q(vlan=6), V4), True),
    ):  # fmt: skip
        data = frame(*layers)
        assert classify(data, settings).drop == (None if passes else "rx_drop_vlan"), layers
    for settings.vlan_filter, settings.promisc in ((False, False), (True, True)):
        assert classify(frame(Dot1Q(vlan=6), V4), settings).drop is None


def test_a_vlan_is_looked_at_behind_the_address_and_before_the_length():
    data = frame(Dot1Q(vlan=6), V4, T, Raw(bytes(200)))
    settings = Filter(enable=True, vlan_filter=True, mtu=100)
    assert classify(data, settings).drop == "rx_drop_filter"
    settings.mac = data[:6]
    assert classify(data, settings).drop == "rx_drop_vlan"
    settings.vlans = 1 << 6
    assert classify(data, settings).drop == "rx_drop_mtu"
