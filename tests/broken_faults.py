# SPDX-License-Identifier: Apache-2.0
"""Cards, drivers and firmware that are wrong on purpose, each in one way, for the books of testbench/system/faults."""

from firmware.control import Control
from firmware.status import DeviceStatus
from host_driver.memory import DmaMemory
from host_driver.net.rx import RxQueue
from host_driver.net.tx import TxQueue
from testbench.model.host.memory import HostMemory
from testbench.model.path.mac import Mac
from testbench.model.path.receive import Receive
from testbench.model.registers.msix import Msix
from testbench.model.registers.status import DeviceStatus as CardStatus
from testbench.model.rings.queue import Virtqueue
from testbench.model.wire.wire import Wire

EVERY = 40


class Now:
    """True now and then: every fortieth time it is asked."""

    def __init__(self):
        self.asked = 0

    def __bool__(self):
        self.asked += 1
        return self.asked % EVERY == 0


def driver_forgets_a_frame(patch):
    now, commit = Now(), TxQueue.commit

    def forgetful(self, slot, frame_bytes, more=False):
        if now:
            self.release(slot)
            return True
        return commit(self, slot, frame_bytes, more)

    patch.setattr(TxQueue, "commit", forgetful)


def _receiving(patch, change):
    """``change`` makes what the sink is called with of what the driver has received."""
    poll_into = RxQueue.poll_into

    def poll(self, sink, budget):
        def changed(view):
            for data in change(bytes(view)):
                sink(memoryview(data))

        return poll_into(self, changed, budget)

    patch.setattr(RxQueue, "poll_into", poll)


def driver_loses_a_received_frame(patch):
    now = Now()
    _receiving(patch, lambda data: [] if now else [data])


def driver_gives_a_received_frame_twice(patch):
    now = Now()
    _receiving(patch, lambda data: [data, data] if now else [data])


def driver_swaps_received_frames(patch):
    kept = []

    def change(data):
        kept.append(data)
        return [kept.pop(), kept.pop()] if len(kept) == 2 else []

    _receiving(patch, change)


def driver_leaks_memory(patch):
    release = DmaMemory.alloc

    def alloc(self, *args, **more):
        release(self, 64)
        return release(self, *args, **more)

    patch.setattr(DmaMemory, "alloc", alloc)


def _sending(patch, change):
    """``change`` makes what goes on the line of the frames that were to go there; it may count."""
    send = Mac.send
    patch.setattr(Mac, "send", lambda self, frames, ready_ps: send(self, change(self, frames), ready_ps))


def card_drops_a_sent_frame(patch):
    now = Now()
    _sending(patch, lambda mac, frames: [frame for frame in frames if not now])


def card_counts_a_frame_it_does_not_send(patch):
    now, leave = Now(), Wire.from_card
    patch.setattr(Wire, "from_card", lambda self, *frame: None if now else leave(self, *frame))


def card_sends_a_frame_twice(patch):
    now = Now()
    _sending(patch, lambda mac, frames: frames * 2 if frames and now else frames)


def card_swaps_frames(patch):
    now = Now()
    kept = []

    def change(mac, frames):
        if kept:
            frames = frames + kept.pop()
        elif frames and now:
            kept.append(frames)
            return []
        return frames

    _sending(patch, change)


def card_spoils_a_sent_frame(patch):
    now = Now()
    _sending(patch, lambda mac, frames: [data[:-1] + bytes((data[-1] ^ 1,)) if now else data for data in frames])


def card_counts_a_drop_that_was_none(patch):
    now = Now()

    def change(mac, frames):
        if frames and now:
            mac._count("tx_drop_dma")
        return frames

    _sending(patch, change)


def card_drops_a_received_frame(patch):
    now, arrived = Now(), Receive.arrived
    patch.setattr(Receive, "arrived", lambda self, frame: None if now else arrived(self, frame))


def card_loses_a_frame_behind_its_counter(patch):
    now, finish = Now(), Receive._finish

    def some(self, queue, placing):
        placing.failed |= bool(now)
        count, self._count = self._count, lambda name, amount=1: count(name.replace("drop_dma", "frames"), amount)
        finish(self, queue, placing)
        self._count = count

    patch.setattr(Receive, "_finish", some)


def card_spoils_a_received_frame(patch):
    now, write = Now(), Receive._write

    def spoiled(self, placing, address, data):
        write(self, placing, address, data[:-1] + bytes((data[-1] ^ 1,)) if now else data)

    patch.setattr(Receive, "_write", spoiled)


def card_publishes_a_chain_twice(patch):
    now, complete = Now(), Virtqueue.complete

    def twice(self, chain, length, more=False, after_ps=0):
        complete(self, chain, length, more, after_ps)
        if now:
            self.taken += 1
            complete(self, chain, length, more, after_ps)

    patch.setattr(Virtqueue, "complete", twice)


def card_writes_behind_a_buffer(patch):
    now, write = Now(), HostMemory.write

    def far(self, address, data):
        if now:
            write(self, self.base + self.array.size - 4096, b"!")
        return write(self, address, data)

    patch.setattr(HostMemory, "write", far)


def card_forgets_masked_interrupts(patch):
    raised = Msix.raise_vector
    patch.setattr(
        Msix, "raise_vector", lambda self, vector: None if self.masked(vector) else raised(self, vector)
    )  # fmt: skip


def card_does_not_tell_a_memory_error(patch):
    read = HostMemory.read

    def zeros(self, address, length):
        data = read(self, address, length)
        return memoryview(bytes(length)) if data is None and length > 64 else data

    patch.setattr(HostMemory, "read", zeros)


def watchdog_does_not_bite(patch):
    patch.setattr(CardStatus, "_bite", lambda self: None)


def firmware_never_answers_a_command(patch):
    async def serve(self):
        pass

    patch.setattr(Control, "serve", serve)


def firmware_starts_from_nothing(patch):
    async def take_over(self):
        return 0

    patch.setattr(DeviceStatus, "take_over", take_over)


def firmware_forgets_a_command_it_was_at(patch):
    async def refuse_begun(self):
        return False

    patch.setattr(Control, "refuse_begun", refuse_begun)


def firmware_does_not_tell_a_failure(patch):
    def fail(self, reason):
        self.status |= 64
        self._answer()

    patch.setattr(DeviceStatus, "fail", fail)
