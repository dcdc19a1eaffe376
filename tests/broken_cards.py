# SPDX-License-Identifier: Apache-2.0
"""Cards and firmware with one mistake each, of the kind that a hostile driver, firmware or wire is after."""

import struct

from firmware import regs
from firmware.commands import MultiqueueCommands
from firmware.commands import receive as receive_commands
from firmware.control import Control as Commands
from firmware.status import NEEDS_RESET, DeviceStatus
from firmware.steering import Steering as FirmwareSteering
from testbench.model.host.buses import ManagementBus
from testbench.model.host.memory import HostMemory
from testbench.model.offload.steering import Steering
from testbench.model.path.mac import Mac
from testbench.model.path.receive import Receive
from testbench.model.path.transmit import Transmit
from testbench.model.registers.bar import Bar
from testbench.model.registers.queue_registers import QueueControl
from testbench.model.rings.chain import Segment
from testbench.model.rings.control import Control
from testbench.model.rings.packed import AVAIL, PackedRing
from testbench.model.rings.queue import Virtqueue
from testbench.model.rings.split import SplitRing


def reads_a_descriptor_too_many(patch):
    """Looks at the place behind the last one of a chain, which may be the end of its table."""
    walk, read = SplitRing._walk, HostMemory.read
    places = []

    def reading(self, address, length):
        places.append(address)
        return read(self, address, length)

    def too_far(self, head):
        chain = walk(self, head)
        reading(self._memory, places[-1] + 16, 16)
        return chain

    patch.setattr(HostMemory, "read", reading)
    patch.setattr(SplitRing, "_walk", too_far)


def takes_a_byte_more_than_was_given(patch):
    """Reckons with descriptors that are longer by one than they are."""
    walk = SplitRing._walk

    def longer(self, head):
        chain = walk(self, head)
        return chain._replace(segments=[Segment(at, length + 1, write) for at, length, write in chain.segments])

    patch.setattr(SplitRing, "_walk", longer)


def writes_a_byte_too_many(patch):
    write = Receive._write
    patch.setattr(Receive, "_write", lambda self, placing, at, data: write(self, placing, at, bytes(data) + b"\0"))


def reads_what_it_may_only_write(patch):
    """Does not look at the direction of a transmit chain's descriptors."""
    gather = Transmit._gather

    def blind(self, chain):
        return gather(self, chain._replace(segments=[part._replace(write=False) for part in chain.segments]))

    patch.setattr(Transmit, "_gather", blind)


def follows_tables_in_tables(patch):
    """Follows a table that a table refers to."""
    walk = SplitRing._walk

    def nested(self, head):
        chain = walk(self, head)
        if chain.error == 4 and self._queue.indirect and chain.segments:
            self._memory.read(chain.segments[-1].address, 16)
            self._memory.write(chain.segments[-1].address, bytes(16))
        return chain

    patch.setattr(SplitRing, "_walk", nested)


def writes_an_event_index_nobody_wants(patch):
    start = Virtqueue.start

    def always(self, *args):
        start(self, *args)
        self.event_idx = True

    patch.setattr(Virtqueue, "start", always)


def publishes_twice(patch):
    complete = Virtqueue.complete

    def twice(self, chain, length, more=False, after_ps=0):
        if not length and not more:
            self.taken += 1
            complete(self, chain, length, more, after_ps)
        complete(self, chain, length, more, after_ps)

    patch.setattr(Virtqueue, "complete", twice)


def publishes_out_of_order(patch):
    published = Virtqueue._published

    def shuffled(self, asked):
        if len(self._used) > 1 and not any(more for _, _, _, more in self._used):
            self._used.reverse()
        published(self, asked)

    patch.setattr(Virtqueue, "_published", shuffled)


def says_it_wrote_more_than_it_did(patch):
    complete = Virtqueue.complete

    def more(self, chain, length, more=False, after_ps=0):
        complete(self, chain, length + (length > 0), more, after_ps)

    patch.setattr(Virtqueue, "complete", more)


def loses_bad_chains(patch):
    """Does not give a bad chain back."""
    take = Virtqueue.take

    def taking(self):
        chain = take(self)
        while chain.error and self.chains:
            self.taken -= 1
            chain = take(self)
        return chain

    patch.setattr(Virtqueue, "take", taking)


def sends_what_it_has_of_a_bad_chain(patch):
    """Takes the descriptors before the bad one for the frame."""
    gather = Transmit._gather
    patch.setattr(Transmit, "_gather", lambda self, chain: gather(self, chain._replace(error=0)))


def never_asks_for_a_reset(patch):
    patch.setattr(DeviceStatus, "fail", lambda self, reason: None)


def asks_for_a_reset_at_any_error(patch):
    error = Virtqueue.take

    def broken(self):
        chain = error(self)
        if chain.error:
            self.fail(1)
        return chain

    patch.setattr(Virtqueue, "take", broken)


