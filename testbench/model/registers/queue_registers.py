# SPDX-License-Identifier: Apache-2.0
"""What a driver writes for each queue; start, stop and reset that follow from it (virtio 1.2, 4.1.4.3)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from testbench.model.offload.coalesce import Coalescer
from testbench.model.registers.msix import NO_VECTOR, Msix
from testbench.model.rings.queue import Virtqueue

LOOK_PS = 200_000  # how often a queue that is being reset is looked at


@dataclass
class QueueRegisters:
    """One queue as the driver has set it up."""

    size: int
    addresses: list[int] = field(default_factory=lambda: [0, 0, 0])
    """Descriptor table, driver area, device area."""
    enabled: bool = False
    resetting: bool = False
    start_index: int = 0


class QueueControl:
    """All queues, in global numbers: 2n receive, 2n + 1 transmit, the last one control."""

    def __init__(
        self, queues: list[Virtqueue], size_max: int, msix: Msix, coalescer: Coalescer,
        later: Callable[..., object], count: Callable[[str], object], raise_event: Callable[[str], object],
    ) -> None:  # fmt: skip
        self.queues, self._size_max, self._msix, self._coalescer = queues, size_max, msix, coalescer
        self._later, self._count, self._raise = later, count, raise_event
        self.registers = [QueueRegisters(size_max) for _ in queues]
        self.errors = [0] * len(queues)
        """Last error code of each queue."""
        self.quiesce = False
        self.on_control_stop: Callable[[bool], object] = lambda stopped: None

    @property
    def quiet(self) -> bool:
        """No queue touches memory, and none is being reset."""
        return not any(queue.busy for queue in self.queues) and not any(row.resetting for row in self.registers)

    def set_size(self, gq: int, size: int) -> None:
        """From 2 to the largest, of a split ring a power of two; anything else, or an enabled queue, leaves it."""
        row = self.registers[gq]
        good = 2 <= size <= self._size_max and (self.queues[gq].packed or not size & (size - 1))
        if good and not (row.enabled or row.resetting):
            row.size = size

    def set_address(self, gq: int, word: int, value: int, mask: int) -> None:
        """32-bit word 0..5 of the three addresses; ``mask`` are the bits written."""
        row = self.registers[gq]
        if not (row.enabled or row.resetting):
            shift = 32 * (word & 1)
            row.addresses[word >> 1] = row.addresses[word >> 1] & ~(mask << shift) | (value & mask) << shift

    def set_vector(self, gq: int, vector: int) -> None:
        """Also of an enabled queue; a vector that does not exist becomes none."""
        self._msix.queue_vector[gq] = self._msix.legal(vector)

    def enable(self, gq: int) -> None:
        """The driver wrote 1 to queue_enable."""
        row = self.registers[gq]
        if row.enabled or row.resetting or self.quiesce:
            return
        row.enabled = True
        self._raise("queue_enable")
        self._coalescer.started(gq)
        self.errors[gq] = 0
        index, row.start_index = row.start_index, 0
        desc, driver, device = row.addresses
        self.queues[gq].start(row.size, (desc, driver, device), index)

    def kick(self, gq: int) -> None:
        """The driver's notification."""
        row = self.registers[gq]
        if row.enabled and not row.resetting:
            self._count("vq_kicks")
            self.queues[gq].kick()

    def reset(self, gq: int) -> None:
        """The driver wrote 1 to queue_reset: it reads 1 until the queue touches memory no more."""
        row = self.registers[gq]
        if row.resetting:
            return
        row.resetting = True
        self.queues[gq].stop()
        self._control_level()
        self._look(gq)

    def _look(self, gq: int) -> None:
        if self.queues[gq].busy:
            self._later(LOOK_PS, self._look, gq)
            return
        self._fill(gq)
        self._raise("queue_reset")
        self._control_level()

    def _fill(self, gq: int) -> None:
        self.registers[gq] = QueueRegisters(self._size_max, start_index=self.registers[gq].start_index)
        self._msix.queue_vector[gq] = NO_VECTOR

    def stop_all(self) -> None:
        """Every queue stops at once: the driver resets the device, or firmware quiesces it."""
        for row, queue in zip(self.registers, self.queues, strict=True):
            row.enabled = False
            queue.stop()
        self._control_level()

    def set_quiesce(self, quiesce: bool) -> None:
        """While set, no queue starts; setting it stops all."""
        rising = quiesce and not self.quiesce
        self.quiesce = quiesce
        if rising:
            self.stop_all()
        else:
            self._control_level()

    def clear(self) -> None:
        """Reset values for every queue."""
        self.stop_all()
        for gq in range(len(self.queues)):
            self._fill(gq)

    def _control_level(self) -> None:
        self.on_control_stop(self.quiesce or self.registers[-1].resetting)
