# SPDX-License-Identifier: Apache-2.0
"""Firmware on a card: boot, device status step by step, feature rules, resets, link, faults, heartbeat, counters."""

import pytest

from firmware import CardSettings, features, regs, status
from testbench.lib.config import CardConfig
from testbench.lib.runtime import run_simulation

RINGS = ("split",)  # what firmware does with queues has nothing to do with their format

ACK, DRIVER, DRIVER_OK, FEATURES_OK, NEEDS_RESET, FAILED = 1, 2, 4, 8, 64, 128
ENABLED = regs.DATAPATH_TX_ENABLE | regs.DATAPATH_RX_ENABLE
MULTI_PAIR = regs.DATAPATH_MULTI_PAIR
# the offer the project promises, by the standard's bit numbers
PROMISED = [0, 1, 2, 3, 5, 11, 12, 13, 15, 16, 17, 18, 19, 23, 28, 29, 32, 33, 34, 35, 36, 40, 52, 53, 57, 60, 63]
NEED_CONTROL = {2, 18, 19, 22, 23, 52, 53, 57, 60}
MTU = 9216 - 22


def test_a_driver_is_brought_up_step_by_step(run):
    got = run("firmware_status:bring_up")
    assert got["offer"] == PROMISED and got["mac"] == "02fe52000001"
    assert got["config"] == [1, 1, MTU, 10_000, 1], "status, queue pairs, mtu, speed, duplex"
    assert got["watchdog"] == 100_000 and got["events"] and got["datapath"] == 0 and got["boots"] == 1
    assert got["steps"] == [
        [0, 0, [], 0, 0],
        [ACK, ACK, [], 0, 0],
        [3, 3, [], 0, 0],
        [11, 11, PROMISED, MTU, MULTI_PAIR],  # with RSS
        [15, 15, PROMISED, MTU, MULTI_PAIR | ENABLED],
        [15 | FAILED, 15 | FAILED, PROMISED, MTU, MULTI_PAIR],
    ]


def test_a_card_of_several_pairs_offers_mq_and_moves_its_queues_for_it(run):
    got = run("firmware_status:several_pairs", CardConfig(queue_pairs=4), sets={"MQ": [22], "RSS": [60], "none": []})
    assert got["offer"] == sorted([*PROMISED, 22])
    for name, outcome in got["sets"].items():
        multi = MULTI_PAIR if name != "none" else 0
        # the map is there when the driver has its answer, through DRIVER_OK and FAILED, and gone with the reset
        assert outcome["datapath"] == [0, multi, multi | ENABLED, multi, 0], name
        assert outcome["queues"] == [3, 9 if multi else 3] and outcome["sizes"] == ([1024] * 9 if multi else [1024] * 3)


def test_the_test_mode_is_a_map_without_mq(run):
    got = run(
        "firmware_status:several_pairs", CardConfig(queue_pairs=4), sets={"none": []}, card={"multi_pair_test": True}
    )
    assert got["offer"] == [bit for bit in PROMISED if bit != 60]
    assert got["sets"]["none"]["queues"] == [9, 9] and set(got["pairs"]) == {4}


def test_withholding_a_feature_withholds_what_needs_it(run):
    got = run("firmware_status:bring_up", card={"withheld": 1 << features.CSUM | 1 << features.CTRL_VQ})
    assert got["offer"] == [bit for bit in PROMISED if bit not in {0, 11, 12, 13, 17} | NEED_CONTROL]
    assert got["steps"][-2][:2] == [15, 15], "what is left is enough for a driver"


# each row breaks one line of "Feature bit requirements": the feature, and all that must be missing
RULES = [
    (7, [1]), (8, [1]), (9, [7, 8]), (10, [1]), (11, [0]), (12, [0]), (13, [11, 12]), (14, [0]), (18, [17]), (19, [17]),
    (21, [17]), (22, [17]), (23, [17]), (51, [17]), (51, [57, 60]), (52, [17]), (53, [17]), (54, [1]), (55, [1]),
    (56, [0]), (60, [17]), (61, [11, 12]),
]  # fmt: skip
EVERYTHING = (1 << 64) - 1


@pytest.mark.parametrize("bit, missing", RULES)
def test_a_feature_without_what_it_requires_is_a_problem(bit, missing):
    """The rules themselves, most of them about features that the card does not offer."""
    without = sum(1 << other for other in missing)
    alone = 1 << bit | 1 << 32
    for others in range(len(missing)):
        # any one of an alternative is enough
        kept = EVERYTHING & ~without | 1 << missing[others]
        assert not any(text.startswith(features.NAMES[bit] + " ") for text in features.problems(kept, EVERYTHING))
    assert features.problems(EVERYTHING & ~without, EVERYTHING)
    assert features.problems(alone, EVERYTHING)


def test_features_ok_is_refused_with_the_reason_in_the_log(run):
    offered = {
        f"{features.NAMES[bit]} requires": (sum(1 << other for other in missing), 0)
        for bit, missing in RULES
        if {bit, *missing} <= set(PROMISED)
    }
    assert len(offered) == 9
    sets = {
        "VERSION_1 is required": (1 << 32, 0),
        "HOST_TSO4 requires CSUM": (1, 0),
        "HOST_ECN requires": (3 << 11, 0),
        "CTRL_RX requires CTRL_VQ": (1 << 17, 0),
        "MQ was not offered": (0, 1 << 22),
        "bit 42 was not offered": (0, 1 << 42),
        **offered,
    }
    got = run("firmware_status:refusals", sets=sets)
    assert set(got["sets"]) == set(sets)
    for why, outcome in got["sets"].items():
        assert outcome["status"] == 3 and outcome["active"] == 0, why
        assert any(why in text for text in outcome["log"]), why
        assert outcome["after"] == [3 | NEEDS_RESET, 0] and outcome["live"] == 15, why


