# SPDX-License-Identifier: Apache-2.0
"""Firmware's control queue: every command, every way to get one wrong, and what the card is told to do."""

import struct

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from register_card import RegisterCard, run

from firmware import CardSettings, Firmware, regs

OK, ERR = b"\0", b"\1"


def card(accepted=None, pairs=1, multi=False, mac_entries=4):
    bus = RegisterCard(pairs=pairs, mac_entries=mac_entries)
    firmware = Firmware(bus, CardSettings(multi_pair_test=multi))
    run(firmware.boot())
    bus.driver_features(firmware.offer if accepted is None else accepted)
    for status in (0, 1, 3, 11, 15):
        bus.driver_writes_status(status)
        run(firmware.serve())
    for gq in range(2 * pairs + 1):
        bus.queue_state[gq] = regs.QUEUE_STATE_ENABLED
    return bus, firmware


def send(bus, firmware, request, capacity=1, too_long=False):
    bus.command(request, capacity, too_long)
    run(firmware.serve())
    return bus.done.pop()


def macs(*numbers):
    return [bytes((number & 0xFF, 0, 0, number >> 16, number >> 8 & 0xFF, number & 0xFF)) for number in numbers]


def table(unicast, multicast):
    return b"\1\0" + b"".join(struct.pack("<I", len(part)) + b"".join(part) for part in (unicast, multicast))


@pytest.mark.parametrize("command, bit", [(0, regs.RX_MODE_PROMISC), (1, regs.RX_MODE_ALLMULTI)])
def test_receive_modes_switch_on_and_off(command, bit):
    bus, firmware = card()
    assert send(bus, firmware, bytes((0, command, 1))) == OK and bus.words[regs.RX_MODE] == bit
    assert send(bus, firmware, bytes((0, command, 0))) == OK and bus.words[regs.RX_MODE] == 0


def test_a_driver_that_cannot_ask_for_multicast_gets_it_all():
    everything = (1 << 32) | sum(1 << bit for bit in (0, 1, 5, 16))
    for accepted, mode in ((everything, regs.RX_MODE_ALLMULTI), (everything | 1 << 17 | 1 << 18, 0)):
        bus, _ = card(accepted)
        assert bus.words[regs.RX_MODE] == mode


def test_extra_receive_modes_are_refused_because_they_are_not_offered():
    bus, firmware = card()
    for command in range(2, 7):
        assert send(bus, firmware, bytes((0, command, 1))) == ERR
    assert bus.words[regs.RX_MODE] == 0


def test_the_mac_address_takes_effect_before_the_command_ends():
    bus, firmware = card()
    assert send(bus, firmware, b"\1\1\2\x11\x22\x33\x44\x55") == OK
    assert bus.words[regs.CONFIG_MAC_LO] == 0x33221102 and bus.words[regs.CONFIG_MAC_HI] == 0x5544
    done = next(place for place, (address, _) in enumerate(reversed(bus.writes)) if address == regs.CTRL_DONE)
    mac = next(place for place, (address, _) in enumerate(reversed(bus.writes)) if address == regs.CONFIG_MAC_HI)
    assert done < mac
    for bad in (
        b"\1\1",
        b"\1\1\2\x11\x22\x33\x44",
        b"\1\1\2\x11\x22\x33\x44\x55\x66",
        b"\1\1\3\0\0\0\0\0",
        b"\1\1" + bytes(6),
    ):
        assert send(bus, firmware, bad) == ERR
    assert bus.words[regs.CONFIG_MAC_LO] == 0x33221102


def test_the_mac_table_is_replaced():
    bus, firmware = card()
    assert send(bus, firmware, table(macs(2, 4), macs(1, 3))) == OK
    assert set(bus.valid_macs()) == set(macs(1, 2, 3, 4)) and bus.words[regs.RX_MODE] == 0
    assert send(bus, firmware, table([], macs(5))) == OK
    assert set(bus.valid_macs()) == set(macs(5))
    assert send(bus, firmware, table([], [])) == OK and bus.valid_macs() == {}


@pytest.mark.parametrize(
    "unicast, multicast, mode, kept",
    [
        (4, 0, 0, 4),
        (5, 0, regs.RX_MODE_ALLUNI, 0),
        (5, 4, regs.RX_MODE_ALLUNI, 4),
        (3, 2, regs.RX_MODE_ALLMULTI, 3),
        (5, 5, regs.RX_MODE_ALLUNI | regs.RX_MODE_ALLMULTI, 0),
        (0, 400, regs.RX_MODE_ALLMULTI, 0),
    ],
)
def test_addresses_without_a_place_open_the_filter_and_a_smaller_table_closes_it(unicast, multicast, mode, kept):
    bus, firmware = card()
    request = table(macs(*range(2, 2 + 512 * unicast, 512)), macs(*range(1, 1 + 512 * multicast, 512)))
    assert send(bus, firmware, request) == OK
    assert bus.words[regs.RX_MODE] == mode and len(bus.valid_macs()) == kept
    send(bus, firmware, b"\0\1\1")
    send(bus, firmware, b"\0\1\0")
    assert bus.words[regs.RX_MODE] == mode, "the driver's own mode must not undo the table's"
    assert send(bus, firmware, table(macs(2), [])) == OK
    assert bus.words[regs.RX_MODE] == 0 and set(bus.valid_macs()) == set(macs(2))


@pytest.mark.parametrize(
    "data",
    [
        b"", b"\0\0\0", b"\0\0\0\0", b"\0\0\0\0\0\0\0", b"\1\0\0\0" + bytes(5) + bytes(4), b"\0\0\0\0\0\0\0\0\0",
        b"\xff\xff\xff\xff" + bytes(60), b"\1\0\0\0" + bytes(6) + b"\2\0\0\0" + bytes(6),
    ],
)  # fmt: skip
def test_a_malformed_table_changes_nothing(data):
    bus, firmware = card()
    send(bus, firmware, table(macs(2), []))
    assert send(bus, firmware, b"\1\0" + data) == ERR
    assert set(bus.valid_macs()) == set(macs(2))


