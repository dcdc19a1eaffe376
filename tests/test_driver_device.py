# SPDX-License-Identifier: Apache-2.0
"""The driver on a third device that is not our card: other places, other limits, and one that breaks the rules.

What these tests show beyond those on the card (test_driver_rules.py): that nothing is assumed of our card, and that a
device which breaks its rings, gives no answer or is no virtio device at all is named and survived.
"""

import struct

import pytest
from virtio_device import DEVICE, FakeDevice, run

from examples.tiny_driver import TinyDriver
from host_driver import DmaMemory, Feature, NetDevice, NetHeader, Options, checksum_request, tso_request
from host_driver.errors import (
    ControlError,
    DeviceNeedsReset,
    DeviceTimeout,
    FeaturesRejected,
    NotAVirtioDevice,
    QueueError,
    Unsupported,
)
from host_driver.net.features import mask, negotiate

ALL = mask(Feature)
FRAME = bytes(range(256)) * 5
RINGS = {
    "split": (Feature.RING_PACKED, Feature.IN_ORDER), "split in order": (Feature.RING_PACKED,),
    "packed": (Feature.IN_ORDER,), "packed in order": (),
}  # fmt: skip
WITHOUT = (
    None, Feature.MRG_RXBUF, Feature.RING_EVENT_IDX, Feature.CTRL_VQ, Feature.MTU, Feature.HASH_REPORT,
)  # fmt: skip


@pytest.fixture(params=RINGS)
def up(request):
    """``up(without=features, options=, ...)``: a device with these rings, and the driver on it."""

    def bring_up(without=(), options=None, **device):
        fake = FakeDevice(ALL & ~mask([*without, *RINGS[request.param]]), **device)
        card = NetDevice(fake, options=options)
        run(card.probe())
        assert (Feature.RING_PACKED in card.features) == request.param.startswith("packed")
        return fake, card

    return bring_up


def plain(card):
    """The header of a frame without requests."""
    return bytes(card.queues.header_size)


def test_num_buffers_says_nothing_without_mergeable_buffers(up):
    """The standard wants 1 there; DPDK's vhost library leaves what it finds."""
    fake, card = up([Feature.MRG_RXBUF])
    fake.leaves_num_buffers = True
    for size in (60, 1514, 9014):
        assert fake.deliver(bytes(size))
        (got,) = card.poll()
        assert got.frame == bytes(size)
    assert card.queues.rx[0].errors == 0


def test_without_medium_slots_the_large_ones_take_long_frames(up):
    """Where memory is scarce, and with nothing of segmentation negotiated too."""
    options = Options(mtu=9000, medium_slots=0, large_slots=1, large_slot_bytes=9014)
    fake, card = up([Feature.HOST_TSO4, Feature.HOST_TSO6], options=options)
    frame = bytes(range(256)) * 35
    assert card.transmit(frame)
    assert fake.sent == [plain(card) + frame]


@pytest.mark.parametrize("place", ["setup_queue", "queue_limit"])
@pytest.mark.parametrize("half", ["rx", "tx"])
def test_a_queue_that_is_refused_when_it_is_to_start_anew_leaves_nothing_behind(up, half, place):
    _, card = up()
    assert card.transmit(FRAME)

    async def refuses(*_):
        raise QueueError("refused")

    setattr(card.transport, place, refuses)
    with pytest.raises(QueueError, match="refused"):
        run(card.queues.reset_rx(0) if half == "rx" else card.queues.reset_tx(0))
    delattr(card.transport, place)
    run(card.close())
    assert card.memory.live_buffers == 0 and card.queues.past["tx_packets"] == 1
    run(card.probe())
    assert card.transmit(FRAME)


@pytest.mark.parametrize("without", WITHOUT)
@pytest.mark.parametrize("vectors", [1, 2, 8])
@pytest.mark.parametrize("limit", [128, 100])
def test_frames_go_both_ways_whatever_is_negotiated(up, without, vectors, limit):
    fake, card = up([without] if without else [], vectors=vectors, limit=limit)
    assert card.queues.header_size == (12 if without in (Feature.HASH_REPORT, Feature.CTRL_VQ) else 20)
    packed = Feature.RING_PACKED in card.features
    assert card.queues.rx[0].queue.size == (limit if packed else 1 << limit.bit_length() - 1)
    assert fake.status == 15 and card.features == {f for f in Feature if fake.accepted[f >> 5] >> (f & 31) & 1}
    for size in (60, 1514, 14):
        frame = FRAME[:10] * 2 + bytes(size)
        assert card.transmit(frame[:size])
        assert fake.sent.pop() == plain(card) + frame[:size]
        assert not run(card.wait(1000)) or card.poll() == []
        assert fake.deliver(frame[:size])
        assert run(card.wait(1000))
        (got,) = card.poll()
        assert got.frame == frame[:size]
    for _ in range(1000):  # several times around the ring
        assert fake.deliver(FRAME) and card.transmit(FRAME)
        (got,) = card.poll()
        assert got.frame == FRAME
    assert run(card.wait(1000)) in (True, False)
    card.poll()
    assert card.queues.tx[0].slots_held == 0


