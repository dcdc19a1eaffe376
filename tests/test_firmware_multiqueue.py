# SPDX-License-Identifier: Apache-2.0
"""Firmware's commands about queue pairs, hashes, VLANs and offloads: every way to get one wrong, what the card does."""

import struct

import pytest
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import ARP, Dot1Q, Ether

from firmware import regs
from testbench.lib.config import CardConfig
from testbench.lib.rss_vectors import KEY

OK, ERR = "00", "01"
GUEST_CSUM, CTRL_GUEST_OFFLOADS, MAC, CTRL_VQ, CTRL_RX, CTRL_VLAN, MQ, VQ_NOTF_COAL, HASH_REPORT, RSS = (
    1, 2, 5, 17, 18, 19, 22, 52, 57, 60
)  # fmt: skip
OWN, OTHER = "02:fe:52:00:00:01", "02:aa:bb:cc:dd:ee"
FOUR = {"build": CardConfig(queue_pairs=4), "pairs": 4}
FIXED, AUTOMATIC, BY_HASH = 0, 1, 2  # STEERING
# of "Verifying the RSS hash calculation": the hash over addresses and TCP ports with this key
FLOWS = {
    0x51CCC178: ("66.9.149.187", 2794, "161.142.100.80", 1766),
    0xC626B0EA: ("199.92.111.2", 14230, "65.69.140.83", 4739),
    0x5C2B394A: ("24.19.198.95", 12898, "12.22.207.184", 38024),
    0xAFC7327F: ("38.27.205.30", 48228, "209.142.163.6", 2217),
}
TCP_V4, IP_V4 = 2, 1  # VIRTIO_NET_HASH_TYPE_*
TOLD_TCP_V4, TOLD_IP_V4 = 2, 1  # VIRTIO_NET_HASH_REPORT_*


@pytest.fixture
def check(run):
    """``check((step, what it must give), ...)``: one run of these steps, in their order."""

    def check_rows(*rows, build=None, **args):
        got = run("hand_session:session", build, steps=[step for step, _ in rows], **args)
        for number, ((step, wanted), result) in enumerate(zip(rows, got["results"], strict=True)):
            assert result == wanted, f"step {number}: {step[0]} {str(step[1:])[:80]}"
        assert not got["incidents"]

    return check_rows


def up(*features):
    return (["up", CTRL_VQ, *features], 15)


def send(request, answer):
    return (["send", request.hex()], answer)


def pairs_set(pairs, answer=OK):
    return send(b"\4\0" + struct.pack("<H", pairs), answer)


def with_length(key, length):
    return bytes((len(key) if length is None else length,)) + key


def rss(types=TCP_V4, table=(0, 1, 2, 3), unclassified=0, tx=4, key=KEY, mask=None, key_length=None, more=b""):
    data = struct.pack("<IHH", types, len(table) - 1 if mask is None else mask, unclassified)
    data += struct.pack(f"<{len(table)}H", *table) + struct.pack("<H", tx)
    return b"\4\1" + data + with_length(key, key_length) + more


def hash_config(types=TCP_V4, key=KEY, reserved=bytes(8), key_length=None):
    return b"\4\2" + struct.pack("<I", types) + reserved + with_length(key, key_length)


def state(mode, pairs, types=0):
    return (["read", "STEERING", "ACTIVE_PAIRS", "RSS_HASH_TYPES"], [mode, pairs, types])


def padded(packet):
    return bytes(packet).ljust(60, b"\0")


def tcp(value):
    source, sport, destination, dport = FLOWS[value]
    return padded(Ether(dst=OWN, src=OTHER) / IP(src=source, dst=destination) / TCP(sport=sport, dport=dport))


def returning(value):
    source, sport, destination, dport = FLOWS[value]
    return padded(Ether(dst=OTHER, src=OWN) / IP(src=destination, dst=source) / TCP(sport=dport, dport=sport))


ARP_FRAME = padded(Ether(dst=OWN, src=OTHER) / ARP())


def header(value=None, report=0):
    """virtio_net_hdr of a received frame of one buffer."""
    plain = bytes(10) + b"\1\0"
    return (plain if value is None else plain + struct.pack("<IHH", value, report, 0)).hex()


def arrive(frames, pairs, headers=None):
    headers = headers or [header()] * len(frames)
    wanted = [[pair, told] if pair >= 0 else [] for pair, told in zip(pairs, headers, strict=True)]
    return (["arrive", *(frame.hex() for frame in frames)], wanted)


