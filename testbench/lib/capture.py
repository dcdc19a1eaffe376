# SPDX-License-Identifier: Apache-2.0
"""Writes what passed the tap points of a run as one pcapng file with nanosecond simulated time."""

from __future__ import annotations

import heapq
import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

from pcapng import FileWriter
from pcapng.blocks import EnhancedPacket, InterfaceDescription, SectionHeader

from testbench.lib.sim_base import SimBase
from testbench.lib.wire_frames import FROM_CARD, TO_CARD, Captured

ETHERNET = 1
Packet = tuple[int, bytes, str | None]  # start in ns, frame, comment


def _numbered(number: int, packets: Iterable[Packet]) -> Iterator[tuple[int, int, bytes, str | None]]:
    for ns, frame, note in packets:
        yield ns, number, frame, note


def write_pcapng(path: Path, interfaces: dict[str, Iterable[Packet]]) -> int:
    """One interface a tap point, packets of all in order of time. Result: number of packets."""
    header = SectionHeader(options={"shb_userappl": "Ferrule, simulated time"})
    numbers = {}
    for number, name in enumerate(interfaces):
        header.new_member(
            InterfaceDescription, link_type=ETHERNET, snaplen=0, options={"if_name": name, "if_tsresol": b"\x09"}
        )
        numbers[name] = number
    count = 0
    with path.open("wb") as stream, warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # python-pcapng warns about its own type of if_tsresol
        writer = FileWriter(stream, header)
        streams = [_numbered(numbers[name], packets) for name, packets in interfaces.items()]
        for ns, number, frame, note in heapq.merge(*streams, key=lambda packet: packet[0]):
            packet = header.new_member(EnhancedPacket, interface_id=number,
                                       packet_len=len(frame), captured_len=len(frame),
                                       timestamp_high=ns >> 32, timestamp_low=ns & 0xFFFFFFFF, packet_data=frame,
                                       options={"opt_comment": note} if note else {})  # fmt: skip
            writer.write_block(packet)
            count += 1
    return count


def _packets(captured: Captured) -> Iterator[Packet]:
    order = captured.records["at_ps"].argsort(kind="stable")
    for index in map(int, order):
        lost = captured.why_lost(index)
        yield int(captured.records[index]["at_ps"]) // 1000, captured.frame(index), f"dropped: {lost}" if lost else None


def write_run(path: Path, sim: SimBase) -> int:
    """The wire of a run, both directions as the card saw them, and what the host recorded."""
    interfaces: dict[str, Iterable[Packet]] = {
        "wire-tx": _packets(sim.wire.captured(FROM_CARD)),
        "wire-rx": _packets(sim.wire.captured(TO_CARD)),
    }
    for name, packets in sim.host_packets.items():
        interfaces[name] = sorted(packets, key=lambda packet: packet[0])
    return write_pcapng(path, interfaces)