def asks_for_a_reset_in_silence(patch):
    def fail(self, reason):
        self.status |= NEEDS_RESET
        self._answer()

    patch.setattr(DeviceStatus, "fail", fail)


def hangs_in_a_command(patch):
    """Waits for ever for a command without a readable part."""
    gathered = Control._gathered
    patch.setattr(Control, "_gathered", lambda self, failed: self.length and gathered(self, failed))


def never_sleeps(patch):
    """Reads an available index for ever once it has found it beyond the ring."""
    broken = Virtqueue.fail

    def again(self):
        self._later(10_000, lambda: again(self))

    def restless(self, code):
        broken(self, code)
        again(self)

    patch.setattr(Virtqueue, "fail", restless)


def does_not_stop_for_a_reset(patch):
    """Goes on with what it has fetched, into memory that is no longer its own."""
    stop = Virtqueue.stop

    def going_on(self):
        chains = list(self.chains)
        stop(self)
        for chain in chains:
            for address, _, write in chain.segments:
                if write:
                    self._later(30_000_000, self.memory.write, address, b"late")

    patch.setattr(Virtqueue, "stop", going_on)


def takes_new_rings_while_enabled(patch):
    def set_address(self, gq, word, value, mask):
        row, ring = self.registers[gq], self.queues[gq].ring
        shift = 32 * (word & 1)
        row.addresses[word >> 1] = row.addresses[word >> 1] & ~(mask << shift) | (value & mask) << shift
        ring._desc, ring._avail, ring._used = row.addresses

    patch.setattr(QueueControl, "set_address", set_address)


def takes_any_queue_size(patch):
    def set_size(self, gq, size):
        self.registers[gq].size = size or 1

    patch.setattr(QueueControl, "set_size", set_size)


def forgets_interrupts(patch):
    patch.setattr(Bar, "queue_interrupt", lambda self, gq: None)


def delivers_bad_frames(patch):
    drop = Mac._drop
    patch.setattr(Mac, "_drop", lambda self, frame, marks: drop(self, frame, 0))


def spoils_a_frame(patch):
    """Changes the last byte of frames that are in several descriptors."""
    gather = Transmit._gather

    def spoiled(self, chain):
        data, verdict = gather(self, chain)
        return (data[:-1] + b"\xa5" if len(chain.segments) == 3 else data), verdict

    patch.setattr(Transmit, "_gather", spoiled)


def firmware_trusts_a_command(patch):
    """Reads a class and a command out of whatever came."""
    answer = Commands.answer

    async def trusting(self, request, capacity):
        assert request[0] < 7
        return await answer(self, request, capacity)

    patch.setattr(Commands, "answer", trusting)


def firmware_leaves_what_was_before_it(patch):
    """Does not take back where a firmware before it has let rings begin."""
    write = ManagementBus.write32

    def leaving(self, address, value):
        if (address, value) != (regs.QUEUE_START_INDEX, 0):
            write(self, address, value)

    patch.setattr(ManagementBus, "write32", leaving)


def writes_a_used_descriptor_one_place_on(patch):
    store = PackedRing.store

    def further(self, buffers, count):
        self._used_next += 1
        good = store(self, buffers, count)
        self._used_next -= 1
        return good

    patch.setattr(PackedRing, "store", further)


def writes_a_whole_used_descriptor(patch):
    """Clears the address as well, which no driver needs to have kept, and no device to write."""
    store = PackedRing.store

    def whole(self, buffers, count):
        self._memory.write(self._place(self._used_next), bytes(8))
        return store(self, buffers, count)

    patch.setattr(PackedRing, "store", whole)


def writes_more_than_an_event_structure(patch):
    wish = PackedRing.wish

    def longer(self):
        self._memory.write(self._device_area + 4, b"\0")
        return wish(self)

    patch.setattr(PackedRing, "wish", longer)


def reads_a_packed_table_past_its_end(patch):
    read = PackedRing._read_table

    def past(self, segments, table, length):
        error = read(self, segments, table, length)
        if not error:
            self._memory.read(table + length, 16)
        return error

    patch.setattr(PackedRing, "_read_table", past)


def follows_a_table_in_a_list(patch):
    """Reads the table that a list's descriptor refers to."""
    walk = PackedRing._walk

    def listed(self):
        begin = self._next
        chain = walk(self)
        if chain and chain.error == 4 and chain.places > 1:
            for position in range(begin, self._next):
                address, length, _, flags = struct.unpack("<QIHH", self._memory.read(self._place(position), 16))
                if flags & 4 and length:
                    self._memory.read(address, min(length, 16))
        return chain

    patch.setattr(PackedRing, "_walk", listed)


def takes_marks_of_any_round(patch):
    """Looks at one of the two bits that say that a descriptor is available."""
    patch.setattr(PackedRing, "_available", lambda self, flags: bool(flags & AVAIL) == self._wrap(self._next))


def returns_a_packed_chain_by_its_first_id(patch):
    walk = PackedRing._walk

    def first(self):
        raw = self._memory.read(self._place(self._next) + 12, 2)
        chain = walk(self)
        return chain and chain._replace(buffer_id=int.from_bytes(raw, "little"))

    patch.setattr(PackedRing, "_walk", first)


