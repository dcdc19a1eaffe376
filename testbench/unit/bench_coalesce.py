# SPDX-License-Identifier: Apache-2.0
"""coalesce against a model that holds every published frame until it is announced."""

import random
from collections import Counter

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, ReadOnly, RisingEdge

INPUTS = ("tick_us", "coal_we", "coal_gq", "coal_max_packets", "coal_max_usecs", "coal_start_valid", "coal_start_gq",
          "def_rx_packets", "def_rx_usecs", "def_tx_packets", "def_tx_usecs", "coal_sel", "pub_valid", "pub_gq",
          "pub_count", "fire_ready")  # fmt: skip


class Model:
    """Thresholds and unannounced frames of every queue; ``cycle`` is told what the block saw and what it decided."""

    def __init__(self, queues):
        self.queues, self.cycles, self.ticks = queues, 0, 0
        self.limits = [(0, 0)] * queues
        self.frames = [[] for _ in range(queues)]  # (ticks at publication, count, cycle)
        self.overdue = [0] * queues
        self.kind = [""] * queues  # why each was due a cycle ago: a decision is seen a cycle later
        self.fire_was = False
        self.counts = Counter()

    def reason(self, gq):
        """Why the queue must be announced now, or ''."""
        packets, usecs = self.limits[gq]
        if not self.frames[gq]:
            return ""
        if not packets or not usecs or gq == self.queues - 1:
            return "at once"
        if sum(entry[1] for entry in self.frames[gq]) >= packets:
            return "packets"
        return "time" if self.ticks - self.frames[gq][0][0] >= usecs else ""

    def cycle(self, seen):
        fired = seen["fire_valid"] and not self.fire_was
        if fired:
            gq = seen["fire_gq"]
            assert self.kind[gq], f"queue {gq} was announced without a reason; limits {self.limits[gq]}"
            self.counts[self.kind[gq]] += 1
            # what was published in the cycle of the decision belongs to the next announcement
            self.frames[gq] = [entry for entry in self.frames[gq] if entry[2] >= self.cycles - 1]
            self.overdue[gq] = 0
        events = {name: fired and self.kind[seen["fire_gq"]] == name for name in ("packets", "time")}
        assert (seen["evt_by_packets"], seen["evt_by_time"]) == (events["packets"], events["time"])
        assert seen["timers_armed"] == any(self.frames)
        self.kind = [self.reason(gq) for gq in range(self.queues)]
        for gq in range(self.queues):
            # the scanner needs a round of cycles in which a decision is possible
            if not self.kind[gq]:
                self.overdue[gq] = 0
            elif not seen["fire_valid"]:
                self.overdue[gq] += 1
                assert self.overdue[gq] <= self.queues, f"queue {gq} waits though due by {self.kind[gq]}"
        self.fire_was = seen["fire_valid"]
        if seen["pub_valid"]:
            self.frames[seen["pub_gq"]].append((self.ticks, seen["pub_count"], self.cycles))
        self.ticks += seen["tick_us"]
        if seen["coal_we"] and seen["coal_gq"] < self.queues:
            self.limits[seen["coal_gq"]] = (seen["coal_max_packets"], seen["coal_max_usecs"])
        if seen["coal_start_valid"] and seen["coal_start_gq"] < self.queues:
            gq = seen["coal_start_gq"]
            side = "tx" if gq % 2 else "rx"
            self.limits[gq] = (seen[f"def_{side}_packets"], seen[f"def_{side}_usecs"])
            self.frames[gq], self.overdue[gq] = [], 0
        self.cycles += 1


