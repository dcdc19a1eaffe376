# SPDX-License-Identifier: Apache-2.0
"""The card as a vhost-user back end: takes each message of a front end apart, has it done, and gives the answer."""

from __future__ import annotations

import os
from collections.abc import Awaitable, Callable, Sequence
from typing import NamedTuple

from . import inflight, protocol
from .memory import Region
from .message import Message, VhostError
from .protocol import F_PROTOCOL_FEATURES, ProtocolFeature, Request
from .rings import NO_FD, POLLED
from .session import Session

OFFERED = (
    ProtocolFeature.MQ, ProtocolFeature.REPLY_ACK, ProtocolFeature.NET_MTU, ProtocolFeature.BACKEND_REQ,
    ProtocolFeature.CONFIG, ProtocolFeature.INFLIGHT_SHMFD, ProtocolFeature.CONFIGURE_MEM_SLOTS,
    ProtocolFeature.STATUS,
)  # fmt: skip

IN_BAND_NEEDS = (ProtocolFeature.BACKEND_REQ, ProtocolFeature.REPLY_ACK)


class Answer(NamedTuple):
    """Payload of a reply, and the descriptors that go with it."""

    payload: bytes
    fds: Sequence[int] = ()


def number(value: int) -> Answer:
    """A reply of 64 bits."""
    return Answer(protocol.U64.pack(value))


Handler = Callable[[Message], Awaitable[Answer | None]]


