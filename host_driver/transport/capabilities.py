# SPDX-License-Identifier: Apache-2.0
"""Finds a virtio device's structures by walking the capability list in PCI configuration space."""

from __future__ import annotations

from dataclasses import dataclass, field

from ..bus import HostBus
from ..errors import NotAVirtioDevice

VIRTIO_VENDOR = 0x1AF4
MODERN_BASE = 0x1040

# PCI configuration space
PCI_VENDOR, PCI_DEVICE, PCI_COMMAND, PCI_STATUS, PCI_REVISION = 0x00, 0x02, 0x04, 0x06, 0x08
PCI_CAPABILITIES = 0x34
PCI_STATUS_CAP_LIST = 1 << 4
CAP_ID_VENDOR, CAP_ID_MSIX = 0x09, 0x11
LIST_LIMIT = 48  # a list of 192 bytes cannot hold more; longer means a loop

# cfg_type of struct virtio_pci_cap
COMMON_CFG, NOTIFY_CFG, ISR_CFG, DEVICE_CFG, PCI_CFG, VENDOR_CFG = 1, 2, 3, 4, 5, 9


@dataclass(frozen=True)
class Region:
    """A structure in the BAR."""

    offset: int
    length: int


@dataclass
class Capabilities:
    """Where everything is. What the device may leave out is None."""

    vendor: int
    device: int
    revision: int
    common: Region | None = None
    notify: Region | None = None
    notify_multiplier: int = 0
    isr: Region | None = None
    device_config: Region | None = None
    vendor_blocks: dict[int, Region] = field(default_factory=dict)
    msix_at: int | None = None
    msix_size: int = 0
    msix_table: int = 0


async def read_capabilities(bus: HostBus, bar: int = 0) -> Capabilities:
    """Walk the list. Structures in another BAR than ``bar`` are passed over, and so are types nobody knows."""
    found = Capabilities(
        await bus.config_read(PCI_VENDOR, 2),
        await bus.config_read(PCI_DEVICE, 2),
        await bus.config_read(PCI_REVISION, 1),
    )
    if not await bus.config_read(PCI_STATUS, 2) & PCI_STATUS_CAP_LIST:
        raise NotAVirtioDevice("the device has no capability list, so it is no modern virtio device")
    at = await bus.config_read(PCI_CAPABILITIES, 1) & 0xFC
    for _ in range(LIST_LIMIT):
        if not at:
            return found
        kind = await bus.config_read(at, 1)
        if kind == CAP_ID_MSIX:
            await _read_msix(bus, at, bar, found)
        elif kind == CAP_ID_VENDOR:
            await _read_virtio(bus, at, bar, found)
        at = await bus.config_read(at + 1, 1) & 0xFC
    raise NotAVirtioDevice(f"the capability list has more than {LIST_LIMIT} entries: it is a loop")


async def _read_msix(bus: HostBus, at: int, bar: int, found: Capabilities) -> None:
    table = await bus.config_read(at + 4, 4)
    if table & 7 == bar:
        found.msix_at = at
        found.msix_size = (await bus.config_read(at + 2, 2) & 0x7FF) + 1
        found.msix_table = table & ~7


async def _read_virtio(bus: HostBus, at: int, bar: int, found: Capabilities) -> None:
    length = await bus.config_read(at + 2, 1)
    kind = await bus.config_read(at + 3, 1)
    if kind == VENDOR_CFG:
        # struct virtio_pci_vndr_data: the vendor id takes the place of bar and id; what follows is that vendor's
        vendor = await bus.config_read(at + 4, 2)
        if length >= 16:
            found.vendor_blocks.setdefault(
                vendor, Region(await bus.config_read(at + 8, 4), await bus.config_read(at + 12, 4))
            )
        return
    if length < 16 or await bus.config_read(at + 4, 1) != bar:
        return
    region = Region(await bus.config_read(at + 8, 4), await bus.config_read(at + 12, 4))
    # the first capability of a type is the one the device prefers
    if kind == COMMON_CFG and found.common is None:
        found.common = region
    elif kind == NOTIFY_CFG and found.notify is None and length >= 20:
        found.notify = region
        found.notify_multiplier = await bus.config_read(at + 16, 4)
    elif kind == ISR_CFG and found.isr is None:
        found.isr = region
    elif kind == DEVICE_CFG and found.device_config is None:
        found.device_config = region
