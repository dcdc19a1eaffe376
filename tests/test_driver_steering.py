# SPDX-License-Identifier: Apache-2.0
"""Several queue pairs, RSS, hash report, VLANs and receive offloads of the driver on a device that is not our card.

The device refuses (asserts) every use of a queue that is not in use, and every command that the standard forbids.
"""

import random
import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from virtio_device import FakeDevice, run

from host_driver import Feature, NetDevice, Options
from host_driver.errors import ControlError, DriverError, NotAVirtioDevice, QueueError, Unsupported
from host_driver.ethtool import Ethtool
from host_driver.ethtool_rss import _weighted
from host_driver.net.features import mask
from host_driver.net.header import HashReport
from host_driver.net.steering import DEFAULT_KEY

RINGS = {"split": (Feature.RING_PACKED, Feature.IN_ORDER), "packed": ()}
RSS_ONLY, MQ_ONLY = (Feature.MQ,), (Feature.RSS,)
KEY = bytes(range(40))
CAP = """\
RX flow hash indirection table for eth0 with 3 RX ring(s):
    0:      0     1     2     0     1     2     0     1
"""
HASH = """\
RSS hash key:
6d:5a:56:da:25:5b:0e:c2:41:67:25:3d:43:a3:8f:b0:d0:ca:2b:cb:ae:7b:30:b4:77:cb:2d:a3:80:30:f2:0c:6a:42:b7:3b:be:ac:01:fa
RSS hash function:
    toeplitz: on
    xor: off
    crc32: off
"""


@pytest.fixture(params=RINGS)
def up(request):
    """``up(without=features, pairs=, wanted=)``: a device with ``pairs``, and the driver, which uses ``wanted``."""

    def bring_up(without=(), pairs=4, wanted=1, **options):
        fake = FakeDevice(all_but(*without, *RINGS[request.param]), pairs=pairs, vectors=2 * pairs + 2)
        card = NetDevice(fake, options=Options(pairs=wanted, rx_size=16, tx_size=16, large_slots=1, **options))
        run(card.probe())
        return fake, card

    return bring_up


def all_but(*features):
    return mask(Feature) & ~mask(features)


def tool(card):
    """``tool(verb, word...)``: what ethtool prints, or how it fails."""
    ethtool = Ethtool(card, "eth0")

    def command(verb, *words):
        try:
            return run(ethtool.run(verb, words))
        except (DriverError, ValueError) as error:
            return f"{type(error).__name__}: {error}"

    return command


def rss_command(pairs, table=None, types=0x3F, key=DEFAULT_KEY):
    """RSS_CONFIG as the standard lays it out."""
    table = table or [place % pairs for place in range(128)]
    return struct.pack(f"<BBIHH{len(table)}HHB", 4, 1, types, len(table) - 1, 0, *table, pairs, 40) + key


def carries(fake, card, pairs):
    """A frame each way on every pair, and what comes back of each."""
    for pair in range(pairs):
        frame = bytes([pair]) * 64
        assert card.transmit(frame, pair=pair) and fake.sent.pop()[20:] == frame
        assert fake.deliver(frame[:60] + b"back", pair=pair)
    got = card.poll()
    return [(one.pair, one.frame[0]) for one in got] == [(pair, pair) for pair in range(pairs)]


@pytest.mark.parametrize("without", [RSS_ONLY, MQ_ONLY, ()], ids=["RSS", "MQ", "both"])
def test_pairs_come_and_go_and_those_beyond_are_set_up_and_unused(up, without):
    fake, card = up(without, pairs=4, wanted=2)
    rss = Feature.RSS in card.features
    first = rss_command(2) if rss else b"\4\0\2\0"
    assert fake.commands[0] == first and fake.active == 2
    assert [queue["enable"] for queue in fake.queue] == [1] * 9 and fake.status == 15
    assert [queue["vector"] for queue in fake.queue] == list(range(1, 10))
    assert (card.queues.max_pairs, card.queues.active) == (4, 2) and carries(fake, card, 2)
    assert fake.queue[4]["ring"].pending() == 0, "no buffers where nothing comes"
    with pytest.raises(QueueError, match="transmit queue 2 is not in use, there are 2"):
        card.transmit(bytes(60), pair=2)
    for count in (4, 1, 3):
        fake.commands.clear()
        assert tool(card)("-L", "combined", str(count)) == ""
        assert fake.commands == [rss_command(count) if rss else b"\4\0" + bytes((count, 0))]
        assert fake.active == count and carries(fake, card, count)
        assert tool(card)("-l").count(f"Combined:\t{count}\n") == 1 + (count == 4)
    run(card.recover())
    assert fake.active == 3 and carries(fake, card, 3), "the number of pairs outlives a probe"
    run(card.close())
    assert card.memory.live_buffers == 0


