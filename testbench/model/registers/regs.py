# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501
# fmt: off
# Generated from hw/nic/regs/ferrule.rdl; change that file and run: python -m testbench.lib.export_regs
"""Registers of every space, as a device has them: offsets within the space, masks in place."""

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

# Interrupt status
ISR_ISR = 0x000  # RO: A read clears it
ISR_ISR_QUEUE = 0x1  # A queue interrupt
ISR_ISR_CONFIG = 0x2  # A configuration change

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

# Vendor block, found by the VENDOR_CFG capability
VENDOR_ID = 0x000  # RO: 0x4C524546, FERL
VENDOR_ID_RESET = 0x4C524546
VENDOR_VERSION = 0x004  # RO: As VERSION of the management port
VENDOR_STATS_COUNT = 0x008  # RO: Number of counters
VENDOR_STATS_SNAPSHOT = 0x00C  # RW: The host's own copy of the counters
VENDOR_STATS_SNAPSHOT_BUSY = 0x1  # Write 1: copy all counters at one instant; reads 1 while copying
VENDOR_STATS_WINDOW = 0x800  # RO: Counter i, 64 bits, at +8 i

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

# Management port (firmware)
MGMT_ID = 0x000  # RO: 0x4C524546, FERL
MGMT_ID_RESET = 0x4C524546
MGMT_VERSION = 0x004  # RO: Version of the card's hardware
MGMT_VERSION_PATCH = 0xFF
MGMT_VERSION_PATCH_SHIFT = 0
MGMT_VERSION_MINOR = 0xFF00
MGMT_VERSION_MINOR_SHIFT = 8
MGMT_VERSION_MAJOR = 0xFFFF0000
MGMT_VERSION_MAJOR_SHIFT = 16
MGMT_VERSION_RESET = 0x100
MGMT_PARAM_QUEUES = 0x008  # RO: Queues this card was built with
MGMT_PARAM_QUEUES_PAIRS = 0xFF  # QUEUE_PAIRS
MGMT_PARAM_QUEUES_PAIRS_SHIFT = 0
MGMT_PARAM_QUEUES_SIZE_MAX = 0xFFFF0000  # QUEUE_SIZE_MAX
MGMT_PARAM_QUEUES_SIZE_MAX_SHIFT = 16
MGMT_PARAM_WIDTH = 0x00C  # RO: Data path width and MAC
MGMT_PARAM_WIDTH_DATA_W = 0xFFFF  # DATA_W, bits
MGMT_PARAM_WIDTH_DATA_W_SHIFT = 0
MGMT_PARAM_WIDTH_MAC_KIND = 0xFF0000  # 0 XGMII, 1 STREAM, 2 GMII
MGMT_PARAM_WIDTH_MAC_KIND_SHIFT = 16
MGMT_PARAM_FRAME = 0x010  # RO: Longest frame, size of the MAC table
MGMT_PARAM_FRAME_MAX_FRAME = 0xFFFF  # Bytes on the wire with FCS
MGMT_PARAM_FRAME_MAX_FRAME_SHIFT = 0
MGMT_PARAM_FRAME_MAC_TABLE = 0xFF0000  # Entries
MGMT_PARAM_FRAME_MAC_TABLE_SHIFT = 16
MGMT_CORE_HZ = 0x014  # RO: Core clock, Hz
MGMT_SCRATCH = 0x018  # RW: Self-test
MGMT_CYCLES_LO = 0x01C  # RO: Core cycles since reset; reading it latches CYCLES_HI
MGMT_CYCLES_HI = 0x020  # RO: High half as of the last read of CYCLES_LO
MGMT_CAPABILITIES = 0x024  # RO: What this card was built with; the registers of what it was not read 0
MGMT_CAPABILITIES_PACKED_RINGS = 0x1  # VIRTIO_F_RING_PACKED
MGMT_CAPABILITIES_STEERING = 0x2  # RSS, hash reports, automatic steering, more than one queue pair in use
MGMT_CAPABILITIES_VLAN_FILTER = 0x4  # VLAN filter
MGMT_CAPABILITIES_RX_CHECKSUM = 0x8  # Checksum verdicts on receive
MGMT_CAPABILITIES_ADDR_W = 0xFF00  # Bits of a host address; what lies beyond is answered like an error of host memory
MGMT_CAPABILITIES_ADDR_W_SHIFT = 8
MGMT_EVENT_STATUS = 0x030  # RW: Write 1 to clear
MGMT_EVENT_STATUS_STATUS_WRITE = 0x1  # The driver wrote device_status
MGMT_EVENT_STATUS_QUEUE_ENABLE = 0x2  # A queue was enabled
MGMT_EVENT_STATUS_QUEUE_RESET = 0x4  # A queue was reset
MGMT_EVENT_STATUS_CTRL_COMMAND = 0x8  # A control command waits
MGMT_EVENT_STATUS_LINK = 0x10  # The link state changed
MGMT_EVENT_STATUS_QUEUE_ERROR = 0x20  # ERROR_LOG has a new entry
MGMT_EVENT_STATUS_WATCHDOG = 0x40  # The watchdog expired
MGMT_EVENT_STATUS_HOLD_TIMEOUT = 0x80  # A held read was not answered in time
MGMT_EVENT_ENABLE = 0x034  # RW: mgmt_irq is high while any enabled status bit is set
MGMT_EVENT_ENABLE_STATUS_WRITE = 0x1  # The driver wrote device_status
MGMT_EVENT_ENABLE_QUEUE_ENABLE = 0x2  # A queue was enabled
MGMT_EVENT_ENABLE_QUEUE_RESET = 0x4  # A queue was reset
MGMT_EVENT_ENABLE_CTRL_COMMAND = 0x8  # A control command waits
MGMT_EVENT_ENABLE_LINK = 0x10  # The link state changed
MGMT_EVENT_ENABLE_QUEUE_ERROR = 0x20  # ERROR_LOG has a new entry
MGMT_EVENT_ENABLE_WATCHDOG = 0x40  # The watchdog expired
MGMT_EVENT_ENABLE_HOLD_TIMEOUT = 0x80  # A held read was not answered in time
MGMT_HOST_STATUS = 0x040  # RO: The driver's side of device_status
MGMT_HOST_STATUS_STATUS = 0xFF  # device_status as the driver last wrote it
MGMT_HOST_STATUS_STATUS_SHIFT = 0
MGMT_HOST_STATUS_COUNT = 0xFFFF0000  # Number of writes, modulo 2^16
MGMT_HOST_STATUS_COUNT_SHIFT = 16
MGMT_DEVICE_STATUS = 0x044  # RW: The device's side of device_status; the write answers a held read
MGMT_DEVICE_STATUS_STATUS = 0xFF  # What the BAR returns
MGMT_DEVICE_STATUS_STATUS_SHIFT = 0
MGMT_DEVICE_STATUS_COUNT = 0xFFFF0000  # HOST_STATUS count this answers; an older one stores the value and releases nothing
MGMT_DEVICE_STATUS_COUNT_SHIFT = 16
MGMT_DRIVER_FEATURES_LO = 0x048  # RO: Feature bits 0..31 as the driver wrote them
MGMT_DRIVER_FEATURES_HI = 0x04C  # RO: Feature bits 32..63 as the driver wrote them
MGMT_DEVICE_FEATURES_LO = 0x050  # RW: Feature bits 0..31 offered
MGMT_DEVICE_FEATURES_HI = 0x054  # RW: Feature bits 32..63 offered
MGMT_ACTIVE_FEATURES_LO = 0x058  # RW: Feature bits 0..31 in force: the whole word is kept, the data path obeys those named
MGMT_ACTIVE_FEATURES_LO_GUEST_CSUM = 0x2  # VIRTIO_NET_F_GUEST_CSUM
MGMT_ACTIVE_FEATURES_LO_MRG_RXBUF = 0x8000  # VIRTIO_NET_F_MRG_RXBUF
MGMT_ACTIVE_FEATURES_LO_INDIRECT = 0x10000000  # VIRTIO_F_INDIRECT_DESC
MGMT_ACTIVE_FEATURES_LO_EVENT_IDX = 0x20000000  # VIRTIO_F_EVENT_IDX
MGMT_ACTIVE_FEATURES_HI = 0x05C  # RW: Feature bits 32..63 in force, likewise
MGMT_ACTIVE_FEATURES_HI_RING_PACKED = 0x4  # VIRTIO_F_RING_PACKED
MGMT_ACTIVE_FEATURES_HI_IN_ORDER = 0x8  # VIRTIO_F_IN_ORDER
MGMT_ACTIVE_FEATURES_HI_HASH_REPORT = 0x2000000  # VIRTIO_NET_F_HASH_REPORT: virtio_net_hdr has 20 bytes in both directions
MGMT_HOLD_LIMIT_US = 0x060  # RW: Longest time a BAR read of device_status is held, microseconds
MGMT_HOLD_LIMIT_US_RESET = 0x4E20
MGMT_DATAPATH = 0x070  # RW: Switches of the data path
MGMT_DATAPATH_TX_ENABLE = 0x1  # Transmission on
MGMT_DATAPATH_RX_ENABLE = 0x2  # Reception on
MGMT_DATAPATH_QUIESCE = 0x4  # Queues stop and none starts while set; a driver's write of 0 to device_status sets it
MGMT_DATAPATH_CLEAR = 0x8  # Write 1: queues, vectors, rings, coalescing, steering, VLAN and MAC filters take their reset values
MGMT_DATAPATH_MULTI_PAIR = 0x10  # BAR queue index = gq, num_queues = 2 QUEUE_PAIRS + 1: with MQ or RSS negotiated
MGMT_DATAPATH_STATUS = 0x074  # RO: State of the data path
MGMT_DATAPATH_STATUS_QUIET = 0x1  # No DMA outstanding, no queue busy
MGMT_DATAPATH_STATUS_TX_IDLE = 0x2  # The transmit path is empty
MGMT_DATAPATH_STATUS_RX_IDLE = 0x4  # The receive path is empty
MGMT_CONFIG_MAC_LO = 0x080  # RW: Bytes 0..3 of the card's address (byte 0 in [7:0])
MGMT_CONFIG_MAC_HI = 0x084  # RW: Bytes 4..5 in [15:0]
MGMT_CONFIG_STATUS = 0x088  # RW: status of the device configuration
MGMT_CONFIG_STATUS_LINK_UP = 0x1
MGMT_CONFIG_STATUS_ANNOUNCE = 0x2
MGMT_CONFIG_MTU = 0x08C  # RW: mtu of the device configuration
MGMT_CONFIG_SPEED = 0x090  # RW: speed of the device configuration
MGMT_CONFIG_SPEED_RESET = 0xFFFFFFFF
MGMT_CONFIG_DUPLEX = 0x094  # RW: duplex of the device configuration
MGMT_CONFIG_DUPLEX_RESET = 0xFF
MGMT_CONFIG_NOTIFY = 0x098  # WO: Write 1: config_generation + 1 and a configuration interrupt
MGMT_RX_MODE = 0x0A0  # RW: Receive filter, the names of VIRTIO_NET_CTRL_RX
MGMT_RX_MODE_PROMISC = 0x1
MGMT_RX_MODE_ALLMULTI = 0x2
MGMT_RX_MODE_ALLUNI = 0x4
MGMT_RX_MODE_NOMULTI = 0x8
MGMT_RX_MODE_NOUNI = 0x10
MGMT_RX_MODE_NOBCAST = 0x20
MGMT_RX_MTU = 0x0A4  # RW: Longest L3 packet taken; 0: no limit but MAX_FRAME
MGMT_RX_STEER = 0x0A8  # RW: Receive queue (pair number) of frames no table entry steers
MGMT_RX_WAIT_CYCLES = 0x0AC  # RW: Bounded wait for a receive buffer, core cycles, 16 bits
MGMT_RX_WAIT_CYCLES_RESET = 0x9C4
MGMT_MAC_TABLE_INDEX = 0x0B0  # RW: Entry selected
MGMT_MAC_TABLE_LO = 0x0B4  # RW: Bytes 0..3
MGMT_MAC_TABLE_HI = 0x0B8  # RW: The write commits the entry
MGMT_MAC_TABLE_HI_MAC = 0xFFFF  # Bytes 4..5
MGMT_MAC_TABLE_HI_MAC_SHIFT = 0
MGMT_MAC_TABLE_HI_VALID = 0x10000  # The entry counts
MGMT_MAC_TABLE_HI_STEER = 0x20000  # Frames to this address go to the entry's queue
MGMT_MAC_TABLE_HI_QUEUE = 0xF000000  # Receive queue (pair number)
MGMT_MAC_TABLE_HI_QUEUE_SHIFT = 24
MGMT_COAL_QUEUE = 0x0C0  # RW: Queue (gq) selected
MGMT_COAL_PACKETS = 0x0C4  # RW: Packet threshold of the selected queue, 16 bits; stored by the write of COAL_USECS
MGMT_COAL_USECS = 0x0C8  # RW: Time limit of the selected queue, 16 bits; the write commits both
MGMT_COAL_RX_PACKETS = 0x0CC  # RW: Default of receive queues, taken when one is enabled
MGMT_COAL_RX_USECS = 0x0D0  # RW: Default of receive queues, taken when one is enabled
MGMT_COAL_TX_PACKETS = 0x0D4  # RW: Default of transmit queues, taken when one is enabled
MGMT_COAL_TX_USECS = 0x0D8  # RW: Default of transmit queues, taken when one is enabled
MGMT_QUEUE_SELECT = 0x0E0  # RW: Queue (gq) selected for the next three
MGMT_QUEUE_STATE = 0x0E4  # RO: State of the selected queue
MGMT_QUEUE_STATE_ENABLED = 0x1  # queue_enable
MGMT_QUEUE_STATE_BUSY = 0x2  # Something of it is outstanding
MGMT_QUEUE_STATE_BROKEN = 0x4  # Stopped by an error
MGMT_QUEUE_STATE_ERROR = 0xF00  # Last error code
MGMT_QUEUE_STATE_ERROR_SHIFT = 8
MGMT_QUEUE_START_INDEX = 0x0E8  # RW: First ring index at its next enable, 16 bits; of a packed ring [14:0], and [15] is 1 when both wrap counters are 0
MGMT_QUEUE_INDICES = 0x0EC  # RO: Ring indices of the selected queue; of a packed ring each as in QUEUE_START_INDEX. They stay when it stops
MGMT_QUEUE_INDICES_AVAIL = 0xFFFF  # Available index seen
MGMT_QUEUE_INDICES_AVAIL_SHIFT = 0
MGMT_QUEUE_INDICES_USED = 0xFFFF0000  # Used index
MGMT_QUEUE_INDICES_USED_SHIFT = 16
MGMT_ERROR_LOG = 0x0F0  # RO: Oldest queue error, gone when read; 0 when empty
MGMT_ERROR_LOG_GQ = 0xFF  # Queue
MGMT_ERROR_LOG_GQ_SHIFT = 0
MGMT_ERROR_LOG_CODE = 0xF00  # Error code
MGMT_ERROR_LOG_CODE_SHIFT = 8
MGMT_ERROR_LOG_VALID = 0x80000000  # There was an entry
MGMT_LINK = 0x100  # RO: The MAC's link
MGMT_LINK_UP = 0x1
MGMT_LINK_FAULT = 0x6  # 0 none, 1 local, 2 remote
MGMT_LINK_FAULT_SHIFT = 1
MGMT_MAC_CONTROL = 0x104  # RW: Flow control
MGMT_MAC_CONTROL_PAUSE_RX = 0x1  # Obey PAUSE
MGMT_MAC_CONTROL_PAUSE_TX = 0x2  # Send PAUSE
MGMT_CTRL_STATE = 0x110  # RO: Control queue command
MGMT_CTRL_STATE_PENDING = 0x1  # A command waits for CTRL_DONE
MGMT_CTRL_STATE_TOO_LONG = 0x2  # It is longer than CTRL_RAM
MGMT_CTRL_STATE_LENGTH = 0xFFFF0000  # Readable bytes in CTRL_RAM
MGMT_CTRL_STATE_LENGTH_SHIFT = 16
MGMT_CTRL_CAPACITY = 0x114  # RO: Writable bytes of the command
MGMT_CTRL_DONE = 0x118  # WO: Length of the answer: so many bytes from the start of CTRL_RAM are scattered, then the chain completes; 0: no answer
MGMT_WATCHDOG_US = 0x120  # RW: Firmware writes HEARTBEAT at least this often; 0 off; else DEVICE_NEEDS_RESET and a configuration interrupt
MGMT_HEARTBEAT = 0x124  # WO: Any value
MGMT_STATS_SNAPSHOT = 0x130  # RW: Firmware's own copy of the counters
MGMT_STATS_SNAPSHOT_BUSY = 0x1  # Write 1: copy all counters at one instant; reads 1 while copying
MGMT_STEERING = 0x140  # RW: How a receive queue is chosen for a frame that no MAC table entry steers; CLEAR resets it
MGMT_STEERING_MODE = 0x3  # 0 RX_STEER, 1 AUTOMATIC (a flow returns on the pair it was last sent from), 2 RSS
MGMT_STEERING_MODE_SHIFT = 0
MGMT_ACTIVE_PAIRS = 0x144  # RW: Queue pairs in use, 1 after reset: steering yields no higher pair than this less 1, but pair 0 instead; CLEAR resets it
MGMT_ACTIVE_PAIRS_RESET = 0x1
MGMT_RSS_HASH_TYPES = 0x148  # RW: Hash types enabled, for RSS and for the report; CLEAR resets it
MGMT_RSS_HASH_TYPES_TYPES = 0x1FF  # VIRTIO_NET_HASH_TYPE_*
MGMT_RSS_HASH_TYPES_TYPES_SHIFT = 0
MGMT_RSS_UNCLASSIFIED = 0x14C  # RW: Receive queue (pair number) of frames without a hash in mode RSS; CLEAR resets it
MGMT_RSS_TABLE_MASK = 0x150  # RW: Entries of the indirection table in use less 1: a power of two less 1, at most 127; CLEAR resets it
MGMT_RSS_TABLE_INDEX = 0x154  # RW: Entry selected
MGMT_RSS_TABLE_ENTRY = 0x158  # RW: Receive queue (pair number) of the selected entry; the write commits it, and it outlives CLEAR
MGMT_VLAN_CONTROL = 0x160  # RW: VLAN filter; CLEAR switches it off and empties it
MGMT_VLAN_CONTROL_FILTER = 0x1  # Tagged frames whose VLAN is not in the filter are dropped, but for VLAN id 0 and with PROMISC
MGMT_VLAN_INDEX = 0x164  # RW: Word selected: VLAN ids 32 i to 32 i + 31
MGMT_VLAN_WORD = 0x168  # RW: Bit n: VLAN id 32 i + n passes; the write commits the word
MGMT_RSS_KEY = 0x180  # RW: Toeplitz key, 40 bytes, byte 0 in [7:0] of the first word; outlives CLEAR
MGMT_CTRL_RAM = 0x1000  # RW: The command's readable bytes; firmware writes the answer over them
MGMT_STATS_WINDOW = 0x2000  # RO: Counter i, 64 bits, at +8 i, as of the last snapshot

