# SPDX-License-Identifier: Apache-2.0
"""rx_classify gives each frame the hash and the queue that the oracle works out, at any pace, and filters VLANs."""

import random

import cocotb
from cocotb.triggers import RisingEdge
from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.inet6 import IPv6
from scapy.layers.l2 import Dot1AD, Dot1Q, Ether

from testbench.lib.rss_vectors import KEY, VECTORS
from testbench.unit import rx_hash_oracle, rx_oracle
from testbench.unit.bench_rx_classify import OWN, PAIRS, check, configure, play, start, text, write_table
from testbench.unit.lib_rx_flows import any_frame, flow, padded
from testbench.unit.rx_hash_oracle import AUTOMATIC, RSS, RX_STEER, flow_index

ALL_TYPES = 0x1FF


async def write_word(dut, name: str, index: int, value: int) -> None:
    """A write of the table ``vlan`` or ``rss``; what is read back is the word."""
    data = {"vlan": "vlan_bits", "rss": "rss_queue"}[name]
    getattr(dut, f"{name}_we").value, getattr(dut, f"{name}_index").value = 1, index
    getattr(dut, data).value = value
    await RisingEdge(dut.clk)
    getattr(dut, f"{name}_we").value = 0
    for _ in range(3):
        await RisingEdge(dut.clk)
    assert int(getattr(dut, f"{name}_word").value) == value


async def clear(dut) -> None:
    """What firmware's CLEAR does here."""
    dut.tab_clear.value = 1
    await RisingEdge(dut.clk)
    dut.tab_clear.value = 0
    await RisingEdge(dut.clk)


async def learn(dut, steering, index: int, pair: int) -> None:
    """A frame of the flow has been sent."""
    dut.learn_valid.value, dut.learn_index.value, dut.learn_pair.value = 1, index, pair
    await RisingEdge(dut.clk)
    dut.learn_valid.value = 0
    await RisingEdge(dut.clk)
    steering.flows[index] = pair


def random_steering(rng, steering) -> None:
    """Everything but the table and the flows anew."""
    steering.mode, steering.pairs = rng.choice([RX_STEER, AUTOMATIC, RSS, RSS, 3]), rng.choice([0, 1, 3, PAIRS, 255])
    steering.queue, steering.unclassified = rng.randrange(PAIRS + 2), rng.randrange(PAIRS + 2)
    steering.mask = (1 << rng.randrange(8)) - 1
    steering.types = rng.choice([ALL_TYPES, ALL_TYPES, rng.randrange(512)])
    steering.key = rng.choice([KEY, rng.randbytes(40)])


@cocotb.test()
async def published_hashes(dut):
    """The verification suite that everybody's Toeplitz hash is held against, as TCP and as UDP frames."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    settings.steering.key = KEY
    frames, wanted = [], []
    for source, sport, destination, dport, _, _ in VECTORS:
        ip = (IPv6 if ":" in source else IP)(src=source, dst=destination)
        for layer in (TCP, UDP):
            frames.append(padded(bytes(Ether(dst=text(OWN)) / ip / layer(sport=sport, dport=dport))))
    for types, place in ((0b001001, 4), (0b111111, 5)):
        settings.steering.types = types
        configure(dut, settings)
        wanted = [(vector[place], number) for vector in VECTORS for number in range(2)]
        results = await play(dut, frames, rng)
        check(settings, frames, results)
        for (value, number), vector, result in zip(
            wanted, [v for v in VECTORS for _ in range(2)], results, strict=True
        ):
            report = 4 if ":" in vector[0] else 1
            assert rx_oracle.meta_field(result[1], "HASH") == value
            assert rx_oracle.meta_field(result[1], "HASH_TYPE") == report + (1 + number if place == 5 else 0)


@cocotb.test()
async def every_hash_type(dut):
    """Any datagram under any set of enabled types and any key: fields, report type and hash are the standard's."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    seen: set[int] = set()
    mobile = 0
    for number in range(10):
        settings.steering.types = ALL_TYPES if number < 3 else rng.randrange(512)
        settings.steering.key = KEY if number == 0 else rng.randbytes(40)
        configure(dut, settings)
        frames = [any_frame(rng, text(OWN)) for _ in range(60)]
        results = await play(dut, frames, rng, gap=rng.choice([0, 0, 0.3]))
        check(settings, frames, results)
        seen |= {rx_oracle.meta_field(result[1], "HASH_TYPE") for result in results}
        found = [rx_hash_oracle.headers(frame) for frame in frames]
        mobile += sum(bool(one and (one.home or one.route)) for one in found)
    assert len(seen) >= 9, f"report types {seen}"
    assert mobile > 20, f"{mobile} frames with an address of Mobile IPv6"


