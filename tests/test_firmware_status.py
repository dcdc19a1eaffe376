# SPDX-License-Identifier: Apache-2.0
"""Firmware's boot checks, device status, feature rules, reset, link and faults on a card of registers only."""

from itertools import pairwise

import pytest
from register_card import RegisterCard, run

from firmware import CardSettings, Firmware, features, regs
from firmware.errors import IdentityError, ParameterError, RegisterTimeout, SelfTestError

ACK, DRIVER, DRIVER_OK, FEATURES_OK, NEEDS_RESET, FAILED = 1, 2, 4, 8, 64, 128
# the offer the project promises, by the standard's bit numbers
PROMISED = {0, 1, 3, 5, 11, 12, 13, 15, 16, 17, 18, 23, 28, 29, 32, 33, 36, 40, 52, 53, 63}


def booted(settings=None, **card):
    bus = RegisterCard(**card)
    firmware = Firmware(bus, settings)
    run(firmware.boot())
    return bus, firmware


def drive(bus, firmware, *statuses):
    for status in statuses:
        bus.driver_writes_status(status)
        run(firmware.serve())
    return bus.device_status()


def live(bus, firmware, accepted=None):
    bus.driver_features(firmware.offer if accepted is None else accepted)
    assert drive(bus, firmware, 0, ACK, ACK | DRIVER, 11, 15) == 15


def test_boot_offers_what_is_promised_and_fills_the_configuration():
    bus, firmware = booted()
    offer = bus.words[regs.DEVICE_FEATURES_LO] | bus.words[regs.DEVICE_FEATURES_HI] << 32
    assert {bit for bit in range(64) if offer >> bit & 1} == PROMISED
    assert bus.words[regs.CONFIG_MTU] == 9216 - 22 and bus.words[regs.CONFIG_SPEED] == 10_000
    assert bus.words[regs.CONFIG_STATUS] == 1 and bus.words[regs.CONFIG_DUPLEX] == 1
    assert bus.words[regs.CONFIG_MAC_LO] == 0x0052FE02 and bus.words[regs.CONFIG_MAC_HI] == 0x0100
    assert bus.words[regs.WATCHDOG_US] == 100_000 and bus.words[regs.EVENT_ENABLE]
    assert bus.words[regs.DATAPATH] == 0 and firmware.log.counts["boot"] == 1


@pytest.mark.parametrize(
    "register, value, error",
    [
        (regs.ID, 0xFFFFFFFF, IdentityError),
        (regs.VERSION, 7 << 16, IdentityError),
        (regs.PARAM_QUEUES, 1024 << 16, ParameterError),
        (regs.PARAM_QUEUES, 1000 << 16 | 1, ParameterError),
        (regs.PARAM_WIDTH, 96, ParameterError),
        (regs.PARAM_WIDTH, 3 << 16 | 64, ParameterError),
        (regs.PARAM_FRAME, 100, ParameterError),
        (regs.CORE_HZ, 0, ParameterError),
    ],
)
def test_a_card_that_cannot_be_is_named(register, value, error):
    bus = RegisterCard()
    bus.words[register] = value
    with pytest.raises(error):
        run(Firmware(bus).boot())


def test_a_broken_management_port_is_named():
    bus = RegisterCard()
    bus.stuck_bits = 1 << 13
    with pytest.raises(SelfTestError, match="SCRATCH"):
        run(Firmware(bus).boot())


def test_withholding_a_feature_withholds_what_needs_it():
    _, firmware = booted(CardSettings(withheld=1 << features.CSUM | 1 << features.CTRL_VQ))
    assert {bit for bit in range(64) if firmware.offer >> bit & 1} == PROMISED - {0, 11, 12, 13, 17, 18, 23, 52, 53}


def test_a_driver_is_brought_up_step_by_step():
    bus, firmware = booted()
    bus.driver_features(firmware.offer)
    assert drive(bus, firmware, 0) == 0
    assert drive(bus, firmware, ACK) == ACK
    assert drive(bus, firmware, ACK | DRIVER) == 3
    assert drive(bus, firmware, 11) == 11
    assert bus.words[regs.ACTIVE_FEATURES_LO] | bus.words[regs.ACTIVE_FEATURES_HI] << 32 == firmware.offer
    assert bus.words[regs.RX_MTU] == 9194 and not bus.words[regs.DATAPATH] & 3
    assert drive(bus, firmware, 15) == 15
    assert bus.words[regs.DATAPATH] == regs.DATAPATH_TX_ENABLE | regs.DATAPATH_RX_ENABLE
    assert drive(bus, firmware, 15 | FAILED) == 15 | FAILED
    assert bus.words[regs.DATAPATH] == 0


