# SPDX-License-Identifier: Apache-2.0
"""Firmware's control queue on a card: every command, every way to get one wrong, and what the card then does."""

import struct

import pytest

from firmware import regs
from testbench.lib.config import CardConfig

RINGS = ("split",)  # as in test_firmware_status.py

OK, ERR = "00", "01"
OWN, FOREIGN, GROUP = "02fe52000001", "02000000beef", "01005e000001"
OFFERED = (0, 1, 3, 5, 11, 12, 13, 15, 16, 17, 18, 23, 28, 29, 32, 33, 36, 40, 52, 53, 63)
ENTRIES = 32  # of the card's MAC table
PROMISC, ALLMULTI, ALLUNI = regs.RX_MODE_PROMISC, regs.RX_MODE_ALLMULTI, regs.RX_MODE_ALLUNI
FOUR_PAIRS = {"build": CardConfig(queue_pairs=4), "card": {"multi_pair_test": True}, "options": {"pairs": 4}}


@pytest.fixture
def check(run):
    """``check((step, what it must give), ...)``: one run of these steps, in their order; its counters."""

    def check_rows(*rows, build=None, **args):
        got = run("firmware_control:session", build, steps=[step for step, _ in rows], **args)
        for number, ((step, wanted), result) in enumerate(zip(rows, got["results"], strict=True)):
            assert result == wanted, f"step {number}: {step[0]} {str(step[1:])[:80]}"
        assert got["leaked"] == 0
        return got["counters"]

    return check_rows


def send(request, capacity=1):
    return ["send", request.hex(), capacity]


def mode(value):
    return (["read", "RX_MODE"], value)


def macs(*numbers):
    return [bytes((number & 0xFF, 0, 0, number >> 16, number >> 8 & 0xFF, number & 0xFF)) for number in numbers]


def table(unicast, multicast):
    return b"\1\0" + b"".join(struct.pack("<I", len(part)) + b"".join(part) for part in (unicast, multicast))


def holds(*addresses):
    """The card's table has these, and steers none of them."""
    return (["table"], {mac.hex(): -1 for mac in addresses})


def test_receive_modes_switch_on_and_off(check):
    rows = []
    for command, bit, heard in ((0, PROMISC, [0, 0, 0]), (1, ALLMULTI, [0, -1, 0])):
        rows += [
            (send(bytes((0, command, 1))), OK), mode(bit), (["hear", OWN, FOREIGN, GROUP], heard),
            (send(bytes((0, command, 0))), OK), mode(0), (["hear", OWN, FOREIGN, GROUP], [0, -1, -1]),
        ]  # fmt: skip
    check(*rows)


def test_a_driver_that_cannot_ask_for_multicast_gets_it_all(check):
    accepted = {32, 0, 1, 5, 16}
    check(
        (["probe", *(bit for bit in OFFERED if bit not in accepted)], None), mode(ALLMULTI), (["hear", GROUP], [0]),
        (["probe", *(bit for bit in OFFERED if bit not in accepted | {17, 18, 40})], None), mode(0),
        (["hear", GROUP], [-1]),
    )  # fmt: skip


def test_extra_receive_modes_are_refused_because_they_are_not_offered(check):
    check(*((send(bytes((0, command, 1))), ERR) for command in range(2, 7)), mode(0))


def test_the_mac_address_takes_effect_before_the_command_ends(check):
    bad = (b"", b"\2\x11\x22\x33\x44", b"\2\x11\x22\x33\x44\x55\x66", b"\3\0\0\0\0\0", bytes(6))
    check(
        (send(b"\1\1\2\x11\x22\x33\x44\x55"), OK),
        (["written", "CONFIG_MAC_HI", "CTRL_DONE"], ["CONFIG_MAC_HI", "CTRL_DONE"]),
        (["read", "CONFIG_MAC_LO"], 0x33221102), (["read", "CONFIG_MAC_HI"], 0x5544),
        (["config_mac"], "021122334455"), (["hear", "021122334455", OWN], [0, -1]),
        *((send(b"\1\1" + data), ERR) for data in bad),
        (["read", "CONFIG_MAC_LO"], 0x33221102), (["hear", "021122334455", OWN], [0, -1]),
    )  # fmt: skip


