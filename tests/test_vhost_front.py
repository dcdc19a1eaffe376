# SPDX-License-Identifier: Apache-2.0
"""The vhost-user front end word by word: what it sends, what it takes for an answer, and no wait without end."""

import gc
import mmap
import os
import socket
import struct
import threading
import time
from functools import partial

import pytest
import vhost_back_end as peer
from vhost_back_end import BackEnd
from vhost_traffic import short_folder

from host_driver import Feature, NetDevice, Options
from host_driver.errors import (
    BackEndGone,
    BackEndTimeout,
    DeviceNeedsReset,
    FeaturesRejected,
    ProtocolError,
    RequestRefused,
    Unsupported,
)
from host_driver.net.features import mask
from host_driver.transport.vhost_user import (
    Channel,
    FrontEnd,
    GuestMemory,
    Inflight,
    ProtocolFeature,
    Region,
    Request,
    VhostUserHost,
    VhostUserTransport,
    run,
)

SHORT_S = 0.2
CONFIG = struct.pack("<6sHHHIB", bytes.fromhex("0255aa010203"), 1, 2, 9000, 25_000, 1)
ALL_PROTOCOL = sum(
    1 << bit for bit in (0, 3, 4, 5, 9, 12, 13, 15, 16)
)  # MQ REPLY_ACK NET_MTU BACKEND_REQ CONFIG INFLIGHT_SHMFD RESET_DEVICE CONFIGURE_MEM_SLOTS STATUS


@pytest.fixture(autouse=True)
def nothing_stays_open():
    gc.collect()  # what other tests have left is theirs
    before = os.listdir("/proc/self/fd")
    yield
    for thread in threading.enumerate():
        if isinstance(thread, BackEnd):
            thread.join(5)
    gc.collect()  # guest memory lives as long as a view of it
    assert len(os.listdir("/proc/self/fd")) == len(before), "a file descriptor is left open"


def connected(**back_end):
    """A front end that has negotiated, and its peer."""
    back = BackEnd(**back_end)
    back.start()
    front_end = FrontEnd(Channel(back.front, timeout_s=2))
    front_end.negotiate()
    return front_end, back


# ---- what is sent
U64, STATE = "=Q", "=II"
FD = os.memfd_create("given")
REGIONS = (Region(0x1000, 0x2000, 0x7F00_0000_0000, 0x3000), Region(0x8000_0000, 0x4000, 0x7F00_1000_0000, 0x5000))
SENT = [
    (lambda f: f.set_features(1 << 32), 2, struct.pack(U64, 1 << 32 | 1 << 30), 0),
    (lambda f: f.set_mem_table(REGIONS, FD), 5,
     struct.pack("=II", 2, 0) + struct.pack("=QQQQ", 0x1000, 0x2000, 0x7F00_0000_0000, 0x3000)
     + struct.pack("=QQQQ", 0x8000_0000, 0x4000, 0x7F00_1000_0000, 0x5000), 2),
    (lambda f: f.set_vring_num(3, 256), 8, struct.pack(STATE, 3, 256), 0),
    (lambda f: f.set_vring_addr(1, 0xD, 0xE, 0xA), 9, struct.pack("=IIQQQQ", 1, 0, 0xD, 0xE, 0xA, 0), 0),
    (lambda f: f.set_vring_base(1, 0x8000_8000), 10, struct.pack(STATE, 1, 0x8000_8000), 0),
    (lambda f: f.set_vring_fd(Request.SET_VRING_KICK, 2, FD), 12, struct.pack(U64, 2), 1),
    (lambda f: f.set_vring_fd(Request.SET_VRING_CALL, 2, FD), 13, struct.pack(U64, 2), 1),
    (lambda f: f.set_vring_fd(Request.SET_VRING_ERR, 2, None), 14, struct.pack(U64, 0x102), 0),
    (lambda f: f.set_vring_enable(5, True), 18, struct.pack(STATE, 5, 1), 0),
    (lambda f: f.set_mtu(9000), 20, struct.pack(U64, 9000), 0),
    (lambda f: f.set_config(32, b"abc", 1), 25, struct.pack("=III", 32, 3, 1) + b"abc", 0),
    (lambda f: f.set_inflight(Inflight(4096, 8192, 3, 256), FD), 32, struct.pack("=QQHHI", 4096, 8192, 3, 256, 0), 1),
    (lambda f: f.reset_device(), 34, b"", 0),
    (lambda f: f.add_mem_region(REGIONS[0], FD), 37,
     struct.pack("=QQQQQ", 0, 0x1000, 0x2000, 0x7F00_0000_0000, 0x3000), 1),
    (lambda f: f.remove_mem_region(REGIONS[1]), 38,
     struct.pack("=QQQQQ", 0, 0x8000_0000, 0x4000, 0x7F00_1000_0000, 0x5000), 0),
    (lambda f: f.set_status(15), 39, struct.pack(U64, 15), 0),
]  # fmt: skip