# each row breaks one line of "Feature bit requirements": the feature, and all that must be missing
RULES = [
    (7, [1]), (8, [1]), (9, [7, 8]), (10, [1]), (11, [0]), (12, [0]), (13, [11, 12]), (14, [0]), (18, [17]), (19, [17]),
    (21, [17]), (22, [17]), (23, [17]), (51, [17]), (51, [57, 60]), (52, [17]), (53, [17]), (54, [1]), (55, [1]),
    (56, [0]), (60, [17]), (61, [11, 12]),
]  # fmt: skip
EVERYTHING = (1 << 64) - 1


@pytest.mark.parametrize("bit, missing", RULES)
def test_a_feature_without_what_it_requires_is_a_problem(bit, missing):
    without = sum(1 << other for other in missing)
    alone = 1 << bit | 1 << 32
    for others in range(len(missing)):
        # any one of an alternative is enough
        kept = EVERYTHING & ~without | 1 << missing[others]
        assert not any(text.startswith(features.NAMES[bit] + " ") for text in features.problems(kept, EVERYTHING))
    assert features.problems(EVERYTHING & ~without, EVERYTHING)
    assert features.problems(alone, EVERYTHING)


@pytest.mark.parametrize(
    "change, why",
    [
        (lambda offer: offer & ~(1 << 32), "VERSION_1"),
        (lambda offer: offer & ~1, "HOST_TSO4 requires CSUM"),
        (lambda offer: offer & ~(3 << 11), "HOST_ECN requires"),
        (lambda offer: offer & ~(1 << 17), "CTRL_RX requires CTRL_VQ"),
        (lambda offer: offer | 1 << 22, "MQ was not offered"),
        (lambda offer: offer | 1 << 34, "bit 34 was not offered"),
    ],
)
def test_features_ok_is_refused_with_the_reason_in_the_log(change, why):
    bus, firmware = booted()
    bus.driver_features(change(firmware.offer))
    assert drive(bus, firmware, 0, ACK, 3, 11) == 3
    assert why in str(firmware.log) and not bus.words.get(regs.ACTIVE_FEATURES_LO)
    assert drive(bus, firmware, 15) == 3 | NEEDS_RESET and not bus.words[regs.DATAPATH] & 3
    live(bus, firmware)


def test_a_minimal_driver_is_accepted_and_has_no_mtu_enforced():
    bus, firmware = booted()
    live(bus, firmware, 1 << 32)
    assert bus.words[regs.RX_MTU] == 0


def test_bits_cannot_be_cleared_but_by_reset():
    bus, firmware = booted()
    live(bus, firmware)
    assert drive(bus, firmware, 3) == 15
    assert drive(bus, firmware, 15 | NEEDS_RESET) == 15


def test_reset_waits_for_quiet_memory_before_it_answers_and_restores_defaults():
    bus, firmware = booted()
    live(bus, firmware)
    firmware.link.set_mac(b"\2\0\0\0\0\7")
    firmware.filter.set_mode(regs.RX_MODE_PROMISC, True)
    firmware.filter.set_table([b"\2abcde"], [])
    firmware.coalescing.set_all(True, 8, 8)
    bus.quiet_after_ns = bus.time + 3_000_000
    bus.writes.clear()
    assert drive(bus, firmware, 0) == 0
    assert bus.time >= bus.quiet_after_ns
    order = [(address, value) for address, value in bus.writes if address in (regs.DATAPATH, regs.DEVICE_STATUS)]
    assert [value & 0xFF for _, value in order] == [4, 12, 0, 0] and order[-1][0] == regs.DEVICE_STATUS
    assert bus.valid_macs() == {} and bus.words[regs.RX_MODE] == 0 and bus.words[regs.CONFIG_MAC_LO] == 0x0052FE02
    assert bus.words[regs.COAL_TX_PACKETS] == 0 and bus.words[regs.ACTIVE_FEATURES_LO] == 0


def test_memory_that_does_not_become_quiet_is_never_answered_with_zero():
    bus, firmware = booted()
    live(bus, firmware)
    bus.quiet = False
    before = bus.time
    assert drive(bus, firmware, 0) & NEEDS_RESET
    assert bus.time - before < 30_000_000 and firmware.log.counts["reset failed"] == 1
    bus.quiet = True
    live(bus, firmware)