def skips_one_place_for_a_bad_chain(patch):
    """Forgets that the rest of a bad chain takes places too."""
    walk = PackedRing._walk

    def short(self):
        begin = self._next
        chain = walk(self)
        if chain and chain.error:
            self._next, chain = begin + 1, chain._replace(places=1)
        return chain

    patch.setattr(PackedRing, "_walk", short)


def uses_a_buffer_after_it_was_returned(patch):
    complete = Virtqueue.complete

    def late(self, chain, length, more=False, after_ps=0):
        complete(self, chain, length, more, after_ps)
        if length and not more and self.packed:
            self._later(5_000_000, self.memory.write, chain.segments[0].address, b"late")

    patch.setattr(Virtqueue, "complete", late)


def gives_a_short_header(patch):
    """Leaves the hash out of the header whatever was negotiated."""
    patch.setattr(Receive, "hash_report", property(lambda self: False, lambda self, value: None), raising=False)


def hashes_with_another_key(patch):
    toeplitz = Steering._toeplitz
    patch.setattr(Steering, "_toeplitz", lambda self, data: toeplitz(self, data[::-1]))


def with_any_pairs(patch, command):
    """The command is checked against more pairs than any card has."""
    check = getattr(MultiqueueCommands, command)

    async def unchecked(self, data):
        self._pairs, pairs = 0x1_0000, self._pairs
        result = await check(self, data)
        self._pairs = pairs
        return result

    patch.setattr(MultiqueueCommands, command, unchecked)


def firmware_takes_any_pair_for_a_table(patch):
    with_any_pairs(patch, "_rss_config")


def firmware_takes_any_number_of_pairs(patch):
    with_any_pairs(patch, "_pairs_set")


def firmware_does_not_switch_pairs_off(patch):
    """Answers that fewer pairs are in use, and goes on as before."""

    async def later(self, pairs):
        self._active = pairs

    patch.setattr(FirmwareSteering, "automatic", later)


def firmware_takes_any_vlan(patch):
    patch.setattr(receive_commands, "VLAN_IDS", 0x1_0000)


# what the judge says of it, at least once in the first cases
BROKEN = {
    reads_a_descriptor_too_many: "bad memory access",
    takes_a_byte_more_than_was_given: "bad memory access",
    writes_a_byte_too_many: "bad memory access",
    reads_what_it_may_only_write: "bad memory access",
    follows_tables_in_tables: "bad memory access",
    writes_an_event_index_nobody_wants: "bad memory access",
    does_not_stop_for_a_reset: "bad memory access",
    takes_new_rings_while_enabled: "bad memory access",
    publishes_twice: "buffers came back of|bad memory access",
    publishes_out_of_order: "came back where",
    says_it_wrote_more_than_it_did: "delivered spoiled|has room for",
    loses_bad_chains: "no frame arrives|came back where|has stopped",
    sends_what_it_has_of_a_bad_chain: "part of a bad chain",
    never_asks_for_a_reset: "does not ask for a reset",
    asks_for_a_reset_at_any_error: "not delivered|for no reason|do not come back",
    asks_for_a_reset_in_silence: "does not interrupt",
    hangs_in_a_command: "do not come back",
    never_sleeps: "come to rest",
    takes_any_queue_size: "takes",
    forgets_interrupts: "does not interrupt for frames",
    delivers_bad_frames: "delivered spoiled",
    spoils_a_frame: "other bytes",
    firmware_trusts_a_command: "firmware ended",
    firmware_leaves_what_was_before_it: "not delivered|device_status is",
    writes_a_used_descriptor_one_place_on: "bad memory access",
    writes_a_whole_used_descriptor: "bad memory access",
    writes_more_than_an_event_structure: "bad memory access",
    reads_a_packed_table_past_its_end: "bad memory access",
    follows_a_table_in_a_list: "bad memory access",
    takes_marks_of_any_round: "bad memory access|came back where",
    returns_a_packed_chain_by_its_first_id: "came back where",
    skips_one_place_for_a_bad_chain: "bad memory access|came back where|do not come back",
    uses_a_buffer_after_it_was_returned: "delivered spoiled|bad memory access",
    gives_a_short_header: "for a hash in a header|hash 0x|delivered spoiled",
    hashes_with_another_key: "hash 0x",
    firmware_takes_any_pair_for_a_table: "the answer to a command",
    firmware_takes_any_number_of_pairs: "the answer to a command",
    firmware_does_not_switch_pairs_off: "a pair that is not in use|no frame arrives",
    firmware_takes_any_vlan: "firmware ended|the answer to a command",
}
PAIRS = 4  # of the card that these are looked for on
WITH_PAIRS = {
    firmware_takes_any_pair_for_a_table, firmware_takes_any_number_of_pairs, firmware_does_not_switch_pairs_off,
}  # fmt: skip
