# SPDX-License-Identifier: Apache-2.0
"""A run that makes no progress names the queue, its state and what is outstanding."""

import pytest

from testbench.lib import errors
from testbench.lib.config import CardConfig
from testbench.lib.diagnosis import COLUMNS, HEAD, describe
from testbench.lib.runtime import run_simulation


def stalled(tmp_path, entry, card=None, **args):
    with pytest.raises(errors.StalledError) as caught:
        run_simulation(f"testbench.system.stalls:{entry}", card, args=args, run_dir=tmp_path, wall_limit_s=60,
                       quiet_ns=300_000, capture_file=False)  # fmt: skip
    return str(caught.value)


def row(text, queue):
    """A queue's line of the table, by the heading; flags as one text."""
    names = HEAD.split()
    line = next(line for line in text.splitlines() if line.startswith(f"{queue} "))
    fields = line.split(maxsplit=len(names) - 1)
    return dict(zip(names, fields + [""] * (len(names) - len(fields)), strict=True))


def assert_readable(text):
    """Every line of the diagnosis fits a terminal; the last one is the run folder's path."""
    assert max(len(line) for line in text.splitlines()[:-1]) <= COLUMNS


def test_frames_published_without_a_doorbell(tmp_path):
    text = stalled(tmp_path, "no_doorbell")
    assert_readable(text)
    queue = row(text, "transmitq0")
    assert queue["state"] == "asleep" and queue["chains"] == "none" and queue["flags"] == ""
    assert (queue["published"], queue["seen"], queue["used"]) == ("8", "5", "5")
    assert "transmitq0: 3 published and not seen; the queue is asleep and no doorbell has rung" in text
    receive = row(text, "receiveq0")
    assert [receive[name] for name in ("chains", "published", "seen", "asked")] == ["ready", "256", "256", "128"]
    assert row(text, "control")["state"] == "asleep"
    assert "transmit: enabled, tx_fetch idle, tx_offload idle" in text and "link up" in text
    assert "outstanding:" not in text, "nothing else is to blame"


def test_host_memory_that_answers_no_more(tmp_path):
    text = stalled(tmp_path, "no_memory")
    assert_readable(text)
    assert row(text, "transmitq0") == {
        "queue": "transmitq0", "state": "reading", "chains": "coming", "published": "1", "seen": "0", "asked": "0",
        "used": "0", "popped": "0", "reads": "1", "writes": "0", "flags": "busy",
    }  # fmt: skip
    assert "transmitq0 outstanding: 1 ring reads" in text
    assert "DMA: 1 read bursts (reader busy), 0 write bursts (writer idle)" in text
    assert "host memory: 1 bursts outstanding" in text


def test_frames_whose_bytes_host_memory_keeps(tmp_path):
    text = stalled(tmp_path, "no_payload")
    queue = row(text, "transmitq0")
    assert [queue[name] for name in ("seen", "asked", "used", "popped", "flags")] == ["1", "1", "0", "1", "busy"]
    assert "transmitq0 outstanding: 1 chains not completed" in text and "tx_fetch busy" in text


def test_transmission_switched_off_by_firmware(tmp_path):
    text = stalled(tmp_path, "disabled")
    assert_readable(text)
    queue = row(text, "transmitq0")
    assert (queue["chains"], queue["published"], queue["seen"], queue["popped"]) == ("ready", "2", "2", "0")
    assert "transmit: DISABLED" in text
    assert "transmitq0: a chain is ready and not taken, its direction is disabled by firmware" in text


def test_an_interrupt_held_by_its_mask(tmp_path):
    text = stalled(tmp_path, "masked")
    assert row(text, "receiveq0")["used"] == "1"
    assert "interrupts: vectors pending 1, masked 0, 1, 2, 3" in text


def test_a_command_that_firmware_does_not_answer(tmp_path):
    text = stalled(tmp_path, "no_answer")
    assert row(text, "control")["popped"] == "1" and row(text, "control")["flags"] == "busy"
    assert "control: a command of 3 bytes waits for firmware" in text


def test_the_right_one_of_four_pairs_behind_xgmii(tmp_path):
    text = stalled(tmp_path, "no_doorbell", CardConfig(queue_pairs=4, mac_kind="xgmii"), pair=2)
    assert_readable(text)
    names = [f"{kind}q{pair}" for pair in range(4) for kind in ("receive", "transmit")] + ["control"]
    assert [line.split()[0] for line in text.splitlines() if line.split() and line.split()[0] in names] == names
    assert {name: row(text, name)["published"] for name in names if name.startswith("t")} == {
        "transmitq0": "0", "transmitq1": "0", "transmitq2": "8", "transmitq3": "0",
    }  # fmt: skip
    assert "transmitq2: 3 published and not seen; the queue is asleep" in text


def test_a_card_that_tells_nothing_has_no_table():
    assert describe(lambda place: {}, lambda ring: 0) == []