# Counters, in the order of the STATS windows.
STATS = (
    "tx_frames",
    "tx_bytes",
    "tx_super_frames",
    "tx_segments",
    "tx_csum_inserted",
    "tx_descriptors",
    "tx_drop_chain",
    "tx_drop_dma",
    "tx_drop_too_short",
    "tx_drop_too_long",
    "tx_err_gso_no_csum",
    "tx_err_gso_type",
    "tx_err_gso_size",
    "tx_err_header",
    "tx_err_csum_range",
    "tx_err_ip",
    "tx_underruns",
    "tx_pause_frames",
    "rx_frames",
    "rx_bytes",
    "rx_wire_frames",
    "rx_wire_bytes",
    "rx_multicast",
    "rx_broadcast",
    "rx_descriptors",
    "rx_drop_fcs",
    "rx_drop_runt",
    "rx_drop_giant",
    "rx_drop_wire_error",
    "rx_drop_length",
    "rx_drop_mac_overflow",
    "rx_drop_filter",
    "rx_drop_vlan",
    "rx_drop_mtu",
    "rx_drop_disabled",
    "rx_drop_store_full",
    "rx_drop_no_buffer",
    "rx_drop_chain",
    "rx_drop_buffer_small",
    "rx_drop_dma",
    "rx_csum_good",
    "rx_csum_bad",
    "rx_pause_frames",
    "vq_err_head",
    "vq_err_desc_index",
    "vq_err_chain_length",
    "vq_err_indirect",
    "vq_err_zero_length",
    "vq_err_desc_dma",
    "vq_err_ring_dma",
    "vq_err_order",
    "vq_err_avail_index",
    "vq_kicks",
    "ctrl_commands",
    "ctrl_too_long",
    "dma_read_bursts",
    "dma_read_bytes",
    "dma_read_errors",
    "dma_write_bursts",
    "dma_write_bytes",
    "dma_write_errors",
    "irq_messages",
    "irq_suppressed",
    "irq_masked",
    "irq_by_packets",
    "irq_by_time",
    "irq_config",
    "busy_cycles",
    "hold_timeouts",
    "watchdog_bites",
    "link_changes",
)
