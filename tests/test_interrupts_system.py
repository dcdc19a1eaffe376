# SPDX-License-Identifier: Apache-2.0
"""Interrupt rules on the whole card: masks, shared vectors, event indices across the wrap, coalescing times."""

import pytest

# from the coalescer's decision to the message: reading used_event, and this (18 cycles) for the way through the card
WAY_NS = 72


@pytest.fixture
def interrupts(run):
    """Run one of the entries; nothing may be dropped, wrong or leaked."""

    def run_entry(entry, **args):
        got = run(f"interrupt_rules:{entry}", **args)
        bad = {name: value for name, value in got["counters"].items() if value and ("_drop_" in name or "_err" in name)}
        assert bad == {} and got["counters"]["leaked"] == 0
        return got

    return run_entry


def test_masking_holds_messages_back_and_loses_none(interrupts):
    got = interrupts("masks", frames=400)
    assert len(got["cases"]) == 4
    for name, (held, pending, released, left, again) in got["cases"].items():
        assert held == 0 and pending, name
        # two causes while masked are one message; it comes with the unmasking and clears the pending bit
        assert len(released) == 1 and released[0] <= 40, name
        assert not left and again == 0, name
    assert got["works"] and got["counters"]["irq_masked"] > 20


def test_queues_that_share_a_vector_lose_no_interrupt(interrupts):
    got = interrupts("shared_vector", turns=100)
    assert (got["wrong"], got["late"]) == (0, 0) and got["vectors"] == [0]


def test_event_indices_ask_for_the_same_frames_across_the_wrap(interrupts):
    # frames one after another, and the how many-th is to be announced; indices start at 65,530
    plans = {
        "each, then the fourth": [[1, 1], [1, 1], [1, 1], [4, 4], [1, 1]],
        "none over the wrap": [[10, 0x10000], [1, 1]],
        "65,535": [[6, 6], [1, 1]],
        "0": [[6, 7], [1, 1], [6, 6]],
        "short of 65,535": [[5, 6], [5, 5]],
    }
    wanted = [[1, 1, 1, 1, 1], [0, 1], [1, 1], [0, 1, 1], [0, 1]]
    got = interrupts("event_index_wrap", plans=list(plans.values()))
    assert list(got["cases"].values()) == [counts for counts in wanted for _ in range(2)]
    assert got["after"]


def test_thresholds_changed_while_frames_wait_act_at_once(interrupts):
    got = interrupts("thresholds", turns=60)
    # three frames wait, for more than 20 us; a message before the change, and after it
    wanted = {(0, 0): 1, (3, 65535): 1, (65535, 10): 1, (2, 65535): 1, (4, 65535): 0, (0, 65535): 1, (65535, 0): 1}
    assert got["released"] == {
        f"{values} of queue {index}": [0, after] for index in (0, 1) for values, after in wanted.items()
    }
    assert got["whole"]


def test_a_lone_frame_is_announced_when_its_time_is_up(interrupts):
    got = interrupts("lone_frame", usecs=[[1000, 1], [10, 50]])
    for name, delay in got["delays"].items():
        limit = 1000 * int(name.split(", ")[1].removesuffix(" us"))
        # max_usecs of delay at the most, up to one less; then used_event is read, and the message sent
        assert limit - 1000 < delay["shortest"] - got["read_ns"], name
        assert delay["longest"] <= limit + got["read_ns"] + WAY_NS, name
