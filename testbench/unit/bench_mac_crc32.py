# SPDX-License-Identifier: Apache-2.0
"""mac_crc32 against zlib: whole words and every partial tail."""

import random
import zlib

import cocotb
from cocotb.triggers import Timer


@cocotb.test()
async def agrees_with_zlib(dut):
    """Words chained over messages of 0 to 40 bytes give zlib's CRC, whatever lies in the unused lanes."""
    rng = random.Random(cocotb.RANDOM_SEED)
    for length in [*range(41), *(rng.randrange(200) for _ in range(40))]:
        message, state = rng.randbytes(length), 0xFFFFFFFF
        for offset in range(0, max(length, 1), 8):
            chunk = message[offset : offset + 8]
            dut.state.value = state
            dut.data.value = int.from_bytes(chunk + rng.randbytes(8 - len(chunk)), "little")
            dut.bytes.value = len(chunk)
            await Timer(1, "ns")
            state = int(dut.next.value)
        assert state ^ 0xFFFFFFFF == zlib.crc32(message), f"{length} bytes"
