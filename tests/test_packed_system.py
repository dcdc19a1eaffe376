# SPDX-License-Identifier: Apache-2.0
"""Whole card with packed rings and a driver half from the standard: traffic, merging, commands, indices, interrupts."""

import itertools
import struct

import pytest

GUEST_CSUM, MRG_RXBUF, CTRL_VQ, CTRL_RX, INDIRECT, EVENT_IDX, RING_PACKED, IN_ORDER, RING_RESET, HASH_REPORT = (
    1, 15, 17, 18, 28, 29, 34, 35, 40, 57
)  # fmt: skip
RINGS = ("split",)  # what a test does not say itself; here every one says it
PLAIN = bytes(10)
OWN, OTHER = bytes.fromhex("02fe52000001"), bytes.fromhex("02aabbccddee")
SETS = {
    "alone": (), "event index": (EVENT_IDX,), "in order": (IN_ORDER, EVENT_IDX), "hash report": (HASH_REPORT, INDIRECT),
    "merging": (MRG_RXBUF, EVENT_IDX, INDIRECT), "all": (MRG_RXBUF, EVENT_IDX, INDIRECT, IN_ORDER, HASH_REPORT),
}  # fmt: skip


@pytest.fixture
def check(run):
    """``check((step, what it must give), ...)``: one run of these steps, in their order."""

    def check_rows(*rows, **args):
        got = run("hand_session:session", steps=[step for step, _ in rows], **args)
        for number, ((step, wanted), result) in enumerate(zip(rows, got["results"], strict=True)):
            assert wanted is None or result == wanted, f"step {number}: {step[0]} {str(step[1:])[:80]}"
        assert not got["incidents"]
        return got["results"]

    return check_rows


def frame(rng, size, to=OWN):
    return ((to + OTHER + b"\x88\xb5" + rng.randbytes(size))[:size]).hex()


def up(*features):
    return (["up", RING_PACKED, CTRL_VQ, CTRL_RX, RING_RESET, *features], 15)


def ahead(indices, size):
    """How far the available index, as QUEUE_INDICES has it, is in front of the used one."""
    available, used = ((index & 0x7FFF) + size * (index >> 15) for index in indices)
    return (available - used) % (2 * size)


@pytest.mark.parametrize("size", [5, 63])
@pytest.mark.parametrize("name", SETS)
def test_frames_and_commands_go_round_and_round(check, rng, name, size):
    features = SETS[name]
    merging, header = MRG_RXBUF in features, bytes(8) * (HASH_REPORT in features)
    rx_bytes = 300 if merging else 2048
    rows = [up(*features)]
    for number in range(30):
        sent = [frame(rng, rng.randrange(60, 1500), OTHER) for _ in range(rng.randrange(1, min(size // 2, 8) + 1))]
        rows.append((["transmit", 0, sent, "", INDIRECT in features and number % 2 == 0], sent))
        length = rng.randrange(60, min(1500, rx_bytes * (size - 1)))
        buffers = -(-(length + 12 + len(header)) // rx_bytes)
        rows.append((["arrive", frame(rng, length)], [[0, (PLAIN + struct.pack("<H", buffers) + header).hex()]]))
        rows.append((["send", "000001"], "00"))
    results = check(*rows, *((["indices", index], None) for index in range(3)), size=size, rx_bytes=rx_bytes)
    for index, (card, driver) in enumerate(results[-3:]):
        assert card[1] == driver[1], f"queue {index}: used"
        # a card looks at descriptors as it comes to them, and need not have looked at all that are there
        assert ahead(card, size) <= ahead(driver, size), f"queue {index}: available"


@pytest.mark.parametrize("features", [(), (EVENT_IDX,)], ids=["alone", "event index"])
def test_bursts_larger_than_the_card_fetches_ahead(check, rng, features):
    out = [frame(rng, 60, OTHER) for _ in range(140)]
    check(up(*features), *[(["transmit", 0, out], out)] * 3, size=300)


def test_indices_stay_when_a_queue_has_stopped(check, rng):
    out = [frame(rng, 60, OTHER) for _ in range(2)]
    rows = [up(EVENT_IDX)] + [(["transmit", 0, out], out)] * 4
    # 16 descriptors in a ring of 9: the second round, place 7
    index = [[0x8007, 0x8007]] * 2
    check(*rows, (["indices", 1], index), (["stop_queue", 1], None), (["indices", 1], index), size=9)


@pytest.mark.parametrize("event_idx", [False, True])
def test_interrupts_come_as_the_driver_wants_them(check, rng, event_idx):
    out = [frame(rng, 60, OTHER)]
    sent, vector = (["transmit", 0, out], out), 2
    rows = [up(*[EVENT_IDX] * event_idx), (["interrupts"], None)]
    enable, disable, event = range(3)
    for flags, fired in ((enable, True), (disable, False), (enable, True)):
        rows += [(["want", 1, flags], None), sent, (["interrupts"], [vector] * fired)]
    if event_idx:
        for _ in range(5):  # two descriptors a frame: the third one is in the second frame
            rows += [(["want", 1, event, 2], None), sent, (["interrupts"], []), sent, (["interrupts"], [vector])]
    check(*rows, size=7)


def test_rings_change_their_format_with_the_driver(check, rng):
    rows = []
    for features in itertools.islice(itertools.cycle(([], [RING_PACKED], [RING_PACKED, EVENT_IDX], [EVENT_IDX])), 9):
        out = [frame(rng, 200, OTHER) for _ in range(3)]
        rows += [(["up", CTRL_VQ, *features], 15), (["transmit", 0, out], out)]
        rows += [(["arrive", frame(rng, 100)], [[0, (PLAIN + b"\1\0").hex()]])] * 20
    check(*rows)


def test_a_size_that_is_no_power_of_two_needs_packed_rings(check):
    check(
        (["up", CTRL_VQ], 15), (["sized", 0, 100], 1024), (["sized", 0, 64], 64),
        up(), (["sized", 0, 100], 100), (["sized", 0, 1], 100), (["sized", 0, 1023], 1023), (["sized", 0, 1025], 1023),
        (["sized", 0, 2], 2),
    )  # fmt: skip
