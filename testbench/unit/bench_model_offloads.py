# SPDX-License-Identifier: Apache-2.0
"""tx_offload and rx_classify against the functional model: the same frames and counts for good and for bent input."""

from __future__ import annotations

import os
import random
from collections import Counter

import cocotb

from testbench.lib.tx_offload_driver import Bench, Job
from testbench.model.offload.classify import classify
from testbench.model.offload.segment import Sent, transmit
from testbench.unit import rx_oracle
from testbench.unit.bench_rx_classify import MAC_TABLE, PAIRS, play, start, write_table
from testbench.unit.bench_tx_offload import bad_jobs
from testbench.unit.lib_rx_frames import MODES, edge_frames, random_frame, random_pool, random_settings
from testbench.unit.lib_tx_requests import edge_jobs, random_job

ROUNDS = int(os.environ.get("MODEL_OFFLOADS_ROUNDS", "2"))
COUNTER = {"too_long": "tx_drop_too_long", "super_frame": "tx_super_frames", "segment": "tx_segments"}


def sent(job: Job, max_frame: int = 9216, beat: int = 16) -> Sent:
    """What the model makes of a job on a card of ``beat`` bytes a word."""
    return transmit(job.header.pack(), job.frame, max_frame, beat, job.drop)


class NoisyBench(Bench):
    """Drives random bytes in the lanes that tkeep leaves out."""

    def words(self, job: Job) -> list[int]:
        """The packed input words of a frame."""
        words, width, size = super().words(job), self.keep_w, len(job.frame)
        used = (size - 1) % width + 1
        data_offset = job.header.csum_start + 12
        # the one place where such a byte shows: the data offset of a frame that was cut off in its TCP header
        if not (job.drop and size <= data_offset < size - used + width):
            words[-1] |= int.from_bytes(self.rng.randbytes(width - used), "little") << 8 * used
        return words


@cocotb.test()
async def transmit_equals_the_model(dut):
    """Frames, and every counter, of thousands of requests."""
    bench = NoisyBench(dut)
    await bench.start()
    rng, beat = bench.rng, bench.keep_w
    total: Counter[str] = Counter()
    requests = 0
    for number in range(ROUNDS):
        stall = rng.choice([0.0, 0.0, 0.3])
        jobs = [random_job(rng, bench.max_frame, beat) for _ in range(300)]
        if number % 4 == 0:
            jobs += edge_jobs(rng, bench.max_frame, beat) + [job for _, job in bad_jobs(rng, bench.max_frame)]
        before = bench.counters()
        frames = await bench.run(jobs, stall_in=stall, stall_out=stall, stall_meta=stall)
        after = bench.counters()
        got = {COUNTER.get(name, f"tx_{name}"): after[name] - before[name] for name in after}
        want: Counter[str] = Counter()
        position = 0
        for job in jobs:
            made = sent(job, bench.max_frame, beat)
            here = frames[position : position + len(made.frames)]
            where = f"{job.header} drop {job.drop} {job.frame.hex()}"
            assert here == made.frames, f"{first_difference(here, made.frames)}: {where}"
            position += len(here)
            want.update(made.counts)
        assert position == len(frames)
        assert got == {name: want[name] for name in got}
        total.update(want)
        requests += len(jobs)
    dut._log.info("%d requests: %s", requests, dict(total))
    assert len(total) == 10, f"not every counter moved: {dict(total)}"


def first_difference(got: list[bytes], want: list[bytes]) -> str:
    """Where two lists of frames part."""
    for number, (a, b) in enumerate(zip(got, want, strict=False)):
        if a != b:
            at = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
            return (
                f"frame {number} byte {at}: {a[at : at + 8].hex()} of {len(a)}, not {b[at : at + 8].hex()} of {len(b)}"
            )
    return f"{len(got)} frames, not {len(want)}"


@cocotb.test()
async def receive_equals_the_model(dut):
    """Queue, verdict, reason to drop and every counter of each of thousands of frames."""
    await start(dut)
    rng = random.Random(cocotb.RANDOM_SEED)
    total: Counter[str] = Counter()
    judged = 0
    for _ in range(ROUNDS):
        pool = random_pool(rng, 60)
        for number in range(8):
            frames = edge_frames() + [random_frame(rng, pool) for _ in range(60)]
            settings = random_settings(rng, frames, number, MAC_TABLE)
            dut.cfg_enable.value = settings.enable
            dut.cfg_mode.value = sum(getattr(settings, name) << bit for bit, name in enumerate(MODES))
            dut.cfg_mac.value = int.from_bytes(settings.mac, "little")
            dut.cfg_mtu.value, dut.cfg_steer.value = settings.mtu, settings.steer
            for index, entry in enumerate(settings.table[:MAC_TABLE]):
                await write_table(dut, index, *entry)
            results = await play(dut, frames, rng, gap=rng.choice([0, 0, 0.2]))
            for frame, (data, meta, events, _) in zip(frames, results, strict=True):
                want = classify(frame, settings)
                names = [*want.counts, *([want.drop] if want.drop else [])]
                got = [f"rx_{name}" for name, value in events.items() if value and name != "frame"]
                where = f"{want} {settings} {frame.hex()}"
                assert data == frame and sorted(got) == sorted(names), f"{got} {where}"
                queue = want.queue if want.queue < PAIRS else 0
                assert rx_oracle.meta_field(meta, "QUEUE") == queue, where
                assert rx_oracle.meta_field(meta, "DATA_VALID") == want.data_valid, where
                assert rx_oracle.meta_field(meta, "DROP") == (want.drop is not None), where
                total.update(names or ["taken"])
            judged += len(frames)
    dut._log.info("%d frames: %s", judged, dict(total))
    assert len(total) == 9, f"not every counter moved: {dict(total)}"