def test_the_mac_table_is_replaced(check):
    everybody = ["hear", *(mac.hex() for mac in macs(2, 4, 1, 3, 5))]
    check(
        (send(table(macs(2, 4), macs(1, 3))), OK), holds(*macs(1, 2, 3, 4)), mode(0), (everybody, [0, 0, 0, 0, -1]),
        (send(table([], macs(5))), OK), holds(*macs(5)), (everybody, [-1, -1, -1, -1, 0]),
        (send(table([], [])), OK), holds(), (everybody, [-1] * 5),
    )  # fmt: skip


def test_addresses_without_a_place_open_the_filter_and_a_smaller_table_closes_it(check):
    rows = []
    for unicast, multicast, opened in (
        (ENTRIES, 0, 0),
        (ENTRIES + 1, 0, ALLUNI),
        (ENTRIES + 1, ENTRIES, ALLUNI),
        (ENTRIES - 1, 2, ALLMULTI),
        (ENTRIES + 1, ENTRIES + 1, ALLUNI | ALLMULTI),
        (0, 400, ALLMULTI),
    ):
        one, many = macs(*range(2, 2 + 512 * unicast, 512)), macs(*range(1, 1 + 512 * multicast, 512))
        kept = [] if opened & ALLUNI else one
        kept += [] if opened & ALLMULTI else many
        wanted = ["hear", *(mac.hex() for mac in (one + many)[:100])]
        unwanted = (["hear", FOREIGN, GROUP], [0 if opened & ALLUNI else -1, 0 if opened & ALLMULTI else -1])
        rows += [
            (send(table(one, many)), OK), mode(opened), holds(*kept), (wanted, [0] * (len(wanted) - 1)), unwanted,
            # the driver's own mode must not undo the table's
            (send(b"\0\1\1"), OK), mode(opened | ALLMULTI), (send(b"\0\1\0"), OK), mode(opened),
            (send(table(macs(2), [])), OK), mode(0), holds(*macs(2)), (["hear", FOREIGN, GROUP], [-1, -1]),
        ]  # fmt: skip
    check(*rows)


def test_a_malformed_table_changes_nothing(check):
    malformed = [
        b"", b"\0\0\0", b"\0\0\0\0", b"\0\0\0\0\0\0\0", b"\1\0\0\0" + bytes(5) + bytes(4), b"\0\0\0\0\0\0\0\0\0",
        b"\xff\xff\xff\xff" + bytes(60), b"\1\0\0\0" + bytes(6) + b"\2\0\0\0" + bytes(6),
    ]  # fmt: skip
    rows = [(send(table(macs(2), [])), OK)]
    for data in malformed:
        rows += [(send(b"\1\0" + data), ERR), holds(*macs(2)), mode(0)]
    check(*rows, (["hear", macs(2)[0].hex(), FOREIGN], [0, -1]))


def test_steering_entries_stay_through_tables_and_resets(check):
    one, two, plain, group = (mac.hex() for mac in macs(2, 4, 6, 1))
    test_mode = (["read", "DATAPATH"], regs.DATAPATH_MULTI_PAIR)
    too_many = {mac.hex(): 0 for mac in macs(*range(2, 2 * ENTRIES + 4, 2))}
    check(
        (["steer", {one: 1, two: 3}, 2], ""), (["read", "RX_STEER"], 2),
        (send(table(macs(2, 6), macs(1))), OK), (["table"], {one: 1, two: 3, plain: -1, group: -1}),
        (["hear", one, two, plain, group, OWN, FOREIGN], [1, 3, 2, 2, 2, -1]),
        (["reset"], None), (["table"], {one: 1, two: 3}), test_mode,
        (["probe"], None), (["hear", one, two, plain, OWN], [1, 3, -1, 2]),
        (["steer", too_many, 0], "33 steering entries, the card has 32"),
        **FOUR_PAIRS,
    )  # fmt: skip


def test_coalescing_of_a_direction_reaches_all_its_queues_and_the_default(check):
    every = ["coalescing", *range(8)]
    beyond = [(send(b"\6\1" + struct.pack("<II", *values)), ERR) for values in ((65536, 1), (1, 1 << 31))]
    check(
        (send(b"\6\0" + struct.pack("<II", 15, 10)), OK), (every, [[0, 0], [15, 10]] * 4),
        (["read", "COAL_TX_PACKETS"], 15), (["read", "COAL_TX_USECS"], 10),
        (send(b"\6\1" + struct.pack("<II", 7, 8)), OK), (every, [[7, 8], [15, 10]] * 4),
        (["read", "COAL_RX_PACKETS"], 7), (["read", "COAL_RX_USECS"], 8),
        *beyond, (every, [[7, 8], [15, 10]] * 4),
        **FOUR_PAIRS,
    )  # fmt: skip


