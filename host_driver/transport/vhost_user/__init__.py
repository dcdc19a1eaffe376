# SPDX-License-Identifier: Apache-2.0
"""vhost-user, the front end's side: the way to a device in another process, and a tool to test such devices."""

from .channel import Channel, Message
from .connection import WANTED, Connection
from .front_end import FrontEnd
from .host import VhostUserHost, run
from .memory import GuestMemory
from .protocol import BackendRequest, Inflight, ProtocolFeature, Region, Request
from .transport import VhostUserTransport

__all__ = [
    "WANTED",
    "BackendRequest",
    "Channel",
    "Connection",
    "FrontEnd",
    "GuestMemory",
    "Inflight",
    "Message",
    "ProtocolFeature",
    "Region",
    "Request",
    "VhostUserHost",
    "VhostUserTransport",
    "run",
]
