# SPDX-License-Identifier: Apache-2.0
"""The Linux kernel's software segmentation: TAP with virtio_net_hdr -> bridge -> TAP without offloads, in a namespace.

``python -m testbench.lib.kernel_gso JOBS RESULT`` reads a JSON list of [header, frame] in hexadecimal and writes a list
of lists of frames. It exits with ``NOT_ALLOWED`` and the reason where the machine permits no TAP or no namespace.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import json
import os
import select
import socket
import struct
import sys
from pathlib import Path

NOT_ALLOWED = 77
CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
TUNSETIFF, TUNSETVNETHDRSZ = 0x400454CA, 0x400454D8
IFF_TAP, IFF_NO_PI, IFF_VNET_HDR, IFF_UP = 0x0002, 0x1000, 0x4000, 0x1
SIOCBRADDBR, SIOCBRADDIF, SIOCSIFFLAGS, SIOCSIFMTU, SIOCGIFINDEX = 0x89A0, 0x89A2, 0x8914, 0x8922, 0x8933
MTU = 9202
REFUSALS = (errno.EPERM, errno.EACCES, errno.ENOENT, errno.ENODEV, errno.ENOSYS, errno.ENOPKG, errno.ENOSPC)


def enter_namespace() -> None:
    """A network namespace of our own; a user namespace round it when we are not root."""
    libc = ctypes.CDLL(None, use_errno=True)
    user, group = os.getuid(), os.getgid()
    if libc.unshare(CLONE_NEWNET | (CLONE_NEWUSER if user else 0)):
        raise OSError(ctypes.get_errno(), f"unshare: {os.strerror(ctypes.get_errno())}")
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")


def quiet_ipv6() -> None:
    """Keep the interfaces' own IPv6 frames off the bridge; what comes all the same is told by its addresses below."""
    for name in ("default", "all"):
        try:
            Path(f"/proc/sys/net/ipv6/conf/{name}/disable_ipv6").write_text("1")
        except OSError:
            continue


def open_tap(name: str, header: bool) -> int:
    """A TAP device; with ``header``, what is written carries the 12-byte virtio_net_hdr."""
    handle = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
    flags = IFF_TAP | IFF_NO_PI | (IFF_VNET_HDR if header else 0)
    fcntl.ioctl(handle, TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
    if header:
        fcntl.ioctl(handle, TUNSETVNETHDRSZ, struct.pack("i", 12))
    return handle


def build() -> tuple[int, int]:
    """Handles of the TAP to write to and the TAP to read from."""
    enter_namespace()
    quiet_ipv6()
    source, drain = open_tap("super", True), open_tap("wire", False)
    control = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    fcntl.ioctl(control, SIOCBRADDBR, struct.pack("16s", b"joint"))
    for name in (b"super", b"wire"):
        index = struct.unpack_from("i", fcntl.ioctl(control, SIOCGIFINDEX, struct.pack("16si20x", name, 0)), 16)[0]
        fcntl.ioctl(control, SIOCSIFMTU, struct.pack("16si20x", name, MTU))
        fcntl.ioctl(control, SIOCBRADDIF, struct.pack("16si20x", b"joint", index))
    for name in (b"super", b"wire", b"joint"):
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", name, IFF_UP))
    return source, drain


def pass_through(source: int, drain: int, header: bytes, frame: bytes) -> list[bytes]:
    """What the kernel sends for one super-frame: all of it is queued when the write returns, but for a grace."""
    os.write(source, header + frame)
    frames: list[bytes] = []
    while select.select([drain], [], [], 0.02 if frames else 0.5)[0]:
        try:
            got = os.read(drain, 65536)
        except BlockingIOError:
            continue
        if got[:12] == frame[:12]:
            frames.append(got)
    return frames


def main(jobs: str, result: str) -> int:
    """Run as a program."""
    try:
        source, drain = build()
    except OSError as error:
        if error.errno not in REFUSALS:
            raise
        print(f"no TAP bridge in a network namespace here: {error}", file=sys.stderr)
        return NOT_ALLOWED
    pairs = [(bytes.fromhex(header), bytes.fromhex(frame)) for header, frame in json.loads(Path(jobs).read_text())]
    outcome = [[frame.hex() for frame in pass_through(source, drain, *pair)] for pair in pairs]
    Path(result).write_text(json.dumps(outcome))
    return 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