def test_pairs_that_there_are_not_are_refused(up):
    fake, card = up(pairs=3)
    for count in ("0", "4", "x", "-1"):
        assert tool(card)("-L", "combined", count).startswith("ValueError: combined: ")
    with pytest.raises(Unsupported, match="5 pairs: the device has from 1 to 3"):
        run(card.steering.set_pairs(5))
    fake.answers[(4, 1)] = b"\1"
    with pytest.raises(ControlError):
        run(card.steering.set_pairs(2))
    assert card.queues.active == 1 and card.options.pairs == 1
    fake, card = up(pairs=3, wanted=3)
    fake.answers[(4, 1)] = b"\1"
    with pytest.raises(ControlError):
        run(card.steering.set_pairs(2))
    assert carries(fake, card, 3), "what the device refuses changes nothing"
    with pytest.raises(QueueError, match="4 pairs are asked for, the device has 3"):
        up(pairs=3, wanted=4)
    _, one = up((Feature.MQ, Feature.RSS), pairs=3)
    with pytest.raises(Unsupported, match="MQ or RSS was not negotiated"):
        run(one.steering.set_pairs(2))


def test_nothing_is_sent_on_a_pair_that_the_device_is_asked_to_leave(up):
    fake, card = up(pairs=3, wanted=3)
    steer, refused = fake._steer, []

    def busy(code, data):
        for pair in (1, 2):
            try:
                card.transmit(bytes(60), pair=pair)
            except QueueError as error:
                refused.append(str(error))
        steer(code, data)

    fake._steer = busy
    run(card.steering.set_pairs(2))
    assert refused == ["transmit queue 2 is not in use, there are 2"]
    run(card.steering.set_pairs(3))
    assert len(refused) == 2, "nor before it uses the pair"


def test_a_device_that_lies_about_its_limits_is_named():
    for at, value, text in (
        (8, b"\0\0", "max_virtqueue_pairs is 0"), (8, b"\1\x80", "max_virtqueue_pairs is 32769"),
        (17, b"\x27", "rss_max_key_size is 39"), (18, b"\0\0", "rss_max_indirection_table_length is 0"),
    ):  # fmt: skip
        fake = FakeDevice(mask(Feature))
        fake.config[at : at + len(value)] = value
        card = NetDevice(fake)
        with pytest.raises(NotAVirtioDevice, match=text):
            run(card.probe())
        assert card.memory.live_buffers == 0 and fake.status == 0
    fake = FakeDevice(mask(Feature), pairs=2)
    fake.config[8] = 3  # and there are five queues
    with pytest.raises(QueueError, match="3 pairs need 7 queues, the device has 5"):
        run(NetDevice(fake).probe())


def test_frames_carry_their_hash_to_whom_receives_them(up):
    fake, card = up(pairs=2, wanted=2)
    fake.deliver(b"x" * 60, 0, report=(0xDEADBEEF, 2))
    fake.deliver(b"y" * 60, 1, report=(7, 0))
    fake.deliver(b"z" * 5000, 1, report=(0x12345678, 9))
    got = card.poll()
    assert [one.hash for one in got] == [HashReport(0xDEADBEEF, 2), None, HashReport(0x12345678, 9)]
    assert [len(one.header) for one in got] == [20] * 3 and [len(one.frame) for one in got] == [60, 60, 5000]
    fake, card = up([Feature.HASH_REPORT])
    fake.deliver(b"x" * 60)
    (one,) = card.poll()
    assert one.hash is None and len(one.header) == 12


