# SPDX-License-Identifier: Apache-2.0
"""The card as a vhost-user back end, in front of it our own driver: frames, states, faults."""

import os
import select
import time

import pytest
from vhost_cards import GONE_S, left_alone, looped_card
from vhost_driver import arriving, down, up
from vhost_traffic import Stream, carry, numbered

from host_driver import Feature
from host_driver.errors import BackEndGone, RequestRefused
from host_driver.transport.vhost_user import (
    WANTED,
    Channel,
    GuestMemory,
    ProtocolFeature,
    Request,
    VhostUserHost,
    run,
)

LONGEST = 1514
FRAMES = {"rtl": 300, "model": 3000}
PAGE = 4096


@pytest.fixture(scope="module", params=["model", "rtl"])
def card(request):
    with looped_card(request.param) as card:
        yield card


@pytest.fixture(autouse=True)
def alone(card):
    """Every test finds the card free and leaves it free."""
    with left_alone(card):
        yield


@pytest.fixture(params=["split", "packed"])
def rings(request):
    return request.param


def carried(card, host, rng, frames=None, rings="all", **options):
    """Frames out and back through a device of its own."""
    device = up(host, rings, **options)
    stream = Stream(device, device, numbered(rng, frames or FRAMES[card.settings.device], LONGEST))
    carry(stream, limit_s=60)
    down(device)
    return device


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"unwanted": frozenset({Feature.RING_EVENT_IDX})},
        {"tx_indirect": True, "tx_descriptors": 2, "rx_size": 128, "tx_size": 32},
    ],
    ids=["plain", "no event index", "indirect"],
)
def test_frames_go_out_and_come_back(card, rng, rings, options):
    with VhostUserHost.connect(card.path) as host:
        assert host.front_end.accepted >= {
            ProtocolFeature.MQ, ProtocolFeature.REPLY_ACK, ProtocolFeature.BACKEND_REQ, ProtocolFeature.CONFIG,
            ProtocolFeature.NET_MTU, ProtocolFeature.STATUS, ProtocolFeature.CONFIGURE_MEM_SLOTS,
            ProtocolFeature.INFLIGHT_SHMFD,
        }  # fmt: skip
        device = carried(card, host, rng, rings=rings, **options)
    assert device.mac == bytes.fromhex(card.settings.mac.replace(":", ""))
    assert device.interrupts > 0


@pytest.mark.parametrize(
    "without",
    [{ProtocolFeature.STATUS}, {ProtocolFeature.CONFIGURE_MEM_SLOTS}, set(WANTED)],
    ids=["status", "slots", "all"],
)
def test_the_status_is_derived_where_the_protocol_does_not_tell_it(card, rng, without):
    with VhostUserHost.connect(card.path, wanted=WANTED - without) as host:
        carried(card, host, rng, frames=50)


def test_features_are_negotiated_again_on_the_same_connection(card, rng):
    with VhostUserHost.connect(card.path, wanted=WANTED - {ProtocolFeature.CONFIGURE_MEM_SLOTS}) as host:
        carried(card, host, rng, frames=50)
        carried(card, host, rng, frames=50, rings="split")
        assert Feature.MRG_RXBUF not in carried(card, host, rng, 50, unwanted=frozenset({Feature.MRG_RXBUF})).features
        assert "MRG_RXBUF" not in card.record()["features"]
        carried(card, host, rng, frames=50)
        assert "MRG_RXBUF" in card.record()["features"]


def test_memory_of_several_regions_and_of_other_bases(card, rng):
    for memory in (GuestMemory(regions=8), GuestMemory(base=0), GuestMemory(base=1 << 40, regions=2)):
        with VhostUserHost.connect(
            card.path, memory=memory, wanted=WANTED - {ProtocolFeature.CONFIGURE_MEM_SLOTS}
        ) as host:
            carried(card, host, rng, frames=30)


