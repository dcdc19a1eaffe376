# SPDX-License-Identifier: Apache-2.0
"""Virtqueues in memory that host and device do not see alike at once (DmaSync): it is handed over where order matters.

Everything of a batch is handed over before the store that shows it to the device, and that store after it. What the
device wrote is asked for before each look. In coherent memory the plain queues do without, at no cost.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..bus import DmaSync
from ..memory import DmaMemory
from .packed import PackedQueue
from .split import SplitQueue

if TYPE_CHECKING:
    from .split import SplitQueue as _Ring  # or the other
else:
    _Ring = object


class _Handing(_Ring):
    """Put before a ring format."""

    _sync: DmaSync

    def __init__(self, memory: DmaMemory, *args: Any, **kwargs: Any) -> None:
        assert memory.sync is not None, "this memory is coherent"
        self._sync = memory.sync
        super().__init__(memory, *args, **kwargs)
        self._sync.dma_sync_for_device()  # the device reads the ring as soon as it is enabled

    def _show(self) -> None:
        self._sync.dma_sync_for_device()
        super()._show()
        self._sync.dma_sync_for_device()
        self._sync.dma_sync_for_cpu()  # whether it asks to be told

    def _collect(self, limit: int, done: list[tuple[Any, int]]) -> None:
        self._sync.dma_sync_for_cpu()
        super()._collect(limit, done)

    def _ask_for_interrupt(self, after: int) -> None:
        super()._ask_for_interrupt(after)
        self._sync.dma_sync_for_device()


class NonCoherentSplitQueue(_Handing, SplitQueue):
    """A split ring."""


class NonCoherentPackedQueue(_Handing, PackedQueue):
    """A packed ring."""