def test_the_hash_report_is_configured_without_rss(up):
    fake, card = up([Feature.RSS, Feature.MQ])
    command = b"\4\2" + struct.pack("<IQB", 0x3F, 0, 40)
    assert fake.commands == [command + DEFAULT_KEY]
    run(card.steering.set_key(KEY))
    assert fake.commands.pop() == command + KEY
    text = tool(card)("-x")
    assert "1 RX ring(s):\nOperation not supported\nRSS hash key:\n00:01:02:" in text
    assert tool(card)("-X", "equal", "1") == "Unsupported: RSS was not negotiated"


def test_the_indirection_table_and_key_are_shown_and_set(up):
    fake, card = up(pairs=4, wanted=3)
    show = tool(card)("-x")
    assert show.startswith(CAP) and show.endswith(HASH) and show.count("\n") == 1 + 128 // 8 + 6
    for words, table in (
        (["equal", "2"], [place % 2 for place in range(128)]),
        (["equal", "2", "start", "1"], [1 + place % 2 for place in range(128)]),
        (["weight", "1", "0", "3"], [0] * 32 + [2] * 96),
        (["start", "1", "weight", "127", "1"], [1] * 127 + [2]),
        (["weight", "1", "1", "1"], [0] * 42 + [1] * 43 + [2] * 43),
        (["default"], [place % 3 for place in range(128)]),
    ):
        fake.commands.clear()
        assert tool(card)("-X", *words) == "" and fake.commands == [rss_command(3, table)], words
        assert card.steering.table == tuple(table)
    fake.commands.clear()
    assert tool(card)("-X", "equal", "1", "hkey", KEY.hex(":"), "hfunc", "toeplitz") == ""
    assert fake.commands[-1] == rss_command(3, [0] * 128, key=KEY) and "\n00:01:02:" in tool(card)("-x")
    fake.commands.clear()
    run(card.recover())
    assert fake.commands[0] == rss_command(3, [0] * 128, key=KEY), "what was set outlives a probe"
    fake.answers[(4, 1)] = b"\1"
    assert tool(card)("-X", "equal", "2", "hkey", DEFAULT_KEY.hex(":")).startswith("ControlError: ")
    assert card.steering.table == (0,) * 128 and card.steering.key == KEY, (
        "what the device refuses is not taken for set"
    )
    fake.answers.clear()
    assert tool(card)("-X", "equal", "3") == ""
    assert tool(card)("-L", "combined", "2") == "Unsupported: 2 pairs: the indirection table names pair 2"
    assert tool(card)("-X", "default") == "" and tool(card)("-L", "combined", "2") == ""
    assert fake.commands[-1] == rss_command(2, key=KEY)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        ([], "expected one of: equal, weight, default, start, hkey, hfunc"),
        (["often"], "unknown parameter 'often', expected one of: equal, weight, default, start, hkey, hfunc"),
        (["equal"], "equal: 0 values are given"),
        (["equal", "0"], "equal: 0 is outside 1..4294967295"),
        (["equal", "2", "3"], "equal: 2 values are given"),
        (["equal", "two"], "equal: 'two' is not a number"),
        (["equal", "4"], "entry 3 of the indirection table is pair 3, 3 are in use"),
        (["equal", "1", "equal", "2"], "equal is given twice"),
        (["equal", "1", "default"], "equal and default are mutually exclusive"),
        (["equal", "1", "weight", "1"], "equal and weight are mutually exclusive"),
        (["start", "1"], "start must be used with equal or weight"),
        (["weight"], "weight: 0 values are given"),
        (["weight", "0", "0"], "weight: at least one must be non-zero"),
        (["weight", "100", "29"], "weight: their sum 129 exceeds the 128 entries of the indirection table"),
        (["weight", "1", "1", "1", "1"], "entry 96 of the indirection table is pair 3, 3 are in use"),
        (["hkey", "00:11"], "hkey: a key of 2 bytes, the device has 40"),
        (["hkey", "0x:zz"], "hkey: '0x:zz' is not of the form 6d:5a:56:..."),
        (["hkey", "100" + ":00" * 39], f"hkey: {'100' + ':00' * 39!r} is not of the form 6d:5a:56:..."),
        (["hfunc", "xor"], "hfunc: 'xor' is not toeplitz, the only one of the standard"),
    ],
)
def test_bad_words_for_rss_are_named_and_change_nothing(up, words, text):
    fake, card = up(pairs=4, wanted=3)
    fake.commands.clear()
    assert tool(card)("-X", *words) == f"ValueError: {text}" and fake.commands == []