@pytest.mark.parametrize(("call", "number", "body", "fds"), SENT, ids=[str(Request(row[1]).name) for row in SENT])
def test_messages_are_those_of_the_protocol(call, number, body, fds):
    ours, theirs = socket.socketpair()
    with FrontEnd(Channel(ours)) as front_end, theirs:
        front_end.offered = 1 << 30
        call(front_end)
        data, got, _, _ = socket.recv_fds(theirs, 4096, 16)
        assert data == struct.pack("=III", number, 1, len(body)) + body
        assert len(got) == fds and all(os.fstat(fd).st_ino == os.fstat(FD).st_ino for fd in got)
        for fd in got:
            os.close(fd)
        # acknowledged, it is the same message with one flag more, and a number other than 0 is a refusal
        front_end.accepted = frozenset({ProtocolFeature.REPLY_ACK})
        theirs.sendall(struct.pack("=IIIQ", number, 5, 8, 0))
        call(front_end)
        data, got, _, _ = socket.recv_fds(theirs, 4096, 16)
        assert data[4:8] == struct.pack("=I", 9) and data[12:] == body
        for fd in got:
            os.close(fd)
        theirs.sendall(struct.pack("=IIIQ", number, 5, 8, 7))
        with pytest.raises(RequestRefused, match=rf"{Request(number).name}.*\(answer 7\)"):
            call(front_end)


def test_beginning_of_a_connection():
    front_end, back = connected(protocol=ALL_PROTOCOL | 1 << 40)
    with front_end:
        assert [number for number, _, _ in back.log] == [1, 15, 16, 3, 21]
        assert back.bodies(16) == [struct.pack("Q", ALL_PROTOCOL)] and back.accepted == ALL_PROTOCOL
        assert front_end.queue_num() == 4 and front_end.max_mem_slots() == 8 and front_end.get_status() == 0
        assert front_end.get_vring_base(9) == 77
        books, fd = front_end.get_inflight(3, 256)
        os.close(fd)
        assert books == (4096, 0, 3, 256)
    front_end, back = connected(features=1 << 32)
    with front_end:
        front_end.set_features(1 << 32)
        front_end.ask_u64(Request.GET_FEATURES)  # what is not acknowledged has been taken when this is answered
        assert [number for number, _, _ in back.log] == [1, 3, 2, 1], "a back end without protocol features"
        assert back.bodies(2) == [struct.pack("Q", 1 << 32)]


# ---- what comes back
def test_answers_that_are_none():
    fd = FD
    wrong = {
        "another request": lambda s: s.sendall(struct.pack("=IIIQ", 2, 5, 8, 0)),
        "not marked as an answer": lambda s: s.sendall(struct.pack("=IIIQ", 40, 1, 8, 0)),
        "version 2": lambda s: s.sendall(struct.pack("=IIIQ", 40, 6, 8, 0)),
        "too short": lambda s: s.sendall(struct.pack("=IIII", 40, 5, 4, 0)),
        "too long": lambda s: s.sendall(struct.pack("=IIIQQ", 40, 5, 16, 0, 0)),
        "endless": lambda s: s.sendall(struct.pack("=IIIQ", 40, 5, 0xFFFF_FFFF, 0)),
        "with a file descriptor": lambda s: socket.send_fds(s, [struct.pack("=IIIQ", 40, 5, 8, 0)], [fd]),
        "with nine": lambda s: socket.send_fds(s, [struct.pack("=IIIQ", 40, 5, 8, 0)], [fd] * 9),
    }
    for name, answer in wrong.items():
        ours, theirs = socket.socketpair()
        with FrontEnd(Channel(ours, 1)) as front_end, theirs:
            answer(theirs)
            with pytest.raises(ProtocolError):
                front_end.get_status()
                pytest.fail(name)