# ---- queue pairs


def test_pairs_are_set_within_the_card_and_a_refused_command_changes_nothing(check):
    wrong = [struct.pack("<H", pairs) for pairs in (0, 5, 0x8000, 0xFFFF)] + [b"", b"\2", b"\2\0\0"]
    check(
        up(MQ), state(FIXED, 1), pairs_set(3), state(AUTOMATIC, 3), *(send(b"\4\0" + data, ERR) for data in wrong),
        state(AUTOMATIC, 3), pairs_set(1), state(AUTOMATIC, 1), pairs_set(4), up(MQ), state(FIXED, 1),
        up(RSS), pairs_set(2, ERR), state(FIXED, 1),
        **FOUR,
    )  # fmt: skip


def test_a_flow_returns_on_the_pair_it_was_sent_from(check):
    flows = list(FLOWS)
    out = [returning(value).hex() for value in flows]
    sent = [(["transmit", pair, [frame]], [frame]) for pair, frame in enumerate(out)]
    back = [tcp(value) for value in flows]
    check(
        up(MQ), *sent, arrive(back, [0] * 4), pairs_set(4), *sent, arrive([*back, ARP_FRAME], [0, 1, 2, 3, 0]),
        (["transmit", 3, [out[1]]], [out[1]]), arrive(back[1:2], [3]),
        pairs_set(2), arrive(back[:1], [0]), pairs_set(1), arrive(back, [0] * 4),
        **FOUR,
    )  # fmt: skip


# ---- receive-side scaling


def test_frames_go_where_the_table_says_for_their_hash(check):
    flows = list(FLOWS)
    table = [3, 2, 1, 0, 0, 1, 2, 3]
    check(
        up(MQ, RSS), send(rss(table=table, unclassified=2), OK), state(BY_HASH, 4, TCP_V4),
        arrive([tcp(value) for value in flows] + [ARP_FRAME], [table[value & 7] for value in flows] + [2]),
        # the last command decides
        pairs_set(1), state(AUTOMATIC, 1, TCP_V4), arrive([tcp(value) for value in flows], [0] * 4),
        send(rss(table=[1]), OK), state(BY_HASH, 4, TCP_V4), arrive([tcp(value) for value in flows], [1] * 4),
        send(rss(types=0, unclassified=3), OK), arrive([tcp(flows[0])], [3]),
        **FOUR,
    )  # fmt: skip


def test_rss_without_mq_and_on_a_card_of_one_pair(check):
    check(up(RSS), send(rss(table=[0] * 128, tx=1), OK), state(BY_HASH, 1, TCP_V4), arrive([tcp(0x51CCC178)], [0]))


def test_what_is_wrong_with_a_configuration_refuses_it_whole(check):
    good = rss()
    wrong = [
        rss(types=0x200), rss(types=1 << 31), rss(table=[0] * 3), rss(table=[0] * 256), rss(mask=0xFFFF),
        rss(table=[0, 4]), rss(table=[0x8000]), rss(unclassified=4), rss(tx=0), rss(tx=5), rss(key=bytes(41)),
        rss(key_length=41), rss(key_length=39), rss(more=b"\0"), rss(mask=7), b"\4\1", good[:9], good[:17], good[:-1],
    ]  # fmt: skip
    longest = rss(table=[3] * 128, unclassified=3)
    untouched = (["written", "RSS_KEY", "RSS_TABLE_ENTRY", "RSS_TABLE_MASK", "RSS_UNCLASSIFIED", "STEERING"], [])
    check(
        up(RSS), send(longest, OK), (["written"], []), *(send(request, ERR) for request in wrong), untouched,
        state(BY_HASH, 4, TCP_V4), arrive([tcp(0x51CCC178)], [3]), (["commands"], [len(wrong) + 1, len(wrong)]),
        up(MQ), send(longest, ERR), state(FIXED, 1),
        **FOUR,
    )  # fmt: skip


def test_a_short_key_goes_on_with_zeros(check):
    # 16 bytes are all that TCP over IPv4 needs
    check(
        up(RSS, HASH_REPORT), send(rss(key=KEY[:16]), OK),
        arrive([tcp(0x51CCC178)], [0], [header(0x51CCC178, TOLD_TCP_V4)]),
        send(rss(key=b""), OK), arrive([tcp(0x51CCC178)], [0], [header(0, TOLD_TCP_V4)]),
        **FOUR,
    )  # fmt: skip


