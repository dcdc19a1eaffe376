# SPDX-License-Identifier: Apache-2.0
"""Driver and firmware on the real card, in simulation: bring-up, traffic, offloads, control, resets, failures."""

import pytest

from testbench.lib.config import CardConfig

PROMISED = [
    0, 1, 2, 3, 5, 11, 12, 13, 15, 16, 17, 18, 19, 23, 28, 29, 32, 33, 34, 35, 36, 40, 52, 53, 57, 60, 63,
]  # fmt: skip
MQ = 22  # by a card with more than one pair


def assert_clean(counters, *expected):
    """No drop, no error and no leak but those named."""
    bad = {
        name: value
        for name, value in counters.items()
        if value and ("_drop_" in name or "_err" in name or name in ("leaked", "hold_timeouts", "watchdog_bites"))
    }
    assert set(bad) <= set(expected), bad


def test_bring_up_negotiates_everything_promised(run):
    pairs = run("driver_card:probe", CardConfig(queue_pairs=4), ring="any")
    assert pairs["features"] == sorted([*PROMISED, MQ]) and len(pairs["limits"]) == 9
    got = run("driver_card:probe", ring="any")
    assert got["features"] == PROMISED and got["status"] == 15
    assert (got["mac"], got["link"], got["speed"], got["duplex"]) == ("02fe52000001", True, 10_000, 1)
    assert got["mtu"] == 9194 and set(got["limits"].values()) == {1024}
    assert_clean(got["counters"])


VARIANTS = {
    "everything": {},
    "no event index": {"unwanted": ["RING_EVENT_IDX"]},
    "no merged buffers": {"unwanted": ["MRG_RXBUF"]},
    "no control queue": {"unwanted": ["CTRL_VQ"]},
    "two descriptors": {"options": {"tx_descriptors": 2}},
    "indirect": {"options": {"tx_descriptors": 2, "tx_indirect": True}},
    "odd buffers": {"options": {"rx_buffer_size": 301}},
    "wrapping indices": {"options": {"ring_start": 65530}},
    "smallest rings": {"options": {"rx_size": 2, "tx_size": 2, "rx_buffer_size": 12000}},
    "largest rings": {"options": {"rx_size": 1024, "tx_size": 1024}},
}


@pytest.mark.parametrize("variant", VARIANTS)
def test_every_byte_arrives_both_ways(run, variant):
    sizes = [60, 61, 64, 127, 1514, 1515, 9014, 14, 9208]
    burst = 0 if variant == "smallest rings" else 60
    got = run("driver_card:ping_pong", sizes=sizes, burst=burst, **VARIANTS[variant])
    assert got["same"] and got["sent"] and got["received"] and got["held"] == 0
    assert got["counters"]["tx_frames"] == len(sizes) + burst == got["counters"]["rx_frames"]
    assert_clean(got["counters"])


@pytest.mark.parametrize("data_w", [64, 512])
def test_other_widths_carry_the_same_traffic(run, data_w):
    got = run("driver_card:ping_pong", CardConfig(data_w=data_w), sizes=[60, 65, 1514, 9014], burst=20)
    assert got["same"] and got["sent"] and got["received"] and got["held"] == 0
    assert_clean(got["counters"])


def test_segmentation_and_checksums_agree_with_the_oracle(run):
    cases = [
        (6, 65_000, 1428),
        (4, 65_000, 8948),
        (4, 1448, 1448),
        (6, 1000, 0),
        (4, 3000, 1),
        (4, 500, 0),
        (4, 65_000, 1448),
    ]
    got = run("driver_card:offloads", cases=cases)
    assert got["wrong"] == 0 and got["frames"] > 3090
    assert got["verdicts"] == [2, 0], "DATA_VALID for the good frame only"
    assert got["counters"]["tx_super_frames"] == 5
    assert_clean(got["counters"])


