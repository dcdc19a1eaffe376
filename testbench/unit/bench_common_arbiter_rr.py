# SPDX-License-Identifier: Apache-2.0
"""arbiter_rr grants the first request after the last one taken, and keeps nobody waiting for more than one round."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, FallingEdge, RisingEdge


@cocotb.test()
async def goes_round_and_starves_nobody(dut):
    """Random requests and takes; a request that stays is granted within a round of takes."""
    rng = random.Random(cocotb.RANDOM_SEED)
    count = len(dut.arb_request)
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    dut.arb_request.value = dut.arb_take.value = 0
    dut.rst.value = 1
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0
    last, waited, granted = 0, [0] * count, set()
    requests: set[int] = set()
    for _ in range(2000):
        requests |= {number for number in range(count) if rng.random() < 0.3}
        take = rng.random() < 0.6
        dut.arb_request.value = sum(1 << number for number in requests)
        dut.arb_take.value = int(take)
        await FallingEdge(dut.clk)
        assert int(dut.arb_any.value) == bool(requests)
        assert int(dut.one_any.value) == (0 in requests)
        assert not (0 in requests and int(dut.one_index.value))
        if requests:
            # distance from the one after the last taken, going round
            expected = min(requests, key=lambda number: (number - last - 1) % count)
            assert int(dut.arb_index.value) == expected, f"requests {sorted(requests)}, last taken {last}"
            if take:
                last = expected
                granted.add(last)
                requests.discard(last)
                waited = [waited[number] + 1 if number in requests else 0 for number in range(count)]
                assert max(waited) < count, "a request waited for more than a round"
        await RisingEdge(dut.clk)
    assert granted == set(range(count))
