# SPDX-License-Identifier: Apache-2.0
"""What the demonstration fetches, with which settings, and from which server."""

from __future__ import annotations

import hashlib
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ferrule.errors import FerruleError
from ferrule.live.session import LiveSettings

FILE_BYTES = {"10KB.bin": 10_000, "1MB.bin": 1_000_000, "10MB.bin": 10_000_000}
CONTENT_SEED = 2026

SETTINGS = [
    LiveSettings(name="all off", checksum=False, tso=False),
    LiveSettings(name="TSO"),
    LiveSettings(name="TSO + MTU 9000", mtu=9000),
    LiveSettings(name="TSO + MTU 9000 + coalescing", mtu=9000, coalesce_packets=32, coalesce_usecs=100),
]


class MissingToolError(FerruleError):
    """A program that the demonstration needs is not installed; the message names its package."""


@dataclass(frozen=True)
class ServedFile:
    """A file and what its content must hash to."""

    name: str
    size: int
    sha256: str


def make_files(folder: Path, sizes: Mapping[str, int] = FILE_BYTES) -> list[ServedFile]:
    """Write the files to be served, the same bytes every time; returns what a client must receive."""
    folder.mkdir(parents=True, exist_ok=True)
    generator = np.random.default_rng(CONTENT_SEED)
    served = []
    for name, size in sizes.items():
        content = generator.bytes(size)
        (folder / name).write_bytes(content)
        served.append(ServedFile(name, size, hashlib.sha256(content).hexdigest()))
    return served


def find_program(name: str, package: str) -> str:
    """Path of a program, also where an ordinary user's PATH does not look. Raises MissingToolError."""
    path = shutil.which(name) or shutil.which(name, path="/usr/sbin:/sbin:/usr/local/sbin")
    if path is None:
        raise MissingToolError(
            f"{name} is not installed: run 'make setup' as root, or 'sudo apt-get install {package}'"
        )
    return path


NGINX_CONFIG = """\
daemon off;
# one process and no change of user: works for root and in a user namespace alike
master_process off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 256; }}
http {{
    access_log off;
    sendfile on;
    client_body_temp_path {folder}/tmp;
    proxy_temp_path {folder}/tmp;
    fastcgi_temp_path {folder}/tmp;
    uwsgi_temp_path {folder}/tmp;
    scgi_temp_path {folder}/tmp;
    server {{
        listen 80;
        listen [::]:80;
        root {root};
    }}
}}
"""


def server_command(root: Path, folder: Path) -> tuple[str, list[str]]:
    """Name and command line of the web server: nginx, or Twisted's where nginx is not installed."""
    try:
        nginx = find_program("nginx", "nginx-light")
    except MissingToolError:
        listen = r"tcp6:80:interface=\:\:"  # takes IPv4 as well
        return "twisted", [sys.executable, "-m", "twisted", "web", "--path", str(root), "--listen", listen]
    folder.mkdir(parents=True, exist_ok=True)
    config = folder / "nginx.conf"
    config.write_text(NGINX_CONFIG.format(folder=folder.resolve(), root=root.resolve()))
    return "nginx", [
        nginx,
        "-p",
        str(folder.resolve()),
        "-c",
        str(config.resolve()),
        "-e",
        str(folder.resolve() / "nginx.log"),
    ]
