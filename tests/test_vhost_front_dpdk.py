# SPDX-License-Identifier: Apache-2.0
"""Our driver in front of a device that others wrote: DPDK's net_vhost, in dpdk-testpmd, another process.

What is sent comes back through testpmd's forwarding and is compared byte for byte and in order.
"""

import os
import signal
import threading
import time
from functools import partial

import pytest
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Ether
from vhost_traffic import Stream, carry, missing, numbered, short_folder, swapped, unchanged

from host_driver import Feature, NetDevice, Options, checksum_request
from host_driver.errors import BackEndGone, DriverError, FeaturesRejected, RequestRefused
from host_driver.transport.vhost_user import (
    WANTED,
    GuestMemory,
    ProtocolFeature,
    VhostUserHost,
    VhostUserTransport,
    run,
)
from testbench.interop import testpmd
from testbench.interop.testpmd import Testpmd

JUMBO = 9000
LINK = 14
OFFERED = {
    "CSUM", "GUEST_CSUM", "MRG_RXBUF", "RING_INDIRECT_DESC", "RING_EVENT_IDX", "VERSION_1", "RING_PACKED", "IN_ORDER",
}  # fmt: skip
RINGS = {
    "split": frozenset({Feature.RING_PACKED, Feature.IN_ORDER}), "packed": frozenset({Feature.IN_ORDER}),
    "packed in order": frozenset(),
}  # fmt: skip
"""What the driver does not take for each kind of rings. Tests that do not say take all."""
IN_FLIGHT = 100
IN_FLIGHT_JUMBO = 40  # each takes five of 256 receive buffers
CSUM_START = {4: 34, 6: 54}
CSUM_AT = {TCP: 16, UDP: 6}


@pytest.fixture(scope="module", autouse=True)
def installed():
    """Says which package is missing."""
    try:
        testpmd.program()
    except testpmd.TestpmdMissingError as error:
        missing(error)


@pytest.fixture
def folder():
    with short_folder() as path:
        yield path


@pytest.fixture(scope="module")
def looped():
    """testpmd whose one port, of two queue pairs, gets back what it receives; its socket."""
    with short_folder() as path:
        socket = path / "vhost"
        with Testpmd([testpmd.vhost(socket, pairs=2)], pairs=2, topology="loop", log=path / "log") as pmd:
            yield pmd, socket
            print(pmd.log())


@pytest.fixture
def host(looped):
    with VhostUserHost.connect(looped[1]) as host:
        yield host


@pytest.fixture(params=RINGS)
def rings(request):
    return request.param


def up(host, transport=VhostUserTransport, rings="packed in order", unwanted=frozenset(), **options):
    device = NetDevice(host, options=Options(unwanted=unwanted | RINGS[rings], **options), transport=transport)
    run(device.probe())
    assert (Feature.RING_PACKED in device.features) == (rings != "split")
    return device


def down(device):
    run(device.close())
    assert device.memory.live_buffers == 0


def place(device, count, start=0):
    """Where the back end stands when it has taken ``count`` descriptors of a ring that began at ``start``."""
    if Feature.RING_PACKED not in device.features:
        return (start + count) % 65536
    size = device.queues.tx[0].queue.size
    rounds, at = divmod((start & 0x7FFF) % size + count, size)
    return at | 0x8000 * ((start >> 15) % 2 == rounds % 2)


def test_what_dpdk_offers_and_what_becomes_of_it(host):
    front_end = host.front_end
    assert {ProtocolFeature.MQ, ProtocolFeature.REPLY_ACK, ProtocolFeature.STATUS, ProtocolFeature.NET_MTU,
            ProtocolFeature.BACKEND_REQ} == front_end.accepted  # fmt: skip
    assert front_end.queue_num() >= 2, "as many as it could have, not as its owner gave it"
    device = up(host)
    assert {feature.name for feature in device.features} == OFFERED, "nothing that needs configuration or commands"
    assert device.queues.control is None and device.mac[0] & 2 and device.link_up
    down(device)


