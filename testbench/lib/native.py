# SPDX-License-Identifier: Apache-2.0
"""The C++ servants of this simulator process, seen through ctypes. Only importable inside a simulation."""

from __future__ import annotations

import ctypes
from ctypes import POINTER, c_char_p, c_int, c_int32, c_int64, c_uint8, c_uint32, c_uint64, c_void_p
from enum import IntFlag


class Reason(IntFlag):
    """Why C++ wakes Python (testbench/dpi/harness.h)."""

    READ_DONE = 1
    VECTOR = 2
    MGMT_IRQ = 4
    DEADLINE = 8
    WIRE = 16
    IDLE = 32
    IO_READY = 64
    STALLED = 128
    STOP = 256
    WALL_LIMIT = 512


NEVER = 2**63 - 1

_P64, _P32, _PU32 = POINTER(c_int64), POINTER(c_int32), POINTER(c_uint32)
_SIGNATURES = {
    "fr_pointer": (_P64, [c_char_p]),
    "fr_names": (c_char_p, []),
    "fr_state": (c_char_p, [c_int]),
    "fr_now_ps": (c_int64, []),
    "fr_take_reasons": (c_uint32, []),
    "fr_watch_fds": (None, [_P32, c_int]),
    "fr_fd_readable": (c_int, [c_int]),
    "fr_catch_signals": (None, []),
    "fr_mem_add": (c_void_p, [c_uint64, c_uint64, c_int, c_int64]),
    "fr_mem_remove": (None, [c_uint64]),
    "fr_guest_kick": (None, [c_int, c_uint32, c_uint32, c_int]),
    "fr_guest_call": (None, [c_int, c_int]),
    "fr_guest_remind": (None, [c_int]),
    "fr_guest_clear": (None, []),
    "fr_inflight_keep": (c_int, [c_int, c_int, c_int64, c_int, c_int, c_uint64, c_int, c_int, c_int]),
    "fr_inflight_end": (None, [c_int]),
    "fr_mem_peek": (c_int, [c_uint64, c_uint64, c_char_p]),
    "fr_mem_poke": (c_int, [c_uint64, c_uint64, c_char_p]),
    "fr_mem_guard": (None, [c_uint64, c_uint64, c_int]),
    "fr_mem_unguard": (None, []),
    "fr_mem_inject": (None, [c_uint64, c_uint64, c_int, c_int, c_int64, c_int64]),
    "fr_mem_inject_clear": (None, []),
    "fr_mem_incidents": (c_void_p, [_P64]),
    "fr_mem_incidents_clear": (None, []),
    "fr_mmio_push": (c_int64, [c_int, c_int, c_uint32, c_uint32, c_int]),
    "fr_mmio_answer": (c_int, [c_int, _P64, _PU32]),
    "fr_mmio_queued": (c_int64, [c_int]),
    "fr_mmio_current": (c_int64, [c_int, _P32]),
    "fr_vectors_take": (c_int, [_P32]),
    "fr_vector_await": (None, [_P32, c_int]),
    "fr_messages": (c_void_p, [_P64]),
    "fr_wire_send": (None, [c_void_p, c_void_p, c_void_p, c_void_p, c_void_p, c_int64, c_int64]),
    "fr_capture": (c_int64, [c_int, POINTER(POINTER(c_uint8)), POINTER(c_void_p)]),
    "fr_capture_clear": (None, [c_int]),
    "fr_impair_flap": (None, [c_int, c_int64, c_int64]),
}

lib = ctypes.CDLL(None)
for _name, (_result, _arguments) in _SIGNATURES.items():
    _function = getattr(lib, _name)
    _function.restype = _result
    _function.argtypes = _arguments

_cells: dict[str, c_int64] = {}


def cell(name: str) -> c_int64:
    """The 64-bit cell of a named setting or counter; reading and writing ``.value`` acts at once."""
    found = _cells.get(name)
    if found is None:
        pointer = lib.fr_pointer(name.encode())
        if not pointer:
            raise KeyError(f"the simulator has no setting or counter {name!r}")
        found = _cells[name] = pointer.contents
    return found


def values() -> dict[str, int]:
    """All settings and counters."""
    return {name: cell(name).value for name in lib.fr_names().decode().split()}


def card_state(place: int) -> dict[str, int]:
    """What the card says of queue ``place``, or with -1 of all the rest (hdl/card_state.sv); perhaps nothing."""
    lines = lib.fr_state(place).decode().splitlines()
    return {name: int(value) for name, value in (line.split() for line in lines)}


def state_steps() -> str | None:
    """What the monitors of the state machines counted (testbench/coverage); None in a simulator without them."""
    function = getattr(lib, "fr_fsm_text", None)
    if function is None:
        return None
    function.restype = c_char_p
    return function().decode()
