# SPDX-License-Identifier: Apache-2.0
"""The example driver with one mistake each, of the kind that every author of a driver has made."""

from examples.tiny_driver import HEADER, RECEIVE, Queue, TinyDriver

STEP_NS = 500


class FixedAddress(TinyDriver):
    """Has an address of its own."""

    async def probe(self):
        await super().probe()
        self.mac = bytes.fromhex("02fe52000001")


class AlwaysUp(TinyDriver):
    """Does not look at the link."""

    async def probe(self):
        await super().probe()
        self.link_up = True


class CutsLastByte(TinyDriver):
    """Rounds the length of a received frame down."""

    def poll(self):
        return [frame[: len(frame) // 2 * 2] for frame in super().poll()]


class ShortBuffers(TinyDriver):
    """Forgets that the header takes room in the buffer."""

    async def _set_up(self, number, at, buffer_size):
        return await super()._set_up(number, at, buffer_size - HEADER * (number == RECEIVE))


class Hasty(TinyDriver):
    """Rings the doorbell of a device that is not live."""

    async def _set_up(self, number, at, buffer_size):
        queue = await super()._set_up(number, at, buffer_size)
        queue.notify()
        return queue


class Silent(TinyDriver):
    """Does not tell the device of the receive buffers that it gives back."""

    async def _set_up(self, number, at, buffer_size):
        queue = await super()._set_up(number, at, buffer_size)
        if number == RECEIVE:
            queue.notify = lambda: None
        return queue


class Endless(TinyDriver):
    """Waits in a loop of its own for what only the simulation can bring."""

    def poll(self):
        while not self.receive.is_used():
            pass
        return super().poll()


class KeepsBuffers(TinyDriver):
    """Gives no receive buffer back to the device."""

    def poll(self):
        self._take_sent()
        frames = []
        while self.receive.is_used():
            number, length = self.receive.take()
            start = self.receive.buffer(number)
            frames.append(self.receive.memory[start + HEADER : start + length].tobytes())
        return frames


class PlainQueue(Queue):
    """Takes a ring index for a number that only grows."""

    def is_used(self):
        index = int.from_bytes(self.memory[self.used + 2 : self.used + 4], "little")
        return index > self.used_index


class PlainIndex(TinyDriver):
    """Compares ring indices as if they never ran through 65,535."""

    async def _set_up(self, number, at, buffer_size):
        queue = await super()._set_up(number, at, buffer_size)
        queue.__class__ = PlainQueue
        return queue


class Twice(TinyDriver):
    """Now and then hands a frame up two times."""

    def poll(self):
        frames = super().poll()
        return frames + frames[2:3]


class Reversed(TinyDriver):
    """Takes the newest frame first."""

    def poll(self):
        return super().poll()[::-1]


class Sleeper(TinyDriver):
    """Looks at the rings again and again."""

    async def wait(self, timeout_ns):
        end = self.bus.now_ns() + timeout_ns
        while self.bus.now_ns() < end:
            if self.receive.is_used() or self.send.is_used():
                return True
            await self.bus.sleep_ns(min(STEP_NS, end - self.bus.now_ns()))
        return False


class LosesWakeUps(TinyDriver):
    """Throws interrupts away before it sleeps, and does not look at the rings after that."""

    async def wait(self, timeout_ns):
        self.bus.take_interrupts()
        return bool(await self.bus.wait_interrupt({0}, timeout_ns))


class Restless(TinyDriver):
    """Never sleeps."""

    async def wait(self, timeout_ns):
        return True


class DropsWhenFull(TinyDriver):
    """Says that it has sent what it had no room for."""

    def transmit(self, frame):
        super().transmit(frame)
        return True


class ReusesEarly(TinyDriver):
    """Sends from a buffer that the device may not have read."""

    def transmit(self, frame):
        if not self.free:
            self.free.append(0)
        return super().transmit(frame)


class NoReset(TinyDriver):
    """Walks away from a running device."""

    async def close(self):
        pass


class HidesBuffers(TinyDriver):
    """Names its rings, and not what is behind them."""

    def memory_ranges(self):
        return [(queue.address(queue.desc), queue.buffers - queue.desc) for queue in (self.receive, self.send)]


class Hoards(TinyDriver):
    """Takes fresh memory for every probe and lets go of none."""

    held = 0

    def memory_ranges(self):
        return [*super().memory_ranges(), (self.bus.memory_base + (32 << 20), 4096 + self.held)]

    async def close(self):
        self.held += 4096
        await super().close()
