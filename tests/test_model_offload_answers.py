# SPDX-License-Identifier: Apache-2.0
"""The functional model's offloads give the answers of the RFCs, of virtio, and of the packets that scapy builds."""

from __future__ import annotations

import random
import struct
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6, IPv6ExtHdrDestOpt, IPv6ExtHdrHopByHop
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether
from scapy.packet import Raw

from testbench.lib.oracle_tso import NEEDS_CSUM, NetHeader
from testbench.lib.tx_offload_driver import Job, super_frame, with_zero_checksum
from testbench.model.offload.checksum import checksum, checksum_not_zero, residue, residues
from testbench.model.offload.classify import Entry, Filter, Verdict, classify
from testbench.model.offload.segment import Sent
from testbench.unit.bench_model_offloads import sent
from testbench.unit.lib_tx_requests import with_driver_sum

OWN = bytes.fromhex("525400112233")


# ---- checksum arithmetic


def test_the_sums_of_the_rfcs():
    """RFC 1071 section 3, RFC 1624 section 4, and the IPv4 header that every textbook has."""
    example = bytes.fromhex("0001f203f4f5f6f7")
    assert residue(example) == 0xDDF2
    assert checksum(residue(example)) == 0x220D
    rest = 0xFFFF - 0xDD2F - 0x5555
    assert (checksum(rest + 0x5555), checksum(rest + 0x3285)) == (0xDD2F, 0x0000)
    assert checksum(residue(bytes.fromhex("45000073000040004011 0000c0a80001c0a800c7"))) == 0xB861


@pytest.mark.parametrize("data", [b"", bytes(7), bytes(1500), b"\xff" * 40, b"\xff" * 2000])
def test_both_zeros_are_one_residue(data):
    assert residue(data) == 0
    assert (checksum(0), checksum_not_zero(0)) == (0x0000, 0xFFFF)


@settings(deadline=None)
@given(st.binary(max_size=40), st.integers(0, 3000), st.integers(1, 700))
def test_residue_is_the_folded_sum(data, repeat, size):
    """Of short and long data, whole and in pieces, against a sum word by word."""

    def folded(data: bytes) -> int:
        total = sum(struct.unpack(f"!{(len(data) + 1) // 2}H", data + bytes(len(data) % 2)))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        return total % 0xFFFF

    data = (data * 100)[:repeat] + data
    assert residue(data) == folded(data)
    assert residues(data, size) == [folded(data[at : at + size]) for at in range(0, len(data), size)]


# ---- transmit


@pytest.mark.parametrize("protocol", [TCP, UDP])
def test_inserted_checksums_are_scapys(protocol):
    """NEEDS_CSUM as a driver asks for it, under IPv4 and IPv6, tagged, even and odd lengths."""
    for network in (IP(src="192.0.2.1", dst="198.51.100.7"), IPv6(src="2001:db8::1", dst="2001:db8::2")):
        for size in (0, 1, 700, 701, 1460):
            link = Ether(dst="52:54:00:11:22:33", src="02:00:00:00:00:01") / Dot1Q(vlan=5)
            whole = bytes(link / network / protocol(sport=1024, dport=80) / Raw(b"\x5a" * size))
            start, offset = 18 + len(network), 16 if protocol is TCP else 6
            job = with_driver_sum(Job(NetHeader(NEEDS_CSUM, csum_start=start, csum_offset=16), whole))
            if protocol is UDP:
                pseudo = residue(whole[start - (8 if network.version == 4 else 32) : start]) + 17 + len(whole) - start
                field = struct.pack(">H", pseudo % 0xFFFF)
                job = Job(job.header, whole[: start + 6] + field + whole[start + 8 :])
            header = replace(job.header, csum_offset=offset)
            assert sent(Job(header, job.frame)) == Sent([whole], {"tx_csum_inserted": 1})


def test_zero_is_never_inserted():
    """RFC 768: a sum of 0xFFFF, and one of nothing but zeros, give 0xFFFF; at odd offsets too."""
    header = NetHeader(NEEDS_CSUM, csum_start=14, csum_offset=2)
    for start, body in (
        (14, b"\xff\xff" + bytes(44)),
        (14, bytes(46)),
        (15, bytes(45)),
        (15, b"\0" * 43 + b"\xff\xff"),
    ):
        job = Job(replace(header, csum_start=start), b"\x02" * start + body)
        frame = sent(job).frames[0]
        assert frame == job.frame[: start + 2] + b"\xff\xff" + job.frame[start + 4 :]


