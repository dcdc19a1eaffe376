# SPDX-License-Identifier: Apache-2.0
"""ring_share: transmit and receive at one ring engine, played here: pops a chain when idle, then gives its words."""

import random
from collections import deque

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import FallingEdge, ReadOnly, RisingEdge, Timer

WORD = {"addr": 64, "len": 32, "write": 1, "error": 1, "id": 16, "ndesc": 16}
COMPLETION = {"id": 16, "ndesc": 16, "len": 32, "more": 1}
CHAINS = 4  # of the longest that the FIFO holds


class Bench:
    """Both consumers and the engine; every choice is random and what went through is kept."""

    def __init__(self, dut):
        self.dut = dut
        self.rng = random.Random(cocotb.RANDOM_SEED)
        self.pairs = int(dut.PAIRS.value)
        self.longest = int(dut.QUEUE_SIZE_MAX.value)
        self.addr_w = int(dut.ADDR_W.value)
        self.queues = {"tx": list(range(self.pairs + 1)), "rx": list(range(self.pairs))}
        self.base = {"tx": 0, "rx": self.pairs + 1}
        self.chain = lambda side: self.rng.randint(1, self.longest)  # words of the next chain
        self.wants = {"tx": 0.5, "rx": 0.5}  # how often a side pops when it could, takes a word, completes
        self.takes = {"tx": 0.5, "rx": 0.8}
        self.completes = 0.3
        self.popped = {"tx": [], "rx": []}  # when it was offered, and taken
        self.given = {"tx": [], "rx": []}  # words by the engine, and by whom they were got
        self.got = {"tx": [], "rx": []}
        self.asked = {"tx": [], "rx": []}  # completions, and what the engine saw of them
        self.seen = {"tx": [], "rx": []}
        self.ahead = 0  # words that the engine may still have to give when it pops again
        self.cycle = 0
        self.words: deque = deque()  # in the engine's hand
        self.popping = dict.fromkeys(("tx", "rx"))  # what is offered
        self.completing = dict.fromkeys(("tx", "rx"))
        self.since = {"tx": 0, "rx": 0}  # when the pop was offered

    async def start(self):
        dut = self.dut
        cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
        dut.rst.value = 1
        for side in ("tx", "rx"):
            for name in ("pop_valid", "seg_ready", "cpl_valid"):
                getattr(dut, f"{side}_{name}").value = 0
        dut.pop_ready.value = dut.seg_valid.value = dut.cpl_ready.value = 0
        for _ in range(3):
            await RisingEdge(dut.clk)
        await FallingEdge(dut.clk)
        dut.rst.value = 0

    def drive_word(self, queue, fields, last):
        self.dut.seg_queue.value = queue
        self.dut.seg_last.value = last
        for name, value in fields.items():
            getattr(self.dut, f"seg_{name}").value = value

    def word(self):
        """Random fields of a word; addresses have as many bits as the card reaches."""
        widths = WORD | {"addr": self.addr_w}
        return {name: self.rng.getrandbits(width) for name, width in widths.items()}

    async def run(self, cycles):
        """So many cycles; what is offered stays until it is taken."""
        dut, rng, words = self.dut, self.rng, self.words
        popping, completing = self.popping, self.completing
        for _ in range(cycles):
            for side in ("tx", "rx"):
                if popping[side] is None and rng.random() < self.wants[side]:
                    popping[side] = rng.choice(self.queues[side])
                    self.since[side] = self.cycle
                if completing[side] is None and rng.random() < self.completes:
                    fields = {name: rng.getrandbits(width) for name, width in COMPLETION.items()}
                    completing[side] = {"queue": rng.choice(self.queues[side]), **fields}
                getattr(dut, f"{side}_pop_valid").value = popping[side] is not None
                getattr(dut, f"{side}_pop_queue").value = popping[side] or 0
                getattr(dut, f"{side}_seg_ready").value = rng.random() < self.takes[side]
                getattr(dut, f"{side}_cpl_valid").value = completing[side] is not None
                for name, value in (completing[side] or {}).items():
                    getattr(dut, f"{side}_cpl_{name}").value = value
            dut.pop_ready.value = len(words) <= self.ahead
            dut.seg_valid.value = bool(words)
            if words:
                self.drive_word(*words[0])
            dut.cpl_ready.value = rng.random() < 0.7
            await Timer(1, "ns")
            await ReadOnly()
            self.look()
            await FallingEdge(dut.clk)
            self.cycle += 1

    def look(self):
        """What is exchanged in this cycle."""
        dut, words = self.dut, self.words

        def both(name):
            return int(getattr(dut, f"{name}_valid").value) and int(getattr(dut, f"{name}_ready").value)

        took = bool(both("seg"))
        for side in ("tx", "rx"):
            if both(f"{side}_seg"):
                source = f"{side}_seg" if side == "tx" else "seg"
                local = int(dut.tx_seg_queue.value) if side == "tx" else int(dut.seg_queue.value) - self.base["rx"]
                fields = {name: int(getattr(dut, f"{source}_{name}").value) for name in (*WORD, "last")}
                self.got[side].append((local, fields, self.cycle))
        if took:
            queue, fields, last = words.popleft()
            side = "rx" if queue >= self.base["rx"] else "tx"
            self.given[side].append((queue - self.base[side], fields | {"last": int(last)}, self.cycle))
        pops = [side for side in ("tx", "rx") if both(f"{side}_pop")]
        assert len(pops) == bool(both("pop")), "one side at a time, and both ends agree"
        for side in pops:
            queue = self.popping[side]
            assert int(dut.pop_queue.value) == self.base[side] + queue
            self.popped[side].append((self.since[side], self.cycle))
            count = self.chain(side)
            words.extend((self.base[side] + queue, self.word(), index == count - 1) for index in range(count))
            self.popping[side] = None
        done = [side for side in ("tx", "rx") if both(f"{side}_cpl")]
        assert len(done) == bool(both("cpl"))
        for side in done:
            wanted = self.completing[side] | {"queue": self.base[side] + self.completing[side]["queue"]}
            self.asked[side].append(wanted)
            self.seen[side].append({name: int(getattr(dut, f"cpl_{name}").value) for name in wanted})
            self.completing[side] = None


