# SPDX-License-Identifier: Apache-2.0
"""The frames of the traffic: ordinary ones, checksum requests, super-frames; no two of them are alike."""

from __future__ import annotations

from host_driver import tso_request
from testbench.lib.oracle_tso import NetHeader, expected, ones_sum
from testbench.system.driver_card import tcp_frame
from testbench.system.rig import OTHER, Rig

GROUP = bytes.fromhex("01005e0000fb")  # which the driver wants
SIZES = (60, 60, 61, 127, 300, 300, 600, 1514, 1514, 4000)
MSS, MOST_SEGMENTS = 536, 6


class Frames:
    """Frames drawn by a rig's generator."""

    def __init__(self, rig: Rig) -> None:
        self._rig, self._rng = rig, rig.rng

    def outward(self) -> tuple[bytes | None, bytes]:
        """virtio_net_hdr, if there is something to ask for, and a frame to the other end of the wire."""
        if self._rng.randrange(5):
            return None, self._rig.frame(self._rng.choice(SIZES), OTHER)
        version = self._rng.choice((4, 6))
        # the last segment is long enough to be unlike all others
        payload = self._rng.randrange(MOST_SEGMENTS) * MSS + self._rng.randrange(40, MSS)
        frame, start = tcp_frame(self._rig, version, payload)
        if payload <= MSS:
            return NetHeader(1, 0, 0, 0, start, 16).pack(), frame
        return tso_request(1 if version == 4 else 4, start + 20, MSS, start).pack(), frame

    def inward(self) -> bytes:
        """A frame for the card: to its address or to the group, of no protocol or TCP with a right checksum."""
        choice = self._rng.randrange(6)
        if choice >= 2:
            return self._rig.frame(self._rng.choice(SIZES), GROUP if choice == 2 else None)
        frame, start = tcp_frame(self._rig, (4, 6)[choice], self._rng.randrange(10, 1400))
        (frame,) = expected(NetHeader(1, 0, 0, 0, start, 16), frame).frames
        if choice == 0:
            frame = frame[:24] + (0xFFFF - ones_sum(frame[14:34])).to_bytes(2, "big") + frame[26:]
        return self._rig.device.mac + OTHER + frame[12:]
