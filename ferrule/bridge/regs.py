# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501
# fmt: off
# Generated from fpga/rtl/board.rdl; change that file and run: python -m testbench.lib.export_board_regs
"""Registers of a board: byte addresses on its bus, masks in place."""

ID = 0x000  # RO: What answers here
ID_VALUE = 0x44524246
VERSION = 0x004  # RO: Of this map; another major one is another map
VERSION_MINOR = 0xFFFF
VERSION_MINOR_SHIFT = 0
VERSION_MAJOR = 0xFFFF0000
VERSION_MAJOR_SHIFT = 16
VERSION_VALUE = 0x10000
RAM_BASE = 0x008  # RO: Address of host memory, the card's and the bridge's
RAM_SIZE = 0x00C  # RO: Bytes of it
IRQ = 0x010  # RO: What waits; reading changes nothing
IRQ_MGMT = 0x1  # mgmt_irq is high
IRQ_MSIX = 0x2  # A bit of MSIX_PENDING is set
MSIX_PENDING = 0x014  # RO: A bit for each MSI-X vector whose message has come; reading clears them
HELD = 0x018  # RO: The read in the host window that was answered with all ones, because the card holds it
HELD_ADDRESS = 0x1FFFF  # Byte address in the window, of the last read
HELD_ADDRESS_SHIFT = 0
HELD_DONE = 0x40000000  # Its data are in HELD_DATA; cleared by the next read
HELD_PENDING = 0x80000000  # It is held still
HELD_DATA = 0x01C  # RO: What came of that read
MDIO = 0x020  # RW: Management lines of the PHY, bit by bit
MDIO_MDC = 0x1  # Clock
MDIO_MDIO_OUT = 0x2  # Level driven
MDIO_MDIO_DRIVE = 0x4  # Drive it
MDIO_MDIO_IN = 0x8  # Level on the line
PHY = 0x024  # RW: The PHY
PHY_RESET = 0x1  # Held in reset
DIRTY = 0x080  # RO: Lines of host memory that the card has written, 256 bytes each, the first in bit 0 of the first word; reading a word clears it; words beyond RAM_SIZE read 0
MGMT_WINDOW = 0x10000  # RO: Window of the management port, 64 KiB
HOST_WINDOW = 0x200000  # RO: Window of the host port, 128 KiB: BAR, PCI configuration space at 0x10000. There are 16 of them, 0x20000 apart; a write in window n leaves out the byte lanes whose bits are set in n
