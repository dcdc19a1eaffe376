# SPDX-License-Identifier: Apache-2.0
"""Any driver of a virtio network device on the card: ours, the example, or by ``--driver module:factory`` yours.

docs/driver.md tells what a driver must offer and what each test demands. Any access of the card outside the memory that
the driver names, and any at all when it has closed the device, ends the run and fails the test.
"""

import pytest

WHOLE = {"out": "", "in": ""}
MAC = "02feedbeef01"
WAKE_NS = 10_000  # from what happens to a driver that was asleep


@pytest.mark.parametrize("link", [True, False])
def test_probe_reads_address_mtu_and_link(run, driver, link):
    got = run("basic:bring_up", driver=driver, link=link, card={"mac": MAC, "mtu": 1600})
    assert got["status"] == 15, "ACKNOWLEDGE, DRIVER, FEATURES_OK and DRIVER_OK, and nothing else"
    assert got["early"] == 0, "no notification before DRIVER_OK"
    assert got["mac"] == MAC and 1500 <= got["mtu"] <= 1600 and got["link_up"] == link
    assert got["dropped"] == {}


def test_frames_of_every_size_arrive_byte_for_byte_both_ways(run, driver):
    got = run("basic:sizes", driver=driver)
    assert got["alone"] == {} and got["stream"] == [WHOLE, WHOLE]
    assert got["dropped"] == {}


def test_bursts_larger_than_any_ring_lose_nothing(run, driver):
    got = run("basic:bursts", driver=driver)
    assert got["wrong"] == [WHOLE] * 4 and got["dropped"] == {}


def test_ring_indices_run_through_65535(run, driver):
    got = run("basic:bursts", driver=driver, bursts=[[65_600, 65_600, 60], [100, 100, 1514]])
    assert got["wrong"] == [WHOLE] * 2 and got["dropped"] == {}


def test_frames_at_random_times_come_once_and_in_order(run, driver):
    got = run("basic:traffic", driver=driver)
    assert got["wrong"] == [] and got["dropped"] == {}


def test_waiting_is_by_interrupt(run, driver):
    got = run("basic:interrupts", driver=driver)
    assert got["useless"] <= 3 and 50_000 <= got["idle_ns"] < 60_000, "wait ends with its time when nothing comes"
    assert got["wrong"] == 0 and got["latest_ns"] < WAKE_NS
    # every other frame is there before the driver goes to sleep
    assert got["messages"] >= 25, "each frame that comes to a sleeping driver must be announced by an interrupt"
    assert got["waits"] >= 25 and got["sleeps"] == 0, "a driver that sleeps must be woken by the bus, not by its clock"
    assert got["dropped"] == {}


def test_a_full_transmit_ring_is_reported_and_goes_on_by_interrupt(run, driver):
    got = run("basic:full_ring", driver=driver)
    for turn in got["turns"]:
        assert 1 <= turn["taken"] <= 1024, "transmit must say False when the ring is full"
        assert not turn["early"], "there is no room until the card has taken a frame"
        assert turn["woken"] and 50_000 <= turn["late_ns"] < 50_000 + WAKE_NS, "room in the ring ends a wait"
        assert turn["wrong"] == "", "what was taken goes out once, and what was refused does not"
    assert got["dropped"] == {}


def test_a_receive_ring_without_buffers_loses_frames_and_goes_on(run, driver):
    got = run("basic:dry_ring", driver=driver)
    for turn in got["turns"]:
        assert 1 <= turn["kept"] <= 1024 and turn["wrong"] == "", "the first frames are kept, in their order"
        assert turn["after"] == "", "the device is told of the buffers that come back"
    kept = sum(turn["kept"] for turn in got["turns"])
    assert set(got["dropped"]) <= {"rx_drop_no_buffer", "rx_drop_store_full"}
    assert sum(got["dropped"].values()) == got["sent"] - kept


def test_a_device_closed_in_traffic_is_left_alone_and_probed_again(run, driver):
    got = run("basic:again", driver=driver)
    assert len(got["turns"]) == 20
    for turn in got["turns"]:
        assert turn == {"status": 0, "interrupts": 0, "wrong": WHOLE}
    assert len(set(got["held"])) == 1, "each probe takes as much memory as the first"
