# SPDX-License-Identifier: Apache-2.0
"""Words and structures of the vhost-user protocol, under the names of QEMU's docs/interop/vhost-user.rst.

All numbers are in the machine's byte order; sizes are those of the C structures, padding included.
"""

from __future__ import annotations

from enum import IntEnum
from struct import Struct
from typing import NamedTuple

VERSION = 1
FLAG_REPLY, FLAG_NEED_REPLY = 1 << 2, 1 << 3
VERSION_MASK = 3

F_LOG_ALL = 26
F_PROTOCOL_FEATURES = 30
"""Bit of the device's features; not one of virtio's, so it is never shown to the driver."""

VRING_INDEX_MASK, VRING_NO_FD = 0xFF, 1 << 8
MAX_FDS = 8  # of one message
MAX_CONFIG = 256


class Request(IntEnum):
    """Messages of the front end."""

    GET_FEATURES = 1
    SET_FEATURES = 2
    SET_OWNER = 3
    RESET_OWNER = 4
    SET_MEM_TABLE = 5
    SET_LOG_BASE = 6
    SET_LOG_FD = 7
    SET_VRING_NUM = 8
    SET_VRING_ADDR = 9
    SET_VRING_BASE = 10
    GET_VRING_BASE = 11
    SET_VRING_KICK = 12
    SET_VRING_CALL = 13
    SET_VRING_ERR = 14
    GET_PROTOCOL_FEATURES = 15
    SET_PROTOCOL_FEATURES = 16
    GET_QUEUE_NUM = 17
    SET_VRING_ENABLE = 18
    SEND_RARP = 19
    NET_SET_MTU = 20
    SET_BACKEND_REQ_FD = 21
    IOTLB_MSG = 22
    SET_VRING_ENDIAN = 23
    GET_CONFIG = 24
    SET_CONFIG = 25
    GET_INFLIGHT_FD = 31
    SET_INFLIGHT_FD = 32
    RESET_DEVICE = 34
    VRING_KICK = 35
    GET_MAX_MEM_SLOTS = 36
    ADD_MEM_REG = 37
    REM_MEM_REG = 38
    SET_STATUS = 39
    GET_STATUS = 40


class BackendRequest(IntEnum):
    """Messages of the back end, on the channel that SET_BACKEND_REQ_FD gave it."""

    IOTLB_MSG = 1
    CONFIG_CHANGE_MSG = 2
    VRING_HOST_NOTIFIER_MSG = 3
    VRING_CALL = 4
    VRING_ERR = 5


class ProtocolFeature(IntEnum):
    """Bit numbers."""

    MQ = 0
    LOG_SHMFD = 1
    RARP = 2
    REPLY_ACK = 3
    NET_MTU = 4
    BACKEND_REQ = 5
    CROSS_ENDIAN = 6
    CRYPTO_SESSION = 7
    PAGEFAULT = 8
    CONFIG = 9
    BACKEND_SEND_FD = 10
    HOST_NOTIFIER = 11
    INFLIGHT_SHMFD = 12
    RESET_DEVICE = 13
    INBAND_NOTIFICATIONS = 14
    CONFIGURE_MEM_SLOTS = 15
    STATUS = 16


HEADER = Struct("=III")  # request, flags, size of the body
U64 = Struct("=Q")
VRING_STATE = Struct("=II")  # index, num
VRING_ADDR = Struct("=IIQQQQ")  # index, flags, descriptor, used, available, log
MEM_TABLE = Struct("=II")  # regions, padding; then the regions
MEM_REGION = Struct("=QQQQ")  # guest address, size, user address, mmap offset
SINGLE_REGION = Struct("=QQQQQ")  # padding, then a region
CONFIG = Struct("=III")  # offset, size, flags; then the bytes
INFLIGHT = Struct("=QQHH4x")  # mmap size, mmap offset, queues, queue size


class Region(NamedTuple):
    """A piece of guest memory, as the back end is told of it."""

    guest_address: int
    size: int
    user_address: int
    mmap_offset: int

    def pack(self) -> bytes:
        """As in a memory table."""
        return MEM_REGION.pack(*self)


class Inflight(NamedTuple):
    """Where the back end keeps what it works on, in memory that outlives it."""

    mmap_size: int
    mmap_offset: int
    queues: int
    queue_size: int

    def pack(self) -> bytes:
        """The message's body."""
        return INFLIGHT.pack(*self)


def name_of(request: int) -> str:
    """For messages to people."""
    return Request(request).name if request in set(Request) else f"request {request}"