def test_the_control_queue_reaches_the_card(card, rings):
    with VhostUserHost.connect(card.path) as host:
        device = up(host, rings)
        run(device.settings.set_rx_coalescing(8, 50))
        run(device.settings.set_promisc(True))
        assert card.record()["counters"]["ctrl_commands"] >= 2
        down(device)


def test_a_front_end_that_vanishes_under_traffic_and_one_that_comes_after(card, rng, rings):
    for _ in range(3):
        host = VhostUserHost.connect(card.path)
        device = up(host, rings)
        for frame in numbered(rng, 40, LONGEST):
            device.transmit(frame, more=True)
        device.queues.tx[0].flush()
        host.close()
        card.wait_for(lambda record: not record["connected"], "it is let go", GONE_S)
    with VhostUserHost.connect(card.path) as host:
        carried(card, host, rng, frames=50)


def test_a_second_front_end_is_turned_away(card, rng):
    with VhostUserHost.connect(card.path) as host:
        with Channel.connect(card.path) as second:
            assert second.closes()
        carried(card, host, rng, frames=20)


def test_a_file_cut_short_ends_the_connection_and_not_the_card(card, rng):
    host = VhostUserHost.connect(card.path)
    device = up(host)
    for frame in numbered(rng, 4, LONGEST):
        device.transmit(frame, more=True)
    os.ftruncate(host.guest_memory.fd, 0)
    os.eventfd_write(device.transport.vrings[1].kick_fd, 1)
    assert host.front_end.channel.closes(GONE_S)
    host.close()
    card.wait_for(lambda record: not record["connected"], "it is let go", GONE_S)
    assert "cut short" in card.said[-1]
    with VhostUserHost.connect(card.path) as host:
        carried(card, host, rng, frames=50)


def test_a_ring_is_stopped_where_it_is_and_goes_on_from_there(card, rng, rings):
    with VhostUserHost.connect(card.path) as host:
        device = up(host, rings, tx_size=16)
        carry(Stream(device, device, numbered(rng, 20, LONGEST)))
        front_end, vrings = host.front_end, device.transport.vrings
        bases = {index: front_end.get_vring_base(index) for index in (0, 1)}
        # a packed ring of 16 is in its second round, where wrap counters are 0 (bit 15), at place 4; said twice
        assert bases[1] == (20 if rings == "split" else 0x0004_0004)
        assert rings == "split" or bases[0] == 0x8014_8014
        for index, base in bases.items():
            front_end.set_vring_base(index, base)
            front_end.set_vring_fd(Request.SET_VRING_CALL, index, vrings[index].call_fd)
            front_end.set_vring_fd(Request.SET_VRING_KICK, index, vrings[index].kick_fd)
        carry(Stream(device, device, numbered(rng, 20, LONGEST)))
        front_end.set_vring_enable(1, False)
        device.transmit(numbered(rng, 1, LONGEST)[0])
        time.sleep(0.2)
        assert not device.poll(), "a disabled ring does not send"
        front_end.set_vring_enable(1, True)
        assert len(arriving(device)) == 1
        down(device)


def test_messages_said_twice_change_nothing(card, rng, rings):
    """As DPDK does after it has connected anew."""
    with VhostUserHost.connect(card.path) as host:
        device = up(host, rings)
        carry(Stream(device, device, numbered(rng, 20, LONGEST)))
        front_end, queues = host.front_end, device.queues
        front_end.set_features(device.transport._accepted)
        for queue in (queues.rx[0].queue, queues.tx[0].queue):
            memory = host.guest_memory
            front_end.set_vring_num(queue.index, queue.size)
            front_end.set_vring_base(queue.index, 0 if rings == "split" else 0x8000_8000)
            front_end.set_vring_addr(
                queue.index, *map(memory.user_address, (queue.desc_address, queue.used_address, queue.avail_address))
            )
            front_end.set_vring_fd(Request.SET_VRING_KICK, queue.index, device.transport.vrings[queue.index].kick_fd)
            front_end.set_vring_enable(queue.index, True)
        carry(Stream(device, device, numbered(rng, 20, LONGEST)))
        down(device)


