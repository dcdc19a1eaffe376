# SPDX-License-Identifier: Apache-2.0
"""Generated hostile hosts, firmware and wires against card, model and the rules of docs/hostile.md.

The seed is new on every run; FERRULE_SEED sets it again. A failure prints what runs its case alone.
"""

import re

import broken_cards
import pytest

from testbench.lib.config import CardConfig
from testbench.system.hostile.generate import KINDS, draw
from testbench.system.hostile.plan import (
    CTRL_VLAN,
    EVENT_IDX,
    HASH_REPORT,
    IN_ORDER,
    INDIRECT_DESC,
    MQ,
    QUEUES,
    RING_PACKED,
    RSS,
)
from testbench.system.hostile.run import report, run_cases
from testbench.system.hostile.verdict import OUTCOMES

CASES = {"rtl": 200, "model": 750}  # of each part
PARTS = range(4)
# provoked in every part, over and over; the rarer ones are looked for in all of the model's cases
OFTEN = {
    "tx_drop_chain", "tx_drop_dma", "tx_drop_too_short", "tx_err_gso_no_csum", "tx_err_gso_type", "tx_err_header",
    "tx_err_csum_range", "rx_drop_runt", "rx_drop_wire_error", "rx_drop_length", "rx_drop_filter",
    "rx_drop_disabled", "rx_drop_no_buffer", "rx_drop_chain", "rx_drop_dma", "vq_err_head", "vq_err_desc_index",
    "vq_err_chain_length", "vq_err_indirect", "vq_err_zero_length", "vq_err_desc_dma", "vq_err_ring_dma",
    "vq_err_avail_index", "dma_read_errors", "dma_write_errors", "hold_timeouts", "watchdog_bites", "link_changes",
}  # fmt: skip
SELDOM = {
    "tx_drop_too_long", "tx_err_gso_size", "tx_err_ip", "rx_drop_giant", "rx_drop_mtu", "rx_drop_buffer_small",
    "rx_drop_store_full", "rx_drop_vlan", "vq_err_order", "ctrl_too_long",
}  # fmt: skip


def hold(device, seed, first, count, card=None):
    """Run them; no rule may be broken. What was seen."""
    result = run_cases(device, seed, first, count, card)
    assert not result["failures"], report(result)
    assert result["cases"] == count
    return result


@pytest.mark.parametrize("part", PARTS)
def test_no_rule_is_broken(device, seed, part):
    count = CASES[device]
    got = hold(device, seed, part * count, count)
    assert set(got["kinds"]) == set(KINDS) and all(got["kinds"].values())
    assert set(got["outcomes"]) == set(OUTCOMES)
    assert len(OFTEN - set(got["counters"])) <= 3, OFTEN - set(got["counters"])


@pytest.mark.parametrize(
    "card",
    [CardConfig(data_w=64), CardConfig(data_w=512), CardConfig(mac_kind="xgmii"), CardConfig(queue_pairs=4)],
    ids=["64 bits", "512 bits", "own MAC", "4 pairs"],
)
def test_no_rule_is_broken_on_other_cards(seed, card):
    hold("rtl", seed, 0, 60, card)


def test_no_rule_is_broken_with_several_pairs(seed):
    hold("model", seed, 0, 500, CardConfig(queue_pairs=4))


def test_what_is_provoked_seldom_is_provoked():
    got = hold("model", 1, 10_000, 2500)
    assert set(got["counters"]) >= OFTEN | SELDOM
    for kind, outcomes in got["kinds"].items():
        assert set(outcomes) == set(OUTCOMES), kind


def test_a_case_is_the_same_whenever_it_is_drawn():
    assert draw(7, 123) == draw(7, 123) != draw(7, 124)
    assert draw(8, 123) != draw(7, 123)


def test_whatever_a_driver_may_leave_out_some_do_and_some_do_not():
    cases = [draw(7, index, pairs=4) for index in range(200)]
    for feature in (CTRL_VLAN, MQ, INDIRECT_DESC, EVENT_IDX, RING_PACKED, IN_ORDER, HASH_REPORT, RSS):
        assert len({feature in case.withheld for case in cases}) == 2, feature
    assert {case.packed for case in cases} == {False, True}
    assert {len(case.sizes) for case in cases} == {3, len(QUEUES)}


@pytest.mark.parametrize("packed", [False, True], ids=["split", "packed"])
def test_a_word_more_than_was_given_is_seen_on_either_device(device, packed):
    first = next(index for index in range(100) if draw(1, index).packed == packed)
    result = run_cases(device, 1, first, 1, less=16)
    assert "bad memory access" in result["failures"][0]["rule"]


@pytest.mark.parametrize("mistake", broken_cards.BROKEN, ids=lambda mistake: mistake.__name__)
def test_a_card_with_a_mistake_is_caught(mistake, monkeypatch):
    mistake(monkeypatch)
    pairs = broken_cards.PAIRS if mistake in broken_cards.WITH_PAIRS else 1
    result = run_cases("model", 77, 0, 400, CardConfig(queue_pairs=pairs))
    rules = [row["rule"] for row in result["failures"]]
    assert any(re.search(broken_cards.BROKEN[mistake], rule) for rule in rules), rules
    row = result["failures"][0]
    assert f'"first": {row["case"]}, "count": 1' in row["command"] and row["data"]["actions"] is not None
