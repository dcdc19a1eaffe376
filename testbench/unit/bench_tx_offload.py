# SPDX-License-Identifier: Apache-2.0
"""tx_offload gives the frames and events of the oracle, keeps its cycle budgets, and survives every bad input."""

import os
import random
import struct
from dataclasses import replace

import cocotb
from cocotb.triggers import FallingEdge

from testbench.lib.oracle_tso import GSO_ECN, HEADER_LIMIT, NEEDS_CSUM, NetHeader, expected, ones_sum, pseudo_header
from testbench.lib.tx_offload_driver import Bench, Job, super_frame, with_zero_checksum

# how much of the random work this run does: Icarus and the wide cards take a sample
SHARE = float(os.environ.get("TX_OFFLOAD_SHARE", "1"))


def share(count: int) -> int:
    return max(4, int(count * SHARE))


def plain(rng: random.Random, length: int) -> Job:
    return Job(NetHeader(), rng.randbytes(length))


def with_csum(rng: random.Random, length: int, start: int, offset: int, drop: bool = False) -> Job:
    return Job(NetHeader(NEEDS_CSUM, csum_start=start, csum_offset=offset), rng.randbytes(length), drop)


def any_super_frame(rng: random.Random, max_frame: int, segments: int = 4) -> Job:
    """A super-frame of a random kind: mostly small MSS, payload near a multiple of it."""
    version = rng.choice([4, 6])
    shape = {
        "version": version, "vlans": rng.choice([0, 0, 0, 1, 2]), "tcp_words": rng.choice([0, 3, 3, rng.randrange(11)]),
        "ip_words": rng.choice([0, 0, rng.randrange(11)]) if version == 4 else 0,
        "ext": rng.choice([0, 0, 8 * rng.randrange(1, 8)]) if version == 6 else 0,
        "flags": rng.randrange(256), "gso_bits": rng.choice([0, 0, GSO_ECN]),
        "seq": rng.choice([None, 2**32 - rng.randrange(1, 3000)]),
        "ip_id": rng.choice([None, 65536 - rng.randrange(1, 4)]),
    }  # fmt: skip
    small, larger = rng.randrange(1, 18), rng.randrange(1, 130)
    mss = rng.choice([small, larger, larger, 536, 1448, int(8948 ** rng.random())])
    mss = min(mss, max_frame - 4 - HEADER_LIMIT)
    payload = mss * rng.randrange(1, segments + 1) + rng.choice([-1, 0, 1, rng.randrange(mss)])
    return super_frame(rng, max(0, payload), mss, **shape)


async def started(dut) -> Bench:
    bench = Bench(dut)
    await bench.start()
    return bench


@cocotb.test()
async def random_super_frames(dut):
    """Super-frames of every kind between ordinary frames, without and with stalls."""
    bench = await started(dut)
    rng = bench.rng
    for stall in (0.0, 0.0, 0.0, 0.3):
        jobs = []
        for _ in range(share(700)):
            jobs.append(any_super_frame(rng, bench.max_frame))
            if rng.random() < 0.2:
                jobs.append(with_csum(rng, rng.randrange(40, 200), rng.randrange(20), rng.randrange(18)))
            if rng.random() < 0.1:
                jobs.append(plain(rng, rng.randrange(14, 300)))
        await bench.check(jobs, stall_in=stall, stall_out=stall, stall_meta=stall)


@cocotb.test()
async def every_mss_and_alignment(dut):
    """All MSS from 1 to past a beat, then samples up to the largest, with payload lengths around their multiples."""
    bench = await started(dut)
    rng = bench.rng
    jobs = []
    width = bench.keep_w
    for mss in range(1, 2 * width + 2) if SHARE == 1 else [1, 2, width - 1, width, width + 1]:
        for extra in (-1, 0, 1):
            jobs.append(super_frame(rng, 3 * mss + extra, mss, version=rng.choice([4, 6]), tcp_words=rng.randrange(11)))
    top = bench.max_frame - 4
    for mss in [mss for mss in (1220, 1440, 1448, 1460, 4096, 8946, 8947, 8948) if mss + 126 <= top]:
        jobs.append(super_frame(rng, 2 * mss + rng.choice([-1, 0, 1]), mss, version=rng.choice([4, 6]), tcp_words=3))
    if SHARE == 1:
        jobs += [super_frame(rng, rng.randrange(1, 20000), rng.randrange(1000, top - 54)) for _ in range(12)]
    # the largest header and the largest segment there are
    jobs.append(super_frame(rng, 700, 300, version=6, ext=136, tcp_words=10, vlans=1))
    jobs.append(super_frame(rng, 2 * (top - 54), top - 54))
    await bench.check(jobs)