@settings(max_examples=200)
@given(
    st.sampled_from([1, 2, 64, 128]), st.lists(st.integers(0, 40), min_size=1, max_size=8).filter(lambda w: sum(w) > 0)
)
def test_weights_give_runs_in_proportion(entries, weights):
    if sum(weights) > entries:
        with pytest.raises(ValueError, match="exceeds"):
            _weighted(entries, weights)
        return
    table = _weighted(entries, weights)
    assert table == sorted(table) and len(table) == entries
    for pair, weight in enumerate(weights):
        assert abs(table.count(pair) - entries * weight / sum(weights)) < 1
        assert table.count(pair) > 0 or not weight


def test_rss_that_was_not_negotiated_is_refused(up):
    _, card = up([Feature.RSS, Feature.HASH_REPORT])
    neither = "Unsupported: neither RSS nor HASH_REPORT was negotiated"
    assert tool(card)("-x") == neither and tool(card)("-n", "rx-flow-hash", "tcp4") == neither
    refused = "Unsupported: RSS or HASH_REPORT was not negotiated"
    assert tool(card)("-X", "hkey", KEY.hex(":")) == refused == tool(card)("-K", "rxhash", "off")
    assert tool(card)("-N", "rx-flow-hash", "tcp4", "sd") == refused
    assert "receive-hashing: off [fixed]\n" in tool(card)("-k")


def test_what_is_hashed_is_shown_and_set_flow_by_flow(up):
    fake, card = up()
    command = tool(card)
    addresses, ports = "IP SA\nIP DA\n", "L4 bytes 0 & 1 [TCP/UDP src port]\nL4 bytes 2 & 3 [TCP/UDP dst port]\n"
    title = "{} use these fields for computing Hash flow key:\n"
    for flow, name in (("tcp4", "TCP over IPV4"), ("udp6", "UDP over IPV6")):
        assert command("-n", "rx-flow-hash", flow) == title.format(f"{name} flows") + addresses + ports + "\n"
    for flow, fields, types, shown in (
        ("udp4", "sd", 0x3B, addresses), ("udp4", "r", 0x3A, "None\n"), ("udp4", "nfds", 0x3F, addresses + ports),
        ("tcp6", "sd", 0x2F, addresses), ("udp6", "r", 0x07, "None\n"), ("tcp6", "sdfn", 0x1F, addresses + ports),
    ):  # fmt: skip
        assert command("-N", "rx-flow-hash", flow, fields) == ""
        assert fake.commands[-1] == rss_command(1, types=types), (flow, fields)
        assert command("-n", "rx-flow-hash", flow).partition("key:\n")[2] == shown + "\n"
    for words in (["rx-flow-hash", "tcp4"], ["rx-flow-hash", "sctp4", "sd"], ["rx-flow-hash", "tcp4", "s"], ["x"] * 3):
        assert command("-N", *words).startswith("ValueError: ")
    assert command("-n", "rx-flow-hash", "ah4") == "ValueError: rx-flow-hash: 'ah4' is none of: tcp4, udp4, tcp6, udp6"
    with pytest.raises(Unsupported, match=r"hash types 0x40: the device has 0x3f"):
        run(card.steering.set_hash_types(1 << 6))


