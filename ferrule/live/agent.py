# SPDX-License-Identifier: Apache-2.0
"""The process inside a namespace of its own: makes its TAP, runs commands, takes all of it along when it dies.

Run as ``python -m ferrule.live.agent FD``; FD is a SOCK_SEQPACKET socket on which requests (JSON) come and answers go.
It is process 1 of a new PID namespace: when it ends, the kernel kills every process in there and removes the
interfaces.
"""

from __future__ import annotations

import array
import contextlib
import ctypes
import json
import os
import select
import signal
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from pyroute2 import IPRoute

from ferrule.errors import FerruleError
from ferrule.live.tap import TapError, open_tap

CLONE_NEWNS, CLONE_NEWUSER, CLONE_NEWPID, CLONE_NEWNET = 0x00020000, 0x10000000, 0x20000000, 0x40000000
PR_SET_PDEATHSIG = 1
MESSAGE_BYTES = 1 << 16
LISTEN_STATE = "0A"

libc = ctypes.CDLL(None, use_errno=True)


class IsolationError(FerruleError):
    """The namespaces could not be made."""


def enter_namespaces() -> None:
    """Leave the host's network and process namespaces; without root through a user namespace. Raises IsolationError."""
    uid, gid = os.getuid(), os.getgid()
    flags = CLONE_NEWNET | CLONE_NEWPID | CLONE_NEWNS
    if libc.unshare(flags) == 0:
        return
    if libc.unshare(flags | CLONE_NEWUSER) != 0:
        reason = os.strerror(ctypes.get_errno())
        raise IsolationError(
            f"cannot make a network namespace: not root (uid {uid}), and user namespaces are refused ({reason}); "
            "run as root, or allow them: "
            "'sudo sysctl kernel.unprivileged_userns_clone=1 user.max_user_namespaces=10000'"
        )
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
    Path("/proc/self/gid_map").write_text(f"0 {gid} 1")


def configure(name: str, mac: str | None, mtu: int, addresses: list[str]) -> None:
    """Give the interface its address, MTU and IP addresses, and bring it and the loopback up."""
    with contextlib.suppress(OSError):  # a namespace of one interface needs no duplicate address detection
        Path(f"/proc/sys/net/ipv6/conf/{name}/accept_dad").write_text("0")
    with IPRoute() as ip:
        ip.link("set", index=ip.link_lookup(ifname="lo")[0], state="up")
        index = ip.link_lookup(ifname=name)[0]
        if mac:
            ip.link("set", index=index, address=mac)
        ip.link("set", index=index, mtu=mtu)
        ip.link("set", index=index, state="up")
        for address in addresses:
            host, _, prefix = address.partition("/")
            ip.addr("add", index=index, address=host, prefixlen=int(prefix))


def listening() -> bool:
    """Somebody in this namespace waits for TCP connections."""
    rows: list[str] = []
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        with contextlib.suppress(OSError):
            rows += Path(table).read_text().splitlines()[1:]
    return any(row.split()[3] == LISTEN_STATE for row in rows)


class Agent:
    """Answers requests one after the other and reports the end of every command."""

    def __init__(self, sock: socket.socket) -> None:
        self.sock = sock
        self.running: dict[int, subprocess.Popen[bytes]] = {}

    def send(self, message: dict[str, Any], fd: int | None = None) -> None:
        """Send one message, with a descriptor if given."""
        ancillary = [] if fd is None else [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [fd]))]
        self.sock.sendmsg([json.dumps(message).encode()], ancillary)

    def handle(self, request: dict[str, Any]) -> None:
        """Carry out one request; errors go back as {"error": text}."""
        try:
            if request["op"] == "tap":
                fd = open_tap(request["name"], request["vnet_hdr"], request["offload"])
                configure(request["name"], request["mac"], request["mtu"], request["addresses"])
                self.send({"ok": True}, fd)
                os.close(fd)
            elif request["op"] == "run":
                self.send({"pid": self.run(request)})
            elif request["op"] == "signal":
                if request["pid"] in self.running:
                    self.running[request["pid"]].send_signal(request["signal"])
                self.send({"ok": True})
            elif request["op"] == "listening":
                self.send({"listening": listening()})
        except (TapError, OSError, IndexError) as error:
            self.send({"error": str(error)})

    def run(self, request: dict[str, Any]) -> int:
        """Start a command; its output goes to the terminal or to the file named."""
        with contextlib.ExitStack() as stack:
            out = stack.enter_context(open(request["output"], "ab")) if request["output"] else None
            process = subprocess.Popen(
                request["argv"], stdin=subprocess.DEVNULL, stdout=out, stderr=subprocess.STDOUT if out else None
            )
        self.running[process.pid] = process
        return process.pid

    def reap(self) -> None:
        """Tell the other side which commands have ended; as process 1, also bury orphans."""
        for pid, process in list(self.running.items()):
            if process.poll() is not None:
                del self.running[pid]
                self.send({"exited": pid, "status": process.returncode})
        if not self.running:
            with contextlib.suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass

    def serve(self) -> None:
        """Loop until the other side closes the socket."""
        wake_read, wake_write = os.pipe()
        os.set_blocking(wake_write, False)
        signal.set_wakeup_fd(wake_write)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        while True:
            ready, _, _ = select.select([self.sock.fileno(), wake_read], [], [])
            if wake_read in ready:
                os.read(wake_read, 512)
            self.reap()
            if self.sock.fileno() in ready:
                data = self.sock.recv(MESSAGE_BYTES)
                if not data:
                    return
                self.handle(json.loads(data))


def main() -> None:
    """Isolate, fork process 1, serve; the outer half only waits so that its death is the inner one's."""
    sock = socket.socket(fileno=int(sys.argv[1]))
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    try:
        enter_namespaces()
    except (IsolationError, OSError) as error:
        sock.send(json.dumps({"error": str(error)}).encode())
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    child = os.fork()
    if child:
        sock.close()
        os.waitpid(child, 0)
        return
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    agent = Agent(sock)
    agent.send({"ok": True})
    agent.serve()


if __name__ == "__main__":
    main()
