# SPDX-License-Identifier: Apache-2.0
"""rx_classify passes bytes unchanged and says of each frame what the oracle says: queue, verdict, drop, events."""

import copy
import os
import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import ClockCycles, RisingEdge

from testbench.unit import rx_oracle
from testbench.unit.rx_hash_oracle import AUTOMATIC, RSS, RX_STEER
from testbench.unit.rx_oracle import ALLMULTI, ALLUNI, NOBCAST, NOMULTI, NOUNI, PROMISC, Filter

OWN = bytes.fromhex("525400112233")
REASONS = ["disabled", "length", "filter", "vlan", "mtu"]
PAIRS = int(os.environ.get("PAIRS", "16"))
# what of the card is built, as the parameters of those names say
STEERING, VLAN_FILTER, RX_CHECKSUM = (int(os.environ.get(n, "1")) for n in ("STEERING", "VLAN_FILTER", "RX_CHECKSUM"))
MAC_TABLE = int(os.environ.get("MAC_TABLE", "32"))
EVENTS = [f"drop_{name}" for name in REASONS] + ["multicast", "broadcast", "csum_good", "csum_bad", "frame"]


def text(mac: bytes) -> str:
    """aa:bb:cc:dd:ee:ff."""
    return mac.hex(":")


async def start(dut) -> Filter:
    """Clock, reset, and settings that take everything."""
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    for name in ["tvalid", "tdata", "tkeep", "tlast", "tuser"]:
        getattr(dut, f"s_axis_{name}").value = 0
    for name in ["we", "clear", "index", "mac", "valid", "steer", "queue"]:
        getattr(dut, f"tab_{name}").value = 0
    for name in ["vlan_we", "vlan_index", "vlan_bits", "rss_we", "rss_index", "rss_queue"]:
        getattr(dut, name).value = 0
    for name in ["valid", "index", "pair"]:
        getattr(dut, f"learn_{name}").value = 0
    settings = Filter()
    settings.mode = PROMISC
    settings.steering.built = settings.steering.pairs = PAIRS
    configure(dut, settings)
    dut.rst.value = 1
    await ClockCycles(dut.clk, 3)
    dut.rst.value = 0
    await RisingEdge(dut.clk)
    return settings


def configure(dut, settings: Filter) -> None:
    """Drive the configuration levels."""
    dut.cfg_enable.value = settings.enable
    dut.cfg_mode.value = settings.mode
    dut.cfg_mac.value = int.from_bytes(settings.mac, "little")
    dut.cfg_mtu.value = settings.mtu
    dut.cfg_vlan.value = settings.vlans is not None
    steering = settings.steering
    dut.cfg_steering.value, dut.cfg_steer.value, dut.cfg_pairs.value = steering.mode, steering.queue, steering.pairs
    dut.cfg_hash_types.value, dut.cfg_hash_key.value = steering.types, int.from_bytes(steering.key, "big")
    dut.cfg_unclassified.value, dut.cfg_table_mask.value = steering.unclassified, steering.mask


async def write_table(dut, index: int, mac: bytes, valid: int, steer: int = 0, queue: int = 0) -> None:
    """One write of the MAC table."""
    dut.tab_we.value, dut.tab_index.value, dut.tab_mac.value = 1, index, int.from_bytes(mac, "little")
    dut.tab_valid.value, dut.tab_steer.value, dut.tab_queue.value = valid, steer, queue
    await RisingEdge(dut.clk)
    dut.tab_we.value = 0
    await RisingEdge(dut.clk)


