# SPDX-License-Identifier: Apache-2.0
"""Why User-Mode-Linux cannot have DPDK's net_vhost as its device, tried once and looked at."""

from __future__ import annotations

import functools
import re
import tempfile
from pathlib import Path

from ferrule.guest.errors import GuestHung
from ferrule.guest.guest import GuestSettings
from ferrule.guest.uml import UmlGuest
from testbench.interop.cells import Cell, CellError
from testbench.interop.net_vhost import net_vhost
from testbench.interop.wire_end import pair

SILENCE_S = 8.0
ADDRESS = re.compile(r" ([0-9a-f]{2}:){5}[0-9a-f]{2}$")  # another one every time
WHY = (
    "net_vhost offers CTRL_VQ, the kernel takes it, and nobody serves the control queue: the kernel spins on its first "
    "command for ever (tried: the guest boots, its driver says '{said}' and gives no sign of life for {silence:g} s). "
    "Front ends such as QEMU and DPDK serve that queue themselves; User-Mode-Linux leaves it to the device."
)


@functools.cache
def reason() -> str:
    """In words. Raises CellError if it does work."""
    with tempfile.TemporaryDirectory(prefix="fi-") as name:
        folder = Path(name)
        end, theirs = pair()
        cell = Cell("uml", "net_vhost", "split", 1500, False)
        with end, theirs, net_vhost(cell, folder, theirs.fileno()) as device:
            guest = UmlGuest(GuestSettings(card=device.path, silence_s=SILENCE_S), folder / "guest")
            try:
                with guest:
                    raise CellError("User-Mode-Linux and net_vhost do work together: make cells of them")
            except GuestHung:
                features = device.traffic().features
            said = [line for line in guest.console().splitlines() if "virtio_net" in line]
            if "CTRL_VQ" not in features or not said:
                raise CellError(f"not for the known reason: features {features}, console {guest.console()[-500:]}")
            return WHY.format(said=ADDRESS.sub("", said[-1]), silence=SILENCE_S)
