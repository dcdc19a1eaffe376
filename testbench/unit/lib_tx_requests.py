# SPDX-License-Identifier: Apache-2.0
"""Requests for the transmit offloads: good ones, and bent in every way."""

from __future__ import annotations

import random
import struct
from dataclasses import replace

from testbench.lib.oracle_tso import NEEDS_CSUM, NetHeader, ones_sum, pseudo_header
from testbench.lib.tx_offload_driver import Job, super_frame
from testbench.unit.bench_tx_offload import any_super_frame


def overwritten(frame: bytes, at: int, value: bytes) -> bytes:
    """The frame with ``value`` at an offset, as far as it reaches."""
    return (frame[:at] + value + frame[at + len(value) :])[: len(frame)]


def random_payload(rng: random.Random, size: int) -> bytes:
    """Random bytes, or those whose sums are degenerate."""
    return rng.choice([rng.randbytes(size)] * 6 + [bytes(size), b"\xff" * size])


def random_job(rng: random.Random, max_frame: int, beat: int) -> Job:
    """A frame for the transmit offloads: ordinary, good super-frame, or one bent in up to three ways."""
    kind = rng.random()
    if kind < 0.1:
        size = rng.choice([rng.randrange(14, 300), rng.randrange(max_frame - 8, max_frame + 40)])
        return Job(NetHeader(flags=rng.choice([0, 2, 254])), rng.randbytes(size), rng.random() < 0.2)
    if kind < 0.3:
        size = rng.choice([rng.randrange(14, 300), rng.randrange(14, 70), rng.randrange(max_frame - 8, max_frame + 8)])
        top = rng.choice([size, size, 2, 65536])
        header = NetHeader(NEEDS_CSUM, csum_start=rng.randrange(min(top, 65536)), csum_offset=rng.choice([16, 6, 0]))
        if rng.random() < 0.5:
            header = replace(header, csum_offset=rng.randrange(max(1, size - header.csum_start + 2)))
        return Job(header, random_payload(rng, size), rng.random() < 0.1)
    job = any_super_frame(rng, max_frame)
    if kind < 0.4:
        room = rng.randrange(100, 150)
        job = super_frame(
            rng, rng.randrange(300), rng.randrange(1, 200), 6, ext=room // 8 * 8, tcp_words=rng.randrange(11)
        )
    if kind < 0.55:
        return job
    for _ in range(rng.choice([1, 1, 1, 2, 3])):
        job = bent(rng, job, max_frame, beat)
    return job


def bent(rng: random.Random, job: Job, max_frame: int, beat: int) -> Job:
    """The super-frame with one thing changed; the driver's sum then mostly fits what its header says."""
    header, frame, drop = job.header, job.frame, job.drop
    tcp, mss = header.csum_start, header.gso_size
    top = tcp + 4 * (frame[tcp + 12] >> 4) if tcp + 12 < len(frame) else tcp + 20
    l3 = tcp - rng.choice([20, 40]) if tcp >= 54 else 14
    last_beat = (len(frame) - 1) // beat * beat
    choice = rng.randrange(10)
    if choice == 0:
        name = rng.choice(["flags", "gso_type", "gso_size", "csum_start", "csum_offset"])
        values = {
            "flags": [0, 2, 3, 255],
            "gso_type": [1, 4, 0x81, 0x84, *range(256)],
            "gso_size": [0, 1, 65535, *(max_frame - 4 - top + off for off in (-1, 0, 1, 2)), len(frame) - top],
            "csum_start": [tcp + off for off in (-4, -2, -1, 1, 2, 4)] + [*range(60), *range(229, 260), 65535],
            "csum_offset": [15, 17, 0, 65535],
        }[name]
        header = replace(header, **{name: min(65535, max(0, rng.choice(values)))})
    elif choice in (1, 2, 3):
        ends = [
            rng.randrange(max(top, 14) + 4),
            top + rng.randrange(2 * beat),
            top + mss,
            last_beat,
            rng.randrange(14, 9999),
        ]
        frame = frame[: max(14, rng.choice(ends) + rng.choice([-1, 0, 0, 1]))]
        drop = drop or rng.random() < 0.5
    elif choice == 4:
        frame += rng.randbytes(rng.choice([1, rng.randrange(1, 2 * beat + 1), mss]))
    elif choice in (5, 6):
        if header.gso_type & 4:
            at, honest = l3 + 4, len(frame) - l3 - 40
        else:
            at, honest = l3 + 2, len(frame) - l3
        to_beat = last_beat - len(frame)
        lies = [honest + off for off in (-1, 1, to_beat, to_beat - 1, to_beat + 1, -mss, mss, beat)]
        lies += [top - l3, top - l3 - 40, rng.randrange(65536), 0]
        frame = overwritten(frame, at, struct.pack(">H", rng.choice(lies) & 0xFFFF))
    elif choice == 7:
        at = rng.choice([rng.randrange(12, len(frame)), rng.randrange(12, 30), tcp + 12, tcp + 13, l3])
        frame = overwritten(frame, at, bytes([rng.randrange(256)]))
    elif choice == 8:
        frame = frame[:top] + random_payload(rng, max(0, len(frame) - top))
    else:
        drop = True
    bent_job = Job(header, frame, drop)
    return with_driver_sum(bent_job) if rng.random() < 0.8 else bent_job