@pytest.mark.parametrize("sent", [b"", b"\x28\0\0", struct.pack("=III", 40, 5, 8), struct.pack("=IIII", 40, 5, 8, 0)])
def test_an_answer_that_does_not_come_or_breaks_off(sent):
    ours, theirs = socket.socketpair()
    with FrontEnd(Channel(ours, SHORT_S)) as front_end, theirs:
        theirs.sendall(sent)
        started = time.monotonic()
        with pytest.raises(BackEndTimeout, match=r"the answer to GET_STATUS has not come within 0\.2 s"):
            front_end.get_status()
        assert SHORT_S <= time.monotonic() - started < 1
    ours, theirs = socket.socketpair()
    with FrontEnd(Channel(ours, 5)) as front_end:
        theirs.sendall(sent)
        theirs.shutdown(socket.SHUT_WR)
        with pytest.raises(BackEndGone):
            front_end.get_status()
        theirs.close()
        with pytest.raises(BackEndGone):
            front_end.get_status()


def test_a_peer_that_takes_nothing():
    ours, theirs = socket.socketpair()
    with Channel(ours, SHORT_S) as channel, theirs, pytest.raises(BackEndTimeout, match="has not taken"):
        for _ in range(1000):
            channel.send_raw(bytes(65536))


@pytest.mark.parametrize(
    ("request_number", "answer", "call", "error"),
    [
        (11, struct.pack("II", 8, 0), lambda f: f.get_vring_base(9), ProtocolError),
        (24, struct.pack("III", 0, 0, 0), lambda f: f.get_config(0, 4), RequestRefused),
        (24, struct.pack("III", 0, 3, 0) + bytes(4), lambda f: f.get_config(0, 4), ProtocolError),
        (24, struct.pack("III", 0, 4, 0) + bytes(5), lambda f: f.get_config(0, 4), ProtocolError),
        (31, struct.pack("QQHH4x", 1, 0, 1, 1), lambda f: f.get_inflight(1, 1), ProtocolError),
        (31, (struct.pack("QQHH", 1, 0, 1, 1), (FD,)), lambda f: f.get_inflight(1, 1), ProtocolError),
    ],
)
def test_answers_that_make_no_sense(request_number, answer, call, error):
    front_end, back = connected(protocol=ALL_PROTOCOL)
    with front_end:
        back.answers[request_number] = lambda body: answer
        with pytest.raises(error):
            call(front_end)


def test_connecting():
    with short_folder() as folder:
        path = folder / "none"
        with pytest.raises(BackEndTimeout, match=f"{path}: no back end listens there"):
            Channel.connect(path, SHORT_S)
        with pytest.raises(BackEndTimeout, match=f"{path}: no back end has connected"):
            Channel.accept(path, SHORT_S)
        assert not path.exists()
        with pytest.raises(BackEndGone, match="cannot connect"):
            Channel.connect(folder / ("x" * 200), SHORT_S)
        with pytest.raises(BackEndGone, match="cannot listen"):
            Channel.accept(folder, SHORT_S)


def test_anything_at_all_can_be_sent():
    """For tests of back ends."""
    ours, theirs = socket.socketpair()
    with Channel(ours) as channel, theirs:
        channel.send(99, b"abc", (FD, FD), flags=0xFFFF_FFFF, size=1 << 31)
        data, fds, _, _ = socket.recv_fds(theirs, 100, 4)
        assert data == struct.pack("=III", 99, 0xFFFF_FFFF, 1 << 31) + b"abc" and len(fds) == 2
        for fd in fds:
            os.close(fd)
        channel.send_raw(b"\1")
        assert theirs.recv(100) == b"\1"
        assert not channel.closes(SHORT_S)
        theirs.sendall(struct.pack("=IIIQ", 40, 5, 8, 0))
        theirs.shutdown(socket.SHUT_WR)
        assert channel.closes(SHORT_S)


# ---- requests of the back end
def test_requests_of_the_back_end_are_answered_while_its_answer_is_waited_for():
    """It may ask first and answer then; who waits for the answer alone waits for ever."""
    front_end, back = connected(protocol=ALL_PROTOCOL)
    with front_end:
        told = []

        def asks_first(body):
            told.append(back.ask(2))
            told.append(back.ask(99))
            told.append(back.ask(4, fds=(FD,)))
            back.ask(2, flags=1)
            return struct.pack("Q", 3)

        back.answers[peer.GET_STATUS] = asks_first
        assert front_end.get_status() == 3
        assert told == [0, 1, 1], "a change of configuration is known, others are refused"
        front_end.requests.serve()
        assert front_end.requests.counts == {2: 2, 99: 1, 4: 1} and front_end.requests.config_changed