def test_receive_offloads_are_switched_in_the_running_device(up):
    fake, card = up()
    command = tool(card)
    assert "\nrx-checksumming: on\n" in command("-k") and "\nreceive-hashing: on\n" in command("-k")
    assert "\nrx-vlan-filter: on [fixed]\n" in command("-k")
    fake.commands.clear()
    assert command("-K", "rx", "off", "rxhash", "off", "tso", "off") == ""
    assert fake.commands == [b"\5\0" + bytes(8), rss_command(1, types=0)]
    assert "\nrx-checksumming: off\n" in command("-k") and "\nreceive-hashing: off\n" in command("-k")
    fake.commands.clear()
    run(card.recover())
    assert fake.commands == [rss_command(1, types=0), b"\5\0" + bytes(8)], "what was switched off stays off"
    fake.commands.clear()
    assert command("-K", "rx", "on", "rxhash", "on") == ""
    assert fake.commands == [b"\5\0\2" + bytes(7), rss_command(1)]
    fake.answers[(5, 0)] = b"\1"
    assert command("-K", "rx", "off").startswith("ControlError: ") and "\nrx-checksumming: on\n" in command("-k")
    _, card = up([Feature.CTRL_GUEST_OFFLOADS])
    assert tool(card)("-K", "rx", "off") == "Unsupported: the feature CTRL_GUEST_OFFLOADS was not negotiated"
    _, card = up([Feature.GUEST_CSUM])
    assert tool(card)("-K", "rx", "on") == "Unsupported: the feature GUEST_CSUM was not negotiated"
    assert "\nrx-checksumming: off [fixed]\n" in tool(card)("-k")
    _, card = up([Feature.CTRL_VQ])
    assert "\nrx-checksumming: on [fixed]\n" in tool(card)("-k")


def test_vlans_are_added_killed_and_remembered(up):
    fake, card = up()
    for vid in (7, 0, 4095, 8):
        run(card.settings.set_vlan(vid, True))
    run(card.settings.set_vlan(8, False))
    assert fake.commands[-2:] == [b"\2\0\x08\0", b"\2\1\x08\0"]
    fake.commands.clear()
    run(card.recover())
    assert [command for command in fake.commands if command[0] == 2] == [b"\2\0\0\0", b"\2\0\7\0", b"\2\0\xff\x0f"]
    for vid in (-1, 4096):
        with pytest.raises(ValueError, match=rf"VLAN {vid} is outside 0\.\.4095"):
            run(card.settings.set_vlan(vid, True))
    _, card = up([Feature.CTRL_VLAN])
    with pytest.raises(Unsupported, match="CTRL_VLAN"):
        run(card.settings.set_vlan(1, True))


@pytest.mark.parametrize("without", [(), (Feature.RING_RESET,)], ids=["queue by queue", "the whole device"])
def test_rings_of_all_pairs_are_resized_also_of_those_not_in_use(up, without):
    fake, card = up(without, pairs=3, wanted=2)
    assert carries(fake, card, 2) and tool(card)("-G", "rx", "32", "tx", "8") == ""
    assert [queue["size"] for queue in fake.queue] == [32, 8] * 3 + [64]
    assert carries(fake, card, 2)
    run(card.steering.set_pairs(3))
    assert carries(fake, card, 3)
    run(card.close())
    assert card.memory.live_buffers == 0


def test_statistics_count_each_queue(up):
    fake, card = up(pairs=3, wanted=3)
    rng = random.Random(1)
    sent, received = [0, 0, 0], [0, 0, 0]
    for _ in range(100):
        pair = rng.randrange(3)
        assert card.transmit(bytes(100), pair=pair)
        sent[pair] += 1
        pair = rng.randrange(3)
        fake.deliver(bytes(60), pair)
        received[pair] += len(card.poll())
    text = tool(card)("-S")
    stats = {name.strip(): int(value) for name, value in (line.split(":") for line in text.splitlines()[1:])}
    for pair in range(3):
        for side, count, size in (("tx", sent[pair], 100), ("rx", received[pair], 60)):
            assert stats[f"{side}_queue_{pair}_packets"] == count
            assert stats[f"{side}_queue_{pair}_bytes"] == count * size
        assert stats[f"tx_queue_{pair}_kicks"] > 0 and stats[f"rx_queue_{pair}_kicks"] > 0
    assert stats["tx_packets"] == stats["rx_packets"] == 100


def test_self_test_looks_at_every_queue(up):
    fake, card = up(pairs=3)
    assert tool(card)("-t").startswith("The test result is PASS")
    fake.queue[5]["enable"] = 0
    assert "Register test  (online)\t 1\n" in tool(card)("-t")
