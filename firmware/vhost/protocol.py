# SPDX-License-Identifier: Apache-2.0
"""Names, numbers and layouts of the vhost-user protocol (QEMU project, "Vhost-user Protocol"). Little-endian hosts."""

from __future__ import annotations

import struct
from enum import IntEnum

VERSION, VERSION_MASK, F_REPLY, F_NEED_REPLY = 1, 3, 4, 8
F_PROTOCOL_FEATURES = 30
"""VHOST_USER_F_PROTOCOL_FEATURES, a feature bit that no driver sees."""

HEADER = struct.Struct("<III")  # request, flags, payload bytes
U64 = struct.Struct("<Q")
VRING_STATE = struct.Struct("<II")  # index, num
VRING_ADDRESS = struct.Struct("<IIQQQQ")  # index, flags, descriptor, used, available, log
MEMORY_HEAD = struct.Struct("<II")  # regions, padding
MEMORY_REGION = struct.Struct("<QQQQ")  # guest address, size, user address, mmap offset
SINGLE_REGION = struct.Struct("<8xQQQQ")  # padding, then a region
CONFIG_HEAD = struct.Struct("<III")  # offset, size, flags
INFLIGHT = struct.Struct("<QQHH4x")  # mmap size, mmap offset, queues, queue size; padded as compilers do

MAX_PAYLOAD = 1024  # the longest legal one, a configuration space of 256 bytes, is far below
MAX_FDS = 8  # as many as a memory table has regions
MAX_CONFIG = 256
TABLE_REGIONS = 8
MEMORY_SLOTS = 64
VRING_INDEX, VRING_NO_FD = 0xFF, 1 << 8


class Request(IntEnum):
    """What a front end asks (VHOST_USER_*)."""

    GET_FEATURES = 1
    SET_FEATURES = 2
    SET_OWNER = 3
    RESET_OWNER = 4
    SET_MEM_TABLE = 5
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
    NET_SET_MTU = 20
    SET_BACKEND_REQ_FD = 21
    GET_CONFIG = 24
    SET_CONFIG = 25
    GET_INFLIGHT_FD = 31
    SET_INFLIGHT_FD = 32
    VRING_KICK = 35
    GET_MAX_MEM_SLOTS = 36
    ADD_MEM_REG = 37
    REM_MEM_REG = 38
    SET_STATUS = 39
    GET_STATUS = 40


class BackendRequest(IntEnum):
    """What the back end asks, on the channel of SET_BACKEND_REQ_FD (VHOST_USER_BACKEND_*)."""

    CONFIG_CHANGE_MSG = 2
    VRING_CALL = 4


class ProtocolFeature(IntEnum):
    """VHOST_USER_PROTOCOL_F_*, those that exist here."""

    MQ = 0
    REPLY_ACK = 3
    NET_MTU = 4
    BACKEND_REQ = 5
    CONFIG = 9
    INFLIGHT_SHMFD = 12
    INBAND_NOTIFICATIONS = 14
    CONFIGURE_MEM_SLOTS = 15
    STATUS = 16