def with_driver_sum(job: Job) -> Job:
    """The frame with the pseudo-header's sum as a driver would have left it, where its headers can be read."""
    frame, tcp = job.frame, job.header.csum_start
    l3 = 12
    while frame[l3 : l3 + 2] in (b"\x81\x00", b"\x88\xa8"):
        l3 += 4
    l3 += 2
    if l3 + 20 > tcp or len(frame) < tcp + 20:
        return job
    version = frame[l3] >> 4
    if version == 4:
        end = l3 + int.from_bytes(frame[l3 + 2 : l3 + 4], "big")
    elif version == 6 and l3 + 40 <= tcp:
        end = l3 + 40 + int.from_bytes(frame[l3 + 4 : l3 + 6], "big")
    else:
        return job
    if not 0 <= end - tcp < 65536:
        return job
    partial = ones_sum(pseudo_header(frame, l3, 6, end - tcp))
    return Job(job.header, overwritten(frame, tcp + 16, struct.pack(">H", partial)), job.drop)


def edge_jobs(rng: random.Random, max_frame: int, beat: int) -> list[Job]:
    """Super-frames that end, or say that they end, at each byte round their header and round a beat's boundary."""
    version = rng.choice([4, 6])
    shape = {"version": version, "vlans": rng.randrange(3), "tcp_words": rng.randrange(11)}
    job = super_frame(rng, rng.randrange(4 * beat, 6 * beat), rng.randrange(1, 2 * beat), **shape)
    tcp = job.header.csum_start
    top = tcp + 4 * (job.frame[tcp + 12] >> 4)
    at = 14 + 4 * shape["vlans"] + (2 if version == 4 else 4)
    jobs = []
    # one start puts the data offset on a beat's first byte
    for start in (tcp, tcp + -(tcp + 12) % beat, rng.randrange(40, 230)):
        moved = job if start == tcp else tcp_at(job, start, rng.choice([4, 5, 5, 6]))
        for size in range(max(14, start - 1 - beat), max(top, start + 20) + beat + 2, 1 + beat // 16):
            for gso_size in (job.header.gso_size, max_frame):
                header = replace(moved.header, gso_size=gso_size)
                jobs += [Job(header, moved.frame[:size], drop) for drop in (False, True)]
    last_beat = (len(job.frame) - 1) // beat * beat
    for end in [*range(top - 2, top + 3), *range(last_beat - 2, last_beat + 3), len(job.frame) + 1]:
        told = end - (tcp if version == 6 else at - 2)
        lying = with_driver_sum(Job(job.header, overwritten(job.frame, at, struct.pack(">H", told))))
        jobs += [lying, replace(lying, drop=True)]
    return jobs + header_jobs(rng)


def header_jobs(rng: random.Random) -> list[Job]:
    """TCP where IP does not end, headers that end round byte 256, and super-frames that have no payload."""
    jobs = []
    for version in (4, 6):
        job = super_frame(rng, 300, 100, version)
        limit = [(start, words) for start in range(233, 239) for words in (4, 5, 6)]
        for start, words in [(start, 5) for start in range(12, 80)] + limit:
            moved = tcp_at(job, start, words)
            jobs += [moved, replace(moved, drop=True)]
        jobs.append(super_frame(rng, 0, rng.randrange(1, 100), version))
        for first in range(0x42, 0x48):
            moved = tcp_at(job, 14 + 4 * (first & 15), 5)
            jobs.append(Job(moved.header, overwritten(moved.frame, 14, bytes([first]))))
    return jobs


def tcp_at(job: Job, start: int, words: int) -> Job:
    """The super-frame with TCP said to begin at ``start``, and a data offset there."""
    frame = overwritten(job.frame.ljust(300, b"\5"), start + 12, bytes([words << 4]))
    return Job(replace(job.header, csum_start=start), frame, job.drop)