@pytest.mark.parametrize("descriptors", [1, 2])
@pytest.mark.parametrize("indirect", [False, True])
def test_super_frames_and_checksum_requests_carry_their_header(up, descriptors, indirect):
    fake, card = up(options=Options(tx_descriptors=descriptors, tx_indirect=indirect), fill=0xA5)
    header = tso_request(gso_type=1, header_length=54, mss=1448, csum_start=34).pack()
    assert header == struct.pack("<BBHHHHH", 1, 1, 54, 1448, 34, 16, 0)
    big = FRAME * 51
    assert card.transmit(big, header)
    tail = plain(card)[12:]
    assert fake.sent.pop() == header + tail + big
    header = checksum_request(34, 6).pack()
    assert NetHeader.unpack(header) == NetHeader(flags=1, csum_start=34, csum_offset=6)
    assert card.transmit(FRAME[:100], memoryview(header))
    assert fake.sent.pop() == header + tail + FRAME[:100]
    assert card.queues.tx[0].super_frames == 1 and card.queues.tx[0].csum_requests == 2


def test_a_full_ring_is_reported_and_goes_on_when_frames_are_done(up):
    fake, card = up(options=Options(tx_size=8))
    fake.hold_tx = True
    sent = 0
    while card.transmit(bytes([sent]) * 60):
        sent += 1
    assert sent == 8 and card.queues.tx[0].busy == 1 and card.queues.tx[0].slots_held == 8
    fake.hold_tx = False
    fake.work(1)
    assert card.transmit(FRAME)
    assert [frame[20] for frame in fake.sent] == [0, 1, 2, 3, 4, 5, 6, 7, FRAME[0]]


def test_frames_over_the_mtu_are_dropped_and_counted_but_a_vlan_tag_is_free(up):
    fake, card = up(options=Options(mtu=1500))
    assert not card.transmit(bytes(1515)) and not card.transmit(bytes(10))
    tagged = bytes(12) + b"\x81\x00" + bytes(1504)
    assert card.transmit(tagged) and not card.transmit(tagged + b"x")
    card.set_mtu(9000)
    assert card.transmit(bytes(9014)) and not card.transmit(bytes(9015))
    for bad in (67, 9001):
        with pytest.raises(Unsupported):
            card.set_mtu(bad)
    assert len(fake.sent) == 2 and card.queues.tx[0].dropped == 4


def test_one_doorbell_serves_a_batch(up):
    fake, card = up()
    fake.notified.clear()
    for number in range(5):
        assert card.transmit(FRAME, more=number < 4)
    assert fake.notified == [1] and len(fake.sent) == 5


