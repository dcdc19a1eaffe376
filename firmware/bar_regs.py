# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501
# fmt: off
# Generated from hw/nic/regs/ferrule.rdl; change that file and run: python -m testbench.lib.export_regs
"""What a host reaches of the card, for firmware that stands in for one: offsets within the space, masks in place."""

# BAR 0 (host port, from 0x00000)
BAR_COMMON = 0x000  # RO: Common configuration
BAR_COMMON_SIZE = 0x3C
BAR_NOTIFY = 0x1000  # WO: Notifications: queue i at 4 i
BAR_NOTIFY_SIZE = 0x1000
BAR_ISR = 0x2000  # RO: Interrupt status
BAR_ISR_SIZE = 0x4
BAR_DEVICE = 0x3000  # RO: Device configuration
BAR_DEVICE_SIZE = 0x18
BAR_MSIX_TABLE = 0x4000  # RW: MSI-X table, 16 bytes a vector
BAR_MSIX_TABLE_SIZE = 0x1000
BAR_MSIX_PBA = 0x5000  # RO: MSI-X pending bits
BAR_MSIX_PBA_SIZE = 0x1000
BAR_VENDOR = 0x6000  # RO: Vendor block, found by the VENDOR_CFG capability
BAR_VENDOR_SIZE = 0xA38

# PCI configuration space (host port, from 0x10000)
PCI_ID = 0x000  # RO: Vendor 0x1AF4, device 0x1041
PCI_ID_RESET = 0x10411AF4
PCI_COMMAND = 0x004  # RW: Command and status; kept for software, the card does not obey it
PCI_COMMAND_MEMORY = 0x2  # Memory space enable
PCI_COMMAND_MASTER = 0x4  # Bus master enable
PCI_COMMAND_INTX_OFF = 0x400  # INTx disable
PCI_COMMAND_CAPS = 0x100000  # A capability list is there
PCI_COMMAND_RESET = 0x100000
PCI_CLASS = 0x008  # RO: Ethernet controller, revision 1
PCI_CLASS_RESET = 0x2000001
PCI_HEADER = 0x00C  # RO: Type 0
PCI_BAR0 = 0x010  # RW: 32-bit memory, not prefetchable
PCI_BAR0_BASE = 0xFFFF0000  # Address bits; 64 KiB
PCI_BAR0_BASE_SHIFT = 16
PCI_SUBSYSTEM = 0x02C  # RO: Subsystem vendor 0x1AF4, device 0x1100
PCI_SUBSYSTEM_RESET = 0x11001AF4
PCI_CAP_POINTER = 0x034  # RO: First capability
PCI_CAP_POINTER_RESET = 0x40
PCI_INTERRUPT_LINE = 0x03C  # RW: Kept for software
PCI_CAP_COMMON = 0x040  # RO: virtio capability COMMON_CFG (type 1)
PCI_CAP_NOTIFY = 0x050  # RO: virtio capability NOTIFY_CFG (type 2), notify_off_multiplier 4
PCI_CAP_ISR = 0x064  # RO: virtio capability ISR_CFG (type 3)
PCI_CAP_DEVICE = 0x074  # RO: virtio capability DEVICE_CFG (type 4)
PCI_CAP_VENDOR = 0x084  # RO: virtio capability VENDOR_CFG (type 9)
PCI_CAP_VENDOR_ID = 0x088  # RO: vendor_id of virtio_pci_vndr_data, then our BAR number
PCI_CAP_VENDOR_ID_VENDOR_ID = 0xFFFF  # Ours; the standard forbids 0x1AF4 here, and PCI-SIG has assigned us none
PCI_CAP_VENDOR_ID_VENDOR_ID_SHIFT = 0
PCI_CAP_VENDOR_ID_BAR = 0xFF0000  # BAR of the vendor block
PCI_CAP_VENDOR_ID_BAR_SHIFT = 16
PCI_CAP_VENDOR_ID_RESET = 0xFE52
PCI_CAP_VENDOR_OFFSET = 0x08C  # RO: Offset of the vendor block in the BAR
PCI_CAP_VENDOR_OFFSET_RESET = 0x6000
PCI_CAP_VENDOR_LENGTH = 0x090  # RO: Its length
PCI_CAP_VENDOR_LENGTH_RESET = 0x1000
PCI_CAP_MSIX = 0x094  # RW: MSI-X capability
PCI_CAP_MSIX_ID = 0xFFFF  # Capability 0x11, last
PCI_CAP_MSIX_ID_SHIFT = 0
PCI_CAP_MSIX_TABLE_SIZE = 0x7FF0000  # Vectors - 1
PCI_CAP_MSIX_TABLE_SIZE_SHIFT = 16
PCI_CAP_MSIX_FUNCTION_MASK = 0x40000000  # Function mask
PCI_CAP_MSIX_ENABLE = 0x80000000  # MSI-X enable
PCI_CAP_MSIX_RESET = 0x11
PCI_CAP_MSIX_TABLE = 0x098  # RO: Table in BAR 0
PCI_CAP_MSIX_TABLE_RESET = 0x4000
PCI_CAP_MSIX_PBA = 0x09C  # RO: Pending bits in BAR 0
PCI_CAP_MSIX_PBA_RESET = 0x5000

