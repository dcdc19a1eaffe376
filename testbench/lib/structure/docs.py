# SPDX-License-Identifier: Apache-2.0
"""Writes docs/structure (``python -m testbench.lib.structure.docs [--check]``): ports, hierarchy, state machines."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from testbench.lib import tools
from testbench.lib.structure.fsm import card_machines, uncovered
from testbench.lib.structure.hierarchy import draw_hierarchy
from testbench.lib.structure.ports import draw_ports
from testbench.lib.structure.source import card_modules
from testbench.lib.structure.states import draw_states

FOLDER = Path("docs/structure")
TOP = "ferrule_nic"
COMMAND = "make docs"


@cache
def generate() -> dict[str, str]:
    """Path below ``docs/structure`` -> text, for every file of the folder."""
    modules = card_modules()
    files = {f"ports/{name}.svg": draw_ports(module) for name, module in modules.items()}
    files |= {f"states/{machine.module}.svg": draw_states(machine) for machine in card_machines()}
    return {**files, "hierarchy.svg": draw_hierarchy(modules, TOP), "README.md": _index(set(files))}


def _index(files: set[str]) -> str:
    lines = [
        "<!-- SPDX-License-Identifier: Apache-2.0 -->",
        f"<!-- Generated from the RTL; change that and run: {COMMAND} -->",
        "# Structure of the card",
        "",
        "![every module in the module that holds it](hierarchy.svg)",
        "",
        "- Ports: inputs left, outputs right, in the groups of the source, with the widths as written there.",
        "- States: every transition that pyverilog extracts; reset leads to the state with the dot; staying is none.",
        *(f"- `{name}` holds a machine for each queue in an array, which is not extracted." for name in uncovered()),
        "",
        "| module | is for | ports | states |",
        "|---|---|---|---|",
    ]
    for module in sorted(card_modules().values(), key=lambda module: (module.path.parent, module.name)):
        source = module.path.relative_to(tools.ROOT)
        states = f"states/{module.name}.svg"
        drawn = f"[states]({states})" if states in files else ""
        sentence = module.sentence.replace("|", "\\|")
        lines.append(f"| [{module.name}](../../{source}) | {sentence} | [ports](ports/{module.name}.svg) | {drawn} |")
    return "\n".join([*lines, ""])


def stale(root: Path = tools.ROOT) -> list[str]:
    """Files below ``docs/structure`` that are missing, differ from what the RTL gives, or have no module any more."""
    folder = root / FOLDER
    files = generate()
    late = [name for name, text in files.items() if not (folder / name).exists() or (folder / name).read_text() != text]
    there = (path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    return sorted(late + [name for name in there if name not in files])


def main() -> int:
    """Write what is stale, remove what has no module, and name both; with ``--check`` only name them (status 1)."""
    late = stale()
    if "--check" in sys.argv[1:]:
        print("\n".join(f"stale: {FOLDER / name} (run: {COMMAND})" for name in late) or f"{FOLDER} is up to date")
        return 1 if late else 0
    for name in late:
        path = tools.ROOT / FOLDER / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if name in generate():
            path.write_text(generate()[name])
            print(f"wrote {FOLDER / name}")
        else:
            path.unlink()
            print(f"removed {FOLDER / name}")
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