def test_rules_of_the_status_field(run):
    got = run("firmware_status:rules")
    assert got["minimum"] == [15, 0], "VERSION_1 alone is accepted, and no MTU is enforced for it"
    assert got["cleared"] == [15, 15, 15], "bits cannot be cleared but by reset, and NEEDS_RESET is the card's"
    assert got["written again"] == [ACK, 1] and got["datapath"] == [0], "a reset is seen under a later write"
    assert got["raised again"], "a write during the handling of the one before must raise the event again"
    assert got["meanwhile"] == [3, False]


def test_reset_waits_for_quiet_memory_before_it_answers_and_restores_defaults(run):
    got = run("firmware_reset:slow_reset", memory_ns=2_000_000)
    active_low = sum(1 << bit for bit in PROMISED if bit < 32)
    assert got["before"] == [regs.RX_MODE_PROMISC, 2, 8, active_low, {"026162636465": -1}]
    # firmware looks every 20 us
    assert got["status"] == 0 and 0 <= got["late_ns"] < 30_000
    assert got["order"] == [regs.DATAPATH_QUIESCE, regs.DATAPATH_QUIESCE | regs.DATAPATH_CLEAR, 0, "status"]
    assert got["after"] == [0, 0x0052FE02, 0, 0, {}] and got["zeroed"], "firmware writes the coalescing defaults itself"


def test_a_reset_that_was_answered_takes_nothing_from_the_driver_after_it(run):
    assert run("firmware_reset:served_twice") == {"status": [0, 0], "kept": True, "taken": [0]}


def test_memory_that_does_not_become_quiet_is_never_answered_with_zero(run, device):
    # the true limit takes the RTL ten seconds
    limit = status.QUIET_LIMIT_NS if device == "model" else status.QUIET_LIMIT_NS // 10
    got = run("firmware_reset:endless_reset", memory_ns=limit + 1_000_000, quiet_limit_ns=limit)
    assert got["status"] & NEEDS_RESET and got["failed"] == 1
    assert limit <= got["took_ns"] < limit + 200_000 and got["live"] == 15
    assert 1_000 * CardSettings().hold_limit_us > status.QUIET_LIMIT_NS + 1_000_000, "answered while the read is held"


def test_a_reset_abandons_a_command_that_nobody_has_answered(run):
    got = run("firmware_reset:abandoned_command")
    assert got["waiting"] and got["status"] == 0 and got["untouched"] and got["carried out"] == 0
    assert got["works"] and got["counters"]["leaked"] == 0


def test_the_link_is_told_to_the_driver_once_per_change(run):
    got = run("firmware_trouble:link")
    # there and back before firmware looks, down, up and down again, up: how often told, and CONFIG_STATUS
    assert got["told"] == [[0, 1], [1, 0], [1, 0], [2, 1]]
    assert got["log"][1:] == ["link down, fault 0", "link up, fault 0"]


def test_a_fault_of_the_line_is_in_the_log(tmp_path):
    """Only the card's own MAC tells faults apart, and the model has none."""
    card = CardConfig(mac_kind="xgmii")
    got = run_simulation(
        "testbench.system.firmware_trouble:remote_fault", card, run_dir=tmp_path, wall_limit_s=60, capture_file=False
    )
    assert got["status"] == [0] and got["log"][-1] == "link down, fault 2"


def test_a_queue_error_is_logged_and_a_stopped_queue_asks_for_a_reset(run):
    got = run("firmware_trouble:queue_errors")
    answered, log = got["chain"]
    assert answered == 15 and "transmitq1: bad indirect descriptor" in log
    answered, log, told = got["ring"]
    assert answered == 15 | NEEDS_RESET and "controlq: head beyond the ring" in log
    assert told == 1 and got["interrupts"] == 1
    assert got["works"] and got["counters"]["leaked"] == 0


def test_watchdog_and_held_reads_are_logged(run):
    got = run("firmware_trouble:late", card={"heartbeat_us": 100, "hold_limit_us": 200}, wait_us=500)
    assert got["held"] & NEEDS_RESET and not got["held"] & FEATURES_OK
    assert got["logged"] == [1, 1] and got["status"] & NEEDS_RESET and got["live"] == 15


def test_the_heart_beats_in_time_while_events_come(run):
    got = run("firmware_trouble:heartbeat", card={"heartbeat_us": 40}, beats=50, pause_ns=5_000)
    assert got["beats"] == 50 and got["writes"] > 300 and got["bites"] == 0
    assert got["longest_ns"] < 160_000, "the watchdog bites after four beats"


def test_counters_are_the_same_from_both_sides(run):
    got = run("firmware_trouble:counters", sizes=[60, 1514])
    assert got["different"] == [] and list(got["values"]) == list(regs.STATS)
    values = got["values"]
    assert (values["tx_frames"], values["tx_bytes"], values["rx_frames"], values["rx_bytes"]) == (2, 1574, 2, 1574)
