# SPDX-License-Identifier: Apache-2.0
"""``ferrule bench``: the same numbers on every run, the shape of its file, and the rates the card must keep."""

import json

import pytest
from typer.testing import CliRunner

from ferrule.cli import app
from ferrule.commands.bench import Case, bench, cases
from ferrule.errors import FerruleError

WALL = ("wall_s", "frames_per_wall_s", "cycles_per_wall_s")
KEYS = {
    "case", "frame_bytes", "mss", "frames", "sim_ns", "cycles_per_frame", "gbps", "line_rate_share", "drops",
    "interrupts", *WALL,
}  # fmt: skip


def simulated(row):
    return {key: value for key, value in row.items() if key not in WALL}


def test_same_numbers_every_run_in_the_promised_shape(device, tmp_path):
    chosen = [Case("tx", 60), Case("rx", 60)]
    first = bench(chosen, tmp_path / "a.json", run_dir=tmp_path, device=device)
    second = bench(chosen, run_dir=tmp_path, device=device)
    assert [simulated(row) for row in first] == [simulated(row) for row in second]
    written = json.loads((tmp_path / "a.json").read_text())
    assert written["results"] == first and all(row.keys() >= KEYS for row in first)
    assert written["settings"]["device"] == device
    assert written["settings"]["host_cpu"].startswith("zero") and written["settings"]["host_latency_ns"] == 500
    assert all(row["frames"] >= 1000 and row["drops"] == 0 for row in first)
    assert first[0]["cycles_per_frame"] <= 17.8 and first[1]["line_rate_share"] >= 0.99


@pytest.mark.parametrize(
    "case",
    [
        Case("tx", 1514), Case("rx", 1514), Case("tso", 1514, 1448), Case("tx", 1514, descriptors=2), Case("loop", 60),
        Case("tx", 9014), Case("rx", 9014), Case("tso", 9014, 8948),
    ],
    ids=["tx", "rx", "tso", "two descriptors", "small frames both ways", "jumbo tx", "jumbo rx", "jumbo tso"],
)  # fmt: skip
def test_frames_keep_line_rate(tmp_path, device, case):
    """Of the model it says only that nothing but the wire paces it."""
    (row,) = bench([case], run_dir=tmp_path, device=device)
    assert row["line_rate_share"] >= (0.9999 if device == "model" else 0.99) and row["drops"] == 0
    assert row["gbps"] <= 10 * case.frame_bytes / (case.frame_bytes + 24) + 0.001, "faster than the wire"


def test_the_driver_moves_every_frame_with_few_interrupts(tmp_path, device):
    rows = bench(cases(["driver"]), run_dir=tmp_path, device=device)
    assert [row["case"] for row in rows] == ["driver tx", "driver rx", "driver loop"]
    for row in rows:
        assert row["drops"] == 0 and row["interrupts"] < row["frames"] / 10, row
        assert row["line_rate_share"] >= 0.99 and row.keys() >= KEYS


def test_every_promised_case_is_there():
    rows = {(case.name, case.frame_bytes, case.mss, case.descriptors) for case in cases()}
    for size in (60, 64, 256, 1514, 9014):
        assert {(name, size, None, 1) for name in ("tx", "rx", "loop")} <= rows and ("tx", size, None, 2) in rows
    assert {("tso", 1514, 1448, 1), ("tso", 9014, 8948, 1)} <= rows


@pytest.mark.parametrize(
    "words, says",
    [
        (["bench", "--size", "61"], "sizes are 60"),
        (["bench", "--mac", "xgmii", "--gbps", "25"], "10 Gb/s"),
        (["sim", "testbench.system.driver_card:probe", "--mac", "gmii", "--gbps", "25"], "gmii runs at 1 Gb/s"),
        (["bench", "--mac", "gmii", "--gbps", "10"], "gmii runs at 1 Gb/s"),
        (["bench", "--live", "--size", "60"], "leave out --case, --size and --mac"),
        (["sim", "testbench.system.selftest:registers", "--device", "model", "--waves"], "--waves: the model has no"),
        (["sim", "nowhere"], "MODULE:FUNCTION"),
        (["sim", "no.such.module:f"], "no module"),
        (["sim", "testbench.system.selftest:registers", "--args", "[1]"], "expected a JSON object"),
    ],
)
def test_bad_input_is_named(words, says):
    result = CliRunner().invoke(app, words)
    assert isinstance(result.exception, FerruleError) and says in str(result.exception)