class Backend:
    """Messages in, answers out; what they mean for the card is in ``session``."""

    def __init__(self, session: Session, in_band: bool = False) -> None:
        """``in_band``: offer notifications as messages, which some front ends then use in place of descriptors."""
        self.session = session
        self._offered = sum(1 << bit for bit in OFFERED) | in_band << ProtocolFeature.INBAND_NOTIFICATIONS
        self._handlers: dict[int, Handler] = {
            request: getattr(self, f"_{request.name.lower()}")
            for request in Request
            if hasattr(self, f"_{request.name.lower()}")
        }

    async def handle(self, message: Message) -> Answer | None:
        """Carry it out; None: nothing is to be said. Raises VhostError; the message's descriptors are closed."""
        try:
            if message.flags & protocol.VERSION_MASK != protocol.VERSION or message.flags & protocol.F_REPLY:
                raise VhostError(f"{message.name}: flags {message.flags:#x} are not those of a request of version 1")
            handler = self._handlers.get(message.request)
            if handler is None:
                raise VhostError(f"{message.name}: not offered here")
            answer = await handler(message)
            await self.session.settle()
        finally:
            message.close()
        if answer is None and message.needs_reply and self.session.has(ProtocolFeature.REPLY_ACK):
            return number(0)
        return answer

    # ---- features
    async def _get_features(self, _: Message) -> Answer:
        return number(await self.session.offered())

    async def _set_features(self, message: Message) -> None:
        session, features = self.session, message.u64()
        if unknown := features & ~await session.offered():
            raise VhostError(f"{message.name}: the bits {unknown:#x} were not offered")
        if not features >> F_PROTOCOL_FEATURES & 1:
            session.rings.enable_all()
        session.features = features & ~(1 << F_PROTOCOL_FEATURES)

    async def _get_protocol_features(self, _: Message) -> Answer:
        return number(self._offered)

    async def _set_protocol_features(self, message: Message) -> None:
        features = message.u64()
        if unknown := features & ~self._offered:
            raise VhostError(f"{message.name}: the bits {unknown:#x} were not offered")
        self.session.protocol_features = features
        lacking = [bit.name for bit in IN_BAND_NEEDS if not self.session.has(bit)]
        if self.session.has(ProtocolFeature.INBAND_NOTIFICATIONS) and lacking:
            raise VhostError(f"{message.name}: in-band notifications without {' and '.join(lacking)}")

    async def _set_owner(self, _: Message) -> None: ...

    async def _reset_owner(self, _: Message) -> None:
        for ring in self.session.rings.running:
            await self.session.stop(ring.index)
            ring.enabled = False

    async def _get_queue_num(self, _: Message) -> Answer:
        return number(self.session.port.card.pairs)

    # ---- memory
    async def _set_mem_table(self, message: Message) -> None:
        count, _ = message.fields(protocol.MEMORY_HEAD, more=True)
        body = message.payload[protocol.MEMORY_HEAD.size :]
        if count > protocol.TABLE_REGIONS or len(body) < count * protocol.MEMORY_REGION.size:
            raise VhostError(f"{message.name}: {count} regions in {len(body)} bytes; at most 8, of 32 bytes each")
        regions = [Region(guest, size, user, offset) for guest, size, user, offset in
                   protocol.MEMORY_REGION.iter_unpack(body[: count * protocol.MEMORY_REGION.size])]  # fmt: skip
        if len(message.fds) != count:
            raise VhostError(f"{message.name}: {len(message.fds)} descriptors for {count} regions")
        async with self.session.paused():
            self.session.memory.replace(regions, message.fds)

    async def _get_max_mem_slots(self, _: Message) -> Answer:
        return number(protocol.MEMORY_SLOTS)

    async def _add_mem_reg(self, message: Message) -> None:
        region = Region(*message.fields(protocol.SINGLE_REGION))
        if len(message.fds) != 1:
            raise VhostError(f"{message.name}: {len(message.fds)} descriptors, 1 expected")
        self.session.memory.add(region, message.fds[0])

    async def _rem_mem_reg(self, message: Message) -> None:
        region = Region(*message.fields(protocol.SINGLE_REGION))
        async with self.session.paused():
            self.session.memory.remove(region)

    # ---- rings
    async def _set_vring_num(self, message: Message) -> None:
        await self.session.rings.set_size(*message.fields(protocol.VRING_STATE))

    async def _set_vring_addr(self, message: Message) -> None:
        index, _, desc, used, available, _ = message.fields(protocol.VRING_ADDRESS)
        await self.session.rings.set_addresses(index, desc, available, used)

    async def _set_vring_base(self, message: Message) -> None:
        await self.session.rings.set_base(*message.fields(protocol.VRING_STATE))

    async def _get_vring_base(self, message: Message) -> Answer:
        index, _ = message.fields(protocol.VRING_STATE)
        session = self.session
        await session.stop(index)
        session.rings.set_stopped(index)
        return Answer(protocol.VRING_STATE.pack(index, session.rings.get_base(index)))

    def _vring_fd(self, message: Message, without: int) -> tuple[int, int]:
        word = message.u64()
        index = word & protocol.VRING_INDEX
        self.session.rings.at(index)
        if word & ~(protocol.VRING_INDEX | protocol.VRING_NO_FD):
            raise VhostError(f"{message.name}: {word:#x} has bits that mean nothing")
        return index, without if word & protocol.VRING_NO_FD else message.take_fds(1)[0]

    async def _set_vring_kick(self, message: Message) -> None:
        self.session.rings.set_kick(*self._vring_fd(message, POLLED))

    async def _vring_kick(self, message: Message) -> None:
        index, _ = message.fields(protocol.VRING_STATE)
        if not self.session.has(ProtocolFeature.INBAND_NOTIFICATIONS):
            raise VhostError(f"{message.name}: in-band notifications are not negotiated")
        ring = self.session.rings.at(index)
        ring.started = True
        if ring.running:
            self.session.port.kick(index)

    async def _set_vring_call(self, message: Message) -> None:
        self.session.events.call(*self._vring_fd(message, NO_FD))

    async def _set_vring_err(self, message: Message) -> None:
        index, fd = self._vring_fd(message, NO_FD)
        old = self.session.error_fds.pop(index, NO_FD)
        if old >= 0:
            os.close(old)
        if fd >= 0:
            os.set_blocking(fd, False)
            self.session.error_fds[index] = fd

    async def _set_vring_enable(self, message: Message) -> None:
        index, on = message.fields(protocol.VRING_STATE)
        if on > 1:
            raise VhostError(f"{message.name}: {on} is neither 0 nor 1")
        self.session.rings.at(index).enabled = bool(on)
        if not on:
            await self.session.stop(index)

    async def _get_inflight_fd(self, message: Message) -> Answer:
        payload, fd = inflight.make(message.fields(protocol.INFLIGHT), self.session.port.queues)
        return Answer(payload, (fd,))

    async def _set_inflight_fd(self, message: Message) -> None:
        if self.session.rings.running:
            raise VhostError(f"{message.name}: rings run already")
        self.session.inflight.take(message.fields(protocol.INFLIGHT), self.session.packed, *message.take_fds(1))

    # ---- the device
    async def _net_set_mtu(self, message: Message) -> Answer | None:
        mtu = message.u64()
        if self.session.firmware.link.set_mtu(mtu):
            return None
        if not message.needs_reply:
            raise VhostError(f"{message.name}: the card cannot have an MTU of {mtu}")
        return number(1)

    async def _set_backend_req_fd(self, message: Message) -> None:
        self.session.requests.open(*message.take_fds(1))

    async def _get_config(self, message: Message) -> Answer:
        offset, size, flags = message.fields(protocol.CONFIG_HEAD, more=True)
        if offset + size > protocol.MAX_CONFIG or len(message.payload) != protocol.CONFIG_HEAD.size + size:
            return Answer(b"")  # the protocol's way to refuse
        data = await self.session.port.config(offset, size)
        return Answer(protocol.CONFIG_HEAD.pack(offset, size, flags) + data)

    async def _set_config(self, message: Message) -> None:
        raise VhostError(f"{message.name}: no field of this device can be written")

    async def _set_status(self, message: Message) -> None:
        status = message.u64()
        if status > 0xFF:
            raise VhostError(f"{message.name}: {status:#x} is no device status")
        await self.session.set_status(status)

    async def _get_status(self, _: Message) -> Answer:
        return number(await self.session.status())
