# SPDX-License-Identifier: Apache-2.0
# Generated from hw/nic/regs/ferrule.rdl; change that file and run: python -m testbench.lib.export_regs
"""Registers of the BAR's vendor block."""

ID = 0x000  # RO: 0x4C524546, FERL
VERSION = 0x004  # RO: As VERSION of the management port
STATS_COUNT = 0x008  # RO: Number of counters
STATS_SNAPSHOT = 0x00C  # RW: The host's own copy of the counters
STATS_SNAPSHOT_BUSY = 0x1  # Write 1: copy all counters at one instant; reads 1 while copying
STATS_WINDOW = 0x800  # RO: Counter i, 64 bits, at +8 i
ID_VALUE = 0x4C524546
CAP_VENDOR_ID = 0xFE52  # vendor_id of the VENDOR_CFG capability that shows where the block is

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