@cocotb.test()
async def all_flag_combinations(dut):
    """Each of the 256 flag bytes: FIN and PSH last, CWR first, everything else copied."""
    bench = await started(dut)
    rng = bench.rng
    jobs = []
    for flags in range(0, 256, 1 if SHARE == 1 else 16):
        version, bits = rng.choice([4, 6]), rng.choice([0, GSO_ECN])
        jobs.append(super_frame(rng, 30 + flags % 3, 11, version=version, flags=flags, gso_bits=bits))
    await bench.check(jobs)
    job = super_frame(bench.rng, 30, 10, flags=0xFF)
    seen = [frame[34 + 13] for frame in await bench.run([job])]
    assert seen == [0xF6, 0x76, 0x7F]


@cocotb.test()
async def sequence_and_id_wrap(dut):
    """Sequence numbers wrap at 2^32 and identifications at 2^16 inside a super-frame."""
    bench = await started(dut)
    jobs = [super_frame(bench.rng, 400, 100, seq=2**32 - 150, ip_id=65534)]
    jobs.append(super_frame(bench.rng, 400, 100, version=6, seq=2**32 - 200))
    await bench.check(jobs)
    frames = await bench.run(jobs[:1])
    assert [struct.unpack_from(">H", frame, 18)[0] for frame in frames] == [65534, 65535, 0, 1]
    assert [struct.unpack_from(">I", frame, 38)[0] for frame in frames] == [2**32 - 150, 2**32 - 50, 50, 150]


@cocotb.test()
async def a_segment_may_have_checksum_zero(dut):
    """A segment whose TCP checksum comes to 0x0000 is sent with that, an ordinary frame with 0xFFFF."""
    bench = await started(dut)
    jobs = [with_zero_checksum(super_frame(bench.rng, 100, 40, version=version)) for version in (4, 6)]
    await bench.check(jobs)
    for job in jobs:
        segment = (await bench.run([job]))[0]
        assert segment[job.header.csum_start + 16 :][:2] == b"\0\0"


@cocotb.test()
async def idle_means_nothing_inside(dut):
    """A side-band word without its frame, half a frame, or a frame that the wire does not take: none is idle."""
    bench = await started(dut)
    job = with_csum(bench.rng, 20 * bench.keep_w, 14, 0)

    async def is_idle() -> bool:
        for _ in range(60):
            await FallingEdge(dut.clk)
        return bool(dut.m.value.to_unsigned() >> 9 * bench.keep_w & 4)

    async def offer(handle, value: int) -> None:
        handle.value = value
        await FallingEdge(dut.clk)
        handle.value = 0

    assert await is_idle()
    await offer(dut.meta, bench.meta(job.header))
    assert not await is_idle()
    for word in bench.words(job):
        assert not await is_idle()
        await offer(dut.s, word)
    assert not await is_idle()
    dut.m_axis_tready.value = 1
    assert await is_idle()


@cocotb.test()
async def largest_super_frames(dut):
    """65,535 bytes of IP (IPv4) and 65,535 behind the IPv6 header."""
    bench = await started(dut)
    rng = bench.rng
    large = min(8948, bench.max_frame - 4 - 86)
    jobs = [super_frame(rng, 65535 - 40, 1448), super_frame(rng, 65535 - 20 - 12, large, version=6, tcp_words=3)]
    if SHARE == 1:
        jobs.append(super_frame(rng, 65535 - 52, large, tcp_words=3, vlans=2))
        jobs.append(super_frame(rng, 60000, 536, version=6, ext=16))
    await bench.check(jobs)


