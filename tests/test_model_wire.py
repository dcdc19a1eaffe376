# SPDX-License-Identifier: Apache-2.0
"""The model's wire as the card and a bench meet it: pace, order, link, faults, waits, captures, TAP."""

import contextlib
import os
import socket
import subprocess
import sys
import threading
from collections import Counter

import numpy
import pytest
from model_wire_world import LONG_PS, World
from scapy.packet import Raw
from scapy.utils import wrpcap

from testbench.lib import tools
from testbench.lib.config import Impairments, WireConfig
from testbench.lib.wire_frames import AT_PEER, BAD_FCS, DUPLICATE, ERROR_CHAR, FROM_CARD, LOST, RECORD, TO_CARD

BYTE_PS = 800


# ---- towards the card


def test_frames_come_at_the_pace_of_the_line():
    world = World()
    lengths = [60, 1, 1514, 59, 61, 9014]
    world.timeline.at(700, world.wire.send_frames, [bytes([size % 256]) * size for size in lengths])
    world.run_until(LONG_PS)
    starts, free = [], 700
    for size in lengths:
        starts.append(free)
        free += (max(size, 60) + 24) * BYTE_PS
    assert [at for at, _, _ in world.rows(TO_CARD)] == starts
    assert [at for at, _, _ in world.delivered] == [
        start + (8 + size) * BYTE_PS for start, size in zip(starts, lengths, strict=True)
    ]
    assert [frame for _, _, frame in world.delivered] == [bytes([size % 256]) * size for size in lengths]
    assert world.moves == len(lengths) and world.wire.pending == 0


@pytest.mark.parametrize(("gbps", "byte_ps"), [(10, 800), (25, 320), (100, 80)])
def test_the_rate_of_the_wire(gbps, byte_ps):
    wire = World(WireConfig(gbps=gbps)).wire
    assert wire.byte_ps == byte_ps
    assert [wire.slot_ps(size) for size in (1, 60, 61, 1514)] == [
        84 * byte_ps,
        84 * byte_ps,
        85 * byte_ps,
        1538 * byte_ps,
    ]


def test_a_frame_waits_for_its_time_and_for_those_before_it():
    world = World()
    world.wire.send(bytes(60), at_ns=1000.5)
    world.wire.send(bytes(61), at_ns=500)
    world.wire.send(bytes(62))
    world.wire.send(bytes(63), at_ns=5_000)
    world.wire.send(bytes(64), at_ns=-3)
    assert world.wire.pending == 5
    world.run_until(LONG_PS)
    first = 1_000_500
    assert [at for at, _, _ in world.rows(TO_CARD)] == [
        first, first + 84 * BYTE_PS, first + 169 * BYTE_PS, 5_000_000, 5_000_000 + 87 * BYTE_PS,
    ]  # fmt: skip
    for at_ns in (None, -1):
        world.wire.send(bytes(60), at_ns)
    world.run_until(2 * LONG_PS)
    assert [at for at, _, _ in world.rows(TO_CARD)[5:]] == [LONG_PS, LONG_PS + 84 * BYTE_PS]


def test_frames_whose_time_has_passed_catch_up_no_faster_than_the_line():
    world = World()
    now = 10_000_000
    for size in (100, 200):
        world.timeline.at(now, world.wire.send, bytes(size), 2_000)
    world.run_until(LONG_PS)
    # the first is there at once, as if it had come just now; its preamble is the gap to the next
    assert [at for at, _, _ in world.rows(TO_CARD)] == [2_000_000, now - 8 * BYTE_PS]
    assert [at for at, _, _ in world.delivered] == [now, now + 200 * BYTE_PS]


def test_bad_frames_reach_the_card_as_bad():
    world = World()
    world.wire.send(bytes(60), bad_fcs=True)
    world.wire.send(bytes(61), error=True)
    world.wire.send(bytearray(62))
    world.wire.send_batch(
        numpy.zeros(100, numpy.uint8), numpy.array([0, 10]), numpy.array([63, 64]), None, numpy.array([BAD_FCS, LOST])
    )
    world.run_until(LONG_PS)
    marks = [(mark, len(frame)) for _, mark, frame in world.delivered]
    assert marks == [(BAD_FCS, 60), (ERROR_CHAR, 61), (0, 62), (BAD_FCS, 63)]
    assert [flags for _, flags, _ in world.rows(TO_CARD)] == [BAD_FCS, ERROR_CHAR, 0, BAD_FCS, LOST]
    assert world.wire.frames(TO_CARD) == 4


