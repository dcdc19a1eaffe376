# SPDX-License-Identifier: Apache-2.0
"""Boards in simulation, reached as real ones are: firmware and driver by serial port or network, frames on the wire.

``core`` is what all boards have in common, without MAC and pins; the others are boards as they are built, pins and all.
"""

import asyncio
import os
import threading
import time

import pytest
from board_session import LIMIT_S, STEP_NS, run

from ferrule.bridge import open_board, regs
from ferrule.bridge.host import CONFIG_SPACE, WINDOW_BYTES
from ferrule.bridge.mdio import read_phy
from firmware import bar_regs
from firmware import regs as card_regs
from host_driver import Feature, tso_request
from host_driver.transport.interface import NEEDS_RESET
from testbench.fpga.board import SimulatedBoard
from testbench.lib.config import BoardConfig
from testbench.lib.oracle_tso import NetHeader, expected
from testbench.system.driver_card import tcp_frame

QUIET_S = 3.0  # in which the simulation gets over the line's timeout
EVENTS = frozenset({Feature.RING_EVENT_IDX})  # without it the card may interrupt at every publication


SIMS = {
    "core": BoardConfig(timeout_log2=17),
    "colorlight_i5": BoardConfig(board="colorlight_i5"),
    "colorlight_i9": BoardConfig(board="colorlight_i9"),  # by Etherbone
}
core_alone = pytest.mark.parametrize("sim", ["core"], indirect=True, scope="module")
boards_too = pytest.mark.parametrize("sim", list(SIMS), indirect=True, scope="module")


@pytest.fixture(scope="module")
def sim(request, tmp_path_factory):
    """One board for all tests: each finds it as the one before has left it."""
    with SimulatedBoard(SIMS[request.param], tmp_path_factory.mktemp("board")) as board:
        yield board


@pytest.fixture
def board(sim):
    """A client of it."""
    while sim.receive(0) is not None:
        pass
    place = sim.network if sim.config.board == "colorlight_i9" else sim.path
    with open_board(place, limit_s=20, quiet_s=QUIET_S) as board:
        yield board


@boards_too
@pytest.mark.parametrize("unwanted", [frozenset(), EVENTS], ids=["event index", "flags"])
def test_frames_go_both_ways(sim, board, unwanted):
    async def test(session):
        assert (Feature.RING_EVENT_IDX in session.device.features) == (not unwanted)
        await session.ping_pong(60, 61, 1514)
        burst = [session.frame(100 + place) for place in range(12)]
        for frame in burst:
            sim.send(frame)
        assert await session.receive(len(burst)) == burst
        assert await session.errors() == {}

    run(sim, board, test, unwanted=unwanted)


@boards_too
def test_a_jumbo_frame_goes_both_ways(sim, board):
    async def test(session):
        assert session.device.max_mtu == 9194
        await session.ping_pong(9208)
        assert await session.errors() == {}

    run(sim, board, test)


@boards_too
@pytest.mark.parametrize("options", [{}, {"tx_descriptors": 2, "tx_indirect": True}], ids=["direct", "indirect"])
def test_a_super_frame_of_16_kilobytes_is_segmented_right(sim, board, options):
    async def test(session):
        frame, start = tcp_frame(session, 4, 16384 - 40)
        await session.send(frame, tso_request(1, start + 20, 1448, start).pack())
        want = expected(NetHeader(1, 1, start + 20, 1448, start, 16), frame).frames
        assert await session.on_wire(len(want)) == want
        assert await session.errors() == {}

    run(sim, board, test, **options)


@boards_too
def test_coalescing_changes_the_number_of_interrupts(sim, board):
    async def messages(session):
        """Interrupt messages for eight frames."""
        await session.device.wait(1)
        for queue in (rx.queue for rx in session.device.queues.rx):
            queue.enable_interrupts()
            queue.publish()
        await asyncio.sleep(0.1)
        before = (await session.firmware.counters())["irq_messages"]
        for place in range(8):
            sim.send(session.frame(60 + place))
        assert len(await session.receive(8)) == 8
        return (await session.firmware.counters())["irq_messages"] - before

    async def test(session):
        await session.device.settings.set_rx_coalescing(0, 0)
        apart = await messages(session)
        await session.device.settings.set_rx_coalescing(8, 50_000)
        together = await messages(session)
        assert (apart, together) == (8, 1)

    run(sim, board, test, unwanted=EVENTS)


