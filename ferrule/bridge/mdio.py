# SPDX-License-Identifier: Apache-2.0
"""Registers of the PHY over MDIO (IEEE 802.3 clause 22), its lines moved bit by bit from here."""

from __future__ import annotations

from ferrule.bridge import regs
from ferrule.bridge.board import Board

PREAMBLE_BITS = 32
READ, WRITE = 0b10, 0b01


def _clocked(bits: str, drive: bool = True) -> list[int]:
    """Words for MDIO: each bit stands at a low clock and is taken at its rise."""
    words = []
    for bit in bits:
        level = (regs.MDIO_MDIO_OUT if bit == "1" else 0) | (regs.MDIO_MDIO_DRIVE if drive else 0)
        words += [level, level | regs.MDIO_MDC]
    return words


def _begin(operation: int, phy: int, register: int) -> str:
    if not 0 <= phy < 32 or not 0 <= register < 32:
        raise ValueError(f"PHY {phy}, register {register}: both go from 0 to 31")
    return "1" * PREAMBLE_BITS + f"01{operation:02b}{phy:05b}{register:05b}"


def read_phy(board: Board, phy: int, register: int) -> int:
    """16 bits; 0xFFFF where no PHY answers."""
    value = 0
    words = _clocked(_begin(READ, phy, register)) + _clocked("1", drive=False)
    board.locked(lambda bone: bone.write_fixed(regs.MDIO, words))
    for _ in range(17):  # the rest of the turnaround, then the data
        board.locked(lambda bone: bone.write_fixed(regs.MDIO, [0]))
        value = value << 1 | bool(board.read32(regs.MDIO) & regs.MDIO_MDIO_IN)
        board.locked(lambda bone: bone.write_fixed(regs.MDIO, [regs.MDIO_MDC]))
    board.write32(regs.MDIO, 0)
    return value & 0xFFFF


def write_phy(board: Board, phy: int, register: int, value: int) -> None:
    """16 bits."""
    words = [*_clocked(_begin(WRITE, phy, register) + f"10{value & 0xFFFF:016b}"), 0]
    board.locked(lambda bone: bone.write_fixed(regs.MDIO, words))