@cocotb.test()
async def everything_reaches_whom_it_belongs_to(dut):
    """Words in order and whole, completions with the engine's number of their queue, whoever stalls."""
    bench = Bench(dut)
    await bench.start()
    bench.wants = {"tx": 0.5, "rx": 0.05}
    for takes in (0.5, 0.05, 1.0):
        bench.takes["tx"] = takes
        await bench.run(1500)
    bench.wants = {"tx": 0.0, "rx": 0.0}
    bench.takes = {"tx": 1.0, "rx": 1.0}
    await bench.run(CHAINS * bench.longest * 3)
    for side in ("tx", "rx"):
        assert [word[:2] for word in bench.got[side]] == [word[:2] for word in bench.given[side]]
        assert len(bench.got[side]) > 100 and len(bench.popped[side]) > 20
        assert bench.seen[side] == bench.asked[side] and len(bench.seen[side]) > 200


@cocotb.test()
@cocotb.parametrize(ahead=[0, 40])
async def receive_never_waits_for_transmit(dut, ahead):
    """While not one word is sent, and transmit chains are as long as can be, receive chains pass at once."""
    bench = Bench(dut)
    await bench.start()
    bench.chain = lambda side: bench.longest if side == "tx" else 2
    bench.ahead = ahead
    bench.takes = {"tx": 0.0, "rx": 1.0}
    bench.wants = {"tx": 1.0, "rx": 0.1}
    await bench.run(3000)
    bench.wants["rx"] = 0.0
    await bench.run(2 * (ahead + bench.longest))  # what is offered or in the engine's hand
    assert len(bench.popped["tx"]) == CHAINS, "what fits"
    assert len(bench.popped["rx"]) > 100
    ends = [cycle for _, fields, cycle in bench.got["rx"] if fields["last"]]
    # what is in the engine's hand comes first, then two words
    waits = [end - since for (since, _), end in zip(bench.popped["rx"], ends, strict=True)]
    assert max(waits) <= ahead + bench.longest + 1 + 2
    bench.takes["tx"] = 1.0
    await bench.run(400)
    assert len(bench.popped["tx"]) > CHAINS, "goes on"