def test_control_commands_change_what_is_received(run):
    got = run("driver_card:control")
    assert got["plain"] == ["own", "all"] and got["promisc"] == ["own", "group", "foreign", "all"]
    assert got["allmulti"] == ["own", "group", "all"] and got["table"] == ["own", "group", "foreign", "all"]
    assert got["overflow"] == ["own", "group", "all"]
    assert got["new mac"] == ["own", "foreign", "all"] and got["config mac"] == "02000000beef" and got["old mac"] == 0
    assert got["coalescing"] == [[32, 100], [3, 4]] and got["refused"] == 2
    assert got["after queue reset"] == [[32, 100], [15, 10]], "a queue enabled again takes the device-wide values"
    assert got["works"]
    assert_clean(got["counters"], "rx_drop_filter")


def test_the_mtu_changes_in_traffic_and_is_enforced_on_reception(run):
    got = run("driver_card:mtu", card={"mtu": 9000})
    assert got["limit"] == 9000 and got["sent"] == [[3, 1]] * 4
    assert got["received"] == [9014, 100] and got["counters"]["rx_drop_mtu"] == 1
    assert_clean(got["counters"], "rx_drop_mtu")


def test_ethtools_verbs_work_on_the_card(run):
    got = run("driver_card:ethtool")
    texts = got["texts"]
    assert got["works"] and texts["-t"].startswith("The test result is PASS")
    assert (
        "rx-usecs: 20\nrx-frames: 4" in texts["-c"] and "RX:\t\t64\n" in texts["-g"] and "TX:\t\t128\n" in texts["-g"]
    )
    stats = dict(line.split(":") for line in texts["-S"].split("\n")[1:] if line)
    stats = {name.strip(): int(value) for name, value in stats.items()}
    assert stats["tx_packets"] == stats["rx_packets"] == stats["hw_tx_frames"] == stats["hw_rx_frames"] == 4
    assert stats["tx_bytes"] == stats["hw_tx_bytes"] == 2 * 1574 and stats["rx_bytes"] == stats["hw_rx_bytes"]


def test_a_link_flap_reaches_the_driver_and_traffic_goes_on(run):
    got = run("driver_card:link_flap")
    assert got["seen"] == [False, True] * 3 and got["works"]
    assert got["counters"]["link_changes"] >= 6


def test_four_pairs_are_steered_by_firmware(run):
    got = run("driver_card:pairs", CardConfig(queue_pairs=4))
    assert got["got"] == 40 and got["steered"] and got["sent"] == [1, 1, 1, 1]
    assert_clean(got["counters"])


def test_a_hundred_probes_in_the_middle_of_traffic_leak_nothing(run):
    got = run("driver_reset:reset_in_traffic", turns=100)
    assert got["leaks"] == 0 and got["broken"] == 0
    assert got["in_flight"] > 100, "the resets must hit traffic"
    assert got["counters"]["leaked"] == 0 and got["counters"]["hold_timeouts"] == 0


def test_single_queues_are_reset_in_the_middle_of_traffic(run):
    got = run("driver_reset:ring_reset_in_traffic", turns=20)
    assert got["works"] and got["leaks"] == 0 and got["counters"]["leaked"] == 0


def test_firmware_ten_milliseconds_late_only_delays(run):
    got = run("driver_reset:slow_firmware", delay_ns=10_000_000)
    assert set(got["took"]) == {"FEATURES_OK", "control", "reset"} and got["leaked"] == 0
    assert all(10_000_000 <= took < 12_000_000 for took in got["took"].values())
    assert "hold timeout" not in got["log"]


def test_dead_firmware_gives_named_errors_and_a_reboot_repairs_it(run):
    got = run("driver_reset:dead_firmware")
    assert (got["command"], got["reset"]) == ("DeviceNeedsReset", "DeviceTimeout")
    assert got["watchdog"] and got["kept"] and got["freed"] and got["refused"] and got["works"]
    assert got["counters"]["hold_timeouts"] >= 2 and got["counters"]["watchdog_bites"] >= 1