@cocotb.test()
async def hashes_at_the_wires_limit(dut):
    """Shortest frames with no cycle between them, what is shorter than that among them: each gets its own hash."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    random_steering(rng, settings.steering)
    settings.steering.types = ALL_TYPES
    configure(dut, settings)
    pool = [any_frame(rng, text(OWN)) for _ in range(40)]
    for runts in (0.0, 0.3, 0.8):
        frames, users = [], []
        while len(frames) < 300:
            frame = rng.choice(pool)
            size = rng.choice([60, 60, 60, 61, 64, 65, 120, 128, 129])
            if rng.random() < runts:
                size = rng.randrange(1, 60)
            frames.append(frame[:size])
            users.append(int(size < 60 and rng.random() < 0.7))
        results = await play(dut, frames, rng, users=users)
        check(settings, frames, results, users)
        hashed = sum(rx_oracle.meta_field(result[1], "HASH_TYPE") != 0 for result in results)
        assert hashed > 20


@cocotb.test()
async def receive_side_scaling(dut):
    """Indirection table, its mask, unclassified frames, entries beyond the pairs in use; the MAC table before all."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    settings.mac, steering = OWN, settings.steering
    bound = bytes.fromhex("020000000001")
    settings.table[3] = (bound, 5)
    await write_table(dut, 3, bound, 1, 1, 5)
    # of a table that nobody has written, all entries name pair 0
    steering.mode, steering.types, steering.mask = RSS, ALL_TYPES, 127
    configure(dut, settings)
    frames = [any_frame(rng, text(OWN)) for _ in range(30)]
    check(settings, frames, await play(dut, frames, rng))
    queues: set[int] = set()
    for number in range(12):
        for index in rng.sample(range(128), 20 if number else 128):
            steering.table[index] = rng.choice([rng.randrange(PAIRS), rng.randrange(PAIRS), rng.randrange(256)])
            await write_word(dut, "rss", index, steering.table[index])
        random_steering(rng, steering)
        if number % 3 == 0:
            steering.mode, steering.pairs, steering.types, steering.mask = RSS, PAIRS, ALL_TYPES, 127
        configure(dut, settings)
        frames = [any_frame(rng, text(bound if rng.random() < 0.2 else OWN)) for _ in range(40)]
        results = await play(dut, frames, rng, gap=rng.choice([0, 0.2]))
        check(settings, frames, results)
        queues |= {rx_oracle.meta_field(result[1], "QUEUE") for result in results}
        if number == 6:
            await clear(dut)  # takes the MAC table, and leaves the indirection table
            settings.table.clear()
    assert queues <= set(range(PAIRS)) and len(queues) > PAIRS - 4