async def play(dut, frames, rng: random.Random, gap: float = 0.0, users=None):
    """Send the frames, a beat a cycle but for gaps; return [(bytes, meta, {event: n}, evt_bytes)] as they come out."""
    keep_w = len(dut.s_axis_tkeep)
    beats = []
    for number, frame in enumerate(frames):
        user = users[number] if users else 0
        for offset in range(0, len(frame), keep_w):
            chunk = frame[offset : offset + keep_w]
            last = offset + keep_w >= len(frame)
            while gap and rng.random() < gap:
                beats.append(None)
            # lanes beyond tkeep hold garbage, which must not count
            data = int.from_bytes(chunk + rng.randbytes(keep_w - len(chunk)), "little")
            beats.append((data, (1 << len(chunk)) - 1, int(last), user & last))
    results, data, waiting = [], b"", 0
    edge = RisingEdge(dut.clk)
    position = 0
    idle = True
    while len(results) < len(frames) and waiting < 100:
        if position < len(beats):
            beat = beats[position]
            position += 1
            if beat is not None:
                dut.s_axis_tdata.value, dut.s_axis_tkeep.value, dut.s_axis_tlast.value, dut.s_axis_tuser.value = beat
            if idle != (beat is None):
                idle = beat is None
                dut.s_axis_tvalid.value = int(not idle)
        else:
            waiting += 1
            dut.s_axis_tvalid.value = 0
        await edge
        if int(dut.m_axis_tvalid.value):
            count = int(dut.m_axis_tkeep.value).bit_count()
            data += int(dut.m_axis_tdata.value).to_bytes(keep_w, "little")[:count]
            if int(dut.m_axis_tlast.value):
                events = {name: int(getattr(dut, f"evt_{name}").value) for name in EVENTS}
                results.append((data, int(dut.m_meta.value), events, int(dut.evt_bytes.value)))
                data = b""
    assert len(results) == len(frames), f"{len(results)} of {len(frames)} frames came out"
    return results


def built(settings: Filter) -> Filter:
    """The settings as a card takes them that has no more than its parameters say."""
    left = copy.copy(settings)
    if not STEERING:
        left.steering = copy.copy(settings.steering)
        left.steering.mode, left.steering.types = RX_STEER, 0
    if not VLAN_FILTER:
        left.vlans = None
    return left


def check(settings: Filter, frames, results, users=None) -> None:
    """Compare what came out with the oracle."""
    settings = built(settings)
    for number, (frame, (data, meta, events, size)) in enumerate(zip(frames, results, strict=True)):
        where = f"frame {number}: {frame.hex()}"
        bad = bool(users and users[number])
        reason, queue = settings.judge(frame)
        verdict = rx_oracle.checksum_verdict(frame) if RX_CHECKSUM and not bad else None
        assert data == frame, where
        assert rx_oracle.meta_field(meta, "LEN") == size == len(frame), where
        assert rx_oracle.meta_field(meta, "DROP") == int(bad or reason is not None), f"{reason} {where}"
        assert rx_oracle.meta_field(meta, "DATA_VALID") == int(verdict == "good"), f"{verdict} {where}"
        assert rx_oracle.meta_field(meta, "QUEUE") == queue, f"not {queue} {settings.steering} {where}"
        report = (rx_oracle.meta_field(meta, "HASH_TYPE"), rx_oracle.meta_field(meta, "HASH"))
        assert report == settings.steering.report(frame), f"{report} {settings.steering} {where}"
        broadcast = frame[:6] == b"\xff" * 6
        expected = {
            "frame": 1, "csum_good": verdict == "good", "csum_bad": verdict == "bad",
            "broadcast": broadcast, "multicast": bool(frame[0] & 1) and not broadcast,
        }  # fmt: skip
        expected |= {f"drop_{name}": reason == name for name in REASONS}
        expected = {name: int(expected[name] and not bad) for name in EVENTS}
        assert events == expected, f"{events} {reason} {verdict} {where}"


@cocotb.test()
async def checksums_of_frames_made_by_scapy(dut):
    """IPv4 options, IPv6 extension headers, tags, fragments, zero sums, padding: the verdict each was built for."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    frames, verdicts = [], []
    for _ in range(150):
        frame, verdict = rx_oracle.random_packet(rng, text(OWN))
        if rng.random() < 0.5 and len(frame) < 60:
            frame += rng.randbytes(60 - len(frame))
        elif rng.random() < 0.2 and verdict:
            frame += rng.randbytes(rng.randrange(1, 300))
        frames.append(frame)
        verdicts.append(verdict)
    results = await play(dut, frames, rng, gap=rng.choice([0, 0, 0.3]))
    check(settings, frames, results)
    for frame, verdict, result in zip(frames, verdicts, results, strict=True):
        got = "good" if result[2]["csum_good"] else "bad" if result[2]["csum_bad"] else None
        assert got == (verdict if RX_CHECKSUM else None), f"built to be {verdict}, judged {got}: {frame.hex()}"
    assert verdicts.count("good") > 30 and verdicts.count(None) > 10


@cocotb.test()
async def damaged_frames_are_judged_like_the_oracle(dut):
    """Flipped bits, lying lengths, missing and extra bytes, one beat behind the other."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    frames = [rx_oracle.damaged(rng, rx_oracle.random_packet(rng, text(OWN), 300)[0]) for _ in range(500)]
    users = [int(rng.random() < 0.1) for _ in frames]
    results = await play(dut, frames, rng, gap=rng.choice([0, 0.2]), users=users)
    check(settings, frames, results, users)
    assert not RX_CHECKSUM or sum(result[2]["csum_bad"] for result in results) > 20
    assert sum(result[2]["drop_length"] for result in results) > 3