@pytest.mark.parametrize("flags", ["A", "FPA", "PAC", "FSRPAUEC"])
@pytest.mark.parametrize("mss", [100, 101, 1460])
def test_segments_are_scapys(flags, mss):
    """Each segment is the packet scapy builds from its fields: lengths, IDs, sequence numbers, flags, sums."""
    link = Ether(dst="52:54:00:11:22:33", src="02:00:00:00:00:01", type=0x88A8) / Dot1AD(vlan=5) / Dot1Q(vlan=6)
    data = random.Random(mss).randbytes(3 * 1460 + 1)
    for network in (
        IP(src="192.0.2.1", dst="198.51.100.7", id=65535, flags="DF", options=Raw(b"\x01" * 8)),
        IPv6(src="2001:db8::1", dst="2001:db8::2") / IPv6ExtHdrHopByHop() / IPv6ExtHdrDestOpt(),
    ):
        tcp = TCP(sport=1, dport=2, seq=2**32 - 150, ack=5, flags=flags, options=[("Timestamp", (1, 2))])
        start = len(link / network)
        kind = 1 if network.version == 4 else 4
        header = NetHeader(NEEDS_CSUM, kind, 0, mss, start, 16)
        job = with_driver_sum(Job(header, bytes(link / network / tcp / Raw(data))))
        wanted = []
        for number, at in enumerate(range(0, len(data), mss)):
            one, head = network.copy(), tcp.copy()
            if kind == 1:
                one.id = (65535 + number) % 65536
            head.seq = (tcp.seq + at) % 2**32
            if at + mss < len(data):
                head.flags = str(head.flags).replace("F", "").replace("P", "")
            if number:
                head.flags = str(head.flags).replace("C", "")
            wanted.append(bytes(link / one / head / Raw(data[at : at + mss])))
        assert sent(job) == Sent(wanted, {"tx_super_frames": 1, "tx_segments": len(wanted)})


@pytest.mark.parametrize("version", [4, 6])
def test_a_segment_may_have_checksum_zero(rng, version):
    job = with_zero_checksum(super_frame(rng, 100, 40, version=version))
    frame = sent(job).frames[0]
    assert frame[job.header.csum_start + 16 :][:2] == b"\0\0"


def test_a_wrong_sum_of_the_driver_stays_wrong(rng):
    """The card adds to what the driver left in the field (virtio 1.2, section 5.1.6.2)."""
    job = super_frame(rng, 300, 100)
    field = job.header.csum_start + 16
    wrong = residue(job.frame[field : field + 2]) + 0x1234
    other = Job(job.header, job.frame[:field] + struct.pack(">H", wrong % 0xFFFF) + job.frame[field + 2 :])
    for right, made in zip(sent(job).frames, sent(other).frames, strict=True):
        difference = residue(right[field : field + 2]) - residue(made[field : field + 2])
        assert difference % 0xFFFF == 0x1234
        assert right[:field] + right[field + 2 :] == made[:field] + made[field + 2 :]


def test_a_header_cut_off_counts_by_what_had_come(rng):
    """A size is refused as soon as the data offset is in; without that, a frame marked as failed counts nothing."""
    job = super_frame(rng, 1000, 300)  # data offset at byte 46, payload from 54 on
    large = replace(job.header, gso_size=9216)
    assert sent(Job(large, job.frame[:50]), beat=8).counts == {"tx_err_gso_size": 1}
    assert sent(Job(large, job.frame[:50]), beat=16).counts == {"tx_err_gso_size": 1}
    assert sent(Job(large, job.frame[:50]), beat=64).counts == {"tx_err_header": 1}
    assert sent(Job(job.header, job.frame[:50]), beat=8).counts == {"tx_err_header": 1}
    assert sent(Job(job.header, job.frame[:50], True), beat=8).counts == {}
    assert sent(Job(large, job.frame[:50], True), beat=64).counts == {}
    assert sent(Job(job.header, job.frame[:20], True), beat=8).counts == {}
    assert sent(Job(job.header, job.frame[:38], True), beat=8).counts == {}
    # bytes that did not come are zero in the beat that did
    assert sent(Job(job.header, job.frame[:44], True), beat=16).counts == {"tx_err_header": 1}
    assert sent(Job(replace(job.header, gso_type=3), job.frame[:50], True)).counts == {"tx_err_gso_type": 1}
    # the data offset is a beat's first byte
    shifted = job.frame[:48] + b"\x50" + job.frame[49:]
    assert sent(Job(replace(large, csum_start=36), shifted[:50]), beat=8).counts == {"tx_err_header": 1}
    assert sent(Job(replace(large, csum_start=36), shifted[:48], True), beat=8).counts == {}
    # it is in, and wrong
    assert sent(Job(job.header, job.frame[:46] + b"\x40" + job.frame[47:], True), beat=8).counts == {"tx_err_header": 1}


