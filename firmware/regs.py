# SPDX-License-Identifier: Apache-2.0
# ruff: noqa: E501
# fmt: off
# Generated from hw/nic/regs/ferrule.rdl; change that file and run: python -m testbench.lib.export_regs
"""Registers of the management port."""

ID = 0x000  # RO: 0x4C524546, FERL
VERSION = 0x004  # RO: Version of the card's hardware
VERSION_PATCH = 0xFF
VERSION_PATCH_SHIFT = 0
VERSION_MINOR = 0xFF00
VERSION_MINOR_SHIFT = 8
VERSION_MAJOR = 0xFFFF0000
VERSION_MAJOR_SHIFT = 16
PARAM_QUEUES = 0x008  # RO: Queues this card was built with
PARAM_QUEUES_PAIRS = 0xFF  # QUEUE_PAIRS
PARAM_QUEUES_PAIRS_SHIFT = 0
PARAM_QUEUES_SIZE_MAX = 0xFFFF0000  # QUEUE_SIZE_MAX
PARAM_QUEUES_SIZE_MAX_SHIFT = 16
PARAM_WIDTH = 0x00C  # RO: Data path width and MAC
PARAM_WIDTH_DATA_W = 0xFFFF  # DATA_W, bits
PARAM_WIDTH_DATA_W_SHIFT = 0
PARAM_WIDTH_MAC_KIND = 0xFF0000  # 0 XGMII, 1 STREAM, 2 GMII
PARAM_WIDTH_MAC_KIND_SHIFT = 16
PARAM_FRAME = 0x010  # RO: Longest frame, size of the MAC table
PARAM_FRAME_MAX_FRAME = 0xFFFF  # Bytes on the wire with FCS
PARAM_FRAME_MAX_FRAME_SHIFT = 0
PARAM_FRAME_MAC_TABLE = 0xFF0000  # Entries
PARAM_FRAME_MAC_TABLE_SHIFT = 16
CORE_HZ = 0x014  # RO: Core clock, Hz
SCRATCH = 0x018  # RW: Self-test
CYCLES_LO = 0x01C  # RO: Core cycles since reset; reading it latches CYCLES_HI
CYCLES_HI = 0x020  # RO: High half as of the last read of CYCLES_LO
CAPABILITIES = 0x024  # RO: What this card was built with; the registers of what it was not read 0
CAPABILITIES_PACKED_RINGS = 0x1  # VIRTIO_F_RING_PACKED
CAPABILITIES_STEERING = 0x2  # RSS, hash reports, automatic steering, more than one queue pair in use
CAPABILITIES_VLAN_FILTER = 0x4  # VLAN filter
CAPABILITIES_RX_CHECKSUM = 0x8  # Checksum verdicts on receive
CAPABILITIES_ADDR_W = 0xFF00  # Bits of a host address; what lies beyond is answered like an error of host memory
CAPABILITIES_ADDR_W_SHIFT = 8
EVENT_STATUS = 0x030  # RW: Write 1 to clear
EVENT_STATUS_STATUS_WRITE = 0x1  # The driver wrote device_status
EVENT_STATUS_QUEUE_ENABLE = 0x2  # A queue was enabled
EVENT_STATUS_QUEUE_RESET = 0x4  # A queue was reset
EVENT_STATUS_CTRL_COMMAND = 0x8  # A control command waits
EVENT_STATUS_LINK = 0x10  # The link state changed
EVENT_STATUS_QUEUE_ERROR = 0x20  # ERROR_LOG has a new entry
EVENT_STATUS_WATCHDOG = 0x40  # The watchdog expired
EVENT_STATUS_HOLD_TIMEOUT = 0x80  # A held read was not answered in time
EVENT_ENABLE = 0x034  # RW: mgmt_irq is high while any enabled status bit is set
EVENT_ENABLE_STATUS_WRITE = 0x1  # The driver wrote device_status
EVENT_ENABLE_QUEUE_ENABLE = 0x2  # A queue was enabled
EVENT_ENABLE_QUEUE_RESET = 0x4  # A queue was reset
EVENT_ENABLE_CTRL_COMMAND = 0x8  # A control command waits
EVENT_ENABLE_LINK = 0x10  # The link state changed
EVENT_ENABLE_QUEUE_ERROR = 0x20  # ERROR_LOG has a new entry
EVENT_ENABLE_WATCHDOG = 0x40  # The watchdog expired
EVENT_ENABLE_HOLD_TIMEOUT = 0x80  # A held read was not answered in time
HOST_STATUS = 0x040  # RO: The driver's side of device_status
HOST_STATUS_STATUS = 0xFF  # device_status as the driver last wrote it
HOST_STATUS_STATUS_SHIFT = 0
HOST_STATUS_COUNT = 0xFFFF0000  # Number of writes, modulo 2^16
HOST_STATUS_COUNT_SHIFT = 16
DEVICE_STATUS = 0x044  # RW: The device's side of device_status; the write answers a held read
DEVICE_STATUS_STATUS = 0xFF  # What the BAR returns
DEVICE_STATUS_STATUS_SHIFT = 0
DEVICE_STATUS_COUNT = 0xFFFF0000  # HOST_STATUS count this answers; an older one stores the value and releases nothing
DEVICE_STATUS_COUNT_SHIFT = 16
DRIVER_FEATURES_LO = 0x048  # RO: Feature bits 0..31 as the driver wrote them
DRIVER_FEATURES_HI = 0x04C  # RO: Feature bits 32..63 as the driver wrote them
DEVICE_FEATURES_LO = 0x050  # RW: Feature bits 0..31 offered
DEVICE_FEATURES_HI = 0x054  # RW: Feature bits 32..63 offered
ACTIVE_FEATURES_LO = 0x058  # RW: Feature bits 0..31 in force: the whole word is kept, the data path obeys those named
ACTIVE_FEATURES_LO_GUEST_CSUM = 0x2  # VIRTIO_NET_F_GUEST_CSUM
ACTIVE_FEATURES_LO_MRG_RXBUF = 0x8000  # VIRTIO_NET_F_MRG_RXBUF
ACTIVE_FEATURES_LO_INDIRECT = 0x10000000  # VIRTIO_F_INDIRECT_DESC
ACTIVE_FEATURES_LO_EVENT_IDX = 0x20000000  # VIRTIO_F_EVENT_IDX
ACTIVE_FEATURES_HI = 0x05C  # RW: Feature bits 32..63 in force, likewise
ACTIVE_FEATURES_HI_RING_PACKED = 0x4  # VIRTIO_F_RING_PACKED
ACTIVE_FEATURES_HI_IN_ORDER = 0x8  # VIRTIO_F_IN_ORDER
ACTIVE_FEATURES_HI_HASH_REPORT = 0x2000000  # VIRTIO_NET_F_HASH_REPORT: virtio_net_hdr has 20 bytes in both directions
HOLD_LIMIT_US = 0x060  # RW: Longest time a BAR read of device_status is held, microseconds
DATAPATH = 0x070  # RW: Switches of the data path
DATAPATH_TX_ENABLE = 0x1  # Transmission on
DATAPATH_RX_ENABLE = 0x2  # Reception on
DATAPATH_QUIESCE = 0x4  # Queues stop and none starts while set; a driver's write of 0 to device_status sets it
DATAPATH_CLEAR = 0x8  # Write 1: queues, vectors, rings, coalescing, steering, VLAN and MAC filters take their reset values
DATAPATH_MULTI_PAIR = 0x10  # BAR queue index = gq, num_queues = 2 QUEUE_PAIRS + 1: with MQ or RSS negotiated
DATAPATH_STATUS = 0x074  # RO: State of the data path
DATAPATH_STATUS_QUIET = 0x1  # No DMA outstanding, no queue busy
DATAPATH_STATUS_TX_IDLE = 0x2  # The transmit path is empty
DATAPATH_STATUS_RX_IDLE = 0x4  # The receive path is empty
CONFIG_MAC_LO = 0x080  # RW: Bytes 0..3 of the card's address (byte 0 in [7:0])
CONFIG_MAC_HI = 0x084  # RW: Bytes 4..5 in [15:0]
CONFIG_STATUS = 0x088  # RW: status of the device configuration
CONFIG_STATUS_LINK_UP = 0x1
CONFIG_STATUS_ANNOUNCE = 0x2
CONFIG_MTU = 0x08C  # RW: mtu of the device configuration
CONFIG_SPEED = 0x090  # RW: speed of the device configuration
CONFIG_DUPLEX = 0x094  # RW: duplex of the device configuration
CONFIG_NOTIFY = 0x098  # WO: Write 1: config_generation + 1 and a configuration interrupt
RX_MODE = 0x0A0  # RW: Receive filter, the names of VIRTIO_NET_CTRL_RX
RX_MODE_PROMISC = 0x1
RX_MODE_ALLMULTI = 0x2
RX_MODE_ALLUNI = 0x4
RX_MODE_NOMULTI = 0x8
RX_MODE_NOUNI = 0x10
RX_MODE_NOBCAST = 0x20
RX_MTU = 0x0A4  # RW: Longest L3 packet taken; 0: no limit but MAX_FRAME
RX_STEER = 0x0A8  # RW: Receive queue (pair number) of frames no table entry steers
RX_WAIT_CYCLES = 0x0AC  # RW: Bounded wait for a receive buffer, core cycles, 16 bits
MAC_TABLE_INDEX = 0x0B0  # RW: Entry selected
MAC_TABLE_LO = 0x0B4  # RW: Bytes 0..3
MAC_TABLE_HI = 0x0B8  # RW: The write commits the entry
MAC_TABLE_HI_MAC = 0xFFFF  # Bytes 4..5
MAC_TABLE_HI_MAC_SHIFT = 0
MAC_TABLE_HI_VALID = 0x10000  # The entry counts
MAC_TABLE_HI_STEER = 0x20000  # Frames to this address go to the entry's queue
MAC_TABLE_HI_QUEUE = 0xF000000  # Receive queue (pair number)
MAC_TABLE_HI_QUEUE_SHIFT = 24
COAL_QUEUE = 0x0C0  # RW: Queue (gq) selected
COAL_PACKETS = 0x0C4  # RW: Packet threshold of the selected queue, 16 bits; stored by the write of COAL_USECS
COAL_USECS = 0x0C8  # RW: Time limit of the selected queue, 16 bits; the write commits both
COAL_RX_PACKETS = 0x0CC  # RW: Default of receive queues, taken when one is enabled
COAL_RX_USECS = 0x0D0  # RW: Default of receive queues, taken when one is enabled
COAL_TX_PACKETS = 0x0D4  # RW: Default of transmit queues, taken when one is enabled
COAL_TX_USECS = 0x0D8  # RW: Default of transmit queues, taken when one is enabled
QUEUE_SELECT = 0x0E0  # RW: Queue (gq) selected for the next three
QUEUE_STATE = 0x0E4  # RO: State of the selected queue
QUEUE_STATE_ENABLED = 0x1  # queue_enable
QUEUE_STATE_BUSY = 0x2  # Something of it is outstanding
QUEUE_STATE_BROKEN = 0x4  # Stopped by an error
QUEUE_STATE_ERROR = 0xF00  # Last error code
QUEUE_STATE_ERROR_SHIFT = 8
QUEUE_START_INDEX = 0x0E8  # RW: First ring index at its next enable, 16 bits; of a packed ring [14:0], and [15] is 1 when both wrap counters are 0
QUEUE_INDICES = 0x0EC  # RO: Ring indices of the selected queue; of a packed ring each as in QUEUE_START_INDEX. They stay when it stops
QUEUE_INDICES_AVAIL = 0xFFFF  # Available index seen
QUEUE_INDICES_AVAIL_SHIFT = 0
QUEUE_INDICES_USED = 0xFFFF0000  # Used index
QUEUE_INDICES_USED_SHIFT = 16
ERROR_LOG = 0x0F0  # RO: Oldest queue error, gone when read; 0 when empty
ERROR_LOG_GQ = 0xFF  # Queue
ERROR_LOG_GQ_SHIFT = 0
ERROR_LOG_CODE = 0xF00  # Error code
ERROR_LOG_CODE_SHIFT = 8
ERROR_LOG_VALID = 0x80000000  # There was an entry
LINK = 0x100  # RO: The MAC's link
LINK_UP = 0x1
LINK_FAULT = 0x6  # 0 none, 1 local, 2 remote
LINK_FAULT_SHIFT = 1
MAC_CONTROL = 0x104  # RW: Flow control
MAC_CONTROL_PAUSE_RX = 0x1  # Obey PAUSE
MAC_CONTROL_PAUSE_TX = 0x2  # Send PAUSE
CTRL_STATE = 0x110  # RO: Control queue command
CTRL_STATE_PENDING = 0x1  # A command waits for CTRL_DONE
CTRL_STATE_TOO_LONG = 0x2  # It is longer than CTRL_RAM
CTRL_STATE_LENGTH = 0xFFFF0000  # Readable bytes in CTRL_RAM
CTRL_STATE_LENGTH_SHIFT = 16
CTRL_CAPACITY = 0x114  # RO: Writable bytes of the command
CTRL_DONE = 0x118  # WO: Length of the answer: so many bytes from the start of CTRL_RAM are scattered, then the chain completes; 0: no answer
WATCHDOG_US = 0x120  # RW: Firmware writes HEARTBEAT at least this often; 0 off; else DEVICE_NEEDS_RESET and a configuration interrupt
HEARTBEAT = 0x124  # WO: Any value
STATS_SNAPSHOT = 0x130  # RW: Firmware's own copy of the counters
STATS_SNAPSHOT_BUSY = 0x1  # Write 1: copy all counters at one instant; reads 1 while copying
STEERING = 0x140  # RW: How a receive queue is chosen for a frame that no MAC table entry steers; CLEAR resets it
STEERING_MODE = 0x3  # 0 RX_STEER, 1 AUTOMATIC (a flow returns on the pair it was last sent from), 2 RSS
STEERING_MODE_SHIFT = 0
ACTIVE_PAIRS = 0x144  # RW: Queue pairs in use, 1 after reset: steering yields no higher pair than this less 1, but pair 0 instead; CLEAR resets it
RSS_HASH_TYPES = 0x148  # RW: Hash types enabled, for RSS and for the report; CLEAR resets it
RSS_HASH_TYPES_TYPES = 0x1FF  # VIRTIO_NET_HASH_TYPE_*
RSS_HASH_TYPES_TYPES_SHIFT = 0
RSS_UNCLASSIFIED = 0x14C  # RW: Receive queue (pair number) of frames without a hash in mode RSS; CLEAR resets it
RSS_TABLE_MASK = 0x150  # RW: Entries of the indirection table in use less 1: a power of two less 1, at most 127; CLEAR resets it
RSS_TABLE_INDEX = 0x154  # RW: Entry selected
RSS_TABLE_ENTRY = 0x158  # RW: Receive queue (pair number) of the selected entry; the write commits it, and it outlives CLEAR
VLAN_CONTROL = 0x160  # RW: VLAN filter; CLEAR switches it off and empties it
VLAN_CONTROL_FILTER = 0x1  # Tagged frames whose VLAN is not in the filter are dropped, but for VLAN id 0 and with PROMISC
VLAN_INDEX = 0x164  # RW: Word selected: VLAN ids 32 i to 32 i + 31
VLAN_WORD = 0x168  # RW: Bit n: VLAN id 32 i + n passes; the write commits the word
RSS_KEY = 0x180  # RW: Toeplitz key, 40 bytes, byte 0 in [7:0] of the first word; outlives CLEAR
CTRL_RAM = 0x1000  # RW: The command's readable bytes; firmware writes the answer over them
STATS_WINDOW = 0x2000  # RO: Counter i, 64 bits, at +8 i, as of the last snapshot
ID_VALUE = 0x4C524546