@cocotb.test()
async def short_frames_back_to_back(dut):
    """60-byte frames with no cycle between them, each with its own verdict."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    frames = []
    while len(frames) < 200:
        frame, _ = rx_oracle.random_packet(rng, text(OWN), 18)
        frame = frame[:60].ljust(60, b"\0")
        if rng.random() < 0.3:
            position = rng.randrange(14, 60)
            frame = frame[:position] + bytes([frame[position] ^ 0x10]) + frame[position + 1 :]
        frames.append(frame)
    check(settings, frames, await play(dut, frames, rng))


@cocotb.test()
async def long_frames(dut):
    """Jumbo frames, good and with one bit wrong anywhere in the data."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    frames = []
    for number in range(6):
        size = rng.choice([1514, 9014, rng.randrange(200, 9000)])
        body = rx_oracle.layer4(rng) / rx_oracle.Raw(rng.randbytes(size))
        network = rng.choice([rx_oracle.IP(dst="10.9.8.7"), rx_oracle.IPv6(src="2001:db8::5", dst="2001:db8::6")])
        packet = bytearray(bytes(rx_oracle.ethernet(rng, text(OWN), rng.randrange(3)) / network / body))
        if number % 2:
            packet[rng.randrange(200, len(packet))] ^= 1 << rng.randrange(8)
        frames.append(bytes(packet))
    results = await play(dut, frames, rng)
    check(settings, frames, results)
    assert [result[2]["csum_good"] for result in results] == [RX_CHECKSUM, 0] * 3


@cocotb.test()
async def address_filter_and_steering(dut):
    """Every mode, the table's exact matches and their queues, broadcast, own address."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    settings.mac = OWN
    size = MAC_TABLE
    addresses = [bytes([rng.choice([0x02, 0x01, 0x33])]) + rng.randbytes(5) for _ in range(size)]
    for index in rng.sample(range(size), size):
        steer = rng.randrange(2)
        queue = rng.randrange(PAIRS)
        settings.table[index] = (addresses[index], queue if steer else None)
        await write_table(dut, index, addresses[index], 1, steer, queue)
    # an entry that is not valid matches nothing, and of two equal ones the first decides
    await write_table(dut, 1, addresses[1], 0)
    del settings.table[1]
    settings.table[size - 1] = (addresses[0], 6)
    await write_table(dut, size - 1, addresses[0], 1, 1, 6)
    near = [bytes(address[:5]) + bytes([address[5] ^ 1]) for address in addresses[:4]]
    pool = addresses + near + [OWN, OWN[:5] + b"\x00", b"\xff" * 6, bytes(6), b"\xfe" + b"\xff" * 5]
    modes = [0, PROMISC, ALLMULTI, ALLUNI, NOMULTI, NOUNI, NOBCAST, ALLMULTI | NOMULTI, ALLUNI | NOUNI, 63, 62]
    for mode in modes + [rng.randrange(64) for _ in range(3)]:
        settings.mode, settings.steering.queue = mode, rng.randrange(PAIRS)
        configure(dut, settings)
        rest = [rng.randbytes(6) + b"\x88\xb5" + rng.randbytes(rng.randrange(50)) for _ in range(25)]
        frames = [rng.choice(pool) + bytes_ for bytes_ in rest]
        check(settings, frames, await play(dut, frames, rng, gap=0.1))
    dut.tab_clear.value = 1
    await RisingEdge(dut.clk)
    dut.tab_clear.value = 0
    await RisingEdge(dut.clk)
    settings.table, settings.mode = {}, 0
    configure(dut, settings)
    frames = [address + rng.randbytes(54) for address in pool]
    check(settings, frames, await play(dut, frames, rng))


@cocotb.test()
async def length_mtu_and_enable(dut):
    """Each limit at its edge, with and without tags; 802.3 lengths that lie; shortest frames; receive switched off."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    keep_w = len(dut.s_axis_tkeep)
    reasons = set()
    for mtu, enable in ((0, 1), (100, 1), (1500, 1), (68, 0), (1500, 1)):
        settings.mtu, settings.enable = mtu, enable
        configure(dut, settings)
        frames = []
        for tags in range(3):
            header = OWN + bytes(6) + b"".join(rng.choice([b"\x81\x00", b"\x88\xa8"]) + b"\0\5" for _ in range(tags))
            for size in (mtu - 1, mtu, mtu + 1, mtu + 4, mtu + 5):
                frames.append(header + b"\x88\xb5" + rng.randbytes(max(size, 0)))
            edges = [(1500, 1499), (1500, 1500), (1501, 4), (1536, 4)]
            for field, size in [(0, 0), (1, 0), (46, 46), (46, 45), (3, 46), *edges]:
                frames.append(header + field.to_bytes(2, "big") + rng.randbytes(size))
            for cut in range(1, len(header) + 3):
                frames.append((header + b"\x88\xb5")[:cut])
        frames = [frame for frame in frames if frame]
        rng.shuffle(frames)
        results = await play(dut, frames, rng, gap=rng.choice([0, 0.2]))
        check(settings, frames, results)
        reasons |= {name for result in results for name, value in result[2].items() if value}
    assert {"drop_disabled", "drop_length", "drop_mtu"} <= reasons, f"{reasons} at {keep_w} bytes a beat"


