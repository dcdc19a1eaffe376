# SPDX-License-Identifier: Apache-2.0
"""flow_tap names the flow of each frame that passes, once, with the pair that sent it; whole frames or none."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge

from testbench.unit.bench_rx_classify import OWN, text
from testbench.unit.lib_rx_flows import any_frame, flow
from testbench.unit.rx_hash_oracle import flow_index


class Tap:
    """Clock, reset, and everything the tap has said."""

    def __init__(self, dut) -> None:
        self.dut, self.rng = dut, random.Random(cocotb.RANDOM_SEED)
        self.keep_w = len(dut.s_keep)
        self.learnt: list[tuple[int, int]] = []

    async def start(self) -> None:
        dut = self.dut
        cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
        for name in ("s_valid", "s_data", "s_keep", "s_last", "s_pair"):
            getattr(dut, name).value = 0
        dut.cfg_enable.value, dut.rst.value = 1, 1
        await ClockCycles(dut.clk, 3)
        dut.rst.value = 0
        cocotb.start_soon(self._watch())

    async def _watch(self) -> None:
        dut = self.dut
        while True:
            await RisingEdge(dut.clk)
            if int(dut.learn_valid.value):
                self.learnt.append((int(dut.learn_index.value), int(dut.learn_pair.value)))

    async def send(self, frame: bytes, pair: int, gap: float = 0.0) -> None:
        """The beats of a frame as the MAC takes them; lanes beyond it hold garbage."""
        dut, rng = self.dut, self.rng
        for offset in range(0, len(frame), self.keep_w):
            while rng.random() < gap:
                dut.s_valid.value, dut.s_pair.value = 0, rng.randrange(16)
                await RisingEdge(dut.clk)
            chunk = frame[offset : offset + self.keep_w]
            dut.s_data.value = int.from_bytes(chunk + rng.randbytes(self.keep_w - len(chunk)), "little")
            dut.s_keep.value, dut.s_last.value = (1 << len(chunk)) - 1, int(offset + self.keep_w >= len(frame))
            dut.s_valid.value, dut.s_pair.value = 1, pair
            await RisingEdge(dut.clk)
        dut.s_valid.value = 0


def some_frame(rng: random.Random) -> bytes:
    """A frame as a driver may send it, of 14 bytes or more and without padding."""
    frame = rng.choice([flow(rng)[0], flow(rng)[0], any_frame(rng, text(OWN))])
    return frame[: rng.randrange(14, len(frame))] if rng.random() < 0.2 else frame


@cocotb.test()
async def every_frame_teaches_its_flow(dut):
    """Index and pair of each IP frame, back to back and with pauses inside; of others nothing."""
    tap = Tap(dut)
    await tap.start()
    wanted = []
    for number in range(300):
        frame, pair = some_frame(tap.rng), tap.rng.randrange(16)
        if (index := flow_index(frame)) is not None:
            wanted.append((index, pair))
        await tap.send(frame, pair, gap=0.0 if number < 150 else 0.4)
    await ClockCycles(dut.clk, 8)
    assert tap.learnt == wanted and len(wanted) > 200


@cocotb.test()
async def only_while_it_is_wanted(dut):
    """Switched on or off inside a frame, that frame is seen as its first beat was."""
    tap = Tap(dut)
    await tap.start()
    wanted, enabled = [], 1
    for _ in range(80):
        frame, pair = some_frame(tap.rng).ljust(300, b"\0"), tap.rng.randrange(16)
        if enabled and (index := flow_index(frame)) is not None:
            wanted.append((index, pair))
        sending = cocotb.start_soon(tap.send(frame, pair))
        await RisingEdge(dut.clk)
        await RisingEdge(dut.clk)
        enabled = tap.rng.randrange(2)
        dut.cfg_enable.value = enabled
        await sending
    await ClockCycles(dut.clk, 8)
    assert tap.learnt == wanted and len(wanted) > 20