def test_an_interrupt_ends_a_sleep(looped, host, rng, rings):
    """Nothing comes before the device starts to work, when the driver is asleep already."""
    pmd, _ = looped
    device = up(host, partial(VhostUserTransport, queue_size=1024), rings)
    pmd.wait_link()
    device.transmit(numbered(rng, 1, 1500 + LINK)[0])
    start = threading.Timer(0.5, pmd.start, ("io",))
    start.start()
    assert run(device.wait(int(5e9))) and device.interrupts > 0
    start.join()
    pmd.stop_forwarding()
    down(device)


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"unwanted": frozenset({Feature.RING_EVENT_IDX})},
        {"unwanted": frozenset({Feature.MRG_RXBUF})},
        {"tx_indirect": True, "tx_descriptors": 2, "rx_size": 64, "tx_size": 32},
        {"tx_descriptors": 2, "rx_buffer_size": 512, "rx_size": 1024, "tx_size": 1024},
    ],
    ids=["plain", "no event index", "not mergeable", "indirect", "chains"],
)
def test_frames_go_out_and_come_back(looped, host, rng, rings, options):
    pmd, _ = looped
    window = 50 if options.get("rx_size") == 64 else IN_FLIGHT
    device = up(host, partial(VhostUserTransport, queue_size=1024), rings, **options)
    pmd.wait_link()
    pmd.clear_stats()
    frames = numbered(rng, 4000, 1500 + LINK)
    with pmd.forwarding("macswap"):
        carry(Stream(device, device, frames, window=window, becomes=swapped))
    stats = pmd.stats()[0]
    assert (stats.rx_packets, stats.tx_packets) == (4000, 4000)
    assert stats.rx_bytes == stats.tx_bytes == sum(map(len, frames))
    rx, tx = device.queues.rx[0], device.queues.tx[0]
    assert (rx.errors, tx.dropped) == (0, 0)
    a_frame = 2 if options.get("tx_descriptors") == 2 and not options.get("tx_indirect") and rings != "split" else 1
    wanted = place(device, 4000 * a_frame)
    down(device)
    # each took as many buffers as it says, by its own count and by ours
    assert device.transport.stopped_at[1] == wanted
    assert rings != "split" or device.transport.stopped_at[0] >= 4000


@pytest.mark.parametrize("mergeable", [True, False])
def test_jumbo_frames(looped, host, rng, rings, mergeable):
    pmd, _ = looped
    unwanted = frozenset() if mergeable else frozenset({Feature.MRG_RXBUF})
    device = up(host, partial(VhostUserTransport, mtu=JUMBO), rings, mtu=JUMBO, unwanted=unwanted)
    assert Feature.MTU in device.features and device.max_mtu == JUMBO, "the front end's to tell, as DPDK accepts it"
    pmd.wait_link()
    assert f"MTU: {JUMBO}" in pmd.command("show port info 0")
    frames = numbered(rng, 800, JUMBO + LINK)
    with pmd.forwarding("io"):
        carry(Stream(device, device, frames, window=IN_FLIGHT_JUMBO))
    merged = device.queues.rx[0].queue
    down(device)
    if rings == "split":
        assert (device.transport.stopped_at[0] > len(frames)) == mergeable, f"several buffers a frame: {merged.size}"


def test_ring_indices_run_through_65535(looped, host, rng, rings):
    pmd, _ = looped
    start = 65_400
    device = up(host, partial(VhostUserTransport, ring_start=start), rings, ring_start=start)
    pmd.wait_link()
    frames = numbered(rng, 1000, 200)
    with pmd.forwarding("io"):
        carry(Stream(device, device, frames))
    wanted = place(device, 1000, start)
    down(device)
    assert device.transport.stopped_at[1] == wanted


def test_two_queue_pairs_keep_apart(looped, host, rng, rings):
    pmd, _ = looped
    device = up(host, rings=rings, pairs=2)
    pmd.wait_link()
    with pmd.forwarding("macswap"):
        streams = [Stream(device, device, numbered(rng, 2000, 600, pair), pair, becomes=swapped) for pair in (0, 1)]
        carry(*streams)
    assert [queue.packets for queue in device.queues.rx] == [2000, 2000]
    wanted = place(device, 2000)
    down(device)
    assert [device.transport.stopped_at[index] for index in (1, 3)] == [wanted, wanted]


