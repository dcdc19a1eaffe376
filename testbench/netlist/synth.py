# SPDX-License-Identifier: Apache-2.0
"""A block's netlist of ECP5 cells, one Verilog file with the block's own name and ports, made once per content."""

from __future__ import annotations

import random
import re
from collections.abc import Mapping, Sequence
from importlib.metadata import version
from importlib.resources import files
from pathlib import Path

from ferrule.fpga import synthesis
from testbench.lib import resources, tools
from testbench.lib.bench import content_key, locked

# after what `ferrule fpga` does; the single bits and short names are for the simulators
PASSES = (
    "splitnets",
    "clean -purge",
    "rename {top} {top}_mapped",
)
# cells that Yosys' library describes; the block RAM, which it does not, is testbench/hdl/dp16kd.v
LIBRARY = ("common_sim.vh", "ccu2c_sim.vh")
CELLS = ("LUT2", "PFUMX", "L6MUX21", "CCU2C", "TRELLIS_FF", "TRELLIS_DPR16X4")
BLOCK_RAM = "testbench/hdl/dp16kd.v"


# the library's LUT4 in one expression, which Verilator compiles in a third less time; test_netlist.py compares the two
LOOKUP = """module LUT4(input A, B, C, D, output Z);
    parameter [15:0] INIT = 16'h0000;
    assign Z = INIT[{D, C, B, A}];
endmodule
"""


def library_cells(names: Sequence[str]) -> str:
    """Yosys' own models of these cells."""
    folder = files("pyosys") / "share" / "lattice"
    text = "\n".join((folder / name).read_text() for name in LIBRARY)
    models = []
    for name in names:
        model = re.search(rf"^module {name}\b.*?^endmodule$", text, re.DOTALL | re.MULTILINE)
        if model is None:
            raise resources.SynthesisError(f"Yosys' library in {folder} has no cell {name}")
        models.append(model[0] + "\n")
    return "".join(models)


def with_contents(mapped: str) -> str:
    """LUT RAMs that the RTL does not initialise power up with something: drawn here, since gates make an X of any X."""
    rng = random.Random(mapped.count("TRELLIS_DPR16X4"))
    return re.sub(r"(?<=\.INITVAL\()64'hx+(?=\))", lambda _: f"64'h{rng.getrandbits(64):016x}", mapped)


def wrapper(top: str, parameters: Mapping[str, int], mapped: str) -> str:
    """A module of the block's name that takes the block's parameters, and stops if they are not the netlist's."""
    body = re.search(rf"^module {top}_mapped\(.*?^endmodule$", mapped, re.DOTALL | re.MULTILINE)
    ports = re.findall(r"^  (input|output) (\[\d+:0\] )?(\w+);$", body[0] if body else "", re.MULTILINE)
    if not ports:
        raise resources.SynthesisError(f"the netlist of {top} has no ports")
    header = ",\n".join(f"    parameter {name} = {value}" for name, value in parameters.items())
    lines = [f"module {top} #(\n{header}\n) (" if header else f"module {top} ("]
    lines.append(",\n".join(f"    {way} wire {span}{name}" for way, span, name in ports) + "\n);")
    lines.append(f"    {top}_mapped mapped ({', '.join(f'.{name}({name})' for _, _, name in ports)});")
    for name, value in parameters.items():
        message = f"the netlist of {top} is of {name} {value}, not %0d"
        lines.append(f'    initial if ({name} != {value}) begin $display("{message}", {name}); $finish; end')
    return "\n".join([*lines, "endmodule\n"])


def netlist(top: str, parameters: Mapping[str, int], sources: Sequence[str | Path]) -> Path:
    """The netlist's file; ``sources`` are relative to the project's root. Raises SynthesisError."""
    paths = [tools.ROOT / source for source in sources]
    key = content_key(
        [*paths, Path(__file__), Path(synthesis.__file__), synthesis.SMALL_ADDERS],
        top,
        sorted(parameters.items()),
        version("pyosys"),
    )
    folder = tools.cache_dir() / f"netlist-{top}-{key}"
    path = folder / f"{top}_netlist.v"
    with locked(folder):
        if not path.exists():
            folder.mkdir(parents=True, exist_ok=True)
            raw = folder / "mapped.v"
            passes = (*synthesis.mapping(top), *PASSES, f"write_verilog -noattr {raw}")
            counts = resources.yosys(top, parameters, passes, "tee -q -o {out} stat -json", sources=paths)
            strange = set(counts["design"]["num_cells_by_type"]) - {*CELLS, "LUT4", "DP16KD", "$scopeinfo"}
            if strange:
                raise resources.SynthesisError(f"the netlist of {top} has cells without a model: {sorted(strange)}")
            mapped = with_contents(raw.read_text())
            part = path.with_suffix(".part")
            # in four states the lookup would make more of an X than there is
            lut = f"`ifdef VERILATOR\n{LOOKUP}`else\n{library_cells(['LUT4'])}`endif\n"
            part.write_text(lut + library_cells(CELLS) + mapped + wrapper(top, parameters, mapped))
            part.rename(path)
    return path