class Bench:
    def __init__(self, dut):
        self.dut, self.rng = dut, random.Random(cocotb.RANDOM_SEED)
        self.queues = 2 * int(dut.QUEUE_PAIRS.value) + 1
        self.model = Model(self.queues)
        self.inputs = {name: getattr(dut, name) for name in INPUTS}
        outputs = ("fire_valid", "fire_gq", "evt_by_packets", "evt_by_time", "timers_armed")
        self.outputs = {name: getattr(dut, name) for name in outputs}
        self.values = dict.fromkeys(INPUTS, 0)

    async def start(self):
        cocotb.start_soon(Clock(self.dut.clk, 4, "ns").start())
        for signal in self.inputs.values():
            signal.value = 0
        self.dut.rst.value = 1
        await ClockCycles(self.dut.clk, 3)
        self.dut.rst.value = 0

    async def cycle(self, **values):
        """One cycle with these inputs (others 0); the model judges it."""
        new = {**dict.fromkeys(INPUTS, 0), "fire_ready": 1, **values}
        for name, value in new.items():
            if self.values[name] != value:
                self.inputs[name].value = value
        self.values = new
        await ReadOnly()
        seen = dict(new)
        for name, signal in self.outputs.items():
            if name != "fire_gq" or seen["fire_valid"]:
                seen[name] = int(signal.value)
        for name in ("coal_rd_packets", "coal_rd_usecs"):
            seen[name] = int(getattr(self.dut, name).value)
        self.model.cycle(seen)
        await RisingEdge(self.dut.clk)
        return seen

    async def limits(self, gq, packets, usecs):
        await self.cycle(coal_we=1, coal_gq=gq, coal_max_packets=packets, coal_max_usecs=usecs)

    async def fires(self, cycles, gq):
        """How often the queue fires within so many cycles, a microsecond every 10."""
        count = 0
        for index in range(cycles):
            seen = await self.cycle(tick_us=int(index % 10 == 9))
            count += seen["fire_valid"] and seen["fire_gq"] == gq
        return count


@cocotb.test()
async def announces_by_packets_or_time(dut):
    """Enough packets, or enough time after the first, whichever is first; nothing before; either limit 0: at once."""
    bench = Bench(dut)
    await bench.start()
    gq, soon = 1, bench.queues + 20  # the scanner comes to every queue
    await bench.cycle(pub_valid=1, pub_gq=gq, pub_count=1)
    assert await bench.fires(soon, gq) == 1, "no limits after reset"
    for packets, usecs in ((0, 9), (9, 0)):
        await bench.limits(gq, packets, usecs)
        await bench.cycle(pub_valid=1, pub_gq=gq, pub_count=1)
        assert await bench.fires(soon, gq) == 1
    await bench.limits(gq, 4, 20)
    await bench.cycle(pub_valid=1, pub_gq=gq, pub_count=3)
    assert await bench.fires(180, gq) == 0
    assert await bench.fires(20 + soon, gq) == 1, "20 us after the first frame"
    await bench.cycle(pub_valid=1, pub_gq=gq, pub_count=3)
    assert await bench.fires(100, gq) == 0
    await bench.cycle(pub_valid=1, pub_gq=gq, pub_count=1)
    assert await bench.fires(soon, gq) == 1, "the fourth frame"
    assert await bench.fires(400, gq) == 0, "the count begins anew"
    assert (bench.model.counts["packets"], bench.model.counts["time"]) == (1, 1)


@cocotb.test()
async def new_limits_act_on_waiting_frames(dut):
    """A lower limit announces what waits at once; a queue that starts takes its direction's defaults and forgets."""
    bench = Bench(dut)
    await bench.start()
    for packets, usecs in ((2, 1000), (1000, 3), (0, 1000)):
        await bench.limits(0, 1000, 1000)
        await bench.cycle(pub_valid=1, pub_gq=0, pub_count=2)
        assert await bench.fires(100, 0) == 0
        await bench.limits(0, packets, usecs)
        assert await bench.fires(bench.queues + 3, 0) == 1
    await bench.limits(0, 1000, 1000)
    await bench.cycle(pub_valid=1, pub_gq=0, pub_count=2)
    defaults = {"def_rx_packets": 5, "def_rx_usecs": 7, "def_tx_packets": 11, "def_tx_usecs": 13}
    for gq in range(bench.queues + 3):
        await bench.cycle(coal_start_valid=1, coal_start_gq=gq, **defaults)
        await bench.limits(bench.queues + gq, 1, 1)  # no such queue
    for gq in range(bench.queues):
        await bench.cycle(coal_sel=gq)
        dut.coal_sel.value = gq
        await ReadOnly()
        wanted = (11, 13) if gq % 2 else (5, 7)
        assert (int(dut.coal_rd_packets.value), int(dut.coal_rd_usecs.value)) == wanted
        await RisingEdge(dut.clk)
        bench.values["coal_sel"] = gq
    assert await bench.fires(200, 0) == 0, "the count was forgotten"


