# SPDX-License-Identifier: Apache-2.0
"""The whole card on the smallest board: ``ferrule fpga build`` meets every constraint, with room left."""

import json

import pytest
from test_fpga_flow import ferrule

BOARD = "colorlight_i5"
FULL = 0.9  # of the LUTs: beyond it, placement gets slow and timing a matter of luck


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder. Other placements are tried if the first one misses, as a user would."""
    out = tmp_path_factory.mktemp("fpga") / BOARD
    assert ferrule("build", "--board", BOARD, "--out", out, "--tries", 3) == 0
    return out


def test_the_card_becomes_a_bitstream(built):
    bits = (built / f"{BOARD}.bit").read_bytes()
    assert b"Part: LFE5U-25F-6CABGA381\0" in bits[:64]
    assert len(bits) > 100_000


def test_every_clock_of_the_card_meets_its_constraint(built):
    timing = json.loads((built / "timing.json").read_text())
    clocks = {name: clock for name, clock in timing["clocks"].items() if clock["achieved_mhz"] is not None}
    assert timing["met"] and clocks.keys() == {"clk_core", "clk_125", "eth0_rxc"}
    assert clocks["clk_core"]["achieved_mhz"] >= 62.5
    assert min(clocks[name]["achieved_mhz"] for name in ("clk_125", "eth0_rxc")) >= 125


def test_there_is_room_left(built):
    placed = json.loads((built / "utilisation.json").read_text())["placed"]
    assert placed["TRELLIS_COMB"]["used"] <= FULL * placed["TRELLIS_COMB"]["available"]
    size = json.loads((built / "build.json").read_text())["size"]["LUT4"][0]
    assert size == pytest.approx(placed["TRELLIS_COMB"]["used"], abs=50), "counted before place and route"
