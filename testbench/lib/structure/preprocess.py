# SPDX-License-Identifier: Apache-2.0
"""The Verilog preprocessor's part that the card's sources use, in Python: no simulator is needed to read them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from testbench.lib import tools

_COMMENT = re.compile(r'"(?:\\.|[^"\\])*"|//[^\n]*|/\*.*?\*/', re.S)
_DIRECTIVE = re.compile(r"^[ \t]*`(define|include|ifndef|endif|default_nettype)\b[ \t]*([^\n]*)", re.M)
_USE = re.compile(r"`(\w+)")


class SourceError(ValueError):
    """A source file that cannot be read; the message names the file and what is wrong."""


def strip_comments(text: str) -> str:
    """The text without comments, every line where it was."""

    def blank(match: re.Match[str]) -> str:
        found = match.group()
        return found if found.startswith('"') else " " + "\n" * found.count("\n")

    return _COMMENT.sub(blank, text)


def expand(text: str, where: str, includes: Sequence[Path] = (), macros: dict[str, str] | None = None) -> str:
    """The text as the language proper: comments and directives gone, macros and includes in, lines where they were.

    ``macros`` (name -> text) is filled with what the text and its includes define. Conditional text is always kept:
    the card's headers use conditions only to be read once. Raises SourceError.
    """
    known = {} if macros is None else macros
    folders = includes or tools.INCLUDES

    def use(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in known:
            raise SourceError(f"{where}: macro `{name} is not defined")
        return _USE.sub(use, known[name])

    def directive(match: re.Match[str]) -> str:
        kind, rest = match.group(1), match.group(2).strip()
        if kind == "include":
            path = next((folder / rest.strip('"') for folder in folders if (folder / rest.strip('"')).exists()), None)
            if path is None:
                raise SourceError(f"{where}: include file {rest} is in none of {', '.join(map(str, folders))}")
            return expand(path.read_text(), path.name, folders, known).replace("\n", " ")
        if kind == "define":
            name, _, body = rest.partition(" ")
            if "(" in name:
                raise SourceError(f"{where}: macro {name} has arguments")
            known[name] = body.strip()
        return ""

    return _USE.sub(use, _DIRECTIVE.sub(directive, strip_comments(text)))