@cocotb.test()
async def automatic_steering(dut):
    """A flow returns on the pair it was last sent from; unknown ones and pairs out of use go to the default queue."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    steering = settings.steering
    steering.mode, steering.queue = AUTOMATIC, 2
    flows = [flow(rng) for _ in range(60)]
    assert all(flow_index(sent) == flow_index(back) for sent, back in flows)
    back = [frame for _, frame in flows]
    configure(dut, settings)
    check(settings, back, await play(dut, back, rng))
    for pairs in (PAIRS, 4, 1, PAIRS):
        steering.pairs = pairs
        configure(dut, settings)
        for sent, _ in rng.sample(flows, 30):
            await learn(dut, steering, flow_index(sent), rng.randrange(PAIRS))
        frames = rng.sample(back, len(back)) + [any_frame(rng, text(OWN)) for _ in range(20)]
        check(settings, frames, await play(dut, frames, rng, gap=rng.choice([0, 0.2])))
    queues = {steering.choose(frame) for frame in back}
    assert len(queues) > 4
    # flows are forgotten with CLEAR, and other modes do not look at them
    steering.mode = RX_STEER
    configure(dut, settings)
    check(settings, back, await play(dut, back, rng))
    await clear(dut)
    steering.mode, steering.flows = AUTOMATIC, {}
    configure(dut, settings)
    results = await play(dut, back, rng)
    check(settings, back, results)
    assert {rx_oracle.meta_field(result[1], "QUEUE") for result in results} == {2}


@cocotb.test()
async def learning_while_frames_come(dut):
    """A flow that is learnt while frames pass is in force a few cycles later, and no other frame's queue changes."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    steering = settings.steering
    steering.mode = AUTOMATIC
    configure(dut, settings)
    (sent, back), (_, other) = flow(rng), flow(rng)
    while flow_index(other) == flow_index(sent):
        _, other = flow(rng)
    frames = [back, other, *(rng.choice([back, other]) for _ in range(118))]  # one of the flow before it is learnt

    async def later():
        for _ in range(60):
            await RisingEdge(dut.clk)
        await learn(dut, steering, flow_index(sent), 6)

    learning = cocotb.start_soon(later())
    results = await play(dut, frames, rng)
    await learning
    queues = [rx_oracle.meta_field(result[1], "QUEUE") for result in results]
    assert {queue for frame, queue in zip(frames, queues, strict=True) if frame == other} == {0}
    mine = [queue for frame, queue in zip(frames, queues, strict=True) if frame == back]
    assert mine == sorted(mine) and set(mine) == {0, 6}


@cocotb.test()
async def vlan_filter(dut):
    """Frames of VLANs that are not in the filter are dropped and counted; priority tags, others' tags, PROMISC."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    settings.mac, settings.mode, settings.mtu = OWN, 0, 100
    ids = [0, 1, 31, 32, 2047, 4064, 4094, 4095, *(rng.randrange(4096) for _ in range(20))]

    def some_frames(count: int) -> list[bytes]:
        frames = []
        for _ in range(count):
            link = Ether(dst=text(rng.choice([OWN, OWN, OWN, b"\x02" * 6])), src="02:00:00:00:00:99")
            for kind in rng.choice([[], [Dot1Q], [Dot1Q], [Dot1Q], [Dot1AD], [Dot1Q, Dot1Q], [Dot1AD, Dot1Q]]):
                link /= kind(vlan=rng.choice(ids), prio=rng.randrange(8), dei=rng.randrange(2))
            frames.append(padded(bytes(link / IP() / UDP() / rng.randbytes(rng.choice([20, 72, 73])))))
        return frames

    reasons: set[str] = set()
    for number in range(8):
        settings.vlans = None if number == 5 else settings.vlans or set()
        configure(dut, settings)
        if number and settings.vlans is not None:
            for index in {vlan // 32 for vlan in rng.sample(ids, 12)}:
                bits = rng.getrandbits(32)
                await write_word(dut, "vlan", index, bits)
                settings.vlans -= set(range(32 * index, 32 * index + 32))
                settings.vlans |= {32 * index + bit for bit in range(32) if bits >> bit & 1}
        settings.mode = rx_oracle.PROMISC if number == 3 else 0
        if number in (5, 6):  # CLEAR empties it; what was switched off is empty when it is switched on again
            await clear(dut)
            settings.vlans = None if number == 5 else set()
        configure(dut, settings)
        frames = some_frames(60)
        results = await play(dut, frames, rng, gap=rng.choice([0, 0.2]))
        check(settings, frames, results)
        reasons |= {name for result in results for name, value in result[2].items() if value}
    assert {"drop_filter", "drop_vlan", "drop_mtu"} <= reasons
