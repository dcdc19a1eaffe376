# SPDX-License-Identifier: Apache-2.0
"""TAP interfaces: the kernel's end of the card (with virtio_net_hdr) and of the wire (plain frames)."""

from __future__ import annotations

import fcntl
import os
import struct

from ferrule.errors import FerruleError

TUN_DEVICE = "/dev/net/tun"
VNET_HDR_BYTES = 12

# <linux/if_tun.h>
_TUNSETIFF = 0x400454CA
_TUNSETOFFLOAD = 0x400454D0
_TUNSETVNETHDRSZ = 0x400454D8
_IFF_TAP = 0x0002
_IFF_NO_PI = 0x1000
_IFF_VNET_HDR = 0x4000
OFFLOAD_CSUM, OFFLOAD_TSO4, OFFLOAD_TSO6, OFFLOAD_TSO_ECN = 1, 2, 4, 8


class TapError(FerruleError):
    """A TAP interface could not be made; the message says which permission is missing and what to do."""


def offload_mask(checksum: bool, tso4: bool = False, tso6: bool = False, ecn: bool = False) -> int:
    """``OFFLOAD_*`` for what is on; the kernel takes segmentation only with checksums, ECN only with segmentation."""
    if not checksum:
        return 0
    segmentation = OFFLOAD_TSO4 * tso4 | OFFLOAD_TSO6 * tso6
    return OFFLOAD_CSUM | segmentation | (OFFLOAD_TSO_ECN if ecn and segmentation else 0)


def set_offload(fd: int, offload: int) -> None:
    """Change what the kernel may leave to us, with traffic running. Raises TapError."""
    try:
        fcntl.ioctl(fd, _TUNSETOFFLOAD, offload)
    except OSError as error:
        raise TapError(
            f"the kernel refused the offloads {offload:#x}: {error.strerror}; start anew with --no-tso or --no-csum"
        ) from error


def open_tap(name: str, vnet_hdr: bool, offload: int) -> int:
    """Create TAP ``name`` in the calling process's network namespace and return its non-blocking descriptor.

    ``vnet_hdr``: every frame is preceded by a 12-byte virtio_net_hdr. ``offload`` is a mask of ``OFFLOAD_*``: what the
    kernel may leave to us. Raises TapError.
    """
    try:
        fd = os.open(TUN_DEVICE, os.O_RDWR | os.O_NONBLOCK | os.O_CLOEXEC)
    except FileNotFoundError as error:
        raise TapError(
            f"{TUN_DEVICE} is missing: load the module with 'modprobe tun', or give the container this device"
        ) from error
    except PermissionError as error:
        mode = os.stat(TUN_DEVICE).st_mode & 0o777
        raise TapError(
            f"no permission to open {TUN_DEVICE} (mode {mode:04o}, you are uid {os.getuid()}): "
            f"run as root, or let everybody use it with 'sudo chmod 0666 {TUN_DEVICE}'"
        ) from error
    try:
        flags = _IFF_TAP | _IFF_NO_PI | (_IFF_VNET_HDR if vnet_hdr else 0)
        fcntl.ioctl(fd, _TUNSETIFF, struct.pack("16sH22x", name.encode(), flags))
        if vnet_hdr:
            fcntl.ioctl(fd, _TUNSETVNETHDRSZ, struct.pack("i", VNET_HDR_BYTES))
        fcntl.ioctl(fd, _TUNSETOFFLOAD, offload)
    except OSError as error:
        os.close(fd)
        raise TapError(
            f"the kernel refused TAP interface {name!r}: {error.strerror} "
            "(needs CAP_NET_ADMIN in its network namespace: run as root, or allow user namespaces)"
        ) from error
    return fd