# Counters, in the order of the STATS window.
STATS = (
    "tx_frames",  # Wire frames handed to the MAC
    "tx_bytes",  # Bytes of these frames, padding included, without FCS
    "tx_super_frames",  # Frames of the driver that asked for segmentation
    "tx_segments",  # Wire frames cut from them
    "tx_csum_inserted",  # Wire frames whose checksum the card filled in
    "tx_descriptors",  # Transmit descriptors consumed
    "tx_drop_chain",  # Frames dropped: bad descriptor chain or a writable descriptor
    "tx_drop_dma",  # Frames dropped: host memory answered with an error
    "tx_drop_too_short",  # Frames dropped: shorter than virtio_net_hdr and an Ethernet header
    "tx_drop_too_long",  # Frames dropped: longer than the wire or the segmenter takes
    "tx_err_gso_no_csum",  # Frames dropped: segmentation asked for without NEEDS_CSUM
    "tx_err_gso_type",  # Frames dropped: unknown gso_type or one that does not fit the packet
    "tx_err_gso_size",  # Frames dropped: gso_size 0 or larger than a wire frame holds
    "tx_err_header",  # Frames dropped: headers reach beyond the frame or the header buffer
    "tx_err_csum_range",  # Frames dropped: csum_start or csum_offset outside the frame
    "tx_err_ip",  # Frames dropped: the IP header contradicts the frame
    "tx_underruns",  # Frames spoiled on the wire: the core fell behind within one (XGMII, GMII)
    "tx_pause_frames",  # PAUSE frames sent
    "rx_frames",  # Frames written to host memory
    "rx_bytes",  # Bytes of these frames, without virtio_net_hdr
    "rx_wire_frames",  # Frames received by the MAC, good ones
    "rx_wire_bytes",  # Bytes of these frames, without FCS
    "rx_multicast",  # Multicast frames the MAC took, dropped later or not
    "rx_broadcast",  # Broadcast frames the MAC took, dropped later or not
    "rx_descriptors",  # Receive descriptors consumed
    "rx_drop_fcs",  # Frames dropped: wrong FCS
    "rx_drop_runt",  # Frames dropped: shorter than 64 bytes on the wire
    "rx_drop_giant",  # Frames dropped: longer than MAX_FRAME
    "rx_drop_wire_error",  # Frames dropped: coding error on the wire
    "rx_drop_length",  # Frames dropped: shorter than the Ethernet header or than the 802.3 length says
    "rx_drop_mac_overflow",  # Frames dropped: the MAC's crossing FIFO was full
    "rx_drop_filter",  # Frames dropped: address not for this card
    "rx_drop_vlan",  # Frames dropped: VLAN not in the filter
    "rx_drop_mtu",  # Frames dropped: longer than RX_MTU
    "rx_drop_disabled",  # Frames dropped: reception is switched off
    "rx_drop_store_full",  # Frames dropped: no room in the frame store
    "rx_drop_no_buffer",  # Frames dropped: no receive buffer within RX_WAIT_CYCLES
    "rx_drop_chain",  # Frames dropped: bad receive chain or a readable descriptor
    "rx_drop_buffer_small",  # Frames dropped: longer than the buffer, merging not negotiated
    "rx_drop_dma",  # Frames dropped: host memory answered with an error
    "rx_csum_good",  # Frames whose transport checksum was checked and right
    "rx_csum_bad",  # Frames whose transport checksum was checked and wrong (delivered without a verdict)
    "rx_pause_frames",  # PAUSE frames received
    "vq_err_head",  # Available entry names a head beyond the ring
    "vq_err_desc_index",  # Descriptor index beyond the table
    "vq_err_chain_length",  # Chain longer than the queue (a loop ends here)
    "vq_err_indirect",  # Bad indirect descriptor
    "vq_err_zero_length",  # Descriptor of length 0
    "vq_err_desc_dma",  # Host memory error while reading a descriptor
    "vq_err_ring_dma",  # Host memory error on a ring
    "vq_err_order",  # Readable descriptor after a writable one
    "vq_err_avail_index",  # Available index ran ahead by more than the queue size
    "vq_kicks",  # Notifications of the driver
    "ctrl_commands",  # Control commands handed to firmware
    "ctrl_too_long",  # Control commands longer than the command RAM
    "dma_read_bursts",  # AXI read bursts
    "dma_read_bytes",  # Bytes asked for by them
    "dma_read_errors",  # Read requests answered with an error
    "dma_write_bursts",  # AXI write bursts
    "dma_write_bytes",  # Bytes written by them
    "dma_write_errors",  # Write requests answered with an error
    "irq_messages",  # MSI-X messages sent
    "irq_suppressed",  # Queue interrupts the driver had asked not to get
    "irq_masked",  # Interrupts kept pending by a mask
    "irq_by_packets",  # Queue interrupts released by the packet threshold
    "irq_by_time",  # Queue interrupts released by the time limit
    "irq_config",  # Configuration change interrupts
    "busy_cycles",  # Core cycles with something in flight
    "hold_timeouts",  # Held reads that firmware did not answer in time
    "watchdog_bites",  # Times firmware missed its heartbeat
    "link_changes",  # Changes of the link state
)