@pytest.mark.parametrize("longest", [1500 + LINK, JUMBO + LINK])
def test_two_drivers_talk_through_testpmd(folder, rng, longest):
    sockets = [folder / name for name in "ab"]
    devices = [testpmd.vhost(socket, number=number) for number, socket in enumerate(sockets)]
    with Testpmd(devices, log=folder / "log") as pmd:
        hosts = [VhostUserHost.connect(socket, GuestMemory(regions=4)) for socket in sockets]
        mtu = longest - LINK
        cards = [up(host, mtu=mtu) for host in hosts]
        for port in (0, 1):
            pmd.wait_link(port=port)
        count = 600 if longest > 2000 else 3000
        window = IN_FLIGHT_JUMBO if longest > 2000 else IN_FLIGHT
        one, other = cards
        with pmd.forwarding("io"):
            carry(
                Stream(one, other, numbered(rng, count, longest), window=window),
                Stream(other, one, numbered(rng, count, longest, 1), window=window),
            )
        stats = pmd.stats()
        assert [stats[port].rx_packets for port in (0, 1)] == [count, count]
        assert [stats[port].tx_packets for port in (0, 1)] == [count, count]
        for card, host in zip(cards, hosts, strict=True):
            down(card)
            host.close()


def test_frames_that_testpmd_makes(looped, host):
    pmd, _ = looped
    device = up(host)
    pmd.wait_link()
    pmd.command("set txpkts 200")
    pmd.clear_stats()
    got = []
    with pmd.forwarding("txonly"):
        deadline = time.monotonic() + 10
        while len(got) < 5000 and time.monotonic() < deadline:
            got += [received.frame for received in device.poll()] or run(device.wait(1_000_000)) * []
    while frames := device.poll():
        got += [received.frame for received in frames]
    assert len(got) >= 5000
    sent = pmd.stats()[0]
    assert sent.tx_packets == len(got) and sent.tx_bytes == 200 * len(got)
    for frame in got[:50]:
        packet = Ether(frame)
        assert len(frame) == 200 and packet[IP].len == 186 and packet[UDP].len == 166
        again = packet.copy()
        del again[IP].chksum
        assert Ether(bytes(again))[IP].chksum == packet[IP].chksum
    down(device)


def test_frames_that_testpmd_swallows(looped, host, rng):
    pmd, _ = looped
    device = up(host)
    pmd.wait_link()
    pmd.clear_stats()
    frames = numbered(rng, 5000, 1500 + LINK)
    with pmd.forwarding("rxonly"):
        deadline = time.monotonic() + 10
        for frame in frames:
            while not device.transmit(frame):
                assert time.monotonic() < deadline
                run(device.wait(1_000_000))
        while pmd.stats()[0].rx_packets < len(frames):
            assert time.monotonic() < deadline
        stats = pmd.stats()[0]
    assert (stats.rx_packets, stats.rx_bytes) == (len(frames), sum(map(len, frames)))
    run(device.wait(1))
    device.poll()
    assert device.queues.tx[0].slots_held == 0, "every slot has come back"
    down(device)


@pytest.mark.parametrize("version", [4, 6])
@pytest.mark.parametrize("protocol", [TCP, UDP])
@pytest.mark.parametrize("mode", ["io", "csum"])
def test_checksums_are_the_devices(looped, host, rng, mode, version, protocol):
    """The driver leaves the sum to DPDK: its device makes it (io), or testpmd, which also sets addresses (csum)."""
    pmd, _ = looped
    device = up(host)
    assert Feature.CSUM in device.features
    pmd.wait_link()
    network = IP(src="198.18.0.1", dst="198.18.0.2") if version == 4 else IPv6(src="fd00::1", dst="fd00::2")
    wanted, unfinished = [], []
    for number in range(200):
        packet = Ether(src="02:fe:00:00:00:01", dst="02:fe:00:00:00:02") / network
        packet /= protocol(sport=1024 + number, dport=5000) / rng.randbytes(rng.randint(1, 1400))
        whole = bytes(packet)
        start, at = CSUM_START[version], CSUM_START[version] + CSUM_AT[protocol]
        length = len(whole) - start
        addresses = whole[26:34] if version == 4 else whole[22:54]
        kind = 6 if protocol is TCP else 17
        words = addresses + kind.to_bytes(2, "big") + length.to_bytes(2, "big")
        total = sum(int.from_bytes(words[place : place + 2], "big") for place in range(0, len(words), 2))
        while total >> 16:
            total = (total & 0xFFFF) + (total >> 16)
        unfinished.append(whole[:at] + total.to_bytes(2, "big") + whole[at + 2 :])
        wanted.append(whole)
    header = checksum_request(CSUM_START[version], CSUM_AT[protocol]).pack()
    got = []
    with pmd.forwarding(mode):
        deadline = time.monotonic() + 10
        for frame in unfinished:
            assert device.transmit(frame, header)
            while not (frames := device.poll()):
                assert time.monotonic() < deadline
                run(device.wait(100_000_000))
            got += [received.frame for received in frames]
    if mode == "csum":
        got, wanted = [frame[12:] for frame in got], [frame[12:] for frame in wanted]
    assert got == wanted
    down(device)


