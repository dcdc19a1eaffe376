# SPDX-License-Identifier: Apache-2.0
"""The whole card with its own gigabit MAC, at 62.5 MHz: line rate, bad frames, link, flow control, offloads."""

import pytest
from test_driver_system import assert_clean
from test_hostile_system import FRAMES, MARKED, errors

from testbench.lib.config import CardConfig
from testbench.lib.runtime import run_simulation

GMII = CardConfig(data_w=64, core_hz=62_500_000, mac_kind="gmii")
BYTE_NS = 8


def run(tmp_path, entry, device="rtl", **args):
    return run_simulation(
        f"testbench.system.{entry}", GMII, args=args, run_dir=tmp_path, wall_limit_s=240, capture_file=False,
        device=device,
    )  # fmt: skip


def test_frames_of_all_sizes_and_line_rate_both_ways_without_loss(tmp_path):
    sizes = [14, 60, 61, 63, 64, 65, 127, 128, 129, 1513, 1514, 1515, 9014, 9208]
    got = run(tmp_path, "wire_xgmii:line_rate", sizes=sizes, bursts=[[60, 300], [65, 100], [1514, 60], [9014, 20]])
    assert got["link"] and got["speed"] == 1_000 and got["same"] and got["mixed"]
    for size, fill in got["fill"].items():
        assert fill["whole"], size
        assert fill["share"] == pytest.approx(1, abs=0.0001), f"{size}: the line from the card is not full"
    assert got["wire"] == {"min_gap": 12, "bad_frames": 0, "bad_preambles": 0}
    assert got["counters"]["tx_underruns"] == got["counters"]["rx_drop_mac_overflow"] == 0
    assert_clean(got["counters"])


def test_bad_frames_are_dropped_by_their_reason_between_good_ones(tmp_path, device):
    got = run(tmp_path, "hostile_wire:bad_frames", device, card={"mtu": 9000})
    reasons = dict(zip(MARKED, ("rx_drop_runt", "rx_drop_giant", "rx_drop_fcs", "rx_drop_fcs"), strict=True))
    assert {name: errors(outcome) for name, outcome in got["cases"].items()} == {
        name: {counter: 3} for name, counter in {**FRAMES, **reasons}.items()
    }
    assert all(outcome["good"] for outcome in got["cases"].values()) and got["after"]


def test_a_lost_link_reaches_the_driver_and_leaves_the_rings_running(tmp_path):
    got = run(tmp_path, "wire_xgmii:link_losses", turns=5)
    assert got["cases"] == [[True, 0, True, True]] * 5 and got["changes"] == 10
    # at most the frame that each loss cut in two
    counters = got["counters"]
    assert counters["rx_drop_fcs"] + counters["rx_drop_runt"] + counters["rx_drop_wire_error"] <= 5
    assert_clean(counters, "rx_drop_fcs", "rx_drop_runt", "rx_drop_wire_error")


def test_pause_frames_hold_the_transmitter_for_their_time(tmp_path, device):
    got = run(tmp_path, "wire_xgmii:pause_obeyed", device, quanta=[40, 100])
    for asked, waited in got["holds"][1:]:
        assert asked <= waited <= asked + 60 * BYTE_NS
    assert got["held"] == 0 and got["heard"], "paused: nothing leaves, reception goes on"
    # the pause frame of no time takes 84 byte times itself
    assert got["sent"] and got["resumed_ns"] < (84 + 60) * BYTE_NS, "zero quanta end the pause"
    assert got["unasked"] == 0, "pause frames are not for the driver"
    assert got["after"] and got["counters"]["rx_pause_frames"] == 4
    assert_clean(got["counters"])


def test_a_peer_that_obeys_pause_frames_loses_nothing(tmp_path):
    slow, standstill = 300, 1  # host writes, in thousandths of a byte a cycle: 150 Mb/s, and next to nothing
    cases = [
        ["slow", [1514] * 40, 0, slow, 0],
        ["slow, jumbo, sending", [9014] * 8, 1514, slow, 60 * 64 * BYTE_NS],
        ["standstill, small", [64] * 300, 0, standstill, 60 * 64 * BYTE_NS],
    ]
    got = run(tmp_path, "wire_xgmii:pause_asked", cases=cases)
    for name, outcome in got["cases"].items():
        assert outcome["whole"] and outcome["sent"] and outcome["drops"] == {}, name
        asked = outcome["asked"]
        assert len(asked) >= 2 and asked == [0xFFFF, 0] * (len(asked) // 2), name
        assert outcome["pause_frames"] == len(asked), name
    assert got["after"]
    assert_clean(got["counters"])


def test_segmentation_and_checksums_agree_with_the_oracle(tmp_path):
    cases = [(6, 65_000, 1428), (4, 1448, 1448), (4, 3000, 40), (4, 500, 0), (4, 65_000, 8948)]
    got = run(tmp_path, "driver_card:offloads", cases=cases)
    assert got["wrong"] == 0 and got["verdicts"] == [2, 0], "DATA_VALID for the good frame only"
    assert got["counters"]["tx_super_frames"] == 4 and got["counters"]["tx_underruns"] == 0
    assert_clean(got["counters"])


def test_thresholds_changed_while_frames_wait_act_at_once(tmp_path):
    got = run(tmp_path, "interrupt_rules:thresholds", turns=20)
    # three frames wait, for more than 20 us; a message before the change, and after it
    wanted = {(0, 0): 1, (3, 65535): 1, (65535, 10): 1, (2, 65535): 1, (4, 65535): 0, (0, 65535): 1, (65535, 0): 1}
    assert got["released"] == {
        f"{values} of queue {index}": [0, after] for index in (0, 1) for values, after in wanted.items()
    }
    assert got["whole"]
    assert_clean(got["counters"])
