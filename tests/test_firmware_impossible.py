# SPDX-License-Identifier: Apache-2.0
"""Firmware on cards that cannot be: wrong identity, stuck bits, registers that never change, errors without end."""

import struct

import pytest
from register_card import RegisterCard, run

from firmware import Firmware, regs, steering
from firmware.errors import IdentityError, ParameterError, RegisterTimeout, SelfTestError

NEEDS_RESET = 64


def booted():
    bus = RegisterCard()
    firmware = Firmware(bus)
    run(firmware.boot())
    return bus, firmware


def drive(bus, firmware, *statuses):
    for status in statuses:
        bus.driver_writes_status(status)
        run(firmware.serve())
    return bus.device_status()


def live(bus, firmware, features=None):
    bus.driver_features(firmware.offer if features is None else features)
    assert drive(bus, firmware, 0, 1, 3, 11, 15) == 15


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


def test_dma_that_never_ends_is_never_answered_with_zero():
    bus, firmware = booted()
    live(bus, firmware)
    bus.quiet = False
    before = bus.time
    assert drive(bus, firmware, 0) & NEEDS_RESET
    assert bus.time - before < 30_000_000 and firmware.log.counts["reset failed"] == 1
    bus.quiet = True
    live(bus, firmware)


def test_a_reset_abandons_a_command_that_the_card_would_hold_for_ever():
    """The card lets go of it by itself when its queue is stopped."""
    bus, firmware = booted()
    live(bus, firmware)
    bus.command(b"\0\0\1")
    assert drive(bus, firmware, 0) == 0
    assert bus.done == [b""]


MULTIQUEUE = 1 << 22 | 1 << 60  # MQ, RSS


@pytest.mark.parametrize("multiqueue, last", [(0, 1), (1 << 22, 7), (1 << 60, 7)])
def test_only_the_drivers_queues_have_coalescing_whatever_the_card_calls_enabled(multiqueue, last):
    bus = RegisterCard()
    bus.words[regs.PARAM_QUEUES] = 1024 << 16 | 4
    firmware = Firmware(bus)
    run(firmware.boot())
    live(bus, firmware, firmware.offer & ~MULTIQUEUE | multiqueue)
    bus.words[regs.QUEUE_STATE] = regs.QUEUE_STATE_ENABLED
    for queue in (0, 1, 2, 3, 7, 8, 9, 0xFFFF):
        ack = int(queue > last)
        request = b"\6\2" + struct.pack("<HHII", queue, 0, 1, 1)
        assert run(firmware.control.answer(request, 1)) == bytes((ack,)), queue


def test_fewer_pairs_wait_for_frames_that_were_steered_before_but_not_for_ever():
    bus = RegisterCard()
    bus.words[regs.PARAM_QUEUES] = 1024 << 16 | 4
    firmware = Firmware(bus)
    run(firmware.boot())
    live(bus, firmware)
    took = {}
    for pairs, idle in ((4, False), (2, False), (3, False), (1, True)):
        bus.rx_idle, before = idle, bus.time
        assert run(firmware.control.answer(b"\4\0" + struct.pack("<H", pairs), 1)) == b"\0"
        took[pairs] = bus.time - before
        assert (bus.words[regs.ACTIVE_PAIRS], bus.words[regs.STEERING]) == (pairs, 1)
    assert max(took[4], took[3], took[1]) < 1_000 and steering.DRAIN_LIMIT_NS <= took[2] < 2 * steering.DRAIN_LIMIT_NS


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


def test_counters_have_64_bits_and_a_snapshot_without_end_is_named():
    bus, firmware = booted()
    for place in range(len(regs.STATS)):
        bus.words[regs.STATS_WINDOW + 8 * place] = place
        bus.words[regs.STATS_WINDOW + 8 * place + 4] = 1
    values = run(firmware.counters())
    assert values["tx_frames"] == 1 << 32 and values["link_changes"] == (1 << 32) + len(regs.STATS) - 1
    bus.words[regs.STATS_SNAPSHOT] = 1
    with pytest.raises(RegisterTimeout, match="snapshot"):
        run(firmware.counters())
