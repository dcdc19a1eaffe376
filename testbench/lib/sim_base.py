# SPDX-License-Identifier: Apache-2.0
"""What a simulated system is to a bench entry, whichever device is in it: the RTL or the functional model."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Coroutine, Iterable
from typing import Any, ClassVar

from testbench.lib.config import RunConfig
from testbench.lib.errors import MemoryViolationError

SHOWN = 10  # bad accesses in an error's message


class SimBase(ABC):
    """One simulated system: ``host``, ``mgmt``, ``wire``, ``guest``, and the time."""

    device: ClassVar[str]
    """"rtl" or "model"."""
    host: Any
    mgmt: Any
    wire: Any
    guest: Any
    """A guest in another process, whose memory the card reaches and whose descriptors notify it."""

    def __init__(self, config: RunConfig) -> None:
        self.config = config
        self.host_packets: dict[str, list[tuple[int, bytes, str | None]]] = {"host-tx": [], "host-rx": []}

    @property
    def failure(self) -> BaseException | None:
        """What ended the run while other tasks were under way."""
        return None

    @property
    @abstractmethod
    def time_ns(self) -> int:
        """Simulated time."""

    @property
    @abstractmethod
    def cycles(self) -> int:
        """Core clock cycles since the start."""

    @abstractmethod
    def start_soon(self, coroutine: Coroutine[Any, Any, Any]) -> Any:
        """Run a coroutine beside the entry; the task has ``cancel()``, ``done()``, ``result()``, and can be awaited."""

    @abstractmethod
    def cell(self, name: str) -> Any:
        """A setting or counter of the surroundings by name; its ``value`` is read and written."""

    @abstractmethod
    def counters(self) -> dict[str, int]:
        """Every setting and counter of the surroundings by name."""

    @abstractmethod
    async def sleep_ns(self, ns: float) -> None:
        """Let simulated time pass."""

    @abstractmethod
    async def idle(self, timeout_ns: float | None = None) -> bool:
        """Wait until the card is not busy and wire, memory and buses are empty; False when time is up."""

    @abstractmethod
    def watch(self, fds: Iterable[int]) -> None:
        """File descriptors ``wait_live`` wakes for."""

    @abstractmethod
    async def wait_live(self, vectors: Iterable[int] = (), max_block_ms: int = 200) -> tuple[set[int], set[int]]:
        """Wait for a watched descriptor or an interrupt vector: (readable descriptors, fired vectors).

        With nothing in flight the simulation stands still in poll(), without burning the CPU. It returns empty-handed
        after at most ``max_block_ms`` of that, so that the caller can look at the world. Armed coalescing timers, and
        waits of the host with a time limit, first run out in simulated time.
        """

    def record(self, point: str, frame: bytes, comment: str | None = None) -> None:
        """Put a frame on the host's side into the run's capture: point "host-tx" or "host-rx"."""
        self.host_packets[point].append((self.time_ns, bytes(frame), comment))

    def published(self, ring: int) -> int | None:
        """The index the driver has published in the avail ring at this address, if that is in host memory."""
        place = ring + 2 - self.host.memory_base
        if not 0 <= place <= len(self.host.memory) - 2:
            return None
        return int.from_bytes(self.host.memory[place : place + 2].tobytes(), "little")

    def check(self) -> None:
        """Raise if the card made accesses it should not have made (see ``host.forgive``)."""
        incidents = self.host.incidents
        if incidents:
            shown = [
                f"  {i['ns']} ns: {'write' if i['write'] else 'read'} of {i['length']} bytes "
                f"at {i['address']:#x}, {i['what']}"
                for i in incidents[:SHOWN]
            ]
            raise MemoryViolationError(f"{len(incidents)} bad memory accesses:\n" + "\n".join(shown))