@pytest.mark.parametrize("version, first, before_tcp", [(4, 0x44, 16), (6, 0x60, 32), (6, 0x60, 0), (4, 0x45, 22)])
def test_tcp_begins_where_ip_ends(rng, version, first, before_tcp):
    job = super_frame(rng, 1000, 300, version=version)
    frame = bytearray(job.frame)
    frame[14], frame[14 + before_tcp + 12] = first, 0x50
    header = replace(job.header, csum_start=14 + before_tcp)
    assert sent(Job(header, bytes(frame))).counts == {"tx_err_ip": 1}


@pytest.mark.parametrize(
    "start, words, counter", [(236, 5, "ip"), (235, 5, "ip"), (235, 6, "header"), (237, 5, "header")]
)
def test_headers_end_within_256_bytes(rng, start, words, counter):
    """Beyond is refused at once, though these could be nothing but bad IP headers."""
    job = super_frame(rng, 1000, 300)
    frame = job.frame[: start + 12] + bytes([words << 4]) + job.frame[start + 13 :]
    header = replace(job.header, csum_start=start)
    assert sent(Job(header, frame)).counts == {f"tx_err_{counter}": 1}
    assert sent(Job(header, frame[:60], True)).counts == ({"tx_err_header": 1} if start > 236 else {})


def test_of_a_frame_cut_off_whole_segments_are_sent(rng):
    """Those that need nothing of its last beat; the rest only if the last segment of all had seemed to end before."""
    job = super_frame(rng, 1000, 300)
    whole = sent(job).frames
    for beat in (8, 16, 32, 64):
        for size in range(54, len(job.frame) + 1):
            last_beat = (size - 1) // beat * beat
            ready = sum(54 + 300 * (number + 1) <= last_beat for number in range(3))
            want = Sent(whole[:ready], {"tx_segments": ready} if ready else {})
            assert sent(Job(job.header, job.frame[:size], True), beat=beat) == want
    longer = Job(job.header, job.frame + bytes(64), True)
    assert sent(longer) == Sent(whole[:3], {"tx_segments": 3, "tx_err_ip": 1})
    to_beat = super_frame(rng, 10, 5)
    last = Job(to_beat.header, to_beat.frame + bytes(3), True)
    assert sent(last, beat=8) == Sent(sent(to_beat).frames[:1], {"tx_segments": 1, "tx_err_ip": 1})
    for size in (60, 9300):
        assert sent(Job(NetHeader(), bytes(size), True)) == Sent([], {})
    assert sent(Job(NetHeader(NEEDS_CSUM, csum_start=70), bytes(60), True)) == Sent([], {})


# ---- receive


def everything(**modes) -> Filter:
    """Settings of a card that is switched on."""
    return Filter(mac=OWN, enable=True, **modes)


def received(packet, size: int = 60) -> bytes:
    """The packet's bytes to this card, padded."""
    return (OWN + bytes(packet)[6:]).ljust(size, b"\xaa")


def test_checksum_verdicts():
    """Known packets: the verdict each has by the RFCs, and bytes that must not matter."""
    link = Ether(dst="52:54:00:11:22:33", src="02:00:00:00:00:01")
    good = Verdict(0, True, None, ("rx_csum_good",))
    bad = Verdict(0, False, None, ("rx_csum_bad",))
    none = Verdict(0, False, None, ())
    for network in (IP(src="192.0.2.1", dst="198.51.100.7", flags="DF"), IPv6(src="2001:db8::1", dst="2001:db8::2")):
        for packet in (link / network / UDP() / b"odd", link / Dot1Q() / Dot1AD() / network / TCP() / b"\xff\xff"):
            frame = received(packet)
            assert classify(frame, everything()) == good
            assert classify(frame + b"trailer", everything()) == good
            last = len(bytes(packet)) - 1
            assert classify(frame[:last] + bytes([frame[last] ^ 1]) + frame[last + 1 :], everything()) == bad
        # RFC 768: no checksum; RFC 8200, section 8.1: there must be one, which is not for the card to enforce
        assert classify(received(link / network / UDP(chksum=0) / b"data"), everything()) == none
        # RFC 768 in IPv6 jumbograms or UDP-Lite: a length that is not the datagram's
        assert classify(received(link / network / UDP(len=9) / b"data"), everything()) == none
    assert classify(received(link / IP(dst="192.0.2.1", flags="MF") / UDP() / b"data"), everything()) == none
    assert classify(received(link / IP(dst="192.0.2.1", chksum=1) / UDP() / b"data"), everything()) == bad
    assert classify(received(link / IP(dst="192.0.2.1", len=61) / TCP()), everything()) == none
    right = received(link / IP(dst="192.0.2.1") / TCP())
    for first in (0x44, 0x55, 0x65):
        assert classify(right[:14] + bytes([first]) + right[15:], everything()) == none