@boards_too
def test_reset_under_traffic(sim, board):
    going = True

    def traffic(frame):
        while going:
            sim.send(frame)
            time.sleep(0.05)

    async def test(session):
        nonlocal going
        thread = threading.Thread(target=traffic, args=(session.frame(200),))
        thread.start()
        try:
            for _ in range(3):
                await session.device.recover()
                assert await session.receive(1)
        finally:
            going = False
            thread.join(LIMIT_S)
        while await session.receive(1, limit_s=1):
            pass  # what the card has stored of it
        await session.ping_pong(1000)
        lost = {"rx_drop_disabled", "rx_drop_store_full", "rx_drop_no_buffer"}  # more than a serial line can carry
        assert set(await session.errors()) <= lost

    run(sim, board, test)


@boards_too
def test_the_link_is_told(sim, board):
    async def test(session):
        assert session.device.link_up
        for up in (False, True):
            sim.link(up)
            for _ in range(200):
                await session.device.wait(STEP_NS)
                if session.device.link_up == up:
                    break
            assert session.device.link_up == up

    run(sim, board, test)


HALVES = [b"\x01", b"\x02\xff", b"\x01\xff\x04\x00\x00", b"\x01\x02" + (0x10000000 >> 2).to_bytes(4, "big") + bytes(5)]


@core_alone
@pytest.mark.parametrize("noise", [bytes(range(5, 256)) * 4, *HALVES], ids=["garbage", *map(str, range(len(HALVES)))])
def test_noise_on_the_line_does_no_harm(sim, board, noise):
    async def test(session):
        board.bone.line.write(noise, 20)
        board.bone.settle()
        await session.ping_pong(300)
        assert await session.errors() == {}

    run(sim, board, test)


@core_alone
def test_a_client_that_vanishes_leaves_the_board_usable(sim):
    for left in (b"\x02\xff" + (0x10000000 >> 2).to_bytes(4, "big"), b"\x01\x10\x04", b"\x02"):
        fd = os.open(sim.path, os.O_RDWR | os.O_NOCTTY)
        os.write(fd, left)
        os.close(fd)
        with open_board(sim.path, limit_s=20, quiet_s=QUIET_S) as board:
            assert board.read32(regs.ID) == regs.ID_VALUE and board.memory_size == 32768


@core_alone
def test_a_held_read_stops_nobody_else(sim, board):
    """Nobody answers the reset: the read of the status is held, and the line is free; the next one gets its own."""
    status = regs.HOST_WINDOW + bar_regs.COMMON_DEVICE_STATUS
    board.write32(regs.MGMT_WINDOW + card_regs.HOLD_LIMIT_US, 5_000)
    board.write32(status + 0xE * WINDOW_BYTES, 0)  # one byte
    assert board.read32(status) == 0xFFFF_FFFF
    held = board.read32(regs.HELD)
    assert held & regs.HELD_PENDING and held & regs.HELD_ADDRESS == bar_regs.COMMON_DEVICE_STATUS
    assert board.read32(regs.MGMT_WINDOW + card_regs.ID) == card_regs.ID_VALUE
    assert board.read32(regs.HOST_WINDOW) == 0xFFFF_FFFF, "no second read while one is held"
    board.write32(status + 0x3 * WINDOW_BYTES, 1 << 16)  # queue_select, in the same word
    for _ in range(10_000):
        held = board.read32(regs.HELD)
        if not held & regs.HELD_PENDING:
            break
    assert held & regs.HELD_DONE and held & regs.HELD_ADDRESS == bar_regs.COMMON_DEVICE_STATUS
    assert board.read32(regs.HELD_DATA) & NEEDS_RESET, "the time is up"
    assert board.read32(status) >> 16 == 1, "writes went on"
    assert board.read32(regs.HOST_WINDOW + CONFIG_SPACE) == 0x1041_1AF4
    assert not board.read32(regs.HELD) & (regs.HELD_DONE | regs.HELD_PENDING)


@core_alone
def test_what_is_nowhere_reads_as_nothing(board):
    for address in (
        0x1000,
        0x20000,
        0x400000,
        board.memory_base - 4,
        board.memory_base + board.memory_size,
        0xFFFFFFFC,
    ):
        assert board.read32(address) == 0
        board.write32(address, 1)
    assert board.bone.read(regs.DIRTY, 32)[4:] == [0] * 28
    assert read_phy(board, 0, 2) == 0xFFFF
