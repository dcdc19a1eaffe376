# SPDX-License-Identifier: Apache-2.0
"""Host memory behind an AXI4 port for DMA benches: fixed latency, random stalls, failing addresses, rule checks.

cocotbext-axi's ``AxiRam`` has no latency to set; how many reads are in flight and what a round trip costs can be
asserted only against a memory that keeps time.
"""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any

import cocotb
from cocotb.triggers import ReadOnly, RisingEdge

OKAY, SLVERR, DECERR = 0, 2, 3


class AxiMemory:
    """Serves ``m_axi_*`` of ``dut`` from ``data`` at bus address ``base``; what lies outside answers DECERR.

    ``latency``: cycles from an address to its first answer. ``stall``: chance that a channel pauses for a cycle.
    ``fails(address)``: this bus word answers SLVERR. Every burst is checked against the AXI rules the card promises.
    """

    def __init__(
        self, dut: Any, data: bytearray, base: int, read: bool = True, write: bool = True, max_burst: int = 512,
        latency: int = 20, stall: float = 0.0, fails: Callable[[int], bool] = lambda address: False,
    ) -> None:  # fmt: skip
        self.dut, self.data, self.base, self.max_burst = dut, data, base, max_burst
        self.latency, self.stall, self.fails = latency, stall, fails
        self.rng = random.Random(cocotb.RANDOM_SEED + 77)
        self.cycle = 0
        self.reads: deque[list[int]] = deque()
        self.writes: deque[list[int]] = deque()
        self.words: deque[tuple[int, int, int]] = deque()
        self.answers: deque[tuple[int, int]] = deque()
        self.max_reads = self.max_writes = self.read_bursts = self.write_bursts = self.read_words = 0
        self.written: set[int] = set()
        self.keep_w = len(dut.m_axi_rdata) // 8 if read else len(dut.m_axi_wdata) // 8
        if read:
            for name in ("arready", "rvalid", "rdata", "rresp", "rlast", "rid"):
                getattr(dut, f"m_axi_{name}").value = 0
            cocotb.start_soon(self._serve_reads())
        if write:
            for name in ("awready", "wready", "bvalid", "bresp", "bid"):
                getattr(dut, f"m_axi_{name}").value = 0
            cocotb.start_soon(self._serve_writes())

    def open(self) -> bool:
        """Whether a channel moves in this cycle."""
        return self.rng.random() >= self.stall

    def check_burst(self, kind: str, address: int, beats: int) -> None:
        """No 4 KiB crossing, no burst beyond the limit, whole bus words only."""
        size = beats * self.keep_w
        assert address % self.keep_w == 0, f"{kind} {address:#x} is not on a bus word"
        assert size <= self.max_burst, f"{kind} burst of {size} bytes at {address:#x}"
        assert address // 4096 == (address + size - 1) // 4096, f"{kind} burst {address:#x}+{size} crosses 4 KiB"

    def word(self, address: int) -> tuple[int, int]:
        """Bus word at an address and its response."""
        offset = address - self.base
        if not 0 <= offset <= len(self.data) - self.keep_w:
            return 0, DECERR
        word = int.from_bytes(self.data[offset : offset + self.keep_w], "little")
        return word, SLVERR if self.fails(address) else OKAY

    async def _serve_reads(self) -> None:
        dut, edge = self.dut, RisingEdge(self.dut.clk)
        size = self.keep_w.bit_length() - 1
        offered = False
        while True:
            arready = self.open()
            dut.m_axi_arready.value = int(arready)
            if not offered and self.reads and self.reads[0][2] <= self.cycle and self.open():
                address, beats, _ = self.reads[0]
                word, response = self.word(address)
                dut.m_axi_rdata.value = word
                dut.m_axi_rresp.value = response
                dut.m_axi_rlast.value = int(beats == 1)
                offered = True
            dut.m_axi_rvalid.value = int(offered)
            await ReadOnly()
            if arready and int(dut.m_axi_arvalid.value):
                address, beats = int(dut.m_axi_araddr.value), int(dut.m_axi_arlen.value) + 1
                kind = int(dut.m_axi_arsize.value), int(dut.m_axi_arburst.value), int(dut.m_axi_arid.value)
                assert kind == (size, 1, 0), f"size, burst type, id: {kind}"
                self.check_burst("read", address, beats)
                self.reads.append([address, beats, self.cycle + self.latency])
                self.read_bursts += 1
                self.max_reads = max(self.max_reads, len(self.reads))
            if offered and int(dut.m_axi_rready.value):
                offered = False
                self.read_words += 1
                self.reads[0][0] += self.keep_w
                self.reads[0][1] -= 1
                if self.reads[0][1] == 0:
                    self.reads.popleft()
            await edge
            self.cycle += 1

    async def _serve_writes(self) -> None:
        dut, edge = self.dut, RisingEdge(self.dut.clk)
        size = self.keep_w.bit_length() - 1
        offered, cycle, in_flight = False, 0, 0
        while True:
            awready, wready = self.open(), self.open()
            dut.m_axi_awready.value = int(awready)
            dut.m_axi_wready.value = int(wready)
            if not offered and self.answers and self.answers[0][0] <= cycle and self.open():
                dut.m_axi_bresp.value = self.answers.popleft()[1]
                offered = True
            dut.m_axi_bvalid.value = int(offered)
            await ReadOnly()
            if awready and int(dut.m_axi_awvalid.value):
                address, beats = int(dut.m_axi_awaddr.value), int(dut.m_axi_awlen.value) + 1
                kind = int(dut.m_axi_awsize.value), int(dut.m_axi_awburst.value), int(dut.m_axi_awid.value)
                assert kind == (size, 1, 0), f"size, burst type, id: {kind}"
                self.check_burst("write", address, beats)
                self.writes.append([address, beats, OKAY])
                self.write_bursts += 1
                in_flight += 1
                self.max_writes = max(self.max_writes, in_flight)
            if wready and int(dut.m_axi_wvalid.value):
                self.words.append((int(dut.m_axi_wdata.value), int(dut.m_axi_wstrb.value), int(dut.m_axi_wlast.value)))
            while self.words and self.writes:
                burst = self.writes[0]
                data, strobe, last = self.words.popleft()
                assert last == (burst[1] == 1), f"wlast {last} with {burst[1]} words of the burst to come"
                burst[2] = self.store(burst[0], data, strobe) or burst[2]
                burst[0] += self.keep_w
                burst[1] -= 1
                if last:
                    self.answers.append((cycle + self.latency, burst[2]))
                    self.writes.popleft()
            if offered and int(dut.m_axi_bready.value):
                offered = False
                in_flight -= 1
            await edge
            cycle += 1

    def store(self, address: int, data: int, strobe: int) -> int:
        """Write the strobed bytes of a bus word, remember where, and give the response."""
        if not self.base <= address <= self.base + len(self.data) - self.keep_w:
            return DECERR
        if self.fails(address):
            return SLVERR
        for lane, byte in enumerate(data.to_bytes(self.keep_w, "little")):
            if strobe >> lane & 1:
                self.data[address - self.base + lane] = byte
                self.written.add(address + lane)
        return OKAY


async def all_answered(dut: Any, clients: Any, limit: int) -> None:
    """Wait until a DMA block's ``clients`` have every answer; four cycles later the block says that it is idle."""
    for _ in range(limit):
        await RisingEdge(dut.clk)
        if clients.done:
            break
    assert clients.done, f"{sum(map(len, clients.waiting))} requests unanswered after {limit} cycles"
    for _ in range(4):
        await RisingEdge(dut.clk)
    assert int(dut.idle.value) == 1