@pytest.mark.parametrize("size, verdict", [(0, True), (48, True), (56, True), (64, False)])
def test_extension_headers_are_walked_to_their_limit(size, verdict):
    """RFC 8200, section 4: up to 56 bytes of them."""
    link = Ether(dst="52:54:00:11:22:33") / IPv6(src="2001:db8::1", dst="2001:db8::2")
    options = bytes([6, size // 8 - 1, 1, size - 4]) + bytes(size - 4) if size else b""
    plain = bytes(link / TCP() / b"data")
    frame = bytearray(plain[:54] + options + plain[54:])
    frame[18:20] = (len(frame) - 54).to_bytes(2, "big")
    if size:
        frame[20] = 60
    assert classify(received(frame), everything()).data_valid == verdict


def test_address_filter():
    """virtio 1.2, section 5.1.6.5.1: what each mode lets in, and which wins."""
    own, other, group, all_ = OWN, b"\x02" + bytes(5), b"\x01" + bytes(5), b"\xff" * 6
    wanted = {
        (): {own, all_},
        ("promisc", "nomulti", "nouni", "nobcast"): {own, other, group, all_},
        ("allmulti",): {own, group, all_},
        ("alluni",): {own, other, all_},
        ("nobcast",): {own},
        ("nouni", "alluni"): {all_},
        ("nomulti", "allmulti"): {own, all_},
    }
    for modes, taken in wanted.items():
        chosen = everything(**dict.fromkeys(modes, True))
        verdicts = {
            mac: classify(mac + bytes(6) + b"\x88\xb5" + bytes(46), chosen) for mac in (own, other, group, all_)
        }
        assert {mac for mac, verdict in verdicts.items() if verdict.drop is None} == taken
        assert {verdict.drop for verdict in verdicts.values()} <= {None, "rx_drop_filter"}
        assert [verdicts[mac].counts for mac in (own, group, all_)] == [(), ("rx_multicast",), ("rx_broadcast",)]


@pytest.mark.parametrize("first", [b"\x02", b"\x01"], ids=["unicast", "multicast"])
def test_table_entries_decide_at_once(first):
    """Exact matches let in and steer; the lowest of equal ones decides; a change counts from the next frame on."""
    chosen = everything(steer=3)
    frame = first + bytes(13) + bytes(46)
    steps = [
        (31, Entry(frame[:6], True, True, 7), (7, None)),
        (9, Entry(frame[:6], True, False, 5), (3, None)),
        (4, Entry(frame[:6], True, True, 0), (0, None)),
        (4, Entry(frame[:6], False, True, 0), (3, None)),
        (9, Entry(), (7, None)),
        (31, Entry(), (3, "rx_drop_filter")),
    ]
    for index, entry, (queue, drop) in steps:
        chosen.table[index] = entry
        verdict = classify(frame, chosen)
        assert (verdict.queue, verdict.drop) == (queue, drop)


def test_the_first_reason_to_drop_counts():
    chosen = Filter(mac=OWN, mtu=40)
    frame = b"\x01" + bytes(11) + b"\x00\x2f" + bytes(46)
    reasons = []
    for change in ({"enable": True}, {}, {"promisc": True}, {"mtu": 46}):
        verdict = classify(frame, chosen)
        assert verdict.counts == ("rx_multicast",)
        reasons.append(verdict.drop)
        if verdict.drop == "rx_drop_length":
            frame = frame[:13] + b"\x2e" + frame[14:]
        for name, value in change.items():
            setattr(chosen, name, value)
    reasons.append(classify(frame, chosen).drop)
    assert reasons == ["rx_drop_disabled", "rx_drop_length", "rx_drop_filter", "rx_drop_mtu", None]
