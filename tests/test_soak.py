# SPDX-License-Identifier: Apache-2.0
"""``ferrule soak``: a short one does its work, says what it found and where, and names bad input."""

import json
import os

import pytest
from typer.testing import CliRunner

from ferrule.cli import app
from ferrule.commands import soak
from ferrule.errors import FerruleError


def found(seed, number):
    return f"a difference at {seed}.{number}" if number == 0 else None


def nothing(seed, number):
    return None


def test_a_short_one_runs_all_searches_and_leaves_its_record(tmp_path):
    result = CliRunner().invoke(app, ["soak", "--minutes", "0.02", "--seed", "3", "--out", str(tmp_path)])
    assert result.exit_code == 0, result.output
    record = json.loads((tmp_path / "soak.json").read_text())
    assert record["seed"] == 3 and record["found"] == []
    assert sum(count > 0 for count in record["done"].values()) == min(3, os.cpu_count()), "a slice on each core"


def test_what_is_found_ends_it_with_status_1(tmp_path, monkeypatch):
    monkeypatch.setattr(soak, "differential", found)
    monkeypatch.setattr(soak, "hostile_model", nothing)
    monkeypatch.setattr(soak, "hostile_rtl", nothing)
    assert soak.soak(0.02, 7, 10**6, tmp_path) == 1
    assert json.loads((tmp_path / "soak.json").read_text())["found"] == [
        "sequences on model and RTL:\na difference at 7.0"
    ]


@pytest.mark.parametrize("words", [["--minutes", "0"], ["--minutes", "-1"], ["--cases", "-1"]])
def test_bad_input_is_named(words):
    result = CliRunner().invoke(app, ["soak", *words])
    assert isinstance(result.exception, FerruleError) and "--minutes" in str(result.exception)
