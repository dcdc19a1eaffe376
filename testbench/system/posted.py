# SPDX-License-Identifier: Apache-2.0
"""Split rings written into host memory by numpy before anything runs: no driver, so that host CPU cost is zero."""

from __future__ import annotations

from typing import Any

import numpy

from host_driver import Feature
from host_driver.net.features import mask, negotiate
from host_driver.transport.pci import PciTransport
from testbench.lib.sim_base import SimBase

NEXT, WRITE = 1, 2
DESCRIPTOR = numpy.dtype([("address", "<u8"), ("length", "<u4"), ("flags", "<u2"), ("next", "<u2")])
USED = numpy.dtype([("id", "<u4"), ("length", "<u4")])
ACKNOWLEDGE, DRIVER, DRIVER_OK, FEATURES_OK = 1, 2, 4, 8
HEADER = 12  # struct virtio_net_hdr
UNWANTED = frozenset({
    Feature.RING_EVENT_IDX, Feature.RING_PACKED, Feature.IN_ORDER, Feature.HASH_REPORT, Feature.MQ, Feature.RSS,
})  # fmt: skip


class Posted:
    """A device brought up by hand, with queues whose rings are filled at one stroke."""

    def __init__(self, sim: SimBase) -> None:
        self.sim = sim
        self.transport = PciTransport(sim.host)
        self.mac = bytes(6)
        self._end = 0

    def take(self, size: int, align: int = 64) -> tuple[int, numpy.ndarray]:
        """Offset and bytes of fresh memory."""
        start = -(-self._end // align) * align
        self._end = start + size
        if self._end > len(self.sim.host.memory):
            raise MemoryError(f"{self._end} bytes of rings and buffers do not fit host memory")
        return start, self.sim.host.memory[start : self._end]

    async def begin(self) -> None:
        """Up to FEATURES_OK: what is offered is taken, but for what these rings and headers are not made for.

        Without EVENT_IDX every publication is announced.
        """
        transport = self.transport
        await transport.discover()
        await transport.reset()
        transport.write("device_status", ACKNOWLEDGE | DRIVER)
        features = negotiate(await transport.device_features(), UNWANTED)
        transport.write_features(mask(features))
        transport.write("device_status", ACKNOWLEDGE | DRIVER | FEATURES_OK)
        assert await transport.read("device_status") & FEATURES_OK, "the device refuses the features"
        self.mac = await transport.config_bytes(0, 6)
        await transport.enable_vectors(3)

    async def live(self) -> None:
        """DRIVER_OK."""
        self.transport.write("device_status", ACKNOWLEDGE | DRIVER | FEATURES_OK | DRIVER_OK)
        assert await self.transport.read("device_status") & DRIVER_OK, "the device does not go live"


class Ring:
    """One queue: ``address``/``length`` rows become chains of ``parts`` descriptors, all made available by ``kick``."""

    def __init__(self, posted: Posted, index: int, size: int) -> None:
        self.posted, self.index, self.size = posted, index, size
        desc_at, desc = posted.take(16 * size)
        avail_at, avail = posted.take(4 + 2 * size)
        used_at, used = posted.take(4 + 8 * size)
        base = posted.sim.host.memory_base
        self.rings = (base + desc_at, base + avail_at, base + used_at)
        self.desc, self.avail, self.used_index = desc.view(DESCRIPTOR), avail.view("<u2"), used[:4].view("<u2")
        self.used = used[4:].view(USED)
        self.doorbell = self.chains = 0

    def post(self, offsets: numpy.ndarray, lengths: numpy.ndarray, parts: int = 1, write: bool = False) -> None:
        """Offsets and lengths of all descriptors in order, ``parts`` of them a chain."""
        count = len(offsets)
        assert count <= self.size, f"{count} descriptors do not fit a ring of {self.size}"
        rows = self.desc[:count]
        rows["address"], rows["length"] = self.posted.sim.host.memory_base + offsets, lengths
        rows["flags"] = WRITE * write
        number = numpy.arange(count)
        linked = number % parts != parts - 1
        rows["flags"][linked] |= NEXT
        rows["next"][linked] = number[linked] + 1
        heads = number[::parts]
        self.avail[2 : 2 + len(heads)] = heads
        self.chains = len(heads)

    async def enable(self) -> None:
        """Tell the device about the queue; vector = index + 1."""
        self.doorbell = await self.posted.transport.setup_queue(self.index, self.size, self.rings, self.index + 1)

    def kick(self) -> None:
        """Publish everything at one stroke and notify the device, which may have looked at the ring before."""
        self.avail[1] = self.chains
        self.posted.sim.host.bar_write(self.doorbell, self.index, 2)

    @property
    def done(self) -> int:
        """Chains the device has given back."""
        return int(self.used_index[1])


def frames_with_headers(posted: Posted, frames: numpy.ndarray, header: bytes) -> numpy.ndarray:
    """Put ``header`` and one row of ``frames`` into a buffer each; the buffers' offsets."""
    count, length = frames.shape
    step = -(-(HEADER + length) // 64) * 64
    start, memory = posted.take(step * count)
    table = memory.reshape(count, step)
    table[:, :HEADER] = numpy.frombuffer(header, numpy.uint8)
    table[:, HEADER : HEADER + length] = frames
    return start + step * numpy.arange(count)


def plain_frames(count: int, length: int, to: bytes, seed: int = 1) -> numpy.ndarray:
    """Random payload behind an Ethernet header of an experimental type."""
    rng = numpy.random.default_rng(seed)
    frames = rng.integers(0, 256, (count, length), numpy.uint8)
    frames[:, :14] = numpy.frombuffer(to + b"\x02\xaa\xbb\xcc\xdd\xee\x88\xb5", numpy.uint8)
    return frames


def super_frames(count: int, mss: int, segments: int, to: bytes) -> tuple[numpy.ndarray, bytes]:
    """TCP over IPv4 with timestamps, and the header that asks for its segmentation."""
    ip_length = 52 + mss * segments
    ethernet = to + b"\x02\xaa\xbb\xcc\xdd\xee\x08\x00"
    addresses = bytes([10, 0, 0, 1, 10, 0, 0, 2])
    ip = b"\x45\x00" + ip_length.to_bytes(2, "big") + b"\x00\x01\x40\x00\x40\x06\x00\x00" + addresses
    words = addresses + b"\x00\x06" + (ip_length - 20).to_bytes(2, "big")
    pseudo = sum(int.from_bytes(words[at : at + 2], "big") for at in range(0, len(words), 2))
    pseudo = (pseudo & 0xFFFF) + (pseudo >> 16)
    tcp = bytes.fromhex("1388 1389 00000001 00000001 8018 ffff") + pseudo.to_bytes(2, "big") + bytes(2)
    tcp += bytes.fromhex("0101080a 00000001 00000002")
    frame = numpy.zeros(14 + ip_length, numpy.uint8)
    frame[:66] = numpy.frombuffer(ethernet + ip + tcp, numpy.uint8)
    frame[66:] = numpy.random.default_rng(2).integers(0, 256, ip_length - 52, numpy.uint8)
    parts = (66, mss, 34, 16)
    header = b"\x01\x01" + b"".join(value.to_bytes(2, "little") for value in parts) + bytes(2)
    return numpy.broadcast_to(frame, (count, len(frame))), header


def card_drops(before: dict[str, Any], after: dict[str, Any]) -> dict[str, int]:
    """Counters of dropped frames that moved."""
    return {
        name: after[name] - before[name]
        for name in after
        if ("_drop_" in name or "_err_" in name) and after[name] != before[name]
    }
