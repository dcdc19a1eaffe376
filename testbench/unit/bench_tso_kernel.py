# SPDX-License-Identifier: Apache-2.0
"""tx_offload gives what the Linux kernel's software segmentation gave for the same super-frames."""

import json
import os
from pathlib import Path

import cocotb

from testbench.lib.oracle_tso import NetHeader
from testbench.lib.tx_offload_driver import Bench, Job


@cocotb.test()
async def segments_equal_the_kernels(dut):
    """Byte for byte; the test that made the files has taken out what is documented as different."""
    bench = Bench(dut)
    await bench.start()
    cases = json.loads(Path(os.environ["TSO_KERNEL_CASES"]).read_text())
    for number, (header, frame, wanted) in enumerate(cases):
        job = Job(NetHeader.unpack(bytes.fromhex(header)), bytes.fromhex(frame))
        got = [segment.hex() for segment in await bench.run([job])]
        assert got == wanted, f"super-frame {number}, {job.header}: {len(got)} segments, the kernel has {len(wanted)}"
