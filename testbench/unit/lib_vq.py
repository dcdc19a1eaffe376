# SPDX-License-Identifier: Apache-2.0
"""Harness of the ring engine: host memory behind its DMA ports, a consumer, a coalescer, and what they must see."""

from __future__ import annotations

import random
from collections import deque
from typing import Any

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ReadOnly, RisingEdge

from testbench.unit.lib_vq_driver import E_DESC_DMA, Chain, Memory, RingDriver, SplitDriver, Used
from testbench.unit.lib_vq_packed import PackedDriver
from testbench.unit.lib_vq_rules import PackedRules, Rules, SplitRules

SIZE, DESC, AVAIL, USED, START, STOP = range(6)


class Harness:
    """Everything around one engine, stepped once a cycle. Knobs are attributes; checks raise AssertionError at once.

    Memory is as bad as a bus allows: 16 bits of an access may be read, or appear, at any time before its answer.
    An engine of less than 64 address bits may also touch the last bytes it reaches: there is an error to be had.
    """

    def __init__(self, dut: Any, seed_offset: int = 0, packed: bool = False, reach: int = 64) -> None:
        self.dut, self.packed = dut, packed
        self.rng = random.Random(cocotb.RANDOM_SEED + seed_offset)
        self.queues = len(dut.q_busy)
        self.keep = len(dut.rd_rsp_data) // 8
        self.memory = Memory(self.rng, reach=reach)
        self.last_address = (1 << reach) - 1
        self.beyond = 0  # accesses to the last bytes
        self.drivers: list[RingDriver | None] = [None] * self.queues
        self.rules: list[Rules | None] = [None] * self.queues
        self.now = 0
        # knobs
        self.latency = lambda: self.rng.randint(1, 40)
        self.stall = 0.3
        self.pop_stall = 0.3
        self.seg_stall = 0.3
        self.hold = lambda: self.rng.randint(0, 60)  # cycles from the last word to the completion
        self.more = 0.3
        self.fire_delay = lambda: self.rng.randint(0, 50)
        self.read_error = lambda kind, queue: False
        self.write_error = lambda kind, queue: False
        self.auto_reclaim = True
        self.defer = 0.0  # share of publications that are completed only later
        # inside
        self.cached: dict[str, int] = {}
        self.ready = 0
        self.fire_taken = False
        self.reads: deque[list] = deque()
        self.write_reqs: deque[tuple] = deque()
        self.write_data: deque[int] = deque()
        self.writes: deque[list] = deque()
        self.cfg: deque[tuple[int, int, int]] = deque()
        self.kicks: list[tuple[int, int]] = []
        self.later: list[tuple[int, int]] = []
        self.popped: deque[tuple[int, Chain]] = deque()
        self.words: list[dict[str, int]] = []
        self.done: list[deque] = [deque() for _ in range(self.queues)]
        self.cpl: tuple | None = None
        self.fires: dict[int, int] = {}
        self.errors: list[tuple[int, int]] = []
        self.expected_errors: list[tuple[int, int]] = []
        self.chains_walked = [0] * self.queues
        self.pop_times: list[int] = []
        self.last_times: list[int] = []
        self.frames_done = [0] * self.queues
        self.frames_published = [0] * self.queues
        self.index_flying: list[deque[int]] = [deque() for _ in range(self.queues)]
        self.evaluated = [0] * self.queues
        self.evaluating: list[deque] = [deque() for _ in range(self.queues)]
        self.service: list[tuple[int, int]] = []
        self.irqs = [0] * self.queues
        self.irqs_wanted = [0] * self.queues
        self.suppressed = 0
        self.suppressed_wanted = 0
        self.quiet = [True] * self.queues
        self.stopping = [False] * self.queues
        self.injected = [0] * self.queues
        self.kick_count = [0] * self.queues
        self.write_kinds: dict[str, int] = {}

    # ---- set-up --------------------------------------------------------------------------------------------------
    def put(self, name: str, value: int) -> None:
        """Drive an input, only when it changes."""
        if self.cached.get(name) != value:
            self.cached[name] = value
            getattr(self.dut, name).value = value

    async def reset(self, event_idx: bool, indirect: bool) -> None:
        """Clock, reset, negotiated features."""
        self.event_idx, self.indirect = event_idx, indirect
        dut = self.dut
        cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
        for name in (
            "qcfg_valid",
            "kick_valid",
            "pop_valid",
            "cpl_valid",
            "fire_valid",
            "rd_rsp_valid",
            "wr_rsp_valid",
            "rd_req_ready",
            "wr_req_ready",
            "wr_dat_ready",
            "seg_ready",
            "irq_ready",
            "dbg_queue",
            "pop_queue",
            "cpl_queue",
            "fire_queue",
            "qcfg_queue",
            "kick_queue",
            "qcfg_field",
            "qcfg_data",
            "cpl_id",
            "cpl_len",
            "cpl_ndesc",
            "cpl_more",
            "rd_rsp_data",
            "rd_rsp_last",
            "rd_rsp_tag",
            "rd_rsp_error",
            "wr_rsp_tag",
            "wr_rsp_error",
        ):
            self.put(name, 0)
        self.put("cfg_event_idx", int(event_idx))
        self.put("cfg_indirect", int(indirect))
        self.put("cfg_packed", int(self.packed))
        self.put("rst", 1)
        for _ in range(4):
            await RisingEdge(dut.clk)
        self.put("rst", 0)
        await RisingEdge(dut.clk)

    def add_queue(self, queue: int, size: int, first: int = 0) -> RingDriver:
        """Lay out a ring and start it."""
        share = self.memory.size // self.queues
        driver = (PackedDriver if self.packed else SplitDriver)(
            self.memory,
            self.rng,
            queue * share + 64 * self.rng.randrange(4),
            self.memory.base + (queue + 1) * share,
            size,
            self.event_idx,
            self.indirect,
            first,
        )
        self.drivers[queue] = driver
        self.rules[queue] = PackedRules(driver) if isinstance(driver, PackedDriver) else SplitRules(driver)
        for what, value in ((SIZE, size), (DESC, driver.desc), (AVAIL, driver.avail), (USED, driver.used)):
            self.cfg.append((queue, what, value))
        self.start(queue, first)
        return driver

    def start(self, queue: int, first: int, fresh: bool = True) -> None:
        """Start a queue at ring index ``first``; not ``fresh``: with the ring as it was when the queue stopped."""
        self.cfg.append((queue, START, first))
        rules = self.rules[queue]
        if fresh:
            rules.start(first)
        else:
            rules.go_on()
        self.evaluated[queue] = rules.mark
        self.index_flying[queue].clear()
        self.later = [item for item in self.later if item[1] != queue]

    def stop(self, queue: int) -> None:
        """Stop a queue; ``quiet`` becomes true when the engine says so."""
        self.cfg.append((queue, STOP, 0))

    def add_stale_kick(self, queue: int) -> None:
        """A notification that meets a stopped queue."""
        self.kicks.append((self.now, queue))

    def publish(self, queue: int) -> None:
        """Publish what was added, perhaps its last store some time later, and notify if the device asks for it."""
        if self.rng.random() < self.defer:
            self.drivers[queue].stage()
            self.later.append((self.now + self.rng.randint(1, 60), queue))
        elif self.drivers[queue].publish():
            self.kicks.append((self.now + self.rng.choice((0, 0, 1, 2, 5, 30)), queue))

    # ---- host memory ---------------------------------------------------------------------------------------------
    def owner(self, address: int) -> int:
        """Which queue's share of the memory an address lies in."""
        return (address - self.memory.base) // (self.memory.size // self.queues)

    def nowhere(self, address: int, length: int) -> bool:
        """An access to where an address beyond the engine's reach ends; it stays inside what is reached."""
        found = self.memory.reach < 64 and address > self.last_address - 64
        if found:
            assert address + length - 1 <= self.last_address, f"access wraps around: {address:#x}+{length}"
            self.beyond += 1
        return found

    def touched(self, address: int, what: str) -> int:
        """The queue that an access belongs to; fails if none may be touched there."""
        queue = self.owner(address)
        assert 0 <= queue < self.queues and self.drivers[queue], f"{what} outside every ring: {address:#x}"
        assert not self.quiet[queue], f"queue {queue} {what}s memory while it is stopped"
        return queue

    def drive_memory(self) -> None:
        rng = self.rng
        self.put("rd_req_ready", int(rng.random() >= self.stall))
        self.put("wr_req_ready", int(rng.random() >= self.stall))
        self.put("wr_dat_ready", int(rng.random() >= self.stall))
        valid = bool(self.reads) and self.reads[0][0] <= self.now and rng.random() >= self.stall / 4
        if valid:
            _, address, length, offset, data, late, error, kind, queue, tag = self.reads[0]
            while late:
                spot = late.pop()
                data[spot : spot + 2] = self.memory.read(address + spot, 2)
            beat = data[offset : offset + self.keep]
            last = offset + self.keep >= length
            self.put("rd_rsp_data", int.from_bytes(beat + rng.randbytes(self.keep - len(beat)), "little"))
            self.put("rd_rsp_last", int(last))
            self.put("rd_rsp_error", int(error and last))
            self.put("rd_rsp_tag", tag)
            self.reads[0][3] += self.keep
            if last:
                if not error:
                    self.rules[queue].answered(kind, address, bytes(data))
                if kind == "event":
                    self.judge_event(queue, bytes(data), error)
                self.reads.popleft()
        self.put("rd_rsp_valid", int(valid))
        valid = bool(self.writes) and self.writes[0][0] <= self.now
        if valid:
            _, hidden, kind, queue, word, error, tag = self.writes.popleft()
            for address, piece in hidden:
                self.memory.write(address, piece)
            if not error:
                self.rules[queue].written(kind, word)
            self.put("wr_rsp_error", int(error))
            self.put("wr_rsp_tag", tag)
        self.put("wr_rsp_valid", int(valid))

    def sample_memory(self) -> None:
        dut = self.dut
        if int(dut.rd_req_valid.value) and self.cached["rd_req_ready"]:
            address, length = int(dut.rd_req_addr.value), int(dut.rd_req_len.value)
            if self.nowhere(address, length):
                queue, kind, error, data, late = 0, "nowhere", True, bytearray(self.rng.randbytes(length)), []
            else:
                queue = self.touched(address, "read")
                kind = self.rules[queue].read(address, length)
                error = self.read_error(kind, queue)
                self.injected[queue] += error
                data, late = bytearray(self.memory.read(address, length)), []
            if error:
                data = bytearray(self.rng.randbytes(length))
            elif self.rng.random() < 0.7:
                late = [spot for spot in range(0, length, 2) if self.rng.random() < 0.5]
            tag = int(dut.rd_req_tag.value)
            self.reads.append([self.now + self.latency(), address, length, 0, data, late, error, kind, queue, tag])
        if int(dut.wr_req_valid.value) and self.cached["wr_req_ready"]:
            address, length = int(dut.wr_req_addr.value), int(dut.wr_req_len.value)
            self.write_reqs.append((address, length, int(dut.wr_req_tag.value)))
        if int(dut.wr_dat_valid.value) and self.cached["wr_dat_ready"]:
            self.write_data.append(int(dut.wr_dat_data.value))
        while self.write_reqs and self.write_data:
            address, length, tag = self.write_reqs.popleft()
            data = (self.write_data.popleft() & ((1 << 8 * length) - 1)).to_bytes(length, "little")
            if self.nowhere(address, length):
                self.writes.append([self.now + self.latency(), [], "nowhere", 0, None, True, tag])
                continue
            queue = self.touched(address, "write")
            kind, word = self.rules[queue].write(address, data)
            self.write_kinds[kind] = self.write_kinds.get(kind, 0) + 1
            error = self.write_error(kind, queue)
            if kind == "index" and not error:
                self.index_flying[queue].append(word)
            pieces = [] if error else [(address + spot, data[spot : spot + 2]) for spot in range(0, length, 2)]
            share = self.rng.choice((0.0, 0.5, 1.0))
            hidden = []
            for piece in pieces:
                if self.rng.random() < share:
                    self.memory.write(*piece)
                else:
                    hidden.append(piece)
            self.writes.append([self.now + self.latency(), hidden, kind, queue, word, error, tag])
        if self.writes and self.rng.random() < 0.3:
            hidden = self.rng.choice(self.writes)[1]
            if hidden:
                self.memory.write(*hidden.pop(self.rng.randrange(len(hidden))))

    # ---- consumer ------------------------------------------------------------------------------------------------
    def drive_consumer(self, ready: int) -> None:
        rng = self.rng
        choices = [q for q in range(self.queues) if ready >> q & 1]
        if choices and rng.random() >= self.pop_stall:
            self.put("pop_valid", 1)
            self.put("pop_queue", rng.choice(choices))
        else:
            self.put("pop_valid", 0)
        self.put("seg_ready", int(rng.random() >= self.seg_stall))
        if self.cpl is None:
            due = [q for q in range(self.queues) if self.done[q] and self.done[q][0][0] <= self.now]
            if due:
                queue = rng.choice(due)
                _, chain, ident, ndesc = self.done[queue].popleft()
                more = int(bool(self.done[queue]) and rng.random() < self.more)
                self.cpl = (queue, ident, chain, more, ndesc)
                for name, value in (
                    ("queue", queue),
                    ("id", ident),
                    ("ndesc", ndesc),
                    ("len", chain.written),
                    ("more", more),
                ):
                    self.put("cpl_" + name, value)
        self.put("cpl_valid", int(self.cpl is not None))
        if self.fire_taken:
            self.put("fire_valid", 0)
            self.fire_taken = False
        fires = [q for q, at in self.fires.items() if at <= self.now]
        if self.cached["fire_valid"] == 0 and fires:
            self.put("fire_queue", rng.choice(fires))
            self.put("fire_valid", 1)
        self.put("irq_ready", int(rng.random() >= self.stall))

    def sample_consumer(self) -> None:
        dut = self.dut
        if self.cached["pop_valid"] and int(dut.pop_ready.value):
            queue = self.cached["pop_queue"]
            driver = self.drivers[queue]
            assert driver.published, f"queue {queue} offers a chain that was not published"
            self.popped.append((queue, driver.published.pop(0)))
            self.pop_times.append(self.now)
        if self.cached["seg_ready"] and int(dut.seg_valid.value):
            word = {name: int(getattr(dut, "seg_" + name).value) for name in ("queue", "last", "error", "id", "ndesc")}
            if not word["error"]:
                word |= {name: int(getattr(dut, "seg_" + name).value) for name in ("addr", "len", "write")}
            self.words.append(word)
            if word["last"]:
                self.finish_chain()
        if self.cpl is not None and int(dut.cpl_ready.value):
            queue, ident, chain, more, ndesc = self.cpl
            if ndesc or not self.packed:
                self.drivers[queue].expected_used.append(Used(ident, chain.written, bool(more)))
                self.rules[queue].completed(ident, chain.written, ndesc, bool(more))
                self.frames_done[queue] += not more
            self.cpl = None
        if self.cached["fire_valid"] and int(dut.fire_ready.value):
            queue = self.cached["fire_queue"]
            del self.fires[queue]
            self.fire_taken = True
            if int(dut.q_running.value) >> queue & 1:
                self.evaluating[queue].append(self.rules[queue].mark)
        if int(dut.pub_valid.value):
            queue = int(dut.pub_queue.value)
            self.frames_published[queue] += int(dut.pub_count.value)
            self.rules[queue].mark = self.index_flying[queue].popleft()
            self.fires.setdefault(queue, self.now + 1 + self.fire_delay())
        if int(dut.irq_valid.value) and self.cached["irq_ready"]:
            queue = int(dut.irq_queue.value)
            self.irqs[queue] += 1
            if self.auto_reclaim:
                self.service.append((self.now + self.rng.choice((0, 0, 5, 100, 300)), queue))
        self.suppressed += int(dut.evt_suppressed.value)
        if int(dut.err_valid.value):
            self.errors.append((int(dut.err_queue.value), int(dut.err_code.value)))

    def finish_chain(self) -> None:
        """Compare the words of a chain with what the driver published."""
        words, self.words = self.words, []
        queue, chain = self.popped.popleft()
        last = words[-1]
        lost = self.packed and last["ndesc"] == 0
        told = () if lost else words[-1:] if self.packed else words  # a packed chain's id is known at its end
        assert all(word["queue"] == queue for word in words) and all(word["id"] == chain.head for word in told), (
            f"words of another chain: {words}"
        )
        given = [(word["addr"], word["len"], word["write"]) for word in words if not word["error"]]
        due = [(min(address, self.last_address), length, write) for address, length, write in chain.words]
        if last["error"] and self.injected[queue] and given == due[: len(given)]:
            self.expected_errors.append((queue, E_DESC_DMA if (queue, E_DESC_DMA) in self.errors else chain.error))
        else:
            assert given == due, f"chain {chain.head}: {given} instead of {due}"
            assert last["error"] == (chain.error != 0), (
                f"chain {chain.head}: error word {last['error']}, expected code {chain.error}"
            )
            assert last["ndesc"] == chain.ring_descs or (chain.error and not self.packed), (
                f"ndesc {last['ndesc']}, expected {chain.ring_descs}"
            )
            if chain.error:
                self.expected_errors.append((queue, chain.error))
        chain.written = 0 if last["error"] else self.rng.choice((0, 1, 1514, self.rng.getrandbits(32)))
        self.chains_walked[queue] += 1
        self.last_times.append(self.now)
        ready_at = self.now + 1 + self.hold()
        self.done[queue].append((ready_at, chain, chain.head, last["ndesc"]))

    # ---- interrupts ----------------------------------------------------------------------------------------------
    def judge_event(self, queue: int, told: bytes, error: bool) -> None:
        """What the engine must do when it reads what the driver asks for."""
        new = self.evaluating[queue].popleft()
        old, self.evaluated[queue] = self.evaluated[queue], new
        if error or self.drivers[queue].wants_interrupt(told, new, old):
            self.irqs_wanted[queue] += 1
        else:
            self.suppressed_wanted += 1

    def serve_interrupt(self, queue: int) -> None:
        """Reclaim, ask for the next interrupt, look once more: as a driver must."""
        driver = self.drivers[queue]
        while True:
            driver.reclaim()
            ahead = self.rng.choice((0, 0, 1, 3))
            if driver.serve(min(ahead, max(0, len(driver.flying) - 1))):
                break

    # ---- a cycle -------------------------------------------------------------------------------------------------
    async def step(self) -> None:
        """One clock cycle."""
        dut = self.dut
        self.now += 1
        self.put("qcfg_valid", int(bool(self.cfg)))
        if self.cfg:
            queue, what, value = self.cfg.popleft()
            self.put("qcfg_queue", queue)
            self.put("qcfg_field", what)
            self.put("qcfg_data", value)
            if what == START:
                self.quiet[queue] = self.stopping[queue] = self.rules[queue].ending = False
            if what == STOP:
                self.stopping[queue] = self.rules[queue].ending = True
        due = [kick for kick in self.kicks if kick[0] <= self.now]
        self.put("kick_valid", int(bool(due)))
        if due:
            kick = self.rng.choice(due)
            self.kicks.remove(kick)
            self.put("kick_queue", kick[1])
            self.kick_count[kick[1]] += 1
        for item in [item for item in self.later if item[0] <= self.now]:
            self.later.remove(item)
            if self.drivers[item[1]].publish():
                self.kicks.append((self.now, item[1]))
        for item in [item for item in self.service if item[0] <= self.now]:
            self.service.remove(item)
            self.serve_interrupt(item[1])
        self.drive_memory()
        self.drive_consumer(self.ready)
        await ReadOnly()
        self.sample_memory()
        self.sample_consumer()
        self.ready = int(dut.chain_ready.value)
        if any(self.stopping):
            busy = int(dut.q_busy.value)
            running = int(dut.q_running.value)
            for queue in range(self.queues):
                if self.stopping[queue] and not running >> queue & 1 and not busy >> queue & 1:
                    self.quiet[queue], self.stopping[queue] = True, False
        await RisingEdge(dut.clk)

    async def run(self, cycles: int) -> None:
        """Some cycles."""
        for _ in range(cycles):
            await self.step()

    async def until(self, condition, limit: int, what: str) -> None:
        """Step until ``condition``; fail after ``limit`` cycles."""
        for _ in range(limit):
            if condition():
                return
            await self.step()
        dut = self.dut
        raise AssertionError(
            f"{what}: not within {limit} cycles; busy {dut.q_busy.value} broken {dut.q_broken.value} "
            f"ready {dut.chain_ready.value} none {dut.chain_none.value} errors {self.errors[-4:]} "
            f"irqs {self.irqs} wanted {self.irqs_wanted} "
            f"frames {self.frames_done} published {self.frames_published} fires {self.fires} "
            f"evaluating {self.evaluating} unpopped {[len(d.published) for d in self.drivers if d]} "
            f"unused {[d.expected_used for d in self.drivers if d]}"
        )

    def settled(self) -> bool:
        """Everything published has been used, published, and interrupted for or suppressed."""
        return (
            not self.later
            and all(d is None or not d.published for d in self.drivers)
            and (not self.auto_reclaim or all(d is None or not d.expected_used for d in self.drivers))
            and not self.popped
            and not any(self.done)
            and self.cpl is None
            and not self.fires
            and not any(self.evaluating)
            and self.frames_done == self.frames_published
            and self.irqs == self.irqs_wanted
        )

    def check_end(self) -> None:
        """Errors and interrupts are exactly those expected."""
        assert sorted(self.errors) == sorted(self.expected_errors), (
            f"errors {self.errors}, expected {self.expected_errors}"
        )
        assert self.irqs == self.irqs_wanted, f"interrupts {self.irqs}, expected {self.irqs_wanted}"
        assert self.suppressed == self.suppressed_wanted, (
            f"suppressed {self.suppressed}, expected {self.suppressed_wanted}"
        )
        assert self.frames_done == self.frames_published

    async def check_indices(self) -> None:
        """At rest nothing more is known to be available than has come back, and the registers say so."""
        for queue, rules in enumerate(self.rules):
            if rules:
                self.put("dbg_queue", queue)
                await self.step()
                shown = int(self.dut.dbg_avail_seen.value), int(self.dut.dbg_used.value)
                expected = rules.index(rules.mark)
                assert shown == (expected, expected), f"indices {shown}, expected {expected} twice"