def test_a_reset_abandons_a_command_that_would_keep_its_queue_busy():
    bus, firmware = booted()
    live(bus, firmware)
    bus.command(b"\0\0\1")
    assert drive(bus, firmware, 0) == 0
    assert bus.done == [b""]


def test_a_reset_is_seen_even_if_the_driver_has_written_again():
    bus, firmware = booted()
    live(bus, firmware)
    bus.driver_writes_status(0)
    bus.driver_writes_status(ACK)
    run(firmware.serve())
    assert bus.device_status() == ACK and firmware.status.resets == 3 and not bus.words[regs.DATAPATH]


def test_an_event_during_its_own_handling_is_not_lost():
    bus, firmware = booted()
    bus.driver_writes_status(ACK)
    plain = bus.read32

    async def read32(address):
        value = await plain(address)
        if address == regs.HOST_STATUS and bus.words[regs.HOST_STATUS] & 0xFF == ACK:
            bus.driver_writes_status(ACK | DRIVER)
        return value

    bus.read32 = read32
    run(firmware.serve())
    assert run(bus.wait_event(1)), "the second write must raise the event again"
    run(firmware.serve())
    assert bus.device_status() == ACK | DRIVER and not run(bus.wait_event(1))


def test_the_link_is_told_to_the_driver_once_per_change():
    bus, firmware = booted()
    for link, notifies, status in ((1, 0, 1), (4, 1, 0), (4, 1, 0), (1, 2, 1)):
        bus.words[regs.LINK] = link
        bus.raise_event(regs.EVENT_STATUS_LINK)
        run(firmware.serve())
        assert (bus.notifies, bus.words[regs.CONFIG_STATUS]) == (notifies, status)
    assert "link down, fault 2" in str(firmware.log)


def test_a_queue_error_is_logged_and_a_stopped_queue_asks_for_a_reset():
    bus, firmware = booted()
    live(bus, firmware)
    bus.errors = [1 << 31 | 4 << 8 | 1]
    bus.raise_event(regs.EVENT_STATUS_QUEUE_ERROR)
    run(firmware.serve())
    assert bus.device_status() == 15 and "transmitq1: bad indirect descriptor" in str(firmware.log)
    bus.errors, bus.queue_state[2] = [1 << 31 | 1 << 8 | 2], regs.QUEUE_STATE_BROKEN
    bus.raise_event(regs.EVENT_STATUS_QUEUE_ERROR)
    run(firmware.serve())
    assert bus.device_status() == 15 | NEEDS_RESET and bus.notifies == 1
    bus.queue_state.clear()
    live(bus, firmware)


def test_errors_without_end_do_not_keep_firmware_from_other_duties():
    bus, firmware = booted()
    live(bus, firmware)
    bus.errors = [1 << 31 | 2 << 8] * 1000
    bus.raise_event(regs.EVENT_STATUS_QUEUE_ERROR)
    run(firmware.serve())
    assert len(bus.errors) > 900
    assert drive(bus, firmware, 0) == 0
    for _ in range(20):
        run(firmware.serve())
    assert not bus.errors and firmware.log.counts["queue error"] == 1000


def test_watchdog_and_held_reads_are_logged():
    bus, firmware = booted()
    live(bus, firmware)
    bus.raise_event(regs.EVENT_STATUS_WATCHDOG | regs.EVENT_STATUS_HOLD_TIMEOUT)
    run(firmware.serve())
    assert firmware.log.counts["watchdog"] == 1 and firmware.log.counts["hold timeout"] == 1
    assert bus.device_status() & NEEDS_RESET


def test_the_heart_beats_in_time_while_events_come():
    bus, firmware = booted(CardSettings(heartbeat_us=100))
    beats = []
    plain = bus.write32

    def write32(address, value):
        if address == regs.HEARTBEAT:
            beats.append(bus.time)
        if len(beats) == 50:
            firmware.stop()
        plain(address, value)

    bus.write32 = write32
    run(firmware.run())
    assert len(beats) == 50 and max(b - a for a, b in pairwise(beats)) < 400_000


def test_counters_are_read_by_name():
    bus, firmware = booted()
    for place in range(len(regs.STATS)):
        bus.words[regs.STATS_WINDOW + 8 * place] = place
        bus.words[regs.STATS_WINDOW + 8 * place + 4] = 1
    values = run(firmware.counters())
    assert values["tx_frames"] == 1 << 32 and values["link_changes"] == (1 << 32) + len(regs.STATS) - 1
    bus.words[regs.STATS_SNAPSHOT] = 1
    with pytest.raises(RegisterTimeout, match="snapshot"):
        run(firmware.counters())
