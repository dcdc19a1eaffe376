# SPDX-License-Identifier: Apache-2.0
"""Inside the card's process: the kernel's interface, our driver, the card, and the wire's interface."""

from __future__ import annotations

import json
import os
import socket
from typing import Any

from ferrule.live import tap
from firmware.card import Firmware
from firmware.settings import CardSettings
from host_driver.errors import DriverError
from host_driver.ethtool import Ethtool
from host_driver.ethtool_features import enabled
from host_driver.net.device import NetDevice
from host_driver.net.features import Feature
from host_driver.net.options import Options
from host_driver.virtqueue.queue import Virtqueue
from testbench.lib.sim_base import SimBase

HEADER_BYTES = 12
SUPER_FRAME_BYTES = HEADER_BYTES + 65_535 + 64
FRAMES_PER_TURN = 64
SEGMENTATION = frozenset({Feature.HOST_TSO4, Feature.HOST_TSO6, Feature.HOST_ECN})
CONFIG_VECTOR = 0


def unwanted_features(args: dict[str, Any]) -> frozenset[Feature]:
    """Features that the run's settings switch off."""
    # the kernel's header has no hash, and which VLANs it has it does not tell
    unwanted = frozenset({Feature.HASH_REPORT, Feature.CTRL_VLAN})
    if not args["tso"]:
        unwanted |= SEGMENTATION
    if not args["checksum"]:
        unwanted |= SEGMENTATION | {Feature.CSUM, Feature.GUEST_CSUM}
    return unwanted


class Bridge:
    """Carries frames between the kernel's TAP and the driver, and answers the session's requests."""

    def __init__(
        self, sim: SimBase, device: NetDevice, firmware: Firmware, args: dict[str, Any], control: socket.socket
    ) -> None:
        self.sim, self.device, self.firmware = sim, device, firmware
        self.host_fd, self.control = args["host_fd"], control
        self._records = args["capture"] and args["capture_host"]
        self.stopped = False
        self.frames_refused = 0  # by the kernel: its queue is full, or the interface went down
        self._waiting: bytes | None = None  # read from the kernel, no room in the ring yet
        self._tool = Ethtool(device, args["interface"], ".".join(map(str, firmware.card.version)))

    async def run(self) -> None:
        """Serve until told to stop."""
        device, sim = self.device, self.sim
        queues, vectors = self.queues_and_vectors()
        while not self.stopped:
            # with the ring full nothing more is read from the kernel, so that its own queue fills and TCP feels it
            sim.watch([self.control.fileno()] if self._waiting else [self.control.fileno(), self.host_fd])
            if all([queue.enable_interrupts() for queue in queues]):
                readable, fired = await sim.wait_live(vectors)
                device.interrupts += len(fired)
                if CONFIG_VECTOR in fired:
                    await device.config_changed()
                    device.check()
                if self.control.fileno() in readable:
                    await self.answer()
                    queues, vectors = self.queues_and_vectors()  # a request may have made them anew
            for queue in queues:
                queue.disable_interrupts()
            device.poll_into(self.to_kernel, FRAMES_PER_TURN)
            self.from_kernel()

    def queues_and_vectors(self) -> tuple[list[Virtqueue], set[int]]:
        """The queues that carry frames, and the interrupts that a turn waits for."""
        queues = self.device.queues
        carriers = [rx.queue for rx in queues.rx] + [tx.queue for tx in queues.tx]
        return carriers, {CONFIG_VECTOR, *(queues.vectors[queue.index] for queue in carriers)}

    def to_kernel(self, view: memoryview) -> None:
        """A received frame with its header goes to the kernel as it is: both speak virtio_net_hdr."""
        if self._records:
            self.sim.record("host-rx", bytes(view[HEADER_BYTES:]))
        try:
            os.write(self.host_fd, view)
        except (BlockingIOError, OSError):
            self.frames_refused += 1

    def from_kernel(self) -> None:
        """Move what the kernel wants to send into the ring, as far as there is room."""
        transmit = self.device.transmit
        tx = self.device.queues.tx[0]
        for _ in range(FRAMES_PER_TURN):
            packet = self._waiting
            self._waiting = None
            if packet is None:
                try:
                    packet = os.read(self.host_fd, SUPER_FRAME_BYTES)
                except BlockingIOError:
                    break
                if self._records:
                    self.sim.record("host-tx", packet[HEADER_BYTES:])
            view = memoryview(packet)
            dropped = tx.dropped
            if not transmit(view[HEADER_BYTES:], view[:HEADER_BYTES], more=True) and tx.dropped == dropped:
                self._waiting = packet
                break
        tx.flush()

    async def answer(self) -> None:
        """One request of the session; a closed socket means stop."""
        data = self.control.recv(1 << 16)
        request: dict[str, Any] = json.loads(data) if data else {"op": "stop"}
        if request["op"] == "stop":
            self.stopped = True
        elif request["op"] == "counters":
            self.control.send(json.dumps({"counters": await self.counters()}).encode())
        elif request["op"] == "ethtool":
            self.control.send(json.dumps(await self.ethtool(request["verb"], request["words"])).encode())

    async def ethtool(self, verb: str, words: list[str]) -> dict[str, str]:
        """One command line. What it switches off, the kernel on the other side of the TAP does itself from then on."""
        device = self.device
        off = set(device.options.offloads_off)
        try:
            text = await self._tool.run(verb, words)
            if verb == "-K":
                names = ("tx-checksum-ip-generic", "tx-tcp-segmentation", "tx-tcp6-segmentation")
                on = [enabled(device, name) for name in (*names, "tx-tcp-ecn-segmentation")]
                tap.set_offload(self.host_fd, tap.offload_mask(*on))
        except (ValueError, DriverError, tap.TapError) as error:
            device.options.offloads_off = off
            return {"error": str(error)}
        return {"text": text}

    async def counters(self) -> dict[str, int]:
        """The card's counters, what the driver counted, and the time."""
        return {
            **await self.firmware.counters(),
            "driver_interrupts": self.device.interrupts,
            "frames_refused": self.frames_refused,
            "sim_ns": self.sim.time_ns,
            "cycles": self.sim.cycles,
        }


async def run(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Entry of the simulation: the run's record is what comes back."""
    with socket.socket(fileno=args["control_fd"]) as control:
        return await serve(sim, args, control)


async def serve(sim: SimBase, args: dict[str, Any], control: socket.socket) -> dict[str, Any]:
    """Bring everything up, say so, carry frames until told to stop."""
    settings = CardSettings(
        mac=bytes.fromhex(args["mac"].replace(":", "")), speed_mbps=1000 * args["wire_gbps"], heartbeat_us=0
    )
    firmware = Firmware(sim.mgmt, settings)
    await firmware.boot()
    sim.start_soon(firmware.run())
    device = NetDevice(sim.host, options=Options(mtu=args["mtu"], unwanted=unwanted_features(args)))
    await device.probe()
    await device.settings.set_allmulti(True)  # a kernel's neighbour discovery needs its multicast groups
    if args["coalesce_packets"] or args["coalesce_usecs"]:
        await device.settings.set_rx_coalescing(args["coalesce_packets"], args["coalesce_usecs"])
        await device.settings.set_tx_coalescing(args["coalesce_packets"], args["coalesce_usecs"])
    sim.wire.tap(args["wire_fd"])
    bridge = Bridge(sim, device, firmware, args, control)
    control.send(json.dumps({"ready": True}).encode())
    await bridge.run()
    sim.wire.tap(-1)
    result = {"counters": await bridge.counters(), "features": sorted(feature.name for feature in device.features)}
    await device.close()
    firmware.stop()
    return result
