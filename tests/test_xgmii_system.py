# SPDX-License-Identifier: Apache-2.0
"""The whole card with its own 10 Gb/s MAC: bring-up, line rate, bad frames, link faults, flow control both ways."""

import pytest
from test_hostile_system import FRAMES, MARKED, errors

from testbench.lib.config import CardConfig
from testbench.lib.runtime import run_simulation

XGMII = CardConfig(mac_kind="xgmii")
SLOW, STANDSTILL = 2_000, 1  # host writes, in thousandths of a byte a cycle: 4 Gb/s, and next to nothing
BAD = ("_drop_", "_err", "underruns")
REACTION_NS = 3_072  # 60 quanta, the longest that 802.3 allows


def run(tmp_path, entry, device="rtl", **args):
    return run_simulation(
        f"testbench.system.{entry}", XGMII, args=args, run_dir=tmp_path, wall_limit_s=120, capture_file=False,
        device=device,
    )  # fmt: skip


def dropped(counters):
    return {name: value for name, value in counters.items() if value and any(word in name for word in BAD)}


def test_frames_of_all_sizes_and_line_rate_both_ways_without_loss(tmp_path):
    sizes = [14, 60, 61, 62, 63, 64, 65, 67, 71, 72, 127, 128, 129, 1513, 1514, 1515, 4096, 9014, 9208]
    bursts = [[60, 400], [65, 400], [1514, 150], [9014, 40]]
    got = run(tmp_path, "wire_xgmii:line_rate", sizes=sizes, bursts=bursts)
    assert got["link"] and got["speed"] == 10_000 and got["same"] and got["mixed"]
    for size, fill in got["fill"].items():
        assert fill["whole"], size
        assert 0.999 <= fill["share"] <= 1.001, f"{size}: the line from the card is not full"
    # deficit idle count may take up to 3 bytes from a gap of 12
    assert got["wire"] == {"min_gap": 9, "bad_frames": 0, "bad_preambles": 0}
    assert dropped(got["counters"]) == {}
    assert got["counters"]["tx_pause_frames"] == 0, "a host that keeps up is no reason to stop the other end"


def test_bad_frames_are_dropped_by_their_reason_between_good_ones(tmp_path, device):
    got = run(tmp_path, "hostile_wire:bad_frames", device, card={"mtu": 9000})
    reasons = dict(zip(MARKED, ("rx_drop_runt", "rx_drop_giant", "rx_drop_fcs", "rx_drop_fcs"), strict=True))
    assert {name: errors(outcome) for name, outcome in got["cases"].items()} == {
        name: {counter: 3} for name, counter in {**FRAMES, **reasons}.items()
    }
    assert all(outcome["good"] for outcome in got["cases"].values()) and got["after"]


def test_link_faults_reach_the_driver_and_leave_the_rings_running(tmp_path):
    got = run(tmp_path, "wire_xgmii:faults", flaps=10)
    answers = {name: outcome.pop("answer") for name, outcome in got["cases"].items()}
    # a local fault is answered by remote fault, a remote one by idle
    assert answers == {"local fault": 2, "remote fault": 0, "link lost": 2, "local fault again": 2}
    for name, outcome in got["cases"].items():
        assert outcome == {"down": True, "held": 0, "up": True, "after": True}, name
    assert got["flaps"] == [True] * 10 and got["after"]
    assert got["changes"] == 18 and got["counters"]["link_changes"] == 19, "and the first, when the card came up"
    # at most the frame that each fault cut in two
    assert set(dropped(got["counters"])) <= {"rx_drop_wire_error"} and got["counters"]["rx_drop_wire_error"] <= 4


def test_pause_frames_hold_the_transmitter_for_their_time(tmp_path, device):
    got = run(tmp_path, "wire_xgmii:pause_obeyed", device, quanta=[40, 100, 1000])
    for asked, waited in got["holds"][1:]:
        assert asked <= waited <= asked + 100
    assert got["held"] == 0 and got["heard"], "paused: nothing leaves, reception goes on"
    assert got["sent"] and got["resumed_ns"] < 300, "zero quanta end the pause"
    assert got["unasked"] == 0, "pause frames are not for the driver"
    assert got["after"] and got["counters"]["rx_pause_frames"] == 5 and dropped(got["counters"]) == {}


@pytest.mark.parametrize("own", [0, 9014], ids=["quiet", "sending jumbo frames"])
def test_a_peer_that_obeys_pause_frames_loses_nothing(tmp_path, own):
    plans = {
        "slow, small": ([64] * 1000, SLOW),
        "slow": ([1514] * 100, SLOW),
        "slow, jumbo": ([9014] * 30, SLOW),
        "standstill, small": ([64] * 700, STANDSTILL),
        "standstill": ([1514] * 40, STANDSTILL),
        "standstill, jumbo at the worst place": ([6500, *[9014] * 4], STANDSTILL),
        "standstill, jumbo": ([1000, *[9014] * 4], STANDSTILL),
    }
    cases = [
        [f"{name}, reaction {reaction} ns", sizes, own, slow, reaction]
        for name, (sizes, slow) in plans.items()
        for reaction in (0, REACTION_NS)
    ]
    got = run(tmp_path, "wire_xgmii:pause_asked", cases=cases)
    for name, outcome in got["cases"].items():
        assert outcome["whole"] and outcome["sent"] and outcome["drops"] == {}, name
        asked = outcome["asked"]
        assert len(asked) >= 2 and asked == [0xFFFF, 0] * (len(asked) // 2), name
        assert outcome["pause_frames"] == len(asked), name
        # stop and go wait for each other, so that pause frames do not crowd out what is to be sent
        assert len(asked) <= 80, name
    assert got["after"] and dropped(got["counters"]) == {}