@cocotb.test()
async def checksum_insertion(dut):
    """TCP and UDP sums verify at a receiver; any start and offset, odd ones too; zero goes out as 0xFFFF."""
    bench = await started(dut)
    rng = bench.rng
    jobs = []
    for protocol, offset in ((6, 16), (17, 6)):
        for length in range(40, 40 + 2 * bench.keep_w + 3):
            head = rng.randbytes(12) + b"\x08\x00" + b"\x45" + rng.randbytes(19)
            body = bytearray(rng.randbytes(length))
            struct.pack_into(">H", body, offset, ones_sum(pseudo_header(head, 14, protocol, length)))
            jobs.append(Job(NetHeader(NEEDS_CSUM, csum_start=34, csum_offset=offset), head + bytes(body)))
    await bench.check(jobs)
    for job, frame in zip(jobs, await bench.run(jobs), strict=True):
        protocol = 6 if job.header.csum_offset == 16 else 17
        assert ones_sum(pseudo_header(frame, 14, protocol, len(frame) - 34) + frame[34:]) == 0xFFFF
    odd = []
    for _ in range(share(300)):
        length = rng.randrange(14, 6 * bench.keep_w)
        start = rng.randrange(length - 1)
        odd.append(with_csum(rng, length, start, rng.randrange(length - 1 - start)))
    # sums of 0xFFFF, and all bytes zero
    ones = NetHeader(NEEDS_CSUM, csum_start=14, csum_offset=2)
    odd.append(Job(ones, rng.randbytes(14) + b"\xff\xff\0\0\0\0\xff\xff" * 8))
    odd.append(Job(replace(ones, csum_start=15, csum_offset=3), rng.randbytes(15) + bytes(60)))
    # only the sum's carries decide
    odd.append(Job(NetHeader(NEEDS_CSUM, csum_start=0, csum_offset=0), b"\xff" * (bench.max_frame - 4)))
    await bench.check(odd, stall_out=0.2)
    assert (await bench.run(odd[-3:-1]))[0][16:18] == b"\xff\xff"


def changed(job: Job, at: int, value: bytes, **header) -> Job:
    frame = bytearray(job.frame)
    frame[at : at + len(value)] = value
    return Job(replace(job.header, **header), bytes(frame))


def lying(job: Job, at: int, length: int, honest: int) -> Job:
    """The IP length field at ``at`` says ``length``, and so does the pseudo-header's sum."""
    job = changed(job, at, struct.pack(">H", length))
    field = job.header.csum_start + 16
    partial = ones_sum(job.frame[field : field + 2] + struct.pack(">HH", 0xFFFF - honest, length))
    return changed(job, field, struct.pack(">H", partial))


def bad_jobs(rng: random.Random, max_frame: int) -> list[tuple[str, Job]]:
    """One frame for each way to be wrong, with the event it must raise."""
    v4, v6 = super_frame(rng, 1000, 300), super_frame(rng, 1000, 300, version=6)
    vlan = super_frame(rng, 500, 300, vlans=2)
    small = super_frame(rng, 20, 300)

    def header(job: Job, **fields) -> Job:
        return Job(replace(job.header, **fields), job.frame)

    cases = [
        ("err_gso_no_csum", header(v4, flags=0)),
        ("err_gso_no_csum", header(v6, flags=2)),
        *(("err_gso_type", header(v4, gso_type=kind)) for kind in (2, 3, 5, 6, 0x41, 0x80, 0x83, 0xFF)),
        ("err_gso_size", header(v4, gso_size=0)),
        ("err_gso_size", header(v4, gso_size=max_frame - 4 - 54 + 1)),
        ("err_gso_size", header(v6, gso_size=65535)),
        ("err_csum_range", header(v4, csum_offset=15)),
        ("err_csum_range", header(v4, csum_offset=65535)),
        ("err_header", header(v4, csum_start=len(v4.frame) - 19)),
        ("err_header", header(v4, csum_start=237)),
        ("err_header", header(v4, csum_start=65535)),
        ("err_header", header(small, csum_start=len(small.frame) - 19)),
        ("err_header", Job(v4.header, v4.frame[:53])),
        ("err_header", Job(v4.header, v4.frame[:46])),
        ("err_header", Job(v4.header, v4.frame[:47])),
        ("err_header", Job(v4.header, v4.frame[:14])),
        ("err_header", changed(v4, 46, b"\x40")),
        ("err_header", changed(small, 46, b"\xf0")),
        ("err_header", changed(super_frame(rng, 500, 100), 229 + 12, b"\xf0", csum_start=229)),
        ("err_header", super_frame(rng, 500, 100, version=6, ext=144, tcp_words=10)),
        ("err_ip", changed(v4, 12, b"\x86\xdd")),
        ("err_ip", changed(v4, 12, b"\x08\x06")),
        ("err_ip", changed(v4, 14, b"\x65")),
        ("err_ip", changed(v4, 14, b"\x44")),
        ("err_ip", changed(v4, 14, b"\x46")),
        ("err_ip", header(v4, gso_type=4)),
        ("err_ip", header(v6, gso_type=1)),
        ("err_ip", changed(v6, 14, b"\x45")),
        ("err_ip", changed(v6, 58 + 12, b"\x50", csum_start=58)),
        ("err_ip", changed(v4, 16, struct.pack(">H", 39))),
        ("err_ip", changed(v6, 18, struct.pack(">H", 0))),
        ("err_ip", changed(v4, 46 - 5, b"\x50", csum_start=29)),
        ("err_ip", changed(vlan, 12, bytes.fromhex("81000001") * 5)),
        ("err_ip", changed(v4, 12 + 12, b"\x50", csum_start=12)),
        # the wrong header ends with a beat, and the frame with it
        ("err_ip", changed(Job(v4.header, v4.frame[:64]), 44 + 12, b"\x50", csum_start=44)),
    ]
    # the IP length field and the frame disagree, by little and by much
    for job, at, length in ((v4, 16, 1040), (v6, 18, 1020), (super_frame(rng, 900, 300), 16, 940)):
        for off in (-600, -300, -299, -1, 1, 17, 300, 20000):
            cases.append(("err_ip", lying(job, at, length + off, length)))
    cases += [
        ("err_csum_range", with_csum(rng, 60, 34, 25)),
        ("err_csum_range", with_csum(rng, 60, 60, 0)),
        ("err_csum_range", with_csum(rng, 60, 65535, 65535)),
        ("err_csum_range", with_csum(rng, 60, 0, 59)),
        ("too_long", plain(rng, max_frame - 3)),
        ("too_long", with_csum(rng, max_frame + 700, 34, 16)),
    ]
    return cases