@pytest.mark.parametrize("size", [2028, 2029, 9014])
def test_merged_buffers_give_one_frame(up, size):
    fake, card = up()
    frame = (FRAME * 8)[:size]
    for _ in range(200):
        assert fake.deliver(frame, flags=2)
        (got,) = card.poll()
        assert got.frame == frame and NetHeader.unpack(got.header).num_buffers == -(-(size + 20) // 2048)
    assert card.queues.rx[0].csum_valid == 200
    for _ in range(3):
        fake.deliver(frame)
        fake.deliver(FRAME)
    assert [len(got.frame) for got in card.poll(budget=4)] == [size, len(FRAME), size, len(FRAME)]
    assert [len(got.frame) for got in card.poll()] == [size, len(FRAME)]


def test_received_lengths_that_make_no_sense_are_counted_and_the_buffer_goes_back(up):
    fake, card = up([Feature.MRG_RXBUF])
    ring = fake.queue[0]["ring"]
    for length in (0, 12, len(plain(card)), 1 << 20):
        head, ((address, _, _),) = ring.take()
        ring.write(address + 10, b"\1\0")  # num_buffers
        ring.complete(head, length)
        ring.publish(1)
    assert card.poll() == [] and card.queues.rx[0].errors == 4
    assert card.queues.rx[0].queue.in_flight == 128
    assert fake.deliver(FRAME) and len(card.poll()) == 1


def test_four_pairs_by_the_test_map(up):
    one = [Feature.MQ, Feature.RSS]
    fake, card = up(one, options=Options(pairs=4), queues=9, pairs=4, vectors=10)
    assert [queue["vector"] for queue in fake.queue] == list(range(1, 10))
    for pair in range(4):
        assert card.transmit(bytes([pair]) * 64, pair=pair)
        fake.deliver(bytes([16 + pair]) * 64, pair=pair)
    assert [frame[20] for frame in fake.sent] == [0, 1, 2, 3]
    assert [(got.pair, got.frame[0]) for got in card.poll()] == [(0, 16), (1, 17), (2, 18), (3, 19)]
    fake.commands.clear()
    run(card.settings.set_promisc(True))
    assert fake.commands == [b"\0\0\1"]
    with pytest.raises(QueueError, match="need 9 queues"):
        up(one, options=Options(pairs=4), queues=3)


def test_a_hundred_probes_leak_nothing_and_keep_the_settings(up):
    fake, card = up()
    memory = card.memory
    held = (memory.live_buffers, memory.live_bytes)
    run(card.settings.set_rx_coalescing(32, 100))
    run(card.settings.set_queue_coalescing(0, 8, 50))
    run(card.settings.set_addresses([], [b"\1\0\x5e\0\0\1"]))
    for _ in range(100):
        fake.commands.clear()
        fake.deliver(FRAME)
        fake.hold_tx = True
        card.transmit(FRAME)
        fake.hold_tx = False
        run(card.recover())
        assert (memory.live_buffers, memory.live_bytes) == held
        assert [command[:2] for command in fake.commands] == [b"\4\1", b"\1\0", b"\6\1", b"\6\2"]
        assert fake.deliver(FRAME) and len(card.poll()) == 1
    run(card.close())
    assert memory.live_buffers == 0 and not card.is_up
    assert card.queues.past["tx_dropped"] == 100 and card.queues.past["rx_packets"] == 100


def test_one_queue_is_reset_and_resized_while_the_other_runs(up):
    fake, card = up()
    fake.hold_tx = True
    card.transmit(FRAME)
    fake.hold_tx = False
    before = card.memory.live_buffers
    card.options.tx_size, card.options.rx_size = 16, 32
    run(card.queues.reset_tx(0))
    run(card.queues.reset_rx(0))
    assert card.memory.live_buffers == before and card.queues.past["tx_dropped"] == 1
    assert (fake.queue[0]["size"], fake.queue[1]["size"]) == (32, 16)
    assert card.transmit(FRAME) and fake.deliver(FRAME) and card.poll()[0].frame == FRAME
    _, other = up([Feature.RING_RESET])
    with pytest.raises(Unsupported):
        run(other.queues.reset_tx(0))


def test_control_commands_are_laid_out_as_in_the_standard(up):
    fake, card = up()
    fake.commands.clear()
    run(card.settings.set_allmulti(True))
    run(card.settings.set_mac(b"\2\0\0\0\0\7"))
    run(card.settings.set_addresses([b"abcdef"], [b"\1bcdef", b"\1bcdeg"]))
    run(card.settings.set_tx_coalescing(15, 10))
    run(card.settings.set_queue_coalescing(1, 3, 4))
    run(card.settings.set_vlan(4095, True))
    run(card.settings.set_vlan(4095, False))
    run(card.settings.set_rx_checksum(False))
    fake.answers[(6, 3)] = struct.pack("<IIB", 3, 4, 0)
    assert run(card.settings.get_queue_coalescing(1)) == (3, 4)
    assert fake.commands == [
        b"\0\1\1",
        b"\1\1\2\0\0\0\0\7",
        b"\1\0\1\0\0\0abcdef\2\0\0\0\1bcdef\1bcdeg",
        b"\6\0\x0f\0\0\0\x0a\0\0\0",
        b"\6\2\1\0\0\0\3\0\0\0\4\0\0\0",
        b"\2\0\xff\x0f",
        b"\2\1\xff\x0f",
        b"\5\0" + bytes(8),
        b"\6\3\1\0\0\0",
    ]
    fake.answers[(0, 0)] = b"\1"
    with pytest.raises(ControlError):
        run(card.settings.set_promisc(True))
    assert not card.settings.promisc


def test_a_control_command_without_an_answer_ends_with_a_named_error(up):
    fake, card = up()
    fake.silent_control = True
    with pytest.raises(DeviceTimeout, match="no answer"):
        run(card.settings.set_promisc(True))
    fake.silent_control = False
    with pytest.raises(DeviceTimeout, match="never answered"):
        run(card.settings.set_promisc(True))
    run(card.recover())
    run(card.settings.set_promisc(True))


def test_configuration_changes_reach_the_driver(up):
    fake, card = up()
    seen = []
    card.on_config_change.append(lambda: seen.append(card.link_up))
    assert card.link_up and (card.speed, card.duplex) == (25_000, 1)
    fake.change_config(status=0)
    assert run(card.wait(1000)) and not card.link_up
    fake.change_config(status=1)
    run(card.wait(1000))
    assert seen == [False, True]
    fake.status |= 64
    fake.change_config(status=1)
    run(card.wait(1000))
    with pytest.raises(DeviceNeedsReset):
        card.check()
    run(card.recover())
    card.check()


def test_refusals_have_names_and_leave_nothing_allocated():
    for change, error in (
        (lambda fake: setattr(fake, "refuse_features", True), FeaturesRejected),
        (lambda fake: setattr(fake, "features", ALL & ~(1 << 32)), FeaturesRejected),
        (lambda fake: fake.space.__setitem__(2, 0), NotAVirtioDevice),
        (lambda fake: fake.space.__setitem__(6, 0), NotAVirtioDevice),
        (lambda fake: fake.space.__setitem__(0x51, 0x50), NotAVirtioDevice),
        (lambda fake: fake.space.__setitem__(0x34, 0), NotAVirtioDevice),
        (lambda fake: setattr(fake, "shown", 2), QueueError),
    ):
        fake = FakeDevice(ALL)
        memory = DmaMemory(fake.memory, fake.memory_base)
        change(fake)
        with pytest.raises(error):
            run(NetDevice(fake, memory).probe())
        assert memory.live_buffers == 0


def test_memory_is_not_freed_while_a_device_does_not_finish_its_reset(up):
    fake, card = up()
    fake.dead_reset = True
    fake.status = 15
    fake._common_write = lambda offset, value: None
    with pytest.raises(DeviceTimeout):
        run(card.close())
    assert card.memory.live_buffers > 0


def test_features_are_accepted_only_with_what_they_need():
    got = negotiate(ALL, [Feature.CSUM])
    assert not got & {Feature.HOST_TSO4, Feature.HOST_TSO6, Feature.HOST_ECN} and Feature.CTRL_RX in got
    got = negotiate(ALL, [Feature.CTRL_VQ])
    assert not got & {Feature.CTRL_RX, Feature.CTRL_MAC_ADDR, Feature.NOTF_COAL, Feature.VQ_NOTF_COAL}
    assert Feature.HOST_ECN in negotiate(ALL, [Feature.HOST_TSO4])
    assert mask(negotiate((1 << 64) - 1)) == ALL


def test_configuration_is_read_again_when_it_changes_meanwhile(up):
    fake, card = up()
    reads = []
    plain = fake.bar_read

    async def changing(offset, size):
        value = await plain(offset, size)
        if offset == DEVICE and len(reads) < 3:
            reads.append(offset)
            fake.config[5] = 0x10 + len(reads)
            fake.generation += 1
        return value

    fake.bar_read = changing
    assert run(card.transport.config_bytes(0, 6))[5] == 0x13


def test_the_example_driver_assumes_nothing_of_our_card_either():
    fake = FakeDevice(ALL)
    tiny = TinyDriver(fake)
    for _ in range(2):
        run(tiny.probe())
        assert fake.status == 15 and fake.accepted == [1 << Feature.MAC | 1 << Feature.STATUS, 1]
        assert tiny.mac == bytes.fromhex("0255aa010203") and tiny.link_up
        for number in range(300):  # several times around the ring
            frame = bytes([number % 256]) * (60 + number)
            assert tiny.transmit(frame) and fake.sent.pop() == bytes(12) + frame
            assert fake.deliver(frame) and run(tiny.wait(1000)) and tiny.poll() == [frame]
        run(tiny.close())
        assert fake.status == 0
