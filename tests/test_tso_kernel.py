# SPDX-License-Identifier: Apache-2.0
"""Super-frames segmented by this machine's Linux kernel, by the oracle and by the RTL: the same bytes.

One difference is by design: a super-frame whose payload fits one segment is no super-frame to the kernel, which drops
it or only inserts the checksum, while the card sends it as one segment; the sample has none.
"""

import json
import os
import random
import struct
import subprocess
import sys
from dataclasses import replace

import pytest

from testbench.lib import tools
from testbench.lib.bench import bench_seed
from testbench.lib.kernel_gso import NOT_ALLOWED
from testbench.lib.oracle_tso import GSO_ECN, expected, network_offset, ones_sum
from testbench.lib.tx_offload_build import run_tx_offload
from testbench.lib.tx_offload_driver import Job, super_frame, with_zero_checksum


def as_linux_takes_it(rng: random.Random, job: Job) -> Job:
    """The same super-frame as a kernel's bridge accepts it: unicast addresses, a right IPv4 header, a true hdr_len."""
    frame, tcp = bytearray(job.frame), job.header.csum_start
    frame[:12] = b"\x02" + rng.randbytes(5) + b"\x02" + rng.randbytes(5)
    l3 = network_offset(bytes(frame))
    if frame[l3] >> 4 == 4:
        frame[l3 + 20 : tcp] = b"\x01" * (tcp - l3 - 20)  # options: all "no operation"
        frame[l3 + 10 : l3 + 12] = b"\0\0"
        frame[l3 + 10 : l3 + 12] = struct.pack(">H", 0xFFFF - ones_sum(bytes(frame[l3:tcp])))
    return Job(replace(job.header, hdr_len=tcp + 4 * (frame[tcp + 12] >> 4)), bytes(frame))


def sample(rng: random.Random) -> list[Job]:
    """Super-frames of many kinds, from one byte a segment to the largest there are."""
    jobs = []
    for _ in range(150):
        version = rng.choice([4, 6])
        mss = rng.choice([1, rng.randrange(2, 40), rng.randrange(40, 600), 1448, int(8948 ** rng.random())])
        jobs.append(super_frame(
            rng, max(mss + 1, mss * rng.randrange(1, 6) + rng.choice([-1, 0, 1, rng.randrange(mss)])), mss, version,
            vlans=rng.choice([0, 0, 1, 2]), ip_words=rng.choice([0, 0, 3, 10]) if version == 4 else 0,
            ext=rng.choice([0, 0, 8, 40]) if version == 6 else 0, tcp_words=rng.randrange(11), flags=rng.randrange(256),
            seq=rng.choice([None, 2**32 - rng.randrange(1, 2 * mss + 1)]), ip_id=rng.choice([None, 65534]),
            gso_bits=rng.choice([0, GSO_ECN]),
        ))  # fmt: skip
    jobs.append(super_frame(rng, 65535 - 52, 1448, tcp_words=3))
    jobs.append(super_frame(rng, 65535 - 52, 8948, tcp_words=3))
    jobs.append(super_frame(rng, 65535 - 32, 1428, version=6, tcp_words=3))
    jobs = [as_linux_takes_it(rng, job) for job in jobs]
    # a checksum that comes to 0x0000 stays so
    return jobs + [with_zero_checksum(as_linux_takes_it(rng, super_frame(rng, 100, 40, version))) for version in (4, 6)]


def segmented_by_the_kernel(jobs: list[Job], folder) -> list[list[bytes]]:
    """Run the kernel's side in a process of its own, since it leaves our network namespace."""
    request, answer = folder / "jobs.json", folder / "segments.json"
    request.write_text(json.dumps([[job.header.pack().hex(), job.frame.hex()] for job in jobs]))
    run = subprocess.run(
        [sys.executable, "-m", "testbench.lib.kernel_gso", request, answer], cwd=tools.ROOT, capture_output=True,
        text=True, timeout=60, check=False,
    )  # fmt: skip
    if run.returncode == NOT_ALLOWED and os.environ.get("CI") != "true":
        pytest.skip(run.stderr.strip())
    assert run.returncode == 0, run.stderr
    return [[bytes.fromhex(frame) for frame in frames] for frames in json.loads(answer.read_text())]


def test_kernel_oracle_and_rtl_segment_alike(tmp_path):
    seed = bench_seed()
    jobs = sample(random.Random(seed))
    cases = []
    for job, frames in zip(jobs, segmented_by_the_kernel(jobs, tmp_path), strict=True):
        assert frames == expected(job.header, job.frame).frames, f"kernel and oracle differ, seed {seed}: {job.header}"
        cases.append([job.header.pack().hex(), job.frame.hex(), [frame.hex() for frame in frames]])
    path = tmp_path / "cases.json"
    path.write_text(json.dumps(cases))
    run_tx_offload("testbench.unit.bench_tso_kernel", "verilator", 128, 9216, {"TSO_KERNEL_CASES": str(path)})