@cocotb.test()
async def every_error_is_counted_and_traffic_goes_on(dut):
    """Each error gives its event once and no frame it should not, with good frames before, between and behind."""
    bench = await started(dut)
    rng = bench.rng
    for stall in (0.0, 0.3) if SHARE > 0.1 else (0.3,):
        jobs = []
        for event, job in bad_jobs(rng, bench.max_frame):
            outcome = expected(job.header, job.frame, bench.max_frame, bench.keep_w)
            assert outcome.event == event, f"{event}: the oracle says {outcome.event} for {job.header}"
            jobs.append(job)
            if rng.random() < 0.5:
                jobs.append(rng.choice([super_frame(rng, 200, 90), with_csum(rng, 60, 34, 6), plain(rng, 60)]))
        await bench.check(jobs, stall_in=stall, stall_out=stall, stall_meta=stall)
        rng.shuffle(jobs)
        await bench.check(jobs)


@cocotb.test()
async def aborted_input_is_dropped(dut):
    """tuser[0] on the last beat drops ordinary frames and the segments that reach into that beat, without an event."""
    bench = await started(dut)
    rng = bench.rng
    jobs = []
    for _ in range(share(80)):
        job = any_super_frame(rng, bench.max_frame)
        jobs.append(Job(job.header, job.frame, True))
        jobs.append(rng.choice([plain(rng, 60), with_csum(rng, 70, 20, 9), super_frame(rng, 100, 40)]))
        cut = rng.randrange(1, len(job.frame))
        if len(job.frame) - cut > 200:
            # a chain that failed half-way: shorter than its IP header says, and known to be bad
            jobs.append(Job(job.header, job.frame[: len(job.frame) - cut], True))
        jobs.append(with_csum(rng, rng.randrange(15, 120), 13, 0, drop=True))
        jobs.append(with_csum(rng, 40, 13, 60, drop=True))
        jobs.append(Job(NetHeader(), rng.randbytes(bench.max_frame), True))
        if rng.random() < 0.5:
            jobs.pop()
    # the next segment's header is being made when the end comes, and another super-frame waits
    for cut in range(1, 70):
        job = super_frame(rng, 200, rng.randrange(1, 30))
        # odd: aborted; even: only shorter than its IP header says
        jobs.append(Job(job.header, job.frame[: 54 + cut], bool(cut % 2)))
        jobs.append(super_frame(rng, 100, 40, version=rng.choice([4, 4, 6]), flags=rng.randrange(256)))
    await bench.check(jobs)