def test_one_callback_a_frame(monkeypatch):
    world, calls = World(), Counter()
    at = world.timeline.at
    monkeypatch.setattr(world.timeline, "at", lambda ps, call, *args: calls.update(["at"]) or at(ps, call, *args))
    world.wire.send_frames([bytes(60)] * 100)
    for number in range(100):
        world.wire.from_card(0, number, bytes(60))
    at(LONG_PS // 2, world.wire.send, bytes(60))
    world.run_until(LONG_PS)
    assert len(world.delivered) == 101 and calls["at"] == 101 + 1  # one more is the test's own


@pytest.mark.parametrize("length", [0, 65536])
def test_frames_of_impossible_lengths_are_refused(length):
    wire = World().wire
    message = "a batch needs one offset and one length of 1 to 65,535 for each frame"
    for send in (wire.send, lambda frame: wire.send_frames([bytes(60), frame])):
        with pytest.raises(ValueError, match=message):
            send(bytes(length))
    with pytest.raises(ValueError, match=message):
        wire.send_batch(numpy.zeros(70_000, numpy.uint8), numpy.array([0]), numpy.array([length]))
    assert wire.pending == 0


def test_incomplete_batches_are_refused():
    wire, data = World().wire, numpy.zeros(100, numpy.uint8)
    zero, sixty = numpy.array([0, 0]), numpy.array([60, 60])
    for offsets, lengths in ((numpy.array([0, 41]), sixty), (numpy.array([-1, 0]), sixty)):
        with pytest.raises(ValueError, match="a frame of the batch lies outside its buffer"):
            wire.send_batch(data, offsets, lengths)
    with pytest.raises(ValueError, match="one offset and one length"):
        wire.send_batch(data, numpy.array([0]), sixty)
    for rest in ((numpy.array([1.0]), None), (None, numpy.array([0, 0, 0]))):
        with pytest.raises(ValueError, match="need one entry for each frame"):
            wire.send_batch(data, zero, sixty, *rest)
    with pytest.raises(KeyError):
        wire.impair("up", None)
    assert wire.pending == 0
    wire.send_frames([])
    wire.send_batch(data[:0], zero[:0], zero[:0])
    assert wire.pending == 0


def test_replay_keeps_the_spacing_of_the_file(tmp_path):
    path, world = tmp_path / "frames.pcap", World()
    packets = [Raw(bytes([number]) * 60) for number in range(3)]
    for number, packet in enumerate(packets):
        packet.time = 1000 + number * 50e-6
    wrpcap(str(path), packets, linktype=1)
    assert world.wire.replay(path, start_ns=1_000) == 3
    world.run_until(LONG_PS)
    assert [at for at, _, _ in world.rows(TO_CARD)] == [1_000_000, 51_000_000, 101_000_000]
    assert [frame[0] for _, _, frame in world.delivered] == [0, 1, 2]


# ---- from the card


def test_frames_from_the_card_are_padded_and_keep_their_times():
    world = World()
    for size, at in ((14, 5_000_123), (60, 6_000_000), (1514, 7_000_000)):
        world.card_sends(bytes([size % 256]) * size, at)
    received = world.wire.received
    assert received == []
    world.run_until(LONG_PS)
    assert world.wire.received is received
    assert [(ns, len(frame)) for ns, frame in received] == [(5000, 60), (6000, 60), (7000, 1514)]
    assert received[0][1] == bytes([14]) * 14 + bytes(46)
    assert world.rows(FROM_CARD) == world.rows(AT_PEER)
    assert world.moves == 3
    world.card_sends(bytes(60), 2 * LONG_PS)
    world.run_until(3 * LONG_PS)
    assert len(world.wire.received) == 4 and world.wire.received is received


def test_loopback_sends_back_what_the_peer_gets():
    world = World(WireConfig(loopback=True))
    world.card_sends(b"a" * 100, 1_000_000)
    world.card_sends(b"b" * 20, 1_000_000 + 124 * BYTE_PS)
    world.run_until(LONG_PS)
    back = 1_000_000 + 100 * BYTE_PS  # when the card had sent the first
    assert [frame for _, _, frame in world.delivered] == [b"a" * 100, b"b" * 20 + bytes(40)]
    assert [at for at, _, _ in world.rows(TO_CARD)] == [back, back + 124 * BYTE_PS]
    assert len(world.wire.received) == 2


# ---- link


def test_an_unplugged_wire_loses_both_directions():
    world = World()
    wire = world.wire
    wire.link(False)
    wire.link(False)
    wire.send(bytes(60))
    world.card_sends(bytes(61), 0)
    world.timeline.at(1_000_000, wire.link, True)
    world.run_until(2_000_000)
    assert world.levels == [False, True] and wire.link_up
    assert world.delivered == [] and wire.received == []
    for point in (FROM_CARD, TO_CARD):
        assert wire.frames(point) == 0 and wire.captured(point).why_lost(0) == "link down"
    wire.send(bytes(62))
    world.run_until(LONG_PS)
    assert [len(frame) for _, _, frame in world.delivered] == [62]


def test_a_card_that_is_attached_hears_of_changes_from_then_on():
    world = World()
    world.wire.link(False)
    told = []
    world.wire.attach(lambda frame, bad: None, told.append)
    world.wire.link(False)
    assert told == [] and not world.wire.link_up
    world.wire.link(True)
    assert told == [True] and world.levels == [False]


def test_a_frame_meets_the_link_as_it_is_when_it_starts():
    world = World()
    wire, slot = world.wire, 1538 * BYTE_PS
    wire.send_frames([bytes(1514)] * 4)
    world.timeline.at(slot // 2, wire.link, False)
    world.timeline.at(slot + slot // 2, wire.link, True)
    world.timeline.at(3 * slot, wire.link, False)  # before the first byte of the last one
    world.timeline.at(3 * slot + 1, wire.link, True)
    world.run_until(LONG_PS)
    assert [flags & LOST for _, flags, _ in world.rows(TO_CARD)] == [0, LOST, 0, LOST]
    assert len(world.delivered) == 2
    wire.send(bytes(60))
    wire.link(False)
    world.run_until(2 * LONG_PS)
    assert len(world.delivered) == 2


def test_a_flapping_link_tells_the_card_at_the_time():
    world = World(WireConfig(rx=Impairments(flaps_ns=((1_000, 2_000), (5_000.5, 5_001), (1_500, 3_000)))))
    told = []
    world.wire.attach(lambda frame, bad: None, lambda up: told.append((world.timeline.now_ps, up)))
    for ns in (500, 999, 1_000, 2_999, 3_000):
        world.wire.send(bytes(60), at_ns=ns)
        world.timeline.at(ns * 1000, lambda: told.append(world.wire.link_up))
    world.run_until(LONG_PS)
    assert told == [
        True, True, (1_000_000, False), False, False, (3_000_000, True), True, (5_000_500, False), (5_001_000, True),
    ]  # fmt: skip
    assert world.wire.counters()["impair_rx.flapped"] == 2


# ---- faults


def test_every_frame_twice():
    world = World(WireConfig(tx=Impairments(duplicate=1.0), rx=Impairments(duplicate=1.0, delay_ns=100)))
    world.card_sends(bytes(60), 1_000_000)
    world.wire.send(bytes(61))
    world.run_until(LONG_PS)
    assert [flags for _, flags, _ in world.rows(FROM_CARD)] == [DUPLICATE]
    assert [(at, flags) for at, flags, _ in world.rows(AT_PEER)] == [(1_000_000, 0), (1_000_000, DUPLICATE)]
    assert [(at, flags) for at, flags, _ in world.rows(TO_CARD)] == [
        (100_000, 0), (100_000 + 85 * BYTE_PS, DUPLICATE),
    ]  # fmt: skip
    assert len(world.delivered) == 2


def test_what_a_capture_says_of_lost_frames():
    for share, why in (("loss", "loss"), ("corrupt", "corrupted")):
        world = World(WireConfig(tx=Impairments(**{share: 1.0})))
        world.card_sends(bytes(60), 0)
        world.run_until(LONG_PS)
        assert world.wire.captured(FROM_CARD).why_lost(0) == why
        assert world.wire.received == [] and world.wire.pending == 0
    world = World(WireConfig(rx=Impairments(loss=1.0)))
    world.wire.send(bytes(60))
    world.run_until(LONG_PS)
    assert world.wire.captured(TO_CARD).why_lost(0) == "loss" and world.wire.frames(TO_CARD) == 0


def test_faults_meet_what_is_not_on_the_line_yet():
    world = World()
    wire, slot = world.wire, 84 * BYTE_PS
    wire.send_frames([bytes(60)] * 3)
    world.timeline.at(slot // 2, wire.impair, "rx", Impairments(loss=1.0))
    world.timeline.at(10 * slot, wire.send, bytes(60))
    world.timeline.at(10 * slot, wire.impair, "rx", None)
    for again in (None, Impairments(loss=1.0)):
        world.timeline.at(20 * slot, wire.send, bytes(60))
        world.timeline.at(20 * slot, wire.impair, "rx", again)
    world.run_until(LONG_PS)
    assert [flags & LOST for _, flags, _ in world.rows(TO_CARD)] == [0, LOST, LOST, 0, LOST, LOST]
    assert len(world.delivered) == 2 and wire.pending == 0


@pytest.mark.parametrize("change", [("link", False), ("impair", "rx", Impairments(loss=1.0))])
def test_what_is_on_the_line_to_the_card_stays_as_it_is(change):
    world = World(WireConfig(rx=Impairments(delay_ns=100)))
    name, *arguments = change
    world.wire.send(bytes(60))
    # after what the wire itself does at that instant
    world.timeline.at(99_999, world.timeline.at, 100_000, getattr(world.wire, name), *arguments)
    world.run_until(LONG_PS)
    assert [(at, flags) for at, flags, _ in world.rows(TO_CARD)] == [(100_000, 0)] and len(world.delivered) == 1


def test_a_flap_schedule_does_not_reach_into_the_past():
    world = World()
    world.wire.send(bytes(60))
    world.timeline.at(1_000, world.wire.impair, "rx", Impairments(flaps_ns=((0, 10),)))
    world.run_until(LONG_PS)
    assert len(world.delivered) == 1 and world.levels == [False, True]


@pytest.mark.parametrize("change", [("link", False), ("impair", "rx", Impairments(loss=1.0))])
def test_a_late_frame_gets_on_the_line_when_it_is_sent(change):
    world = World(WireConfig(rx=Impairments(flaps_ns=((3_000, 4_000),))))
    world.wire.impair("rx", None)
    name, *arguments = change
    for ns in (3_500, 5_000):
        world.timeline.at(ns * 1000, world.wire.send, bytes(60), 2_000)
    world.timeline.at(5_000_000, getattr(world.wire, name), *arguments)
    world.run_until(LONG_PS)
    assert [flags & LOST for _, flags, _ in world.rows(TO_CARD)] == [LOST, LOST]


# ---- what a bench asks


def test_waits_end_with_the_frame_or_with_the_time():
    world = World()
    wire = world.wire
    for number in range(5):
        world.card_sends(bytes(60), 1_000_000 * (number + 1))
        wire.send(bytes(60), at_ns=1000 * (number + 1))
    ends = []

    async def one(wait, count, limit=None):
        got = await wait(count, limit)
        ends.append((got, count, world.timeline.now_ps))

    async def all_of_them():
        tasks = [
            world.timeline.start_soon(one(*arguments))
            for arguments in (
                (wire.wait_received, 4), (wire.wait_received, 2), (wire.wait_received, 9, 3_500.5),
                (wire.wait_sent, 3), (wire.wait_sent, 0), (wire.wait_sent, 6, 10_000), (wire.wait_received, 5, 1e9),
            )
        ]  # fmt: skip
        for task in tasks:
            await task

    world.run(all_of_them())
    assert ends == [
        (True, 0, 0), (True, 2, 2_048_000), (True, 3, 3_000_000 + 68 * BYTE_PS), (False, 9, 3_500_500),
        (True, 4, 4_048_000), (True, 5, 5_048_000), (False, 6, 10_000_000),
    ]  # fmt: skip
    assert world.what == "rx.frames to reach 6 (is 4)"
    assert world.run(wire.wait_sent(6, 0)) is False


def test_captures_from_a_number_on():
    world = World()
    frames = [bytes([number]) * (60 + number) for number in range(10)]
    world.wire.send_frames(frames)
    world.run_until(LONG_PS)
    captured = world.wire.captured(TO_CARD, 7)
    assert [captured.frame(index) for index in range(len(captured))] == frames[7:]
    assert captured.records["offset"].tolist() == [0, 67, 135] and captured.why_lost(0) is None
    assert captured.records["at_ps"][0] == world.rows(TO_CARD)[7][0]
    for start in (10, 11):
        assert len(world.wire.captured(TO_CARD, start)) == 0 and world.wire.captured(TO_CARD, start).data == b""
    assert captured.records.dtype == world.wire.captured(FROM_CARD).records.dtype == RECORD


@pytest.mark.parametrize(("mode", "kept"), [("full", 3), ("count", 0), ("off", 0)])
def test_marks_spans_and_what_is_kept(mode, kept):
    world = World(WireConfig(capture=mode))
    wire = world.wire
    assert wire.span_ps(TO_CARD) == (-1, -1)
    wire.mark(TO_CARD, 1)
    wire.send_frames([bytes(60)] * 3)
    world.card_sends(bytes(60), 0)
    world.run_until(LONG_PS)
    assert wire.span_ps(TO_CARD) == (84 * BYTE_PS, 168 * BYTE_PS) and wire.span_ps(AT_PEER) == (-1, 0)
    assert wire.frames(TO_CARD) == 3 and len(wire.captured(TO_CARD)) == kept and len(wire.received) == bool(kept)
    counters = wire.counters()
    assert (counters["rx.bytes"], counters["rx.first_ps"], counters["rx.mark"]) == (180, 0, 1)
    received = wire.received
    wire.clear()
    assert wire.frames(TO_CARD) == 0 and wire.span_ps(TO_CARD) == (-1, -1) and len(wire.captured(TO_CARD)) == 0
    assert received == [] and wire.received is received
    wire.send_frames([bytes(60)] * 2)
    world.run_until(2 * LONG_PS)
    assert wire.span_ps(TO_CARD) == (LONG_PS + 84 * BYTE_PS,) * 2


# ---- TAP


@pytest.fixture
def tap():
    near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    near.setblocking(False)
    far.setblocking(False)
    with near, far:
        yield near, far


def test_a_tap_carries_frames_both_ways(tap):
    near, far = tap
    world = World()
    world.wire.poll_tap()  # there is none
    world.wire.tap(near.fileno())
    assert world.wire.tap_fd == near.fileno()
    world.card_sends(b"c" * 20, 0)
    far.send(b"x" * 10)
    far.send(b"y" * 1514)
    world.wire.poll_tap()
    world.run_until(LONG_PS)
    assert far.recv(2000) == b"c" * 20 + bytes(40)
    assert [frame for _, _, frame in world.delivered] == [b"x" * 10 + bytes(50), b"y" * 1514]
    world.wire.poll_tap()
    world.wire.tap(-1)
    world.card_sends(bytes(60), LONG_PS)
    world.run_until(2 * LONG_PS)
    counters = world.wire.counters()
    assert [counters[f"wire.tap_{name}"] for name in ("reads", "writes", "full")] == [2, 1, 0]
    assert world.wire.pending == 0 and counters["wire.tap"] == -1


def test_a_full_or_closed_tap_only_counts(tap):
    near, far = tap
    world = World()
    world.wire.tap(near.fileno())
    for number in range(2000):
        world.wire.from_card(0, number, bytes(9014))
    counters = world.wire.counters()
    assert counters["wire.tap_full"] > 100 and counters["wire.tap_writes"] > 1
    assert counters["wire.tap_full"] + counters["wire.tap_writes"] == 2000 == len(world.wire.received)
    far.close()
    world.wire.from_card(0, 0, bytes(60))
    world.wire.poll_tap()
    assert world.wire.counters()["wire.tap_full"] == counters["wire.tap_full"] + 1


def test_a_tap_is_read_within_bounds(monkeypatch):
    world = World()
    world.wire.tap(0)
    monkeypatch.setattr("testbench.model.wire.peer.os.read", lambda fd, size: bytes(60))
    waiting = []
    for _ in range(6):
        world.wire.poll_tap()
        waiting.append(world.wire.pending)
    # one of them is on the line
    assert waiting == [256, 512, 768, 1024, 1025, 1025]


def test_a_tap_may_end():
    reader, writer = os.pipe()
    world = World()
    world.wire.tap(reader)
    os.write(writer, bytes(60))
    os.close(writer)
    for _ in range(2):
        world.wire.poll_tap()
    os.close(reader)
    assert world.wire.counters()["wire.tap_reads"] == world.wire.pending == 1


def test_needs_no_simulator():
    program = (
        "import sys, testbench.model.wire.wire, testbench.lib.capture;"
        "print([name for name in sys.modules if name.startswith(('cocotb', 'scapy', 'testbench.lib.native'))])"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=tools.ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_what_a_joined_card_sends_while_it_has_no_room_arrives():
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with ours, theirs:
        for end in (ours, theirs):
            end.setblocking(False)
        count = 0
        with contextlib.suppress(BlockingIOError):
            while ours.send(bytes(60)):  # until there is room for no more
                count += 1
        world = World()
        world.wire.join(ours.fileno())
        theirs.send(bytes(range(64)))
        emptied = threading.Timer(0.1, lambda: [theirs.recv(100) for _ in range(count)])
        emptied.start()
        world.card_sends(bytes(61), 0)
        world.run_until(LONG_PS)
        emptied.join()
        assert [frame for _, _, frame in world.delivered] == [bytes(range(64))]
        assert theirs.recv(100) == bytes(61) and world.wire.counters()["wire.tap_full"] == 0