def test_no_frame_goes_to_a_pair_that_is_not_in_use(check):
    """Whatever the registers say; firmware would not."""
    frames = [tcp(0x51CCC178)]

    def poke(name, value):
        return (["poke", name, value], None)

    check(
        up(MQ, RSS), pairs_set(4), poke("RX_STEER", 3), arrive(frames, [3]),
        poke("ACTIVE_PAIRS", 3), arrive(frames, [0]), poke("STEERING", FIXED), arrive(frames, [0]),
        poke("RX_STEER", 2), arrive(frames, [2]),
        poke("ACTIVE_PAIRS", 255), poke("RX_STEER", 4), arrive(frames, [0]), poke("RX_STEER", 0),
        send(rss(table=[3], unclassified=3), OK), poke("ACTIVE_PAIRS", 3), arrive([*frames, ARP_FRAME], [0, 0]),
        **FOUR,
    )  # fmt: skip


# ---- reported hashes


def test_hashes_are_reported_as_configured(check):
    flows = list(FLOWS)
    told = [header(value, TOLD_TCP_V4) for value in flows]
    frames = [tcp(value) for value in flows]
    wrong = [
        hash_config(types=0x200), hash_config(key=bytes(41)), hash_config(key_length=41), hash_config(key_length=2),
        hash_config() + b"\0", b"\4\2", hash_config()[:14],
    ]  # fmt: skip
    check(
        up(HASH_REPORT), arrive(frames[:1], [0], [header(0, 0)]), send(hash_config(), OK),
        arrive(frames, [0] * 4, told), arrive([ARP_FRAME], [0], [header(0, 0)]),
        *(send(request, ERR) for request in wrong),
        arrive(frames, [0] * 4, told), send(hash_config(types=IP_V4, reserved=b"\0\0\0\0\0\0\2\0"), OK),
        arrive(frames[:1], [0], [header(0x323E8FC2, TOLD_IP_V4)]),
        up(HASH_REPORT), arrive(frames[:1], [0], [header(0, 0)]), up(), send(hash_config(), ERR),
        arrive(frames[:1], [0]),
    )  # fmt: skip


def test_the_longer_header_is_taken_off_what_is_sent(check):
    frame = tcp(0x51CCC178).hex()
    check(
        up(HASH_REPORT), (["transmit", 0, [frame] * 3], [frame] * 3),
        (["counters", "tx_frames", "tx_drop_too_short"], [3, 0]),
        (["transmit", 0, [frame[:26]]], []), (["counters", "tx_frames", "tx_drop_too_short"], [3, 1]),
    )  # fmt: skip


def test_hashes_are_reported_beside_automatic_steering_and_end_receive_side_scaling(check):
    value = 0x51CCC178
    frames, told = [tcp(value)], [header(value, TOLD_TCP_V4)]
    check(
        up(MQ, RSS, HASH_REPORT), send(rss(table=[3]), OK), arrive(frames, [3], told),
        send(hash_config(), OK), state(AUTOMATIC, 4, TCP_V4), arrive(frames, [0], told),
        pairs_set(2), send(hash_config(), OK), state(AUTOMATIC, 2, TCP_V4),
        up(RSS, HASH_REPORT), send(rss(table=[3]), OK), send(hash_config(), OK), state(FIXED, 1, TCP_V4),
        arrive(frames, [0], told),
        **FOUR,
    )  # fmt: skip


# ---- VLANs


def tagged(vlan):
    return padded(Ether(dst=OWN, src=OTHER) / Dot1Q(vlan=vlan) / IP(src="192.0.2.1", dst="192.0.2.2") / TCP())


def vlan(command, number, answer=OK):
    return send(bytes((2, command)) + struct.pack("<H", number), answer)


