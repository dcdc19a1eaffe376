# SPDX-License-Identifier: Apache-2.0
"""Requests and their answers: which ones are acknowledged, what a wrong answer is, and the protocol's features."""

from __future__ import annotations

import select
import time
from collections.abc import Collection, Sequence
from struct import Struct
from typing import Any

from ...errors import BackEndTimeout, ProtocolError, RequestRefused
from .back_end_requests import BackEndRequests
from .channel import Channel, Message
from .protocol import F_PROTOCOL_FEATURES, FLAG_NEED_REPLY, U64, VERSION, ProtocolFeature, Request, name_of

WANTED = frozenset(
    {
        ProtocolFeature.MQ, ProtocolFeature.REPLY_ACK, ProtocolFeature.NET_MTU, ProtocolFeature.BACKEND_REQ,
        ProtocolFeature.CONFIG, ProtocolFeature.INFLIGHT_SHMFD, ProtocolFeature.RESET_DEVICE,
        ProtocolFeature.CONFIGURE_MEM_SLOTS, ProtocolFeature.STATUS,
    }
)  # fmt: skip
"""Protocol features that this front end can use."""


class Connection:
    """Every request is acknowledged where REPLY_ACK allows it, so that the first one that fails is the one named."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.offered = self.protocol_offered = 0
        self.accepted: frozenset[ProtocolFeature] = frozenset()
        self.requests: BackEndRequests | None = None

    def negotiate(self, wanted: Collection[ProtocolFeature] = WANTED) -> None:
        """What comes before everything else: features offered, protocol features, ownership, the back end's channel."""
        self.offered = self.ask_u64(Request.GET_FEATURES)
        if self.offered >> F_PROTOCOL_FEATURES & 1:
            self.protocol_offered = self.ask_u64(Request.GET_PROTOCOL_FEATURES)
            accepted = {feature for feature in wanted if self.protocol_offered >> feature & 1}
            self.call(Request.SET_PROTOCOL_FEATURES, U64.pack(sum(1 << feature for feature in accepted)))
            self.accepted = frozenset(accepted)
        self.call(Request.SET_OWNER)
        if ProtocolFeature.BACKEND_REQ in self.accepted:
            self.requests = BackEndRequests(self.channel.timeout_s)
            self.call(Request.SET_BACKEND_REQ_FD, fds=(self.requests.given.fileno(),))

    @property
    def acknowledges(self) -> bool:
        """Requests without an answer of their own are acknowledged."""
        return ProtocolFeature.REPLY_ACK in self.accepted

    def call(self, request: Request, body: bytes = b"", fds: Sequence[int] = ()) -> None:
        """A request without an answer of its own; RequestRefused when it is acknowledged with failure."""
        if not self.acknowledges:
            self.channel.send(request, body, fds)
            return
        self.channel.send(request, body, fds, VERSION | FLAG_NEED_REPLY)
        (value,) = self._fields(self._reply(request), U64)
        if value:
            raise RequestRefused(f"the back end refuses {request.name} {body.hex()} (answer {value})")

    def ask(self, request: Request, body: bytes = b"", fds: Sequence[int] = ()) -> Message:
        """A request with an answer of its own."""
        self.channel.send(request, body, fds)
        return self._reply(request)

    def ask_fields(self, request: Request, body: bytes, layout: Struct) -> tuple[Any, ...]:
        """The same, of a fixed layout without file descriptors."""
        return self._fields(self.ask(request, body), layout)

    def ask_u64(self, request: Request, body: bytes = b"") -> int:
        """The same, of one number."""
        (value,) = self.ask_fields(request, body, U64)
        return int(value)

    def _fields(self, message: Message, layout: Struct) -> tuple[Any, ...]:
        if message.fds:
            message.close_fds()
            raise ProtocolError(f"the answer to {name_of(message.request)} has {len(message.fds)} file descriptors")
        if len(message.body) != layout.size:
            raise ProtocolError(
                f"the answer to {name_of(message.request)} has {len(message.body)} bytes, not {layout.size}"
            )
        return layout.unpack(message.body)

    def _reply(self, request: Request) -> Message:
        self._wait(request)
        message = self.channel.receive(f"the answer to {request.name}")
        if message.request != request or not message.is_reply:
            message.close_fds()
            raise ProtocolError(
                f"{name_of(message.request)} with flags {message.flags:#x} came where the answer to {request.name} "
                "was expected"
            )
        return message

    def _wait(self, request: Request) -> None:
        """The back end may itself wait for an answer before it gives one, so its channel is served meanwhile."""
        deadline = time.monotonic() + self.channel.timeout_s
        poll = select.poll()
        poll.register(self.channel.fileno(), select.POLLIN)
        if self.requests and not self.requests.closed:
            poll.register(self.requests.fileno(), select.POLLIN)
        while True:
            left_ms = 1000 * (deadline - time.monotonic())
            ready = {fd for fd, _ in poll.poll(max(left_ms, 0))}
            if self.channel.fileno() in ready:
                return
            if ready and self.requests:
                self.requests.serve()
                if self.requests.closed:
                    poll.unregister(self.requests.fileno())
            elif left_ms <= 0:
                raise BackEndTimeout(
                    f"the answer to {request.name} has not come within {self.channel.timeout_s:g} s"
                )  # fmt: skip

    def close(self) -> None:
        """Close everything; the back end then lets go of all it was given."""
        self.channel.close()
        if self.requests:
            self.requests.close()

    def __enter__(self) -> Any:
        return self

    def __exit__(self, *_: Any) -> None:
        self.close()