def test_regions_come_and_go_while_rings_run(card, rng):
    with VhostUserHost.connect(card.path) as host:
        device = up(host)
        front_end = host.front_end
        more = GuestMemory(size=16 * PAGE, base=1 << 50)
        for _ in range(3):
            carry(Stream(device, device, numbered(rng, 20, LONGEST)))
            front_end.add_mem_region(more.regions[0], more.fd)
            carry(Stream(device, device, numbered(rng, 20, LONGEST)))
            front_end.remove_mem_region(more.regions[0])
        more.close()
        down(device)


def test_pipes_in_place_of_eventfds(card, rng):
    """Eight bytes a time; a call pipe that nobody reads fills up and holds up nothing."""
    with VhostUserHost.connect(card.path) as host:
        device = up(host)
        front_end = host.front_end
        kick_out, kick_in = os.pipe()
        call_out, call_in = os.pipe()
        front_end.set_vring_fd(Request.SET_VRING_KICK, 1, kick_out)
        front_end.set_vring_fd(Request.SET_VRING_CALL, 1, call_in)
        tx = device.queues.tx[0]
        for number in range(3):
            tx.reclaim()
            tx.queue.enable_interrupts()
            device.transmit(numbered(rng, 1, LONGEST)[0], more=True)
            tx.queue.publish()
            os.write(kick_in, bytes(8))
            assert select.select([call_out], [], [], GONE_S)[0], number
            assert len(os.read(call_out, 4096)) == 8
            arriving(device)
        os.set_blocking(call_in, False)
        with pytest.raises(BlockingIOError):
            while True:
                os.write(call_in, bytes(4096))
        tx.reclaim()
        tx.queue.enable_interrupts()
        device.transmit(numbered(rng, 1, LONGEST)[0], more=True)
        tx.queue.publish()
        os.write(kick_in, bytes(8))
        card.wait_for(lambda record: record["harness"]["guest.calls_lost"] > 0, "the call has no room", GONE_S)
        os.close(kick_in)
        card.wait_for(lambda record: record["harness"]["guest.dead_fds"] > 0, "the kick pipe is dead", GONE_S)
        for fd in (kick_out, call_out, call_in):
            os.close(fd)
        down(device)


def test_a_ring_without_a_kick_descriptor_is_looked_at(card, rng):
    with VhostUserHost.connect(card.path) as host:
        device = up(host)
        host.front_end.set_vring_fd(Request.SET_VRING_KICK, 1, None)
        device.transmit(numbered(rng, 1, LONGEST)[0], more=True)
        device.queues.tx[0].queue.publish()
        assert len(arriving(device)) == 1
        down(device)


def test_the_mtu_that_the_front_end_wants_is_told_to_the_driver(card):
    with left_alone(card), VhostUserHost.connect(card.path) as host:
        own = host.front_end.get_config(10, 2)
        host.front_end.set_mtu(2345)
        assert int.from_bytes(host.front_end.get_config(10, 2), "little") == 2345
        for wrong in (0, 67, 60_000, 1 << 40):
            with pytest.raises(RequestRefused):
                host.front_end.set_mtu(wrong)
        assert int.from_bytes(host.front_end.get_config(10, 2), "little") == 2345
    with VhostUserHost.connect(card.path) as host:
        assert host.front_end.get_config(10, 2) == own, "the next front end has not said so"


def test_what_no_driver_behind_vhost_user_may_use_is_not_offered(card):
    with VhostUserHost.connect(card.path) as host:
        for bit in (33, 36, 40):
            assert not host.front_end.offered >> bit & 1
        with pytest.raises((RequestRefused, BackEndGone)):
            host.front_end.set_features(1 << 32 | 1 << 33)
