# SPDX-License-Identifier: Apache-2.0
"""notify_share: two engines at one coalescer, in global numbers (2n receive, 2n + 1 transmit, 2P control)."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge

from testbench.lib.streams import Sink, Source


def queues_of(pairs):
    """Global number -> (engine, local number)."""
    numbers = {2 * pairs: ("tx", pairs)}
    for pair in range(pairs):
        numbers |= {2 * pair: ("rx", pair), 2 * pair + 1: ("tx", pair)}
    return numbers


async def start(dut):
    """Clock, quiet inputs, reset; the queues of this card."""
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    for side in ("tx", "rx"):
        for kind in ("pub", "irq"):
            getattr(dut, f"{side}_{kind}_valid").value = 0
        getattr(dut, f"{side}_fire_ready").value = 0
    dut.fire_valid.value = dut.irq_ready.value = 0
    dut.rst.value = 1
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0
    return queues_of(int(dut.QUEUE_PAIRS.value))


@cocotb.test()
@cocotb.parametrize(mode=["together", "worst", "random"])
async def no_publication_is_lost(dut, mode):
    """Both engines publish in the same cycle, every queue as soon as all have had a turn, or at random.

    An engine publishes a queue again only after another write of its index, which takes longer than a turn of all.
    """
    rng = random.Random(cocotb.RANDOM_SEED)
    queues = await start(dut)
    turn = len(queues)
    given: dict[int, list[int]] = {gq: [] for gq in queues}
    got: dict[int, list[int]] = {gq: [] for gq in queues}
    free = dict.fromkeys(queues, 0)

    async def coalescer():
        while True:
            await FallingEdge(dut.clk)
            if int(dut.pub_valid.value):
                got[int(dut.pub_gq.value)].append(int(dut.pub_count.value))

    cocotb.start_soon(coalescer())
    coincided = 0
    for cycle in range(1500):
        driven = 0
        lead = cycle % turn == 0 if mode == "together" else mode == "worst" or rng.random() < 0.5
        for side in ("tx", "rx"):
            ready = [gq for gq, (engine, _) in queues.items() if engine == side and free[gq] <= cycle]
            publish = bool(ready) and (lead if mode == "together" else lead and (mode == "worst" or rng.random() < 0.7))
            getattr(dut, f"{side}_pub_valid").value = int(publish)
            if publish:
                gq = rng.choice(ready)
                count = rng.randrange(1, 65536)
                getattr(dut, f"{side}_pub_queue").value = queues[gq][1]
                getattr(dut, f"{side}_pub_count").value = count
                given[gq].append(count)
                free[gq] = cycle + turn
                driven += 1
        coincided += driven == 2
        await RisingEdge(dut.clk)
    dut.tx_pub_valid.value = dut.rx_pub_valid.value = 0
    await ClockCycles(dut.clk, 4 * turn)
    assert got == given
    assert coincided > 100


@cocotb.test()
async def evaluations_reach_the_engine_of_the_queue(dut):
    """Numbers from the coalescer come out at the right engine with its local number; a stalled engine loses none."""
    rng = random.Random(cocotb.RANDOM_SEED)
    queues = await start(dut)
    source = Source(dut, dut.clk, ["gq"], "fire_", "valid", "ready", stall=0.3)
    sinks = {side: Sink(dut, dut.clk, ["queue"], f"{side}_fire_", "valid", "ready", 0.5) for side in ("tx", "rx")}
    numbers = [rng.choice(list(queues)) for _ in range(200)]
    for gq in numbers:
        source.send({"gq": gq})
    for _ in range(4000):
        await RisingEdge(dut.clk)
        if source.idle:
            break
    await ClockCycles(dut.clk, 4)
    for side, sink in sinks.items():
        local = [queues[gq][1] for gq in numbers if queues[gq][0] == side]
        assert [word["queue"] for word in sink.words] == local, side


@cocotb.test()
async def interrupts_of_both_engines_pass(dut):
    """Each request for an interrupt is taken once, under its global number, transmit first when both ask."""
    rng = random.Random(cocotb.RANDOM_SEED)
    queues = await start(dut)
    numbers = {side: [rng.choice([gq for gq in queues if queues[gq][0] == side]) for _ in range(150)] for side in
               ("tx", "rx")}  # fmt: skip
    for side, list_ in numbers.items():
        source = Source(dut, dut.clk, ["queue"], f"{side}_irq_", "valid", "ready", stall=0.5)
        for gq in list_:
            source.send({"queue": queues[gq][1]})
    sink = Sink(dut, dut.clk, ["gq"], "irq_", "valid", "ready", stall=0.4)
    both = 0
    for _ in range(4000):
        await FallingEdge(dut.clk)
        if int(dut.tx_irq_valid.value) and int(dut.rx_irq_valid.value):
            both += 1
            assert not int(dut.rx_irq_ready.value) and queues[int(dut.irq_gq.value)][0] == "tx"
        if len(sink.words) == 300:
            break
    got = [word["gq"] for word in sink.words]
    assert {side: [gq for gq in got if queues[gq][0] == side] for side in numbers} == numbers
    assert both > 10, "the two never asked at once"