@pytest.mark.parametrize(
    "wanted",
    [
        (), (ProtocolFeature.MQ,), WANTED - {ProtocolFeature.REPLY_ACK}, WANTED - {ProtocolFeature.STATUS},
        WANTED - {ProtocolFeature.BACKEND_REQ},
    ],
    ids=["none", "MQ alone", "no REPLY_ACK", "no STATUS", "no BACKEND_REQ"],
)  # fmt: skip
def test_without_protocol_features(looped, rng, wanted):
    pmd, socket = looped
    with VhostUserHost.connect(socket, wanted=wanted) as host:
        device = up(host)
        pmd.wait_link()
        with pmd.forwarding("io"):
            carry(Stream(device, device, numbered(rng, 300, 1514)))
        down(device)


def test_dpdk_connects_to_us(folder, rng):
    """The socket is ours, and the device comes to it."""
    socket = folder / "vhost"
    with (
        Testpmd([testpmd.vhost(socket, client=True)], topology="loop", log=folder / "log") as pmd,
        VhostUserHost.connect(socket, listen=True, timeout_s=5) as host,
    ):
        assert not socket.exists()
        device = up(host)
        pmd.wait_link()
        with pmd.forwarding("io"):
            carry(Stream(device, device, numbered(rng, 300, 1514)))
        down(device)


def test_features_that_are_not_offered_are_refused(host):
    front_end = host.front_end
    with pytest.raises(RequestRefused, match="SET_FEATURES"):
        front_end.set_features(1 << 63)

    class Greedy(VhostUserTransport):
        def write_features(self, features):
            super().write_features(features | 1 << 63)

    with pytest.raises(FeaturesRejected):
        up(host, Greedy)
    down(up(host))


def test_closed_in_traffic_it_touches_no_memory(looped, host, rng, rings):
    pmd, _ = looped
    for _ in range(3):
        device = up(host, rings=rings)
        pmd.wait_link()
        with pmd.forwarding("txonly"):
            deadline = time.monotonic() + 5
            while device.queues.rx[0].packets < 500:
                assert time.monotonic() < deadline
                device.poll()
            queue = device.queues.rx[0].queue
            avail = host.memory[queue.avail_address - host.memory_base :][: 4 + 2 * queue.size].view("<u2")
            down(device)
            before = host.memory.copy()
            # buffers as if there were more: a device that has not let go of the ring takes them; a packed ring has some
            more = 200 if rings == "split" else 0
            avail[1] += more
            time.sleep(0.05)
            avail[1] -= more
            assert (host.memory == before).all()


def test_a_back_end_that_dies_is_named(folder, rng):
    socket = folder / "vhost"
    with Testpmd([testpmd.vhost(socket)], topology="loop", log=folder / "log") as pmd:
        with VhostUserHost.connect(socket) as host:
            device = up(host)
            pmd.wait_link()
            pmd.start("io")
            carry(Stream(device, device, numbered(rng, 300, 1514)))
            os.kill(pmd.pid, signal.SIGKILL)
            started = time.monotonic()
            with pytest.raises(BackEndGone):
                while True:
                    device.transmit(bytes(60))
                    device.poll()
                    run(device.wait(5_000_000_000))
            with pytest.raises(BackEndGone):
                run(device.close())
            assert time.monotonic() - started < 2 and not device.transport.vrings
        with pytest.raises(testpmd.TestpmdError):
            pmd.stats()
        assert pmd.quit() == -signal.SIGKILL
    assert issubclass(BackEndGone, DriverError) and unchanged(b"") == b""