def test_steering_entries_stay_through_tables_and_resets():
    bus, firmware = card(pairs=4, multi=True)
    assert bus.words[regs.DATAPATH] & regs.DATAPATH_MULTI_PAIR_TEST
    firmware.steer({macs(2)[0]: 1, macs(4)[0]: 3}, default=2)
    assert bus.words[regs.RX_STEER] == 2
    send(bus, firmware, table(macs(2, 6), macs(1)))
    assert bus.valid_macs() == dict(zip(macs(2, 4, 6, 1), (1, 3, -1, -1), strict=True))
    bus.driver_writes_status(0)
    run(firmware.serve())
    assert bus.valid_macs() == dict(zip(macs(2, 4), (1, 3), strict=True))
    assert bus.words[regs.DATAPATH] == regs.DATAPATH_MULTI_PAIR_TEST
    with pytest.raises(ValueError, match="5 steering entries"):
        firmware.steer(dict.fromkeys(macs(2, 4, 6, 8, 10), 0))


def test_coalescing_of_a_direction_reaches_all_its_queues_and_the_default():
    bus, firmware = card(pairs=2, multi=True)
    assert send(bus, firmware, b"\6\0" + struct.pack("<II", 15, 10)) == OK
    assert bus.coalescing == {1: (15, 10), 3: (15, 10)}
    assert (bus.words[regs.COAL_TX_PACKETS], bus.words[regs.COAL_TX_USECS]) == (15, 10)
    assert send(bus, firmware, b"\6\1" + struct.pack("<II", 7, 8)) == OK
    assert bus.coalescing == {0: (7, 8), 1: (15, 10), 2: (7, 8), 3: (15, 10)}
    for packets, usecs in ((65536, 1), (1, 1 << 31)):
        assert send(bus, firmware, b"\6\1" + struct.pack("<II", packets, usecs)) == ERR
    assert bus.coalescing[0] == (7, 8)


def test_the_standards_example_of_coalescing_commands():
    bus, firmware = card(pairs=2, multi=True)

    def get(queue):
        answer = send(bus, firmware, b"\6\3" + struct.pack("<HH", queue, 0xFFFF), 9)
        assert answer[8:] == OK
        return struct.unpack("<II", answer[:8])

    send(bus, firmware, b"\6\1" + struct.pack("<II", 1, 11))
    send(bus, firmware, b"\6\2" + struct.pack("<HHII", 0, 0xABCD, 2, 22))
    assert get(0) == (2, 22) and get(2) == (1, 11)
    send(bus, firmware, b"\6\2" + struct.pack("<HHII", 1, 0, 4, 44))
    send(bus, firmware, b"\6\0" + struct.pack("<II", 5, 55))
    assert get(1) == (5, 55) and get(3) == (5, 55)


@pytest.mark.parametrize("pairs, multi, control", [(1, False, 2), (4, False, 2), (4, True, 8)])
def test_only_enabled_data_queues_have_coalescing(pairs, multi, control):
    bus, firmware = card(pairs=pairs, multi=multi)
    for queue in (control, control + 1, 0xFFFF):
        assert send(bus, firmware, b"\6\2" + struct.pack("<HHII", queue, 0, 1, 1)) == ERR
        assert send(bus, firmware, b"\6\3" + struct.pack("<HH", queue, 0), 9) == bytes(8) + ERR
    bus.queue_state[1] = 0
    assert send(bus, firmware, b"\6\2" + struct.pack("<HHII", 1, 0, 1, 1)) == ERR
    assert send(bus, firmware, b"\6\3" + struct.pack("<HH", 1, 0), 8) == ERR
    assert not bus.coalescing


GATED = [
    (18, b"\0\0\1"), (18, b"\0\1\1"), (18, table([], [])), (23, b"\1\1\2\0\0\0\0\1"),
    (53, b"\6\0" + bytes(8)), (53, b"\6\1" + bytes(8)), (52, b"\6\2" + bytes(12)),
]  # fmt: skip


@pytest.mark.parametrize("bit, request_", GATED)
def test_commands_of_features_not_negotiated_are_refused(bit, request_):
    bus, firmware = card()
    assert send(bus, firmware, request_) == OK
    bus, firmware = card(accepted=firmware.offer & ~(1 << bit))
    assert send(bus, firmware, request_) == ERR


def test_commands_that_are_too_long_unknown_or_have_no_room_are_refused_and_counted():
    bus, firmware = card()
    assert send(bus, firmware, b"\0\0\1", too_long=True) == ERR
    assert send(bus, firmware, b"\0\0\1", capacity=0) == b""
    assert bus.words[regs.RX_MODE] == 0
    for request in (b"", b"\0", b"\2\0\0\0", b"\4\0\1\0", b"\xff\xff", b"\0\0\2", b"\0\0", b"\0\0\1\0"):
        assert send(bus, firmware, request) == ERR
    assert firmware.control.refused == 10 and firmware.control.commands == 10


@settings(max_examples=300, deadline=None)
@given(st.integers(0, 7), st.integers(0, 4), st.binary(max_size=40), st.integers(0, 16))
def test_no_command_hurts_firmware(kind, code, data, capacity):
    bus, firmware = card()
    answer = send(bus, firmware, bytes((kind, code)) + data, capacity)
    assert len(answer) <= capacity and (not capacity or answer[-1:] in (OK, ERR))
    assert send(bus, firmware, b"\0\0\1") == OK
