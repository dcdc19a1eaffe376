# SPDX-License-Identifier: Apache-2.0
"""XGMII, 64 bits wide, a byte at a time: what IEEE 802.3 clause 46 says, with no regard to how the RTL does it."""

from __future__ import annotations

import zlib
from collections import deque
from dataclasses import dataclass
from typing import Any

import cocotb
from cocotb.triggers import ReadOnly, RisingEdge

IDLE, START, TERMINATE, ERROR, SEQUENCE = 0x07, 0xFB, 0xFD, 0xFE, 0x9C
PREAMBLE = bytes([0x55] * 6 + [0xD5])
Lane = tuple[int, bool]  # value, control


def with_fcs(frame: bytes) -> bytes:
    """The frame and its frame check sequence."""
    return frame + zlib.crc32(frame).to_bytes(4, "little")


def control(values: bytes | list[int]) -> list[Lane]:
    return [(value, True) for value in values]


def fault_column(kind: int) -> list[Lane]:
    """One ordered set: kind 1 local fault, 2 remote fault."""
    return [(SEQUENCE, True), (0, False), (0, False), (kind, False)]


@dataclass
class Frame:
    """A frame seen on the wire: bytes with FCS, place of its start character, and bytes of gap before it."""

    data: bytes
    start: int
    gap: int | None
    spoiled: bool

    @property
    def payload(self) -> bytes:
        assert not self.spoiled, "error character inside a frame"
        assert self.data[-4:] == zlib.crc32(self.data[:-4]).to_bytes(4, "little"), "wrong FCS"
        return self.data[:-4]


class XgmiiDriver:
    """Sends characters on ``xgmii_rxd``/``xgmii_rxc``, idle when there are none."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.lanes: deque[Lane] = deque()
        self.sent = 0  # characters queued so far; a multiple of 8 is lane 0
        dut.xgmii_rxd.value = int.from_bytes([IDLE] * 8, "little")
        dut.xgmii_rxc.value = 0xFF
        cocotb.start_soon(self._run())

    def put(self, lanes: list[Lane]) -> None:
        self.lanes.extend(lanes)
        self.sent += len(lanes)

    def idle(self, count: int) -> None:
        self.put(control([IDLE] * count))

    def align(self) -> None:
        """Idle up to the next lane that may hold a start character."""
        self.idle(-self.sent % 4)

    def send(self, data: bytes, gap: int = 12, lane: int | None = None, replace: dict[int, Lane] | None = None) -> None:
        """A frame (FCS included by the caller), then a gap of at least ``gap`` bytes (terminate character included).

        ``lane``: 0 or 4, else the next of the two. ``replace``: other characters at places of the frame, 0 the start.
        """
        self.align()
        if lane is not None and self.sent % 8 != lane:
            self.idle(4)
        lanes = [(START, True), *((byte, False) for byte in PREAMBLE + data), (TERMINATE, True)]
        for place, character in (replace or {}).items():
            lanes[place] = character
        self.put(lanes)
        self.idle(gap - 1)

    @property
    def quiet(self) -> bool:
        return not self.lanes

    async def _run(self) -> None:
        edge, was_idle = RisingEdge(self.dut.rx_clk), False
        while True:
            if not (was_idle and not self.lanes):
                word = [self.lanes.popleft() if self.lanes else (IDLE, True) for _ in range(8)]
                was_idle = word == [(IDLE, True)] * 8
                self.dut.xgmii_rxd.value = int.from_bytes([value for value, _ in word], "little")
                self.dut.xgmii_rxc.value = sum(is_control << lane for lane, (_, is_control) in enumerate(word))
                self.sent += -self.sent % 8 if not self.lanes else 0
            await edge


class XgmiiMonitor:
    """Takes frames and ordered sets from ``xgmii_txd``/``xgmii_txc`` and checks their form."""

    def __init__(self, dut: Any) -> None:
        self.dut = dut
        self.frames: list[Frame] = []
        self.columns = {"idle": 0, "local": 0, "remote": 0}
        self.place = 0  # characters seen
        self.cuts = 0  # frames that turned into idle or an ordered set, as a link fault makes them
        self.cuts_allowed = False
        self._data: list[Lane] | None = None
        self._start = 0
        self._end: int | None = None
        cocotb.start_soon(self._run())

    def take(self) -> list[Frame]:
        frames, self.frames = self.frames, []
        return frames

    async def _run(self) -> None:
        edge = RisingEdge(self.dut.tx_clk)
        while True:
            await ReadOnly()
            data = int(self.dut.xgmii_txd.value).to_bytes(8, "little")
            controls = int(self.dut.xgmii_txc.value)
            for half in (0, 4):
                self._column([(data[lane], bool(controls >> lane & 1)) for lane in range(half, half + 4)])
            await edge

    def _column(self, column: list[Lane]) -> None:
        quiet = column == control([IDLE] * 4) or column[0] == (SEQUENCE, True)
        if quiet and self._data is not None:
            assert self.cuts_allowed, "a frame without an end"
            self._data, self.cuts, self._end = None, self.cuts + 1, None
        if quiet and column[0] == (IDLE, True):
            self.columns["idle"] += 1
        elif quiet:
            assert column in (fault_column(1), fault_column(2)), f"unknown ordered set {column}"
            self.columns["local" if column == fault_column(1) else "remote"] += 1
        else:
            for offset, lane in enumerate(column):
                self._character(lane, offset)
        self.place += 4

    def _character(self, lane: Lane, offset: int) -> None:
        value, is_control = lane
        if self._data is None:
            if lane == (START, True):
                assert offset == 0, "start character in a lane other than 0 and 4"
                self._data, self._start = [], self.place
            else:
                assert lane == (IDLE, True), f"{lane} between frames"
        elif lane == (TERMINATE, True):
            values = bytes(value for value, _ in self._data)
            spoiled = any(is_control for _, is_control in self._data)
            assert spoiled or values[:7] == PREAMBLE, "wrong preamble"
            gap = None if self._end is None else self._start - self._end
            self.frames.append(Frame(values[7:], self._start, gap, spoiled))
            self._data, self._end = None, self.place + offset
        else:
            assert not is_control or value == ERROR, f"control character {value:#x} inside a frame"
            self._data.append(lane)
