# SPDX-License-Identifier: Apache-2.0
"""Arithmetic of the Internet checksum (RFC 1071): sums of 16-bit words as residues modulo 65,535.

Ones complement has two zeros, 0x0000 and 0xFFFF, and both are residue 0. Which one a checksum field holds is not a
matter of the sum but of the protocol, so there are two functions that make fields.
"""

from __future__ import annotations

import numpy as np

MODULUS = 0xFFFF
_WORD = np.dtype("<u2")
_INTEGER_IS_FASTER = 700  # bytes; measured: a division of a long integer against three calls of numpy


def residue(data: bytes | bytearray) -> int:
    """Sum of the big-endian words of ``data``, an odd last byte being the high half of a word (RFC 1071, section 4.1).

    2^16 is 1 modulo 65,535, so the sum of the words and the number that all of them spell are the same residue.
    """
    size = len(data)
    if size < _INTEGER_IS_FASTER:
        number = int.from_bytes(data, "big")
        return (number << 8 if size & 1 else number) % MODULUS
    total = int(np.add.reduce(np.frombuffer(data, _WORD, size >> 1), dtype=np.uint64))
    if size & 1:
        total += data[-1]
    # the words were read with their bytes exchanged, which exchanges the bytes of the sum (RFC 1071, section 2B)
    return (total << 8) % MODULUS


def residues(data: bytes, size: int) -> list[int]:
    """Residue of each piece of ``size`` bytes (the last may be shorter); an even ``size`` takes one pass over all."""
    if size & 1 or len(data) <= size:
        return [residue(data[at : at + size]) for at in range(0, len(data), size)]
    words = np.frombuffer(data + b"\0" if len(data) & 1 else data, _WORD)
    totals = np.add.reduceat(words, np.arange(0, len(words), size >> 1), dtype=np.uint64)
    return [(total << 8) % MODULUS for total in totals.tolist()]


def checksum(total: int) -> int:
    """Field that makes ``total`` and itself sum to zero; never 0xFFFF (IPv4 and TCP: RFC 1624, section 3)."""
    return -total % MODULUS


def checksum_not_zero(total: int) -> int:
    """The same, but 0xFFFF in place of 0x0000, which in UDP means that there is no checksum (RFC 768)."""
    return MODULUS - total % MODULUS