@cocotb.test()
async def a_blocked_wire_holds_two_frames(dut):
    """A blocked wire stops the input once its store is full; nothing is lost; what waits leaves back to back."""
    bench = await started(dut)
    store = int(dut.TX_STORE.value)
    jobs = [super_frame(bench.rng, 30000, 1448), plain(bench.rng, 60), plain(bench.rng, 61)]
    wanted = [frame for job in jobs for frame in expected(job.header, job.frame, bench.max_frame).frames]
    hold = 3 * bench.max_frame // bench.keep_w + 200
    assert await bench.run(jobs, hold_out=hold) == wanted
    # the store, the header, the look-ahead
    assert bench.taken_while_held * bench.keep_w <= store + HEADER_LIMIT + 4 * bench.keep_w
    whole = store // (1502 + bench.keep_w)
    gaps = [first - last for first, last in zip(bench.first_cycle[1:whole], bench.last_cycle, strict=False)]
    assert gaps and max(gaps) == 1
    assert await bench.run(jobs[1:] * 20, stall_out=0.85) == wanted[-2:] * 20


@cocotb.test()
async def reset_forgets_frames(dut):
    """A reset in the middle of anything leaves a block that is idle and works."""
    bench = await started(dut)
    rng = bench.rng
    for _ in range(share(40)):
        job = super_frame(rng, 3000, rng.randrange(50, 600)) if rng.random() < 0.8 else with_csum(rng, 700, 34, 6)
        dut.m_axis_tready.value = rng.randrange(2)
        dut.meta.value = bench.meta(job.header)
        for word in bench.words(job)[: rng.randrange(2, 90)]:
            dut.s.value = word
            await FallingEdge(dut.clk)
            while not dut.m.value.to_unsigned() >> 9 * bench.keep_w & 8 and rng.random() < 0.98:
                await FallingEdge(dut.clk)
        dut.rst.value = 1
        dut.s.value = dut.meta.value = 0
        await FallingEdge(dut.clk)
        await FallingEdge(dut.clk)
        dut.rst.value = 0
        await FallingEdge(dut.clk)
        assert dut.m.value.to_unsigned() >> 9 * bench.keep_w & 5 == 4, "not idle after reset"
        await bench.check([super_frame(rng, 200, 90), with_csum(rng, 60, 34, 6)])


@cocotb.test()
async def cycle_budgets(dut):
    """Cycles a frame and a segment, measured between the ends of frames that leave one after the other."""
    bench = await started(dut)
    rng, width = bench.rng, bench.keep_w

    async def period(jobs: list[Job]) -> float:
        frames = await bench.run(jobs)
        assert len(frames) == len(bench.last_cycle)
        ends = bench.last_cycle[len(bench.last_cycle) // 4 :]
        return (ends[-1] - ends[0]) / (len(ends) - 1)

    small = await period([with_csum(rng, 60, 34, 16) for _ in range(60)])
    across = await period([with_csum(rng, max(60, width + 6), 0, width - 1) for _ in range(60)])
    bare = await period([plain(rng, 60) for _ in range(60)])
    mss = await period([super_frame(rng, 1448 * 20, 1448, tcp_words=3)])
    pairs = await period([super_frame(rng, 1448 * 2, 1448, tcp_words=3) for _ in range(12)])
    large = min(8948, bench.max_frame - 4 - 66)
    jumbo = await period([super_frame(rng, large * 6, large, tcp_words=3)])
    single = await period([super_frame(rng, 100, 1448, tcp_words=3) for _ in range(30)])
    dut._log.info(
        "cycles at DATA_W %d: 60-byte frame %.1f, with checksum %.1f, across a beat %.1f; segment of MSS 1448 %.1f, "
        "of two-segment super-frames %.1f, MSS %d %.1f; super-frame of one small segment %.1f",
        8 * width, bare, small, across, mss, pairs, large, jumbo, single,
    )  # fmt: skip
    assert bare <= small <= across <= (12 if width >= 16 else 16)
    scale = 16 / width
    assert mss <= max(1, scale) * 130 and jumbo <= max(1, scale) * 600
    assert pairs <= max(1, scale) * 130
    # the wire's own time for a segment at 10 Gb/s and 250 MHz is 5 bytes a cycle: no bubble
    assert mss < (1514 + 24) / 5 and jumbo < (large + 66 + 24) / 5


@cocotb.test()
async def header_is_only_a_hint(dut):
    """The same super-frame gives the same segments whatever hdr_len says."""
    bench = await started(dut)
    job = super_frame(bench.rng, 500, 100, vlans=1, ip_words=2, tcp_words=5)
    outputs = [await bench.run([Job(replace(job.header, hdr_len=hint), job.frame)]) for hint in (0, 54, 90, 65535)]
    assert outputs[0] and all(frames == outputs[0] for frames in outputs)