@cocotb.test()
async def a_queue_that_starts_goes_first(dut):
    """Limits given in the cycle in which a queue starts: another queue gets them a cycle later, itself its defaults."""
    bench = Bench(dut)
    await bench.start()
    given = {"coal_max_packets": 21, "coal_max_usecs": 23}
    defaults = {"def_rx_packets": 5, "def_rx_usecs": 7, "def_tx_packets": 11, "def_tx_usecs": 13}
    for started, other in ((0, 1), (1, 0), (2, 2)):
        await bench.cycle(coal_start_valid=1, coal_start_gq=started, coal_we=1, coal_gq=other, **given, **defaults)
        await bench.cycle(coal_gq=other, **given)
        wanted = {other: (21, 23), started: (11, 13) if started % 2 else (5, 7)}
        for gq, limits in wanted.items():
            seen = await bench.cycle(coal_sel=gq)
            assert (seen["coal_rd_packets"], seen["coal_rd_usecs"]) == limits


@cocotb.test()
async def busy_queue_does_not_starve_others(dut):
    """Whatever the rhythm in which announcements are taken, a busy queue leaves room for the others."""
    bench = Bench(dut)
    await bench.start()
    for rhythm in range(2, 12):
        for gq in range(bench.queues):
            await bench.cycle(pub_valid=1, pub_gq=gq, pub_count=1)
        for index in range(3 * bench.queues * rhythm):
            await bench.cycle(pub_valid=1, pub_gq=0, pub_count=1, fire_ready=int(index % rhythm == 0))


@cocotb.test()
async def holds_under_random_traffic(dut):
    """Random publications, stalls, limits, starts: every frame announced in time, nothing without a reason."""
    bench = Bench(dut)
    await bench.start()
    rng, queues = bench.rng, bench.queues
    for _ in range(12):
        load, ready, change = rng.choice([0.02, 0.2, 0.9]), rng.choice([0.05, 0.5, 1.0]), rng.choice([0.0, 0.02])
        for gq in range(queues):
            await bench.limits(gq, rng.choice([0, 1, 3, 20, 65535]), rng.choice([0, 1, 2, 15]))
        for _ in range(700):
            values = {"tick_us": int(rng.random() < 0.1), "fire_ready": int(rng.random() < ready)}
            if rng.random() < load:
                values |= {
                    "pub_valid": 1,
                    "pub_gq": rng.randrange(queues),
                    "pub_count": rng.choice([1, 1, 2, 7, 60000]),
                }
            if rng.random() < change:
                values |= {"coal_we": 1, "coal_gq": rng.randrange(queues)}
                values |= {"coal_max_packets": rng.choice([0, 1, 5, 50]), "coal_max_usecs": rng.choice([0, 1, 9, 300])}
            if rng.random() < change / 4 and "coal_we" not in values:
                gq = rng.randrange(queues)
                if values.get("pub_gq") != gq:  # a queue that starts has published nothing
                    values |= {"coal_start_valid": 1, "coal_start_gq": gq, "def_rx_packets": 2, "def_rx_usecs": 6}
            await bench.cycle(**values)
    for _ in range(400 * 20):
        await bench.cycle(tick_us=1)
        if not any(bench.model.frames):
            break
    await bench.cycle()
    assert not any(bench.model.frames)
    assert min(bench.model.counts[name] for name in ("at once", "packets", "time")) > 5, bench.model.counts
