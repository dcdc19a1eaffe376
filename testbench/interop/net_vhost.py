# SPDX-License-Identifier: Apache-2.0
"""A device of the matrix that is DPDK's net_vhost: testpmd carries frames between it and a second one, our relay's."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Iterator
from pathlib import Path

from firmware.features import names
from testbench.interop.cells import Cell, CellError, Traffic
from testbench.interop.relay import Relay
from testbench.interop.testpmd import Testpmd, vhost

READY_S = 20.0
SETTLE_S = 0.05
NEGOTIATED = re.compile(r"\(([^)]*)\) negotiated Virtio features: (0x[0-9a-f]+)")
PROTOCOL_BIT = 30


class NetVhost:
    """Port 0 is for the driver, port 1 for the relay."""

    segments = False

    def __init__(self, pmd: Testpmd, path: Path, relay: Relay, log: Path) -> None:
        self._pmd, self.path, self._relay, self._log = pmd, path, relay, log

    def traffic(self) -> Traffic:
        """From testpmd's statistics and log."""
        stats, before = self._pmd.stats(), None
        while stats != before:  # a burst is counted a little after it has been carried
            before = stats
            time.sleep(SETTLE_S)
            stats = self._pmd.stats()
        driver, wire = stats[0], stats[1]
        said = NEGOTIATED.findall(self._log.read_text(errors="replace"))
        features = [int(value, 16) for name, value in said if name == str(self.path)]
        return Traffic(
            features=names(features[-1] & ~(1 << PROTOCOL_BIT)) if features else [],
            frames_out=wire.tx_packets, frames_in=driver.tx_packets, super_frames=self._relay.large,
            taken=driver.rx_packets,
            details={
                "bytes_out": driver.rx_bytes, "bytes_in": driver.tx_bytes,
                # where the relay's ring is full: testpmd does not wait
                "dropped_by_testpmd": driver.rx_packets - wire.tx_packets,
            },
        )  # fmt: skip

    def wait_running(self) -> None:
        """The driver's rings are ready."""
        self._pmd.wait_link(limit_s=READY_S)

    def check(self) -> None:
        """The relay lives, and has lost nothing."""
        if self._relay.error:
            raise CellError(f"the relay has ended: {self._relay.error}")
        if self._relay.lost:
            raise CellError(f"the wire did not take {self._relay.lost} frames")


@contextlib.contextmanager
def net_vhost(cell: Cell, folder: Path, wire_fd: int) -> Iterator[NetVhost]:
    """The device of a cell; it forwards until the end."""
    path, far, log = folder / "device", folder / "far", folder / "net_vhost.log"
    ports = [vhost(path, tso=cell.tso), vhost(far, number=1, tso=cell.tso)]
    with Testpmd(ports, log=log) as pmd:
        pmd.command("set log lib.vhost.config 7")
        relay = Relay(far, wire_fd, cell.mtu)
        try:
            relay.start(READY_S)
            pmd.wait_link(port=1, limit_s=READY_S)
            with pmd.forwarding("io"):
                yield NetVhost(pmd, path, relay, log)
        finally:
            relay.stop()