def test_vlans_pass_when_they_were_added(check):
    frames = [tagged(number) for number in (0, 5, 6, 37, 4095)] + [ARP_FRAME]
    wrong = (b"\0\0\x10", b"\1\xff\xff", b"\0\5", b"\0\5\0\0", b"\2\5\0")
    check(
        up(CTRL_VLAN), arrive(frames, [0, -1, -1, -1, -1, 0]), (["counters", "rx_drop_vlan", "rx_drop_filter"], [4, 0]),
        *(vlan(0, number) for number in (5, 6, 37, 4095)), arrive(frames, [0, 0, 0, 0, 0, 0]),
        vlan(1, 5), vlan(1, 7), vlan(0, 37), arrive(frames, [0, -1, 0, 0, 0, 0]), vlan(1, 37), vlan(1, 37),
        *(send(b"\2" + data, ERR) for data in wrong), arrive(frames, [0, -1, 0, -1, 0, 0]),
        up(CTRL_VLAN, CTRL_RX, MAC), arrive(frames, [0, -1, -1, -1, -1, 0]),
        send(b"\0\0\1", OK), arrive(frames, [0] * 6),  # PROMISC
        up(CTRL_VLAN), arrive(frames, [0, -1, -1, -1, -1, 0]), vlan(0, 5), arrive(frames, [0, 0, -1, -1, -1, 0]),
        up(), vlan(0, 5, ERR), arrive(frames, [0] * 6),
    )  # fmt: skip


# ---- offloads


def offloads(value, answer=OK):
    return send(b"\5\0" + struct.pack("<Q", value), answer)


def test_the_checksum_verdict_is_switched_on_and_off(check):
    frames, valid = [tcp(0x51CCC178)], ["02" + header()[2:]]
    on, off = arrive(frames, [0], valid), arrive(frames, [0])
    check(
        up(CTRL_GUEST_OFFLOADS, GUEST_CSUM), on, offloads(0), off, offloads(1 << GUEST_CSUM), on,
        *(offloads(value, ERR) for value in (1 << 7, 1 << 1 | 1 << 8, 1, 1 << 63)), send(b"\5\0\0\0\0\0", ERR),
        send(b"\5\0" + bytes(9), ERR), send(b"\5\1" + bytes(8), ERR), on, offloads(0), off,
        up(CTRL_GUEST_OFFLOADS, GUEST_CSUM), on,
        up(CTRL_GUEST_OFFLOADS), offloads(0), offloads(1 << GUEST_CSUM, ERR), off,
        up(GUEST_CSUM), offloads(0, ERR), on,
    )  # fmt: skip


# ---- together


@pytest.mark.parametrize("features, last", [((), 1), ((MQ,), 7), ((RSS,), 7)])
def test_coalescing_speaks_of_the_queues_that_the_driver_sees(check, features, last):
    rows = [send(b"\6\2" + struct.pack("<HHII", queue, 0, 3, 4), OK if queue <= last else ERR) for queue in range(10)]
    values = struct.pack("<II", 3, 4).hex() + OK
    got = [(["send", (b"\6\3" + struct.pack("<HH", queue, 0)).hex(), 9], values) for queue in range(last + 1)]
    check(up(VQ_NOTF_COAL, *features), *rows, *got, **FOUR)


def test_firmware_that_comes_back_keeps_steering_hashes_vlans_and_offloads(check):
    value = 0x51CCC178
    told, tags, both = [header(value, TOLD_TCP_V4)], [tagged(5), tagged(6)], [header(0, 0)] * 2
    kept = (["reboot"], ["a driver is live, and is kept"])
    multi = regs.DATAPATH_MULTI_PAIR | regs.DATAPATH_TX_ENABLE | regs.DATAPATH_RX_ENABLE
    check(
        up(MQ, RSS, HASH_REPORT, CTRL_VLAN, CTRL_GUEST_OFFLOADS, GUEST_CSUM, VQ_NOTF_COAL), send(rss(table=[3]), OK),
        vlan(0, 5), offloads(0), kept, (["read", "DATAPATH"], [multi]), state(BY_HASH, 4, TCP_V4),
        arrive([tcp(value)], [3], told),
        # an offload that was switched off is negotiated nevertheless
        offloads(1 << GUEST_CSUM), arrive([tcp(value)], [3], ["02" + told[0][2:]]), offloads(0),
        send(b"\6\2" + struct.pack("<HHII", 7, 0, 3, 4), OK),
        # the last command decides, and the new firmware knows that the one before was of RSS
        send(hash_config(types=0), OK), state(AUTOMATIC, 4), pairs_set(2), kept, state(AUTOMATIC, 2),
        # which VLANs there were it does not know: none of them may be lost
        arrive(tags, [0, -1], both), vlan(0, 7), arrive(tags, [0, 0], both), vlan(1, 5), arrive(tags, [0, 0], both),
        up(CTRL_VLAN), state(FIXED, 1), arrive(tags, [-1, -1]), vlan(0, 6), arrive(tags, [-1, 0]),
        **FOUR,
    )  # fmt: skip
