# SPDX-License-Identifier: Apache-2.0
"""msix_axil against a slave that takes address and data in any order and answers when it likes."""

import random
from collections import deque

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge

INPUTS = ("msg_valid", "msg_addr", "msg_data", "m_axil_awready", "m_axil_wready", "m_axil_bvalid")
LIMIT = 40_000  # cycles


@cocotb.test()
async def each_message_is_one_write_in_order(dut):
    """Address and data hold until taken; no message begins before the answer to the one before it."""
    rng = random.Random(cocotb.RANDOM_SEED)
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    for name in INPUTS:
        getattr(dut, name).value = 0
    dut.rst.value = 1
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0
    messages = [(rng.getrandbits(64) & ~3, rng.getrandbits(32)) for _ in range(400)]
    todo, addresses, data = deque(messages), [], []
    offered, answers, held = False, 0, {}
    for cycle in range(LIMIT):
        pace = (1.0, 0.3, 0.05)[cycle // 200 % 3]
        offered = offered or (bool(todo) and rng.random() < pace)
        dut.msg_valid.value = int(offered)
        if offered:
            dut.msg_addr.value, dut.msg_data.value = todo[0]
        dut.m_axil_awready.value, dut.m_axil_wready.value = int(rng.random() < pace), int(rng.random() < pace)
        owed = min(len(addresses), len(data)) > answers
        answering = owed and rng.random() < pace
        dut.m_axil_bvalid.value = int(answering)
        await ReadOnly()
        for valid, ready, bus, taken in (
            (dut.m_axil_awvalid, dut.m_axil_awready, dut.m_axil_awaddr, addresses),
            (dut.m_axil_wvalid, dut.m_axil_wready, dut.m_axil_wdata, data),
        ):
            name = bus._name
            if int(valid.value):
                assert held.get(name, int(bus.value)) == int(bus.value), "it changed while it was offered"
                held[name] = int(bus.value)
                assert len(taken) == answers, "a second write before the answer to the first"
                if int(ready.value):
                    taken.append(held.pop(name))
            else:
                assert name not in held, "it was taken back"
        if offered and int(dut.msg_ready.value):
            todo.popleft()
            offered = False
        answers += answering and int(dut.m_axil_bready.value)
        await RisingEdge(dut.clk)
        if answers == len(messages):
            break
    assert list(zip(addresses, data, strict=True)) == messages
    assert int(dut.m_axil_wstrb.value) == 15 and int(dut.m_axil_awprot.value) == 0