# ---- guest memory
def test_guest_memory_is_what_the_back_end_maps():
    memory = GuestMemory(8 << 20, regions=4)
    assert memory.base and memory.regions[0].mmap_offset and memory.user_base != memory.base
    for number, region in enumerate(memory.regions):
        at = number * (2 << 20)
        assert region == (memory.base + at, 2 << 20, memory.user_base + at, memory.regions[0].mmap_offset + at)
        with mmap.mmap(memory.fd, region.size, offset=region.mmap_offset) as mapped:
            memory.array[at + 5] = 40 + number
            mapped[6] = 50 + number
            assert mapped[5] == 40 + number and memory.array[at + 6] == 50 + number
    assert memory.user_address(memory.base + 9) == memory.user_base + 9
    for outside in (memory.base - 1, memory.base + memory.size):
        with pytest.raises(ValueError, match="is outside"):
            memory.user_address(outside)
    for arguments in ({"size": 4097}, {"base": 1}, {"size": 4096, "regions": 2}, {"size": 0}):
        with pytest.raises(ValueError, match="not multiples"):
            GuestMemory(**arguments)
    memory.close()


# ---- the driver's transport
NET = mask({Feature.VERSION_1, Feature.MAC, Feature.STATUS, Feature.MTU, Feature.SPEED_DUPLEX, Feature.RING_EVENT_IDX})


def host_of(**back_end):
    front_end, back = connected(**back_end)
    return VhostUserHost(front_end, GuestMemory(16 << 20)), back


def test_a_device_with_everything():
    host, back = host_of(features=NET | 1 << 30, protocol=ALL_PROTOCOL, config=CONFIG)
    # as QEMU's library does: the offset is repeated and ignored
    back.answers[peer.GET_CONFIG] = lambda body: body[:12] + back.config[: len(body) - 12]
    with host:
        device = NetDevice(host, transport=VhostUserTransport)
        run(device.probe())
        assert device.mac == CONFIG[:6] and device.max_mtu == 9000 and device.link_up and device.speed == 25_000
        numbers = [number for number, _, _ in back.log]
        assert numbers.count(34) == 1, "reset before anything else"
        assert numbers.index(37) < numbers.index(31) < numbers.index(32) < numbers.index(8), "memory, books, rings"
        assert [number for number in numbers if number in (12, 18, 39)][-5:] == [12, 12, 39, 18, 18]
        assert back.status == 15 and back.bodies(18) == [struct.pack("II", index, 1) for index in (0, 1)]
        for index in (0, 1):
            assert back.bodies(8)[index] == struct.pack("II", index, 256)
            address = struct.unpack("=IIQQQQ", back.bodies(9)[index])
            half = (device.queues.rx, device.queues.tx)[index][0].queue
            user = host.guest_memory.user_address
            assert address == (index, 0, user(half.desc_address), user(half.used_address), user(half.avail_address), 0)
        # kicks and calls go over the eventfds that were given
        assert os.eventfd_read(back.fds[peer.SET_VRING_KICK, 0]) == 1, "there are receive buffers"
        device.transmit(bytes(60))
        assert os.eventfd_read(back.fds[peer.SET_VRING_KICK, 1]) == 1
        assert run(host.wait_interrupt({0, 1, 2}, 1_000_000)) == set()
        os.eventfd_write(back.fds[peer.SET_VRING_CALL, 0], 1)
        os.eventfd_write(back.fds[peer.SET_VRING_CALL, 1], 3)
        assert run(host.wait_interrupt({1}, 1_000_000)) == {1}
        assert run(host.wait_interrupt({0, 1, 2}, 1_000_000)) == {2} and host.take_interrupts() == set()
        # a change of configuration is an interrupt, and read anew
        back.config[6] = 0
        back.ask(2, flags=1)
        assert run(device.wait(1_000_000_000)) and not device.link_up and device.config_changes == 1
        # an error of a ring means that the device wants to be reset
        os.eventfd_write(back.fds[peer.SET_VRING_ERR, 1], 1)
        assert run(device.wait(1_000_000_000))
        with pytest.raises(DeviceNeedsReset):
            device.check()
        run(device.recover())
        assert device.probes == 2 and not device.needs_reset and run(device.transport.status()) == 15
        assert device.transport.stopped_at == {0: 77, 1: 77}
        run(device.close())
        assert device.memory.live_buffers == 0 and back.status == 0


def test_a_device_with_nothing_but_rings():
    host, back = host_of(features=1 << 32)
    with host:
        device = NetDevice(host, transport=VhostUserTransport, options=Options(mtu=4000))
        run(device.probe())
        assert device.features == {Feature.VERSION_1} and device.max_mtu == 4000 and device.link_up
        assert {number for number, _, _ in back.log} <= {1, 2, 3, 5, 8, 9, 10, 12, 13, 14}
        with pytest.raises(Unsupported, match="no configuration space"):
            run(device.transport.config_bytes(6, 8))
        run(device.close())


