# SPDX-License-Identifier: Apache-2.0
"""What is at the other end of the card's wire: nothing, the frames themselves, a TAP interface, or another card."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from ferrule.errors import FerruleError
from ferrule.live.tap import open_tap

JOIN_TIMEOUT_S = 60.0
KINDS = "none, loopback, tap:NAME, or join:PATH with the same path for both cards"


class WireEnd(NamedTuple):
    """``fd``: where frames come from and go to, -1: nowhere; ``joined``: another card is there."""

    fd: int = -1
    loopback: bool = False
    joined: bool = False


@contextlib.contextmanager
def wire_end(text: str) -> Iterator[WireEnd]:
    """The far end for the words of ``--wire``; closed at the end. Raises FerruleError."""
    kind, _, name = text.partition(":")
    if text == "none":
        yield WireEnd()
    elif text == "loopback":
        yield WireEnd(loopback=True)
    elif kind == "tap" and name:
        fd = open_tap(name, vnet_hdr=False, offload=0)
        try:
            yield WireEnd(fd)
        finally:
            os.close(fd)
    elif kind == "join" and name:
        with _join(Path(name)) as end:
            end.setblocking(False)
            yield WireEnd(end.fileno(), joined=True)
    else:
        raise FerruleError(f"--wire {text}: expected {KINDS}")


def _join(path: Path) -> socket.socket:
    """The first card that comes waits for the second."""
    end = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with contextlib.suppress(OSError):
        end.connect(str(path))
        path.unlink(missing_ok=True)
        return end
    path.unlink(missing_ok=True)
    try:
        end.bind(str(path))
        end.listen(1)
        end.settimeout(JOIN_TIMEOUT_S)
        return end.accept()[0]
    except TimeoutError:
        raise FerruleError(f"--wire join:{path}: no other card came within {JOIN_TIMEOUT_S:.0f} s") from None
    except OSError as error:
        raise FerruleError(f"--wire join:{path}: {error.strerror}") from error
    finally:
        end.close()
        path.unlink(missing_ok=True)
