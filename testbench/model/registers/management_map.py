# SPDX-License-Identifier: Apache-2.0
"""What each register of the management port reads and does: onto the parts of the card."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from testbench.lib.config import MAC_KINDS
from testbench.model.offload.classify import Entry
from testbench.model.path.transmit import HASH_HEADER, HEADER
from testbench.model.registers import regs, steering_registers

if TYPE_CHECKING:
    from testbench.lib.config import CardConfig
    from testbench.model.card import Card
    from testbench.model.registers.management import Management

Read = Callable[["Card", "Management"], int]
Write = Callable[["Card", "Management", int], object]

RX_MODES = ("promisc", "allmulti", "alluni", "nomulti", "nouni", "nobcast")
LOW = 0xFFFF_FFFF
# registers that are fields of the device configuration: name there, bits that exist
CONFIG = {
    regs.MGMT_CONFIG_MAC_LO: ("mac_lo", LOW), regs.MGMT_CONFIG_MAC_HI: ("mac_hi", 0xFFFF),
    regs.MGMT_CONFIG_STATUS: ("status", 3), regs.MGMT_CONFIG_MTU: ("mtu", 0xFFFF),
    regs.MGMT_CONFIG_SPEED: ("speed", LOW), regs.MGMT_CONFIG_DUPLEX: ("duplex", 0xFF),
}  # fmt: skip
COALESCING_DEFAULTS = {
    regs.MGMT_COAL_RX_PACKETS: "rx_packets", regs.MGMT_COAL_RX_USECS: "rx_usecs",
    regs.MGMT_COAL_TX_PACKETS: "tx_packets", regs.MGMT_COAL_TX_USECS: "tx_usecs",
}  # fmt: skip
# registers that read as they were written: bits that exist, and the value after reset
PLAIN = {
    regs.MGMT_SCRATCH: (LOW, 0), regs.MGMT_EVENT_ENABLE: (0xFF, 0), regs.MGMT_MAC_CONTROL: (3, 0),
    regs.MGMT_MAC_TABLE_INDEX: (0xFF, 0), regs.MGMT_MAC_TABLE_LO: (LOW, 0), regs.MGMT_MAC_TABLE_HI: (0x0F03_FFFF, 0),
    regs.MGMT_COAL_QUEUE: (0xFF, 0), regs.MGMT_QUEUE_SELECT: (0xFF, 0),
    regs.MGMT_RX_MODE: (0x3F, 0), regs.MGMT_RX_MTU: (0xFFFF, 0), regs.MGMT_RX_STEER: (0xFF, 0),
    regs.MGMT_RX_WAIT_CYCLES: (0xFFFF, regs.MGMT_RX_WAIT_CYCLES_RESET),
    regs.MGMT_HOLD_LIMIT_US: (LOW, regs.MGMT_HOLD_LIMIT_US_RESET), regs.MGMT_WATCHDOG_US: (LOW, 0),
    regs.MGMT_ACTIVE_FEATURES_LO: (LOW, 0), regs.MGMT_ACTIVE_FEATURES_HI: (LOW, 0), **steering_registers.PLAIN,
}  # fmt: skip


def mac_of(low: int, high: int) -> bytes:
    """An address from its two registers."""
    return low.to_bytes(4, "little") + (high & 0xFFFF).to_bytes(2, "little")


# ---- reads
def _capabilities(config: CardConfig) -> int:
    """What the configuration says; the model itself can do everything."""
    able = config.packed_rings | config.steering << 1 | config.vlan_filter << 2 | config.rx_checksum << 3
    return config.addr_w << regs.MGMT_CAPABILITIES_ADDR_W_SHIFT | able


def _cycles(card: Card, port: Management) -> int:
    port.cycles_high = card.cycles >> 32
    return card.cycles & LOW


def _datapath(card: Card, port: Management) -> int:
    switches = card.transmit.enabled | card.filter.enable << 1 | card.queue_control.quiesce << 2
    return switches | card.bar.multi_pair << 4


def _datapath_status(card: Card, port: Management) -> int:
    return card.queue_control.quiet | card.transmit.idle << 1 | card.receive.idle << 2


def _queue_state(card: Card, port: Management) -> int:
    gq = port.plain[regs.MGMT_QUEUE_SELECT]
    if gq >= len(card.queues):
        return 0
    queue, row = card.queues[gq], card.queue_control.registers[gq]
    return row.enabled | queue.busy << 1 | queue.broken << 2 | card.queue_control.errors[gq] << 8


def _queue_indices(card: Card, port: Management) -> int:
    gq = port.plain[regs.MGMT_QUEUE_SELECT]
    if gq >= len(card.queues):
        return 0
    avail, used = card.queues[gq].ring.indices()
    return used << 16 | avail


def _start_index(card: Card, port: Management) -> int:
    gq = port.plain[regs.MGMT_QUEUE_SELECT]
    return card.queue_control.registers[gq].start_index if gq < len(card.queues) else 0


def _coalescing(attribute: str, card: Card, port: Management) -> int:
    gq = port.plain[regs.MGMT_COAL_QUEUE]
    return getattr(card.coalescer.queues[gq], attribute) if gq < len(card.queues) else 0


def _control_state(card: Card, port: Management) -> int:
    return card.control.length << 16 | card.control.too_long << 1 | card.control.pending


READERS: dict[int, Read] = {
    regs.MGMT_ID: lambda card, port: regs.MGMT_ID_RESET,
    regs.MGMT_VERSION: lambda card, port: regs.MGMT_VERSION_RESET,
    regs.MGMT_PARAM_QUEUES: lambda card, port: card.config.queue_size_max << 16 | card.config.queue_pairs,
    regs.MGMT_PARAM_WIDTH: lambda card, port: MAC_KINDS.index(card.config.mac_kind) << 16 | card.config.data_w,
    regs.MGMT_PARAM_FRAME: lambda card, port: len(card.filter.table) << 16 | card.config.max_frame,
    regs.MGMT_CORE_HZ: lambda card, port: card.config.core_hz,
    regs.MGMT_CAPABILITIES: lambda card, port: _capabilities(card.config),
    regs.MGMT_CYCLES_LO: _cycles,
    regs.MGMT_CYCLES_HI: lambda card, port: port.cycles_high,
    regs.MGMT_EVENT_STATUS: lambda card, port: port.events,
    regs.MGMT_HOST_STATUS: lambda card, port: card.status.host_writes << 16 | card.status.host_status,
    regs.MGMT_DEVICE_STATUS: lambda card, port: card.status.device_status,
    regs.MGMT_DRIVER_FEATURES_LO: lambda card, port: card.bar.driver_features & LOW,
    regs.MGMT_DRIVER_FEATURES_HI: lambda card, port: card.bar.driver_features >> 32,
    regs.MGMT_DEVICE_FEATURES_LO: lambda card, port: card.bar.device_features & LOW,
    regs.MGMT_DEVICE_FEATURES_HI: lambda card, port: card.bar.device_features >> 32,
    regs.MGMT_DATAPATH: _datapath,
    regs.MGMT_DATAPATH_STATUS: _datapath_status,
    regs.MGMT_LINK: lambda card, port: int(card.wire.link_up),
    regs.MGMT_QUEUE_STATE: _queue_state,
    regs.MGMT_QUEUE_INDICES: _queue_indices,
    regs.MGMT_QUEUE_START_INDEX: _start_index,
    regs.MGMT_ERROR_LOG: lambda card, port: port.next_error(),
    regs.MGMT_CTRL_STATE: _control_state,
    regs.MGMT_CTRL_CAPACITY: lambda card, port: card.control.capacity,
    regs.MGMT_COAL_PACKETS: partial(_coalescing, "max_packets"),
    regs.MGMT_COAL_USECS: partial(_coalescing, "max_usecs"),
    **steering_registers.READERS,
}


# ---- writes
def _features(shift: int, card: Card, port: Management, value: int) -> None:
    card.bar.device_features = card.bar.device_features & ~(LOW << shift) | value << shift


def _active_features_high(card: Card, port: Management, value: int) -> None:
    for queue in card.queues:
        queue.packed = bool(value & regs.MGMT_ACTIVE_FEATURES_HI_RING_PACKED)
    report = bool(value & regs.MGMT_ACTIVE_FEATURES_HI_HASH_REPORT)
    card.receive.hash_report = card.filter.steering.report = report
    card.transmit.header_bytes = HASH_HEADER if report else HEADER


def _active_features(card: Card, port: Management, value: int) -> None:
    for queue in card.queues:
        queue.event_idx = bool(value & regs.MGMT_ACTIVE_FEATURES_LO_EVENT_IDX)
        queue.indirect = bool(value & regs.MGMT_ACTIVE_FEATURES_LO_INDIRECT)
    card.receive.merge = bool(value & regs.MGMT_ACTIVE_FEATURES_LO_MRG_RXBUF)
    card.receive.guest_csum = bool(value & regs.MGMT_ACTIVE_FEATURES_LO_GUEST_CSUM)


def _switch_datapath(card: Card, port: Management, value: int) -> None:
    card.bar.multi_pair = bool(value & regs.MGMT_DATAPATH_MULTI_PAIR)
    card.queue_control.set_quiesce(bool(value & regs.MGMT_DATAPATH_QUIESCE))
    card.transmit.enabled = bool(value & regs.MGMT_DATAPATH_TX_ENABLE)
    card.filter.enable = bool(value & regs.MGMT_DATAPATH_RX_ENABLE)
    if value & regs.MGMT_DATAPATH_CLEAR:
        card.clear()
        steering_registers.cleared(port)
    card.transmit.turn()
    card.receive.turn()


def _mac_table(card: Card, port: Management, value: int) -> None:
    index = port.plain[regs.MGMT_MAC_TABLE_INDEX]
    if index < len(card.filter.table):
        card.filter.table[index] = Entry(
            mac=mac_of(port.plain[regs.MGMT_MAC_TABLE_LO], value),
            valid=bool(value & regs.MGMT_MAC_TABLE_HI_VALID),
            steer=bool(value & regs.MGMT_MAC_TABLE_HI_STEER),
            queue=(value & regs.MGMT_MAC_TABLE_HI_QUEUE) >> regs.MGMT_MAC_TABLE_HI_QUEUE_SHIFT,
        )


def _rx_mode(card: Card, port: Management, value: int) -> None:
    for bit, name in enumerate(RX_MODES):
        setattr(card.filter, name, bool(value >> bit & 1))


def _start_index_write(card: Card, port: Management, value: int) -> None:
    gq = port.plain[regs.MGMT_QUEUE_SELECT]
    if gq < len(card.queues):
        card.queue_control.registers[gq].start_index = value & 0xFFFF


def _watchdog(card: Card, port: Management, value: int) -> None:
    card.status.watchdog_us = value
    card.status.heartbeat()


def _coalescing_commit(card: Card, port: Management, value: int) -> None:
    card.coalescer.set(port.plain[regs.MGMT_COAL_QUEUE], port.coal_packets, value & 0xFFFF)


WRITERS: dict[int, Write] = {
    regs.MGMT_EVENT_STATUS: lambda card, port, value: port.clear_events(value),
    regs.MGMT_EVENT_ENABLE: lambda card, port, value: port.announce(),
    regs.MGMT_DEVICE_STATUS: lambda card, port, value: card.status.firmware_write(value & 0xFF, value >> 16),
    regs.MGMT_DEVICE_FEATURES_LO: partial(_features, 0),
    regs.MGMT_DEVICE_FEATURES_HI: partial(_features, 32),
    regs.MGMT_ACTIVE_FEATURES_LO: _active_features,
    regs.MGMT_ACTIVE_FEATURES_HI: _active_features_high,
    regs.MGMT_HOLD_LIMIT_US: lambda card, port, value: setattr(card.status, "hold_limit_us", value),
    regs.MGMT_DATAPATH: _switch_datapath,
    regs.MGMT_CONFIG_NOTIFY: lambda card, port, value: card.bar.notify_config() if value & 1 else None,
    regs.MGMT_RX_MODE: _rx_mode,
    regs.MGMT_RX_MTU: lambda card, port, value: setattr(card.filter, "mtu", value & 0xFFFF),
    regs.MGMT_RX_STEER: lambda card, port, value: setattr(card.filter, "steer", value & 0xFF),
    regs.MGMT_RX_WAIT_CYCLES: lambda card, port, value: setattr(card.receive, "wait_cycles", value & 0xFFFF),
    regs.MGMT_MAC_CONTROL: lambda card, port, value: setattr(card.mac, "flow_control", value & 3),
    regs.MGMT_MAC_TABLE_HI: _mac_table,
    regs.MGMT_COAL_PACKETS: lambda card, port, value: setattr(port, "coal_packets", value & 0xFFFF),
    regs.MGMT_COAL_USECS: _coalescing_commit,
    regs.MGMT_QUEUE_START_INDEX: _start_index_write,
    regs.MGMT_CTRL_DONE: lambda card, port, value: card.control.done(value & 0xFFFF),
    regs.MGMT_WATCHDOG_US: _watchdog,
    regs.MGMT_HEARTBEAT: lambda card, port, value: card.status.heartbeat(),
    regs.MGMT_STATS_SNAPSHOT: lambda card, port, value: card.snapshots.take_firmware() if value & 1 else None,
    **steering_registers.WRITERS,
}
