# SPDX-License-Identifier: Apache-2.0
"""Statistics under Linux's names: what the driver counts and, where there is a vendor block, the card's counters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .. import vendor_regs
from ..errors import DeviceTimeout
from ..transport.interface import Transport
from ..transport.pci import PciTransport

if TYPE_CHECKING:
    from .device import NetDevice

SNAPSHOT_READS = 1000

# struct rtnl_link_stats64, in its order
LINK_STATS = (
    "rx_packets", "tx_packets", "rx_bytes", "tx_bytes", "rx_errors", "tx_errors", "rx_dropped", "tx_dropped",
    "multicast", "collisions", "rx_length_errors", "rx_over_errors", "rx_crc_errors", "rx_frame_errors",
    "rx_fifo_errors", "rx_missed_errors", "tx_aborted_errors", "tx_carrier_errors", "tx_fifo_errors",
    "tx_heartbeat_errors", "tx_window_errors", "rx_compressed", "tx_compressed", "rx_nohandler",
)  # fmt: skip

# which of the card's counters make up a Linux one
CARD_SOURCES = {
    "multicast": ("rx_multicast",),
    "rx_length_errors": ("rx_drop_runt", "rx_drop_giant", "rx_drop_length"),
    "rx_over_errors": ("rx_drop_mac_overflow",),
    "rx_crc_errors": ("rx_drop_fcs",),
    "rx_frame_errors": ("rx_drop_wire_error",),
    "rx_fifo_errors": ("rx_drop_store_full",),
    "rx_missed_errors": ("rx_drop_no_buffer",),
    "rx_dropped": ("rx_drop_mtu", "rx_drop_buffer_small", "rx_drop_chain", "rx_drop_dma"),
    "tx_errors": (
        "tx_drop_chain", "tx_drop_dma", "tx_drop_too_short", "tx_drop_too_long", "tx_err_gso_no_csum",
        "tx_err_gso_type", "tx_err_gso_size", "tx_err_header", "tx_err_csum_range", "tx_err_ip",
    ),
    "tx_fifo_errors": ("tx_underruns",),
}  # fmt: skip
RX_ERRORS = ("rx_length_errors", "rx_over_errors", "rx_crc_errors", "rx_frame_errors", "rx_fifo_errors")


async def card_counters(transport: Transport) -> dict[str, int]:
    """The vendor block's counters, all of one instant; empty when the device has no such block, or is no PCI one."""
    if not isinstance(transport, PciTransport):
        return {}
    region = transport.caps.vendor_blocks.get(vendor_regs.CAP_VENDOR_ID)
    if region is None:
        return {}
    bus = transport.bus
    if await bus.bar_read(region.offset + vendor_regs.ID, 4) != vendor_regs.ID_VALUE:
        return {}
    bus.bar_write(region.offset + vendor_regs.STATS_SNAPSHOT, 1, 4)
    for _ in range(SNAPSHOT_READS):
        if not await bus.bar_read(region.offset + vendor_regs.STATS_SNAPSHOT, 4) & vendor_regs.STATS_SNAPSHOT_BUSY:
            break
    else:
        raise DeviceTimeout(f"the counters' snapshot is not done after {SNAPSHOT_READS} reads")
    values = {}
    for place, name in enumerate(vendor_regs.STATS):
        at = region.offset + vendor_regs.STATS_WINDOW + 8 * place
        values[name] = await bus.bar_read(at, 4) | await bus.bar_read(at + 4, 4) << 32
    return values


def link_stats(device: NetDevice, card: dict[str, int]) -> dict[str, int]:
    """``ip -s link``'s numbers."""
    stats = dict.fromkeys(LINK_STATS, 0)
    for name, sources in CARD_SOURCES.items():
        stats[name] = sum(card.get(source, 0) for source in sources)
    stats["rx_errors"] = sum(stats[name] for name in RX_ERRORS) + device.queues.past["rx_errors"]
    stats["rx_packets"], stats["rx_bytes"] = device.queues.past["rx_packets"], device.queues.past["rx_bytes"]
    stats["tx_packets"], stats["tx_bytes"] = device.queues.past["tx_packets"], device.queues.past["tx_bytes"]
    stats["tx_dropped"] += device.queues.past["tx_dropped"]
    for rx in device.queues.rx:
        stats["rx_packets"] += rx.packets
        stats["rx_bytes"] += rx.bytes
        stats["rx_errors"] += rx.errors
    for tx in device.queues.tx:
        stats["tx_packets"] += tx.packets
        stats["tx_bytes"] += tx.bytes
        stats["tx_dropped"] += tx.dropped
    return stats


def queue_stats(device: NetDevice) -> dict[str, int]:
    """Per-queue numbers since the probe."""
    stats = {}
    for number, rx in enumerate(device.queues.rx):
        for name, value in (
            ("packets", rx.packets), ("bytes", rx.bytes), ("drops", rx.errors), ("csum_valid", rx.csum_valid),
            ("kicks", rx.queue.kicks),
        ):  # fmt: skip
            stats[f"rx_queue_{number}_{name}"] = value
    for number, tx in enumerate(device.queues.tx):
        for name, value in (
            ("packets", tx.packets), ("bytes", tx.bytes), ("drops", tx.dropped), ("busy", tx.busy),
            ("super_frames", tx.super_frames), ("csum_requests", tx.csum_requests), ("kicks", tx.queue.kicks),
        ):  # fmt: skip
            stats[f"tx_queue_{number}_{name}"] = value
    return stats
