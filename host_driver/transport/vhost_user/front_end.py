# SPDX-License-Identifier: Apache-2.0
"""The front end's messages as methods, each with the body that the protocol gives it."""

from __future__ import annotations

from collections.abc import Sequence

from ...errors import ProtocolError, RequestRefused
from .connection import Connection
from .protocol import (
    CONFIG,
    F_PROTOCOL_FEATURES,
    INFLIGHT,
    MAX_CONFIG,
    MEM_TABLE,
    SINGLE_REGION,
    U64,
    VRING_ADDR,
    VRING_NO_FD,
    VRING_STATE,
    Inflight,
    Region,
    Request,
)


class FrontEnd(Connection):
    """A connection on which ``negotiate`` comes first. What is not negotiated is sent all the same when asked for.

    Tests of back ends use these methods, ``call`` and ``ask`` with bodies of their own, and ``channel.send`` and
    ``channel.send_raw`` for what is no message at all.
    """

    def set_features(self, features: int) -> None:
        """The virtio features accepted, with the bit that makes protocol features and SET_VRING_ENABLE count."""
        self.call(Request.SET_FEATURES, U64.pack(features | self.offered & 1 << F_PROTOCOL_FEATURES))

    def queue_num(self) -> int:
        """Queues that there are; a network device means pairs."""
        return self.ask_u64(Request.GET_QUEUE_NUM)

    def set_status(self, status: int) -> None:
        """Device status of virtio."""
        self.call(Request.SET_STATUS, U64.pack(status))

    def get_status(self) -> int:
        """Device status of virtio."""
        return self.ask_u64(Request.GET_STATUS)

    def reset_device(self) -> None:
        """Everything but the connection as at its beginning."""
        self.call(Request.RESET_DEVICE)

    def set_mtu(self, mtu: int) -> None:
        """The MTU that the guest has been told."""
        self.call(Request.NET_SET_MTU, U64.pack(mtu))

    # memory
    def set_mem_table(self, regions: Sequence[Region], fd: int) -> None:
        """All memory there is, in pieces of one file."""
        body = MEM_TABLE.pack(len(regions), 0) + b"".join(region.pack() for region in regions)
        self.call(Request.SET_MEM_TABLE, body, (fd,) * len(regions))

    def max_mem_slots(self) -> int:
        """How many regions may be added."""
        return self.ask_u64(Request.GET_MAX_MEM_SLOTS)

    def add_mem_region(self, region: Region, fd: int) -> None:
        """One more piece of memory."""
        self.call(Request.ADD_MEM_REG, SINGLE_REGION.pack(0, *region), (fd,))

    def remove_mem_region(self, region: Region) -> None:
        """One piece less; it is known by its addresses and size."""
        self.call(Request.REM_MEM_REG, SINGLE_REGION.pack(0, *region))

    # rings
    def set_vring_num(self, index: int, size: int) -> None:
        """Descriptors of a ring."""
        self.call(Request.SET_VRING_NUM, VRING_STATE.pack(index, size))

    def set_vring_base(self, index: int, base: int) -> None:
        """Where to begin: a split ring's index; a packed one's place and wrap counter, twice (bits 0-15, 16-31)."""
        self.call(Request.SET_VRING_BASE, VRING_STATE.pack(index, base))

    def set_vring_addr(self, index: int, descriptors: int, used: int, available: int, flags: int = 0) -> None:
        """User addresses of a ring's parts."""
        self.call(Request.SET_VRING_ADDR, VRING_ADDR.pack(index, flags, descriptors, used, available, 0))

    def set_vring_fd(self, request: Request, index: int, fd: int | None) -> None:
        """SET_VRING_KICK, SET_VRING_CALL or SET_VRING_ERR; without a file descriptor there is polling instead."""
        body = U64.pack(index | (VRING_NO_FD if fd is None else 0))
        self.call(request, body, () if fd is None else (fd,))

    def set_vring_enable(self, index: int, on: bool) -> None:
        """Let the ring work, or not."""
        self.call(Request.SET_VRING_ENABLE, VRING_STATE.pack(index, on))

    def get_vring_base(self, index: int) -> int:
        """Stop the ring; where the back end has come to. After the answer it touches neither ring nor buffers."""
        answered, base = self.ask_fields(Request.GET_VRING_BASE, VRING_STATE.pack(index, 0), VRING_STATE)
        if answered != index:
            raise ProtocolError(f"GET_VRING_BASE of ring {index} is answered for ring {answered}")
        return int(base)

    # configuration
    def get_config(self, offset: int, size: int) -> bytes:
        """Bytes of the device configuration."""
        body = self.ask(Request.GET_CONFIG, CONFIG.pack(offset, size, 0) + bytes(size)).body
        if len(body) <= CONFIG.size:
            raise RequestRefused(f"the back end refuses GET_CONFIG of {size} bytes at {offset}")
        if CONFIG.unpack_from(body)[:2] != (offset, size) or len(body) != CONFIG.size + size or size > MAX_CONFIG:
            raise ProtocolError(f"GET_CONFIG of {size} bytes at {offset} is answered with {body[: CONFIG.size].hex()}")
        return body[CONFIG.size :]

    def set_config(self, offset: int, data: bytes, flags: int = 0) -> None:
        """Write device configuration; ``flags`` 1 is for migration and may write what is read-only."""
        self.call(Request.SET_CONFIG, CONFIG.pack(offset, len(data), flags) + data)

    # what the back end works on
    def get_inflight(self, queues: int, queue_size: int) -> tuple[Inflight, int]:
        """Memory for the back end's books, made by it; the file descriptor is the caller's."""
        message = self.ask(Request.GET_INFLIGHT_FD, Inflight(0, 0, queues, queue_size).pack())
        if len(message.body) != INFLIGHT.size or len(message.fds) != 1:
            message.close_fds()
            raise ProtocolError(
                f"GET_INFLIGHT_FD is answered with {len(message.body)} bytes and {len(message.fds)} file descriptors"
            )
        return Inflight(*INFLIGHT.unpack(message.body)), message.fds[0]

    def set_inflight(self, inflight: Inflight, fd: int) -> None:
        """Give a back end that has come anew the books of the one before."""
        self.call(Request.SET_INFLIGHT_FD, inflight.pack(), (fd,))