def get(queue):
    return send(b"\6\3" + struct.pack("<HH", queue, 0xFFFF), 9)


def values(packets, usecs):
    return struct.pack("<II", packets, usecs).hex() + OK


def test_the_standards_example_of_coalescing_commands(check):
    check(
        (send(b"\6\1" + struct.pack("<II", 1, 11)), OK),
        (send(b"\6\2" + struct.pack("<HHII", 0, 0xABCD, 2, 22)), OK),
        (get(0), values(2, 22)), (get(2), values(1, 11)),
        (send(b"\6\2" + struct.pack("<HHII", 1, 0, 4, 44)), OK),
        (send(b"\6\0" + struct.pack("<II", 5, 55)), OK),
        (get(1), values(5, 55)), (get(3), values(5, 55)),
        **FOUR_PAIRS,
    )  # fmt: skip


@pytest.mark.parametrize("pairs, multi, control", [(1, False, 2), (4, False, 2), (4, True, 8)])
def test_only_enabled_data_queues_have_coalescing(check, pairs, multi, control):
    set_queue, get_queue = struct.Struct("<HHII"), struct.Struct("<HH")
    rows = []
    for queue in (control, control + 1, 0xFFFF):
        rows += [
            (send(b"\6\2" + set_queue.pack(queue, 0, 1, 1)), ERR),
            (send(b"\6\3" + get_queue.pack(queue, 0), 9), bytes(8).hex() + ERR),
        ]
    check(
        *rows,
        (["reset_queue", 1], None),
        (send(b"\6\2" + set_queue.pack(1, 0, 1, 1)), ERR),
        (send(b"\6\3" + get_queue.pack(1, 0), 8), ERR),
        (["coalescing", *range(2 * pairs)], [[0, 0]] * (2 * pairs)),
        build=CardConfig(queue_pairs=pairs), card={"multi_pair_test": multi}, options={"pairs": pairs if multi else 1},
    )  # fmt: skip


def test_commands_of_features_not_negotiated_are_refused(check):
    rows = []
    for bit, request in (
        (18, b"\0\0\1"), (18, b"\0\1\1"), (18, table([], [])), (23, b"\1\1\2\0\0\0\0\1"), (53, b"\6\0" + bytes(8)),
        (53, b"\6\1" + bytes(8)), (52, b"\6\2" + bytes(12)),
    ):  # fmt: skip
        rows += [(["probe"], None), (send(request), OK), (["probe", bit], None), (send(request), ERR)]
    check(*rows)


def test_commands_that_are_too_long_unknown_or_have_no_room_are_refused_and_counted(check):
    wrong = (b"", b"\0", b"\2\2\0\0", b"\4\0\1\0", b"\xff\xff", b"\0\0\2", b"\0\0", b"\0\0\1\0")
    counters = check(
        (send(b"\0\0\1" + bytes(4094)), ERR), (send(b"\0\0\1", 0), ""), mode(0),
        *((send(request), ERR) for request in wrong), (["counts"], [10, 10]), mode(0),
    )  # fmt: skip
    assert counters["ctrl_commands"] == 10 and counters["ctrl_too_long"] == 1


def test_the_longest_command_is_carried_out_and_a_longer_one_is_not_even_if_its_beginning_makes_sense(check):
    longest = table(macs(*range(2, 2 + 2 * 681, 2)), [])
    assert len(longest) == 4096
    counters = check(
        (send(longest), OK), mode(ALLUNI), (send(table([], [])), OK), mode(0), (send(longest + b"\0"), ERR), mode(0)
    )
    assert counters["ctrl_commands"] == 3 and counters["ctrl_too_long"] == 1


@pytest.mark.parametrize("seed", [1, 2])
def test_no_command_hurts_firmware(run, seed):
    got = run("firmware_control:anything", commands=300, seed=seed)
    assert sum(got["answers"].values()) == 300 and min(got["answers"].values()) > 5
    assert got["counts"][0] == 600 and got["counts"][1] > 100
