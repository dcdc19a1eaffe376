# SPDX-License-Identifier: Apache-2.0
"""The model's stores into memory that a driver in another process writes too: flags of a descriptor are stored once.

The C library copies two bytes by storing both, then the first once more; if the device is interrupted between, that
first byte lands on what the driver has made of the descriptor meanwhile, and the ring stands still. With such a copy
this test failed about once in 100,000 rounds.
"""

import ctypes
import mmap
import os
import signal
import subprocess
import time

import numpy as np
import pytest

from testbench.lib import tools
from testbench.model.host.memory import HostMemory

FLAGS, TAKEN = 14, 64  # bytes into the shared page
USED = (0x8080).to_bytes(2, "little")
ROUNDS = 1_000_000
BUDGET_S = 4.0
LIMIT_S = 30.0


@pytest.fixture(scope="module")
def peer(tmp_path_factory):
    library = tmp_path_factory.mktemp("store") / "peer.so"
    source = tools.ROOT / "tests" / "store_peer.cpp"
    subprocess.run(["g++", "-O2", "-shared", "-fPIC", source, "-o", library], check=True, timeout=60)
    return ctypes.CDLL(str(library))


def start(call, *args):
    """Call it in a process of its own."""
    child = os.fork()
    if not child:
        call(*args)
    return child


def test_flags_are_stored_once(peer):
    allowed = sorted(os.sched_getaffinity(0))
    if len(allowed) < 2:
        pytest.skip("one processor keeps its own order")
    mine, theirs = allowed[:2]
    shared = mmap.mmap(-1, mmap.PAGESIZE)
    array = np.frombuffer(shared, np.uint8)
    memory = HostMemory(0, 0, lambda: 0)
    memory.insert(0x1000, array)
    taken = memoryview(shared)[TAKEN : TAKEN + 8].cast("Q")
    at = array.ctypes.data
    children = [
        start(peer.driver, ctypes.c_void_p(at + FLAGS), ctypes.c_void_p(at + TAKEN), theirs),
        start(peer.interrupter, mine),
    ]
    os.sched_setaffinity(0, {mine})
    started = time.monotonic()
    try:
        for number in range(1, ROUNDS + 1):
            if not number % 64 and time.monotonic() > started + BUDGET_S:
                break
            memory.write(0x1000 + FLAGS, USED)
            while taken[0] < number:
                assert time.monotonic() < started + LIMIT_S, "the driver does not get on"
            assert shared[FLAGS] == 0, f"round {number}: a second store has undone the driver's"
    finally:
        os.sched_setaffinity(0, allowed)
        for child in children:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
    print(f"{number} rounds")
