# SPDX-License-Identifier: Apache-2.0
"""What the other end of a guest's wire serves unless told otherwise: files of known content, and iperf3."""

from __future__ import annotations

import shlex
from pathlib import Path

from ferrule.demo.plan import ServedFile, make_files, server_command
from ferrule.guest.packages import find

FILES = {"10MB.bin": 10_000_000}
INDEX = "<!doctype html><title>Ferrule</title><p>The other end of the wire.\n"


def default_server(folder: Path) -> tuple[str, list[ServedFile]]:
    """Shell command that serves ``folder``/www on port 80, and iperf3 if installed; and the files served."""
    root = folder / "www"
    files = make_files(root, FILES)
    rows = "".join(f"<p><a href={file.name}>{file.name}</a> SHA-256 {file.sha256}\n" for file in files)
    (root / "index.html").write_text(INDEX + rows)
    _, command = server_command(root, folder / "server")
    iperf = find("iperf3")
    background = f"{shlex.quote(str(iperf))} --server >/dev/null 2>&1 &\n" if iperf else ""
    return f"{background}exec {shlex.join(command)}", files
