# SPDX-License-Identifier: Apache-2.0
"""PCI configuration space of a modern virtio network device (virtio 1.2, 4.1.4): identity and capabilities."""

from __future__ import annotations

from testbench.model.registers import regs
from testbench.model.registers.msix import Msix

VENDOR_SPECIFIC = 0x09
COMMON_CFG, NOTIFY_CFG, ISR_CFG, DEVICE_CFG, VENDOR_CFG = 1, 2, 3, 4, 9
NOTIFY_MULTIPLIER = 4
WRITABLE_COMMAND = regs.PCI_COMMAND_MEMORY | regs.PCI_COMMAND_MASTER | regs.PCI_COMMAND_INTX_OFF


class PciConfig:
    """256 bytes by words; what a driver may write is the command, the BAR, the interrupt line and MSI-X control."""

    def __init__(self, msix: Msix) -> None:
        self._msix = msix
        self._command = self._bar = self._line = 0
        self._fixed = {
            regs.PCI_ID: regs.PCI_ID_RESET,
            regs.PCI_CLASS: regs.PCI_CLASS_RESET,
            regs.PCI_SUBSYSTEM: regs.PCI_SUBSYSTEM_RESET,
            regs.PCI_CAP_POINTER: regs.PCI_CAP_POINTER_RESET,
            regs.PCI_CAP_MSIX_TABLE: regs.BAR_MSIX_TABLE,
            regs.PCI_CAP_MSIX_PBA: regs.BAR_MSIX_PBA,
            regs.PCI_CAP_VENDOR_ID: regs.PCI_CAP_VENDOR_ID_RESET,
        }
        for at, following, length, kind, offset, size in (
            (regs.PCI_CAP_COMMON, regs.PCI_CAP_NOTIFY, 16, COMMON_CFG, regs.BAR_COMMON, regs.BAR_COMMON_SIZE),
            (regs.PCI_CAP_NOTIFY, regs.PCI_CAP_ISR, 20, NOTIFY_CFG, regs.BAR_NOTIFY, regs.BAR_NOTIFY_SIZE),
            (regs.PCI_CAP_ISR, regs.PCI_CAP_DEVICE, 16, ISR_CFG, regs.BAR_ISR, regs.BAR_ISR_SIZE),
            (regs.PCI_CAP_DEVICE, regs.PCI_CAP_VENDOR, 16, DEVICE_CFG, regs.BAR_DEVICE, regs.BAR_DEVICE_SIZE),
            (regs.PCI_CAP_VENDOR, regs.PCI_CAP_MSIX, 16, VENDOR_CFG, regs.BAR_VENDOR, regs.PCI_CAP_VENDOR_LENGTH_RESET),
        ):
            self._fixed[at] = VENDOR_SPECIFIC | following << 8 | length << 16 | kind << 24
            self._fixed[at + 8], self._fixed[at + 12] = offset, size
        self._fixed[regs.PCI_CAP_NOTIFY + 16] = NOTIFY_MULTIPLIER

    def read(self, offset: int) -> int:
        """A word."""
        offset &= 0xFC
        if offset == regs.PCI_COMMAND:
            return self._command | regs.PCI_COMMAND_CAPS
        if offset == regs.PCI_BAR0:
            return self._bar
        if offset == regs.PCI_INTERRUPT_LINE:
            return self._line
        if offset == regs.PCI_CAP_MSIX:
            msix = self._msix
            switches = regs.PCI_CAP_MSIX_ENABLE * msix.enabled | regs.PCI_CAP_MSIX_FUNCTION_MASK * msix.function_mask
            return regs.PCI_CAP_MSIX_RESET | msix.vectors - 1 << regs.PCI_CAP_MSIX_TABLE_SIZE_SHIFT | switches
        return self._fixed.get(offset, 0)

    def write(self, offset: int, value: int, mask: int) -> None:
        """The bits ``mask`` of a word."""
        offset &= 0xFC
        if offset == regs.PCI_COMMAND:
            self._command = (self._command & ~mask | value & mask) & WRITABLE_COMMAND
        elif offset == regs.PCI_BAR0:
            self._bar = (self._bar & ~mask | value & mask) & regs.PCI_BAR0_BASE
        elif offset == regs.PCI_INTERRUPT_LINE:
            self._line = (self._line & ~mask | value & mask) & 0xFF
        elif offset == regs.PCI_CAP_MSIX and mask >> 24:
            self._msix.enabled = bool(value & regs.PCI_CAP_MSIX_ENABLE)
            self._msix.function_mask = bool(value & regs.PCI_CAP_MSIX_FUNCTION_MASK)
            self._msix.flush()