# Common configuration
COMMON_DEVICE_FEATURE_SELECT = 0x000  # RW: 32-bit word of the offered features shown
COMMON_DEVICE_FEATURE = 0x004  # RO: That word of DEVICE_FEATURES; 0 beyond word 1
COMMON_DRIVER_FEATURE_SELECT = 0x008  # RW: 32-bit word of the accepted features shown
COMMON_DRIVER_FEATURE = 0x00C  # RW: That word as the driver wrote it
COMMON_CONFIG_MSIX_VECTOR = 0x010  # RW: Vector of configuration changes; 0xffff none
COMMON_NUM_QUEUES = 0x012  # RO: Number of queues
COMMON_DEVICE_STATUS = 0x014  # RW: A read after a write is held until firmware has answered; a write of 0 stops every queue at once
COMMON_CONFIG_GENERATION = 0x015  # RO: Changes with every change of the device configuration
COMMON_QUEUE_SELECT = 0x016  # RW: Queue the next registers speak of
COMMON_QUEUE_SIZE = 0x018  # RW: Descriptors, from 2 to the maximum; without VIRTIO_F_RING_PACKED a power of two; other writes are ignored; 0: no such queue
COMMON_QUEUE_MSIX_VECTOR = 0x01A  # RW: Vector of the queue; 0xffff none
COMMON_QUEUE_ENABLE = 0x01C  # RW: A write of 1 starts the queue; its other registers are then read-only
COMMON_QUEUE_NOTIFY_OFF = 0x01E  # RO: The queue's index: its notification address is this times 4
COMMON_QUEUE_DESC = 0x020  # RW: Address of the descriptor table
COMMON_QUEUE_DRIVER = 0x028  # RW: Address of the available ring
COMMON_QUEUE_DEVICE = 0x030  # RW: Address of the used ring
COMMON_QUEUE_NOTIF_CONFIG_DATA = 0x038  # RO: Not offered: 0
COMMON_QUEUE_RESET = 0x03A  # RW: A write of 1 stops the queue; reads 1 until it touches memory no more, then 0 with queue_enable 0

# Device configuration
DEVCFG_MAC_STATUS = 0x000  # RO: mac (6 bytes) and status (2 bytes)
DEVCFG_MAC_STATUS_MAC = 0xFFFFFFFFFFFF  # MAC address, byte 0 lowest
DEVCFG_MAC_STATUS_MAC_SHIFT = 0
DEVCFG_MAC_STATUS_STATUS = 0xFFFF000000000000  # 1 LINK_UP, 2 ANNOUNCE
DEVCFG_MAC_STATUS_STATUS_SHIFT = 48
DEVCFG_MAX_VIRTQUEUE_PAIRS = 0x008  # RO: QUEUE_PAIRS
DEVCFG_MTU = 0x00A  # RO: CONFIG_MTU
DEVCFG_SPEED = 0x00C  # RO: Mb/s; 0xffffffff unknown
DEVCFG_DUPLEX = 0x010  # RO: 1 full, 0 half, 0xff unknown
DEVCFG_RSS_MAX_KEY_SIZE = 0x011  # RO: Bytes of the Toeplitz key
DEVCFG_RSS_MAX_KEY_SIZE_RESET = 0x28
DEVCFG_RSS_MAX_INDIRECTION_TABLE_LENGTH = 0x012  # RO: Entries
DEVCFG_RSS_MAX_INDIRECTION_TABLE_LENGTH_RESET = 0x80
DEVCFG_SUPPORTED_HASH_TYPES = 0x014  # RO: VIRTIO_NET_HASH_TYPE_*: all nine
DEVCFG_SUPPORTED_HASH_TYPES_RESET = 0x1FF
