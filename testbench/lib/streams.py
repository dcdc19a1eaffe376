# SPDX-License-Identifier: Apache-2.0
"""Valid/ready sources and sinks with random stalls for block benches: sampled before the edge, driven after it."""

from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import cocotb
from cocotb.triggers import ReadOnly, RisingEdge


def beats_of(frame: bytes, keep_w: int, user: int = 0) -> list[dict[str, int]]:
    """AXI4-Stream beats of a frame, byte 0 in lane 0; ``user`` goes on the last beat."""
    beats = []
    for offset in range(0, max(len(frame), 1), keep_w):
        chunk = frame[offset : offset + keep_w]
        last = offset + keep_w >= len(frame)
        beats.append(
            {
                "tdata": int.from_bytes(chunk, "little"),
                "tkeep": (1 << len(chunk)) - 1,
                "tlast": int(last),
                "tuser": user if last else 0,
            }
        )
    return beats


class Source:
    """Drives words ({field: value}) on ``<prefix><field>`` with ``<prefix><valid>``/``<ready>``.

    ``stall`` is the chance of an idle cycle before a word. ``ready=None``: no ready signal, every valid word is taken.
    """

    def __init__(
        self, dut: Any, clk: Any, fields: Sequence[str], prefix: str = "s_axis_", valid: str = "tvalid",
        ready: str | None = "tready", stall: float = 0.3, rng: random.Random | None = None,
    ) -> None:  # fmt: skip
        self.signals = {field: getattr(dut, prefix + field) for field in fields}
        self.valid = getattr(dut, prefix + valid)
        self.ready = getattr(dut, prefix + ready) if ready else None
        self.clk, self.stall, self.rng = clk, stall, rng or random.Random(cocotb.RANDOM_SEED)
        self.queue: deque[Mapping[str, int]] = deque()
        self.valid.value = 0
        for signal in self.signals.values():
            signal.value = 0
        cocotb.start_soon(self._run())

    def send(self, word: Mapping[str, int]) -> None:
        """Queue one word."""
        self.queue.append(word)

    def send_frame(self, frame: bytes, keep_w: int, user: int = 0) -> None:
        """Queue the beats of a frame."""
        self.queue.extend(beats_of(frame, keep_w, user))

    @property
    def idle(self) -> bool:
        """Everything queued has been taken."""
        return not self.queue

    async def _run(self) -> None:
        edge = RisingEdge(self.clk)
        while True:
            if not self.queue or self.rng.random() < self.stall:
                self.valid.value = 0
                await edge
                continue
            word = self.queue[0]
            for field, signal in self.signals.items():
                signal.value = word.get(field, 0)
            self.valid.value = 1
            while True:
                await ReadOnly()
                taken = self.ready is None or int(self.ready.value) == 1
                await edge
                if taken:
                    break
            self.queue.popleft()


class Sink:
    """Takes words from ``<prefix><field>``; ``stall``: share of cycles that are not ready; ``on_word`` sees each."""

    def __init__(
        self, dut: Any, clk: Any, fields: Sequence[str], prefix: str = "m_axis_", valid: str = "tvalid",
        ready: str | None = "tready", stall: float = 0.3, rng: random.Random | None = None,
        on_word: Callable[[dict[str, int]], None] | None = None,
    ) -> None:  # fmt: skip
        self.signals = {field: getattr(dut, prefix + field) for field in fields}
        self.valid = getattr(dut, prefix + valid)
        self.ready = getattr(dut, prefix + ready) if ready else None
        self.clk, self.stall, self.rng = clk, stall, rng or random.Random(cocotb.RANDOM_SEED + 1)
        self.words: deque[dict[str, int]] = deque()
        self.on_word = on_word
        cocotb.start_soon(self._run())

    async def _run(self) -> None:
        edge = RisingEdge(self.clk)
        while True:
            open_ = self.rng.random() >= self.stall
            if self.ready is not None:
                self.ready.value = int(open_)
            await ReadOnly()
            word = None
            if (open_ or self.ready is None) and int(self.valid.value) == 1:
                word = {field: int(signal.value) for field, signal in self.signals.items()}
            await edge
            if word is not None:
                self.words.append(word)
                if self.on_word:
                    self.on_word(word)

    def take_frames(self) -> list[tuple[bytes, int]]:
        """Remove and return the whole frames received: (bytes, tuser of the last beat)."""
        frames = []
        while any(word["tlast"] for word in self.words):
            data = b""
            while True:
                word = self.words.popleft()
                count = int(word["tkeep"]).bit_count()
                if word["tkeep"] != (1 << count) - 1:
                    raise AssertionError(f"tkeep {word['tkeep']:#x} is not contiguous from lane 0")
                data += int(word["tdata"] & ((1 << 8 * count) - 1)).to_bytes(count, "little")
                if word["tlast"]:
                    break
            frames.append((data, word.get("tuser", 0)))
        return frames