@cocotb.test()
async def errors_that_cancel(dut):
    """An IPv4 header and a payload, each wrong by an amount that cancels in the sum of both, are not taken as right."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    frames = []
    while len(frames) < 20:
        link = rx_oracle.ethernet(rng, text(OWN), rng.randrange(3))
        packet = rx_oracle.Ether(bytes(link / rx_oracle.IP(dst="10.9.8.7") / rx_oracle.TCP() / rng.randbytes(40)))
        amount = rng.randrange(1, 100)
        if packet[rx_oracle.IP].chksum + amount > 0xFFFF or packet[rx_oracle.TCP].chksum <= amount:
            continue
        packet[rx_oracle.IP].chksum += amount
        packet[rx_oracle.TCP].chksum -= amount
        frames.append(bytes(packet))
    results = await play(dut, frames, rng)
    check(settings, frames, results)
    assert all(result[2]["csum_bad"] == RX_CHECKSUM for result in results)


@cocotb.test()
async def what_is_not_built_has_no_say(dut):
    """Modes, types, tables and flows of a part that is left out change nothing; a part that is there obeys."""
    rng = random.Random(cocotb.RANDOM_SEED)
    settings = await start(dut)
    steering, settings.mac, settings.mode = settings.steering, OWN, 0
    dut.rss_we.value, dut.rss_index.value, dut.rss_queue.value = 1, 0, 3
    dut.vlan_we.value, dut.vlan_index.value, dut.vlan_bits.value = 1, 0, 1 << 5
    await ClockCycles(dut.clk, 2)
    dut.rss_we.value = dut.vlan_we.value = 0
    await ClockCycles(dut.clk, 2)
    assert int(dut.rss_word.value) == 3 * STEERING and int(dut.vlan_word.value) == VLAN_FILTER << 5
    steering.table[0], steering.types, steering.mask, steering.unclassified = 3, 0x1FF, 0, 4
    for mode in (RSS, AUTOMATIC, RX_STEER):
        steering.mode, steering.queue, steering.pairs = mode, rng.randrange(PAIRS + 2), rng.choice([1, 3, PAIRS])
        settings.vlans = {5} if mode != AUTOMATIC else None
        configure(dut, settings)
        frames = []
        for _ in range(40):
            packet = rx_oracle.ethernet(rng, text(OWN), rng.randrange(3)) / rx_oracle.IP() / rx_oracle.layer4(rng)
            frames.append(bytes(packet).ljust(60, b"\0"))
        check(settings, frames, await play(dut, frames, rng, gap=rng.choice([0, 0.2])))
