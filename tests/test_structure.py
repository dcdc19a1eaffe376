# SPDX-License-Identifier: Apache-2.0
"""Drawings of docs/structure and state machines: what is drawn and extracted is what the RTL has."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from itertools import pairwise

import pytest

from testbench.lib import tools
from testbench.lib.structure import docs
from testbench.lib.structure.expressions import verilog
from testbench.lib.structure.fsm import card_machines, machines, uncovered
from testbench.lib.structure.fsm_slice import cut
from testbench.lib.structure.fsm_walk import lines
from testbench.lib.structure.layout import lay_out
from testbench.lib.structure.ports import draw_ports
from testbench.lib.structure.preprocess import SourceError, expand
from testbench.lib.structure.source import card_modules, parse, read_module
from testbench.lib.structure.store import machine_from_json, machine_to_json, stored_machines
from testbench.lib.structure.svg import CHAR, LARGE, SIZE, SMALL

SVG = "{http://www.w3.org/2000/svg}"
# by hand, from the source
BY_HAND = {
    "axil_slave": "IDLE-WAIT WAIT-READ READ-WORD WORD-DATA DATA-TAKE TAKE-HELD TAKE-RESP HELD-READ RESP-IDLE",
    "tso_patch": "IDLE-CUT CUT-LEN LEN-IP_LEN IP_LEN-SEQ_HI IP_LEN-IP_ID IP_ID-IP_CSUM IP_CSUM-SEQ_HI SEQ_HI-SEQ_LO "
    "SEQ_LO-FLAGS FLAGS-CSUM CSUM-IDLE",
    "xgmii_rx": "IDLE-FRAME IDLE-END FRAME-END END-IDLE END-FRAME",
    "gmii_rx": "IDLE-PREAMBLE IDLE-FRAME IDLE-BAD PREAMBLE-FRAME PREAMBLE-BAD PREAMBLE-IDLE FRAME-IDLE BAD-IDLE",
    "queue_ctl": "SCAN-FILL_ALL SCAN-LOAD SCAN-FILL LOAD-SCAN LOAD-KICK KICK-SCAN FILL-SCAN FILL_ALL-SCAN",
    "vq_walker": "IDLE-LOAD LOAD-STEP STEP-IDLE STEP-FETCH FETCH-STEP STEP-LOAD STEP-NEXT NEXT-LOAD NEXT-FETCH",
}
BESIDE = {"rgmii_codec"}  # for a board's top, not in the card
MACS = {
    "u_mac  (MAC_KIND == 0)",
    "u_mac  (MAC_KIND != 0, MAC_KIND == 2)",
    "u_mac  (MAC_KIND != 0, MAC_KIND != 2)",
}
SMALL_MODULE = """// SPDX-License-Identifier: Apache-2.0
// Two states. And more text.
module small #(
    parameter W = 8                             // bits
) (
    // clock
    input  wire         clk,
    input  wire         rst,
    // first burst
    input  wire [W-1:0] first,                  // a name in which "rst" hides
    output reg          busy
);
    localparam S_OFF = 1'd0;                    // waits
    localparam S_ON  = 1'd1;
    reg state_q;
    always @(posedge clk) begin
        busy <= first[W-1 -: 2] != 2'd0;
        if (rst) state_q <= S_OFF;
        else
            case (state_q)
                S_OFF: if (first[2 +: 2] == 2'd1) state_q <= S_ON;
                default: BODY
            endcase
    end
endmodule
"""


@pytest.fixture(scope="module")
def drawn():
    return docs.generate()


@pytest.fixture(scope="module")
def by_name():
    return {machine.module: machine for machine in card_machines()}


def small(tmp_path, body="state_q <= S_OFF;"):
    path = tmp_path / "small.v"
    path.write_text(SMALL_MODULE.replace("BODY", body))
    return read_module(path)


# ---- the committed drawings
def test_committed_drawings_are_those_of_the_rtl():
    assert docs.stale() == [], f"run: {docs.COMMAND}"


def test_changed_missing_and_left_over_drawings_are_noticed(tmp_path):
    shutil.copytree(tools.ROOT / docs.FOLDER, tmp_path / docs.FOLDER)
    folder = tmp_path / docs.FOLDER
    assert docs.stale(tmp_path) == []
    (folder / "hierarchy.svg").write_text((folder / "hierarchy.svg").read_text().replace("tx_path", "tx_pith", 1))
    (folder / "states" / "axil_slave.svg").unlink()
    (folder / "ports" / "gone.svg").write_text("<svg/>")
    assert docs.stale(tmp_path) == ["hierarchy.svg", "ports/gone.svg", "states/axil_slave.svg"]


def test_another_process_draws_the_same_bytes(drawn):
    script = (
        "import hashlib; from testbench.lib.structure.docs import generate; "
        "print(hashlib.sha256(repr(sorted(generate().items())).encode()).hexdigest())"
    )
    env = {**os.environ, "PYTHONHASHSEED": "7", "PYTHONPATH": str(tools.ROOT)}
    other = subprocess.run([sys.executable, "-c", script], env=env, capture_output=True, text=True, check=True).stdout
    assert other.strip() == hashlib.sha256(repr(sorted(drawn.items())).encode()).hexdigest()


def test_index_has_a_row_for_every_module_with_links_that_lead_somewhere(drawn, by_name):
    text = drawn["README.md"]
    rows = re.findall(
        r"^\| \[(\w+)\]\((.*?)\) \| (.*?) \| \[ports\]\((.*?)\) \| (?:\[states\]\((.*?)\))? \|$", text, re.M
    )
    assert {row[0] for row in rows} == set(card_modules())
    assert {row[0] for row in rows if row[4]} == set(by_name)
    for name, source, sentence, *drawings in rows:
        assert (tools.ROOT / docs.FOLDER / source).resolve() == card_modules()[name].path
        assert sentence.endswith(".") and all(link in drawn for link in drawings if link)


# ---- what is in a drawing
def test_nothing_is_cut_off_at_the_edge(drawn):
    for name in drawn.keys() - {"README.md"}:
        root = ElementTree.fromstring(drawn[name])
        width, height = float(root.get("width")), float(root.get("height"))
        for label in root.iter(f"{SVG}text"):
            style = (label.get("class") or "").split()
            size = LARGE if "title" in style else SMALL if {"small", "prose"} & set(style) else SIZE
            room = len(label.text) * CHAR * size
            start = float(label.get("x")) - (room / 2 if "mid" in style else room if "end" in style else 0)
            assert start >= 0 and start + room <= width, f"{name}: {label.text}"
            assert size <= float(label.get("y")) <= height - 4, f"{name}: {label.text}"
        for box in root.iter(f"{SVG}rect"):
            assert float(box.get("x")) + float(box.get("width")) <= width, name
            assert float(box.get("y")) + float(box.get("height")) <= height, name


def labels(drawing):
    return [label.text for label in ElementTree.fromstring(drawing).iter(f"{SVG}text")]


def test_ports_stand_in_the_groups_of_the_source_with_their_widths(drawn, tmp_path):
    module = small(tmp_path)
    assert module.sentence == "Two states." and module.parameters == (("W", "8"),)
    assert [(group.title, [port.name for port in group.ports]) for group in module.groups] == [
        ("clock", ["clk", "rst"]), ("first burst", ["first", "busy"]),
    ]  # fmt: skip
    drawing = draw_ports(module)
    assert "[W-1:0]" in labels(drawing) and 'a name in which "rst" hides' in drawing
    places = {
        label.text: (label.get("class"), float(label.get("x")))
        for label in ElementTree.fromstring(drawing).iter(f"{SVG}text")
    }
    assert places["first"][1] < places["busy"][1] and places["busy"][0] == "end"
    for name, each in card_modules().items():
        assert {port.name for group in each.groups for port in group.ports} <= set(labels(drawn[f"ports/{name}.svg"]))


def test_hierarchy_has_every_module_and_every_instance(drawn):
    shown = labels(drawn["hierarchy.svg"])
    assert set(card_modules()) - BESIDE <= set(shown)
    text = " ".join(shown)
    for module in card_modules().values():
        for instance in module.instances:
            assert re.search(rf"\b{instance.name}\b", text), f"{module.name}.{instance.name}"
    assert {label for label in shown if label.startswith("u_mac  (")} == MACS


def test_state_drawings_have_every_state_and_transition(drawn, by_name):
    for name, machine in by_name.items():
        root = ElementTree.fromstring(drawn[f"states/{name}.svg"])
        tips = {title.text for title in root.iter(f"{SVG}title")}
        assert set(machine.names) <= set(labels(drawn[f"states/{name}.svg"]))
        assert {f"{a} to {b}" for a, b in machine.transitions} <= tips


def test_boxes_do_not_overlap_and_edges_join_them(by_name):
    for machine in by_name.values():
        layout = lay_out(dict.fromkeys(machine.names, 60.0), list(machine.transitions), 28.0, 26.0, 40.0)
        rows: dict[float, list[tuple[float, float]]] = {}
        for state, (x, y) in layout.nodes.items():
            rows.setdefault(y, []).append((x - layout.widths[state] / 2, x + layout.widths[state] / 2))
        assert all(a[1] + 20 < b[0] for row in rows.values() for a, b in pairwise(sorted(row)))
        for (source, target), curves in layout.edges.items():
            for state, (x, y) in ((source, curves[0][0]), (target, curves[-1][-1])):
                middle = layout.nodes[state]
                assert abs(x - middle[0]) < layout.widths[state] / 2 and abs(abs(y - middle[1]) - 14) < 0.01
            assert all(a[-1] == b[0] for a, b in pairwise(curves))
        ends = [(round(x), round(y)) for curves in layout.edges.values() for x, y in (curves[0][0], curves[-1][-1])]
        assert len(ends) == len(set(ends)), "two edges share a place on a box"


# ---- state machines
def test_extraction_finds_the_machines_of_the_card(by_name):
    assert len(by_name) == 14 and uncovered() == ["vq_fetch.state_q"]
    assert sum(len(machine.transitions) for machine in by_name.values()) == 132
    assert {machine.reset for machine in by_name.values()} == {
        "W_DATA", "P_IDLE", "H_IDLE", "S_PASS", "S_INIT", "S_IDLE", "S_HEAD", "S_FIRST", "S_SCAN",
    }  # fmt: skip
    assert (by_name["mac_rx_cross"].clock, by_name["mac_rx_cross"].reset_signal) == ("rx_clk", "rx_rst")


@pytest.mark.parametrize("name", BY_HAND)
def test_extraction_is_what_a_reader_of_the_source_finds(by_name, name):
    machine = by_name[name]
    found = {tuple(state.partition("_")[2] for state in pair) for pair in machine.transitions}
    assert found == {tuple(pair.split("-")) for pair in BY_HAND[name].split()}


def test_extraction_and_a_walk_of_the_source_agree(by_name):
    for name, machine in by_name.items():
        module = card_modules()[name]
        walked = lines(module.tree, cut(module.tree, machine.register, machine.width))
        assert set(walked) == set(machine.transitions), name
        text = module.path.read_text().splitlines()
        for (_, target), numbers in machine.transitions.items():
            for number in numbers:
                assert machine.register in text[number - 1] and target in text[number - 1]


def test_names_with_rst_in_them_are_no_resets_and_ranges_no_obstacle(tmp_path):
    (machine,) = machines(small(tmp_path))
    assert machine.reset == "S_OFF" and machine.states == (("S_OFF", 0, "waits"), ("S_ON", 1, ""))
    assert set(machine.transitions) == {("S_OFF", "S_ON"), ("S_ON", "S_OFF")}
    (machine,) = machines(small(tmp_path, "if (first[0] && state_q == S_OFF) state_q <= S_OFF;"))
    assert set(machine.transitions) == {("S_OFF", "S_ON")}


@pytest.mark.parametrize(
    ("body", "said"),
    [
        ("state_q <= state_q + 1'b1;", "small.state_q: line 22: Plus is not understood"),
        ("if (state_q > first) state_q <= S_OFF;", "GreaterThan is not understood"),
        ("state_q <= S_OF;", "Identifier is not understood"),
        ("begin state_q <= S_OFF end", "pyverilog cannot parse it"),
    ],
)
def test_what_is_not_understood_is_said(tmp_path, body, said):
    with pytest.raises(SourceError, match=re.escape(said)):
        machines(small(tmp_path, body))


def test_stored_machines_are_the_extracted_ones(tmp_path, monkeypatch):
    monkeypatch.setenv("FERRULE_CACHE", str(tmp_path))
    for _ in range(2):  # made, then read
        stored_machines.cache_clear()
        assert stored_machines() == card_machines()
    assert len(list(tmp_path.iterdir())) == 1
    stored_machines.cache_clear()
    assert all(machine_from_json(machine_to_json(machine)) == machine for machine in card_machines())


# ---- reading the source
def test_expressions_are_written_as_they_were_read():
    seen = 0
    for module in card_modules().values():
        todo = [module.tree]
        while todo:
            node = todo.pop()
            todo += node.children()
            if type(node).__name__ == "Assign":
                text = verilog(node.right)
                again = parse(f"module m;\n assign x = {text};\nendmodule\n", text).items[0].right
                assert again == node.right and verilog(again) == text
                seen += 1
    assert seen > 1000
    assert verilog(parse("module m;\n assign x = (a + b) * c[i +: 4] - (d - e);\nendmodule\n", "").items[0].right) == (
        "(a + b) * c[i +: 4] - (d - e)"
    )


def test_preprocessor_keeps_lines_and_says_what_it_cannot_do(tmp_path):
    (tmp_path / "a.vh").write_text("`define WIDE 7:0 // bits\nlocalparam A = 1;\n")
    text = '`default_nettype none\n// `NOT a macro\n`include "a.vh"\nwire [`WIDE] x; /* two\n*/ wire y;\n$d("// z");\n'
    plain = expand(text, "t.v", [tmp_path]).split("\n")
    assert plain[2].split() == ["localparam", "A", "=", "1;"] and plain[3].rstrip() == "wire [7:0] x;"
    assert plain[4].strip() == "wire y;" and plain[5] == '$d("// z");' and len(plain) == 7
    for bad, said in (
        ("`NONE", "macro `NONE is not defined"),
        ('`include "b.vh"', "b.vh"),
        ("`define F(x) x", "arguments"),
    ):
        with pytest.raises(SourceError, match=re.escape(said)):
            expand(bad, "t.v", [tmp_path])
