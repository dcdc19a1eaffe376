# SPDX-License-Identifier: Apache-2.0
"""msix against a model of vectors, masks and pending bits: no cause without its message, no message without a cause."""

import random
from collections import Counter

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge

INPUTS = (
    "clear",
    "msix_enable", "msix_fmask", "vec_we", "vec_gq", "vec_value", "cfgvec_we", "cfgvec_value", "reg_we", "reg_sel_pba",
    "reg_addr", "reg_wdata", "reg_wstrb", "irq_valid", "irq_gq", "config_irq", "msg_ready",
)  # fmt: skip
OUTPUTS = ("msg_valid", "isr_queue", "isr_config", "evt_message", "evt_masked", "irq_ready", "pending")
NONE = 0xFFFF


class Model:
    """What the PCI and virtio standards say of the table; ``cycle`` judges the messages seen."""

    def __init__(self, pairs):
        self.queues, self.vectors = 2 * pairs + 1, 2 * pairs + 2
        self.map, self.config = [NONE] * self.queues, NONE
        self.table = [[0, 0, 0, 1] for _ in range(self.vectors)]
        self.pending, self.fresh = [False] * self.vectors, [False] * self.vectors
        self.sendable: dict[int, tuple[int, int]] = {}  # a cycle ago: vector to (address, data)
        self.loading = True  # a cycle ago the message port was free
        self.waiting = [0] * self.vectors
        self.messages: list[int] = []
        self.counts = Counter()

    def cycle(self, seen):
        if seen["msg_valid"] and self.loading:
            vector = seen["msg_vector"]
            assert vector in self.sendable, f"message {vector}: not pending, masked or MSI-X off"
            assert (seen["msg_addr"], seen["msg_data"]) == self.sendable[vector]
            # it was chosen a cycle ago: a cause since then stands
            self.pending[vector], self.waiting[vector] = self.fresh[vector], 0
        free = not seen["msg_valid"] or seen["msg_ready"]
        if seen["msg_valid"] and seen["msg_ready"]:
            self.messages.append(seen["msg_vector"])
        assert seen["evt_message"] == (seen["msg_valid"] and seen["msg_ready"])
        self.sendable, self.loading = {}, free
        for vector, (low, high, data, mask) in enumerate(self.table):
            able = self.pending[vector] and seen["msix_enable"] and not mask and not seen["msix_fmask"]
            if able:
                self.sendable[vector] = (high << 32 | low, data)
            self.waiting[vector] = self.waiting[vector] + free if able else 0
            assert self.waiting[vector] <= self.vectors + 1, f"vector {vector} is held up"
        self.causes(seen)
        self.writes(seen)
        if seen["clear"]:
            self.map, self.config = [NONE] * self.queues, NONE
            self.pending, self.fresh = [False] * self.vectors, [False] * self.vectors
            self.waiting = [0] * self.vectors

    def causes(self, seen):
        self.fresh = [False] * self.vectors
        held = False
        causes = [self.map[seen["irq_gq"]]] if seen["irq_valid"] else []
        causes += [self.config] if seen["config_irq"] else []
        for vector in causes:
            if seen["msix_enable"] and vector < self.vectors:
                self.pending[vector] = self.fresh[vector] = True
                held |= bool(self.table[vector][3] or seen["msix_fmask"])
        assert seen["evt_masked"] == held and seen["isr_config"] == seen["config_irq"]
        assert seen["isr_queue"] == (seen["irq_valid"] and not seen["msix_enable"])
        assert seen["irq_ready"] == 1, "a cause is never kept waiting"
        self.counts["masked"] += held

    def writes(self, seen):
        if seen["vec_we"] and seen["vec_gq"] < self.queues:
            self.map[seen["vec_gq"]] = seen["vec_value"]
        if seen["cfgvec_we"]:
            self.config = seen["cfgvec_value"]
        vector, word = divmod(seen["reg_addr"] // 4, 4)
        if seen["reg_we"] and not seen["reg_sel_pba"] and seen["reg_wstrb"] == 15 and vector < self.vectors:
            self.table[vector][word] = seen["reg_wdata"] & (0xFFFFFFFC, 0xFFFFFFFF, 0xFFFFFFFF, 1)[word]


class Bench:
    def __init__(self, dut):
        self.dut, self.rng = dut, random.Random(cocotb.RANDOM_SEED)
        self.pairs = int(dut.QUEUE_PAIRS.value)
        self.model = Model(self.pairs)
        self.values = dict.fromkeys(INPUTS, 0)
        self.levels = {"msix_enable": 0, "msix_fmask": 0}

    async def start(self):
        cocotb.start_soon(Clock(self.dut.clk, 4, "ns").start())
        for name in INPUTS:
            getattr(self.dut, name).value = 0
        self.dut.rst.value = 1
        await ClockCycles(self.dut.clk, 3)
        self.dut.rst.value = 0

    async def cycle(self, **values):
        """One cycle with these inputs; levels stay, the message port is ready unless told otherwise."""
        new = {**dict.fromkeys(INPUTS, 0), **self.levels, "msg_ready": 1, **values}
        for name, value in new.items():
            if self.values[name] != value:
                getattr(self.dut, name).value = value
        self.values = new
        await ReadOnly()
        seen = new | {name: int(getattr(self.dut, name).value) for name in OUTPUTS}
        if seen["msg_valid"]:
            seen |= {name: int(getattr(self.dut, name).value) for name in ("msg_vector", "msg_addr", "msg_data")}
        seen["reg_rdata"] = int(self.dut.reg_rdata.value)
        self.model.cycle(seen)
        await RisingEdge(self.dut.clk)
        return seen

    async def write(self, vector, word, value, strobe=15):
        await self.cycle(reg_we=1, reg_addr=16 * vector + 4 * word, reg_wdata=value, reg_wstrb=strobe)

    async def read(self, address, pba=0):
        return (await self.cycle(reg_addr=address, reg_sel_pba=pba))["reg_rdata"]

    async def program(self, mask=0):
        """Distinct addresses and data everywhere, each queue on its own vector, configuration on the last."""
        for vector in range(self.model.vectors):
            for word in range(3):
                await self.write(vector, word, self.rng.getrandbits(32))
            await self.write(vector, 3, mask)
        for gq in range(self.model.queues):
            await self.cycle(vec_we=1, vec_gq=gq, vec_value=gq)
        await self.cycle(cfgvec_we=1, cfgvec_value=self.model.vectors - 1)

    async def drain(self):
        for _ in range(3 * self.model.vectors + 5):
            await self.cycle()
        assert not any(self.model.pending), "causes without a message"


@cocotb.test()
async def table_reads_back(dut):
    """After reset every entry is masked and zero; words read back, incomplete words and other addresses do nothing."""
    bench = Bench(dut)
    await bench.start()
    model = bench.model
    for address in range(0, 4096, 4):
        masked = address < 16 * model.vectors and address % 16 == 12
        assert await bench.read(address) == masked
    for address in [*range(0, 16 * model.vectors + 64, 4), 0xFFC]:
        await bench.cycle(reg_we=1, reg_addr=address, reg_wdata=bench.rng.getrandbits(32), reg_wstrb=15)
    for vector in range(model.vectors):
        await bench.write(vector, bench.rng.randrange(4), bench.rng.getrandbits(32), bench.rng.randrange(15))
    await bench.cycle(reg_we=1, reg_sel_pba=1, reg_addr=0, reg_wdata=0xFFFFFFFF, reg_wstrb=15)
    for vector in range(model.vectors):
        assert [await bench.read(16 * vector + 4 * word) for word in range(4)] == model.table[vector]
    assert await bench.read(0, pba=1) == 0 and await bench.read(16 * model.vectors) == 0


@cocotb.test()
async def each_cause_has_its_message(dut):
    """Every queue and the configuration use their own vector; nothing without MSI-X or a vector that exists."""
    bench = Bench(dut)
    await bench.start()
    model = bench.model
    await bench.program()
    for gq in range(model.queues):
        await bench.cycle(irq_valid=1, irq_gq=gq)
    await bench.cycle(config_irq=1)
    await bench.drain()
    assert not model.messages, "MSI-X is off"
    bench.levels["msix_enable"] = 1
    for gq in range(model.queues):
        await bench.cycle(irq_valid=1, irq_gq=gq)
    await bench.cycle(config_irq=1)
    await bench.drain()
    assert model.messages == list(range(model.vectors))
    for value in (NONE, model.vectors, 0x100 | 1):
        await bench.cycle(vec_we=1, vec_gq=0, vec_value=value)
        await bench.cycle(cfgvec_we=1, cfgvec_value=value)
        await bench.cycle(irq_valid=1, irq_gq=0, config_irq=1)
    for gq in (model.queues, 32, 64, 128):  # no such queue
        await bench.cycle(vec_we=1, vec_gq=gq, vec_value=0)
    await bench.cycle(irq_valid=1, irq_gq=0)
    await bench.drain()
    assert model.messages == list(range(model.vectors))


@cocotb.test()
async def device_reset_takes_the_vectors_and_leaves_the_table(dut):
    """What is pending and the queues' vectors go; addresses, data and masks are the PCI function's and stay."""
    bench = Bench(dut)
    await bench.start()
    model = bench.model
    await bench.program(mask=1)
    bench.levels["msix_enable"] = 1
    await bench.cycle(irq_valid=1, irq_gq=0)
    await bench.cycle(clear=1)
    assert await bench.read(0, pba=1) == 0
    for vector in range(model.vectors):
        assert [await bench.read(16 * vector + 4 * word) for word in range(4)] == model.table[vector]
        await bench.write(vector, 3, 0)
    await bench.cycle(irq_valid=1, irq_gq=0, config_irq=1)
    await bench.drain()
    assert not model.messages, "no queue has a vector"
    await bench.cycle(vec_we=1, vec_gq=0, vec_value=1)
    await bench.cycle(irq_valid=1, irq_gq=0)
    await bench.drain()
    assert model.messages == [1]


@cocotb.test()
async def masks_hold_messages_back(dut):
    """A masked cause is pending, seen in the PBA, and sent once when the mask of its vector or of the function goes."""
    bench = Bench(dut)
    await bench.start()
    model = bench.model
    await bench.program(mask=1)
    bench.levels["msix_enable"] = 1
    for gq in (0, model.queues - 1, 0, 0):
        await bench.cycle(irq_valid=1, irq_gq=gq)
    wanted = 1 << (model.queues - 1) | 1
    assert [await bench.read(address, pba=1) for address in (0, 4, 8)] == [wanted & 0xFFFFFFFF, wanted >> 32, 0]
    bench.levels["msix_fmask"] = 1
    for vector in range(model.vectors):
        await bench.write(vector, 3, 0)
    await ClockCycles(dut.clk, 3)
    assert not model.messages
    bench.levels["msix_fmask"] = 0
    await bench.drain()
    assert sorted(model.messages) == [0, model.queues - 1]
    assert await bench.read(0, pba=1) == 0
    assert model.counts["masked"] == 4


@cocotb.test()
async def holds_under_random_traffic(dut):
    """Causes, masks, table writes, new vectors and a stalling message port in any order."""
    bench = Bench(dut)
    await bench.start()
    rng, model = bench.rng, bench.model
    await bench.program()
    for _ in range(14):
        load, ready = rng.choice([0.05, 0.3, 0.9]), rng.choice([0.1, 0.5, 1.0])
        bench.levels = {"msix_enable": int(rng.random() < 0.9), "msix_fmask": int(rng.random() < 0.2)}
        for _ in range(350):
            values = {"msg_ready": int(rng.random() < ready), "config_irq": int(rng.random() < load / 5)}
            values["clear"] = int(rng.random() < 0.001)
            if rng.random() < load:
                values |= {"irq_valid": 1, "irq_gq": rng.randrange(model.queues)}
            if rng.random() < 0.1:
                word = rng.choice([0, 1, 2, 3, 3, 3])
                values |= {"reg_we": 1, "reg_addr": 16 * rng.randrange(model.vectors) + 4 * word, "reg_wstrb": 15}
                values["reg_wdata"] = rng.getrandbits(32) if word < 3 else int(rng.random() < 0.4)
            if rng.random() < 0.1:
                value = rng.choice([NONE, *range(model.vectors)])
                values |= {"vec_we": 1, "vec_gq": rng.randrange(model.queues), "vec_value": value}
            await bench.cycle(**values)
    bench.levels = {"msix_enable": 1, "msix_fmask": 0}
    for vector in range(model.vectors):
        await bench.write(vector, 3, 0)
    await bench.drain()
    assert len(model.messages) > 100 and model.counts["masked"] > 10, (len(model.messages), model.counts["masked"])