def test_pairs_and_ring_starts():
    """That several pairs are used is the front end's to say where nobody takes commands; packed rings begin wrapped."""
    for packed, start, base in (
        (0, 65_400, 65_400), (1 << 34, 0, 0x8000_8000), (1 << 34, 255, 0x80FF_80FF), (1 << 34, 65_400, 0x0078_0078),
    ):  # fmt: skip
        host, back = host_of(features=1 << 32 | 1 << 30 | 1 << 22 | packed, protocol=1)
        with host:
            options = Options(pairs=2, ring_start=start)
            device = NetDevice(host, options=options, transport=partial(VhostUserTransport, ring_start=start))
            transport = device.transport
            run(device.probe())
            assert run(transport.queue_count()) == 8 and run(transport.queue_limit(8)) == 0
            assert run(transport.agrees(4, mask(device.features), device.offered))
            assert not run(transport.agrees(5, mask(device.features), device.offered))
            run(device.close())
        assert back.bodies(2) == [struct.pack("Q", 1 << 32 | 1 << 30 | 1 << 22 | packed)]
        assert back.bodies(10) == [struct.pack("II", index, base) for index in range(4)]


def test_features_shown_to_the_driver():
    """Nothing that needs what is not there, and what the device's owner gives."""
    everything = (1 << 64) - 1
    for protocol, arguments, hidden in (
        (1 << 9, {}, {26, 30, 33, 38}),
        (1 << 9, {"control_queue": False}, {26, 30, 33, 38, 2, 17, 18, 19, 21, 22, 23, 52, 53, 57, 60}),
        (0, {}, {26, 30, 33, 38, 2, 17, 18, 19, 21, 22, 23, 52, 53, 57, 60, 3, 5, 16, 63}),
        (1 << 4, {"mac": bytes(6), "mtu": 9000}, {26, 30, 33, 38, 2, 17, 18, 19, 21, 22, 23, 52, 53, 57, 60, 16, 63}),
        (0, {"mtu": 9000, "control_queue": True}, {26, 30, 33, 38, 22, 57, 60, 3, 5, 16, 63}),
    ):
        host, _ = host_of(features=everything, protocol=protocol)
        with host:
            shown = run(VhostUserTransport(host, **arguments).device_features())
            assert {bit for bit in range(64) if not shown >> bit & 1} == hidden, (protocol, arguments)


def test_an_address_and_mtu_of_the_owner():
    """The address is nobody's business but the driver's; of the MTU the back end is told."""
    host, back = host_of(features=1 << 32 | 1 << 3 | 1 << 30, protocol=1 << 4)
    with host:
        device = NetDevice(host, transport=lambda bus: VhostUserTransport(bus, mac=b"\2abcde", mtu=3000))
        run(device.probe())
        assert device.mac == b"\2abcde" and device.max_mtu == 3000
        run(device.close())
        assert back.bodies(2) == [struct.pack("Q", 1 << 32 | 1 << 3 | 1 << 30)]
        assert back.bodies(20) == [struct.pack("Q", 3000)]


def test_features_are_refused_by_an_answer():
    host, back = host_of(features=NET | 1 << 30, protocol=1 << 3 | 1 << 9, config=CONFIG)
    with host:
        back.answers[peer.SET_FEATURES] = lambda body: struct.pack("Q", 1)
        device = NetDevice(host, transport=VhostUserTransport)
        with pytest.raises(FeaturesRejected):
            run(device.probe())
        del back.answers[peer.SET_FEATURES]
        run(device.probe())
        run(device.close())


def test_too_many_regions():
    front_end, back = connected(features=NET | 1 << 30, protocol=ALL_PROTOCOL, config=CONFIG)
    back.answers[peer.GET_MAX_MEM_SLOTS] = lambda body: struct.pack("Q", 3)
    with VhostUserHost(front_end, GuestMemory(16 << 20, regions=4)) as host:
        device = NetDevice(host, transport=VhostUserTransport)
        with pytest.raises(Unsupported, match="4 memory regions, the back end takes 3"):
            run(device.probe())
        assert device.memory.live_buffers == 0


def test_what_waits_for_others_cannot_be_run():
    async def waits():
        await Forever()

    class Forever:
        def __await__(self):
            yield self

    with pytest.raises(RuntimeError, match="something other than its host"):
        run(waits())
