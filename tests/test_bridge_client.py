# SPDX-License-Identifier: Apache-2.0
"""The client of a board against what may be at the other end: silence, lies, noise, an end."""

import asyncio
import os
import time

import pytest
from fake_board import RAM_BASE, RAM_SIZE, FakeBoard, FakeNetworkBoard

from ferrule.bridge import BoardHost, BoardManagement, errors, host, mirror, open_board, regs
from ferrule.bridge.board import Board
from ferrule.bridge.line import SerialLine
from ferrule.bridge.mdio import read_phy, write_phy
from ferrule.bridge.uartbone import Uartbone
from ferrule.errors import FerruleError

QUICK = {"limit_s": 0.2, "quiet_s": 0.02}
LOST = b""  # an answer by network


def opened(fake):
    return open_board(fake.path, **QUICK)


# ---- opening
def test_every_error_is_one_that_ferrule_tells():
    kinds = [getattr(errors, name) for name in dir(errors) if name.startswith(("Bridge", "Not"))]
    assert len(kinds) == 5 and all(issubclass(kind, FerruleError) for kind in kinds)


def test_a_port_that_is_none(tmp_path):
    with pytest.raises(errors.BridgeError, match="cannot be opened: No such file"):
        open_board(str(tmp_path / "ttyUSB0"))
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(errors.BridgeError, match="is not a serial port"):
        open_board(str(tmp_path / "file"))
    for baud in (123, 0):
        with FakeBoard() as fake, pytest.raises(errors.BridgeError, match=f"{baud} baud"):
            open_board(fake.path, baud)
    for place in ("udp:", "udp:localhost:0", "udp:localhost:x", f"udp:{'x' * 70}"):
        with pytest.raises(errors.BridgeError, match="is no"):
            open_board(place)


def test_a_port_in_use():
    with FakeBoard() as fake, opened(fake), pytest.raises(errors.BridgeBusy, match="in use"):
        opened(fake)


WRONG = {
    "no board answers": {"ID": 0x12345678},
    "version 2, this is for 1": {"VERSION": 0x20000},
    "12345 bytes": {"RAM_SIZE": 12345},
    "8192 bytes": {"RAM_SIZE": 8192},
    "4294967295 bytes": {"RAM_SIZE": 0xFFFFFFFF},
    "at 0x10000004": {"RAM_BASE": 0x1000_0004},
    "at 0x0 ": {"RAM_BASE": 0},
}


@pytest.mark.parametrize("message", WRONG)
def test_something_else_at_the_other_end(message):
    with FakeBoard(**WRONG[message]) as fake, pytest.raises(errors.NotABoard, match=message):
        opened(fake)


@pytest.mark.parametrize("answer", [lambda data: b"", lambda data: data[:-1]], ids=["silent", "short"])
def test_an_answer_that_does_not_come(answer):
    with FakeBoard(answer) as fake, pytest.raises(errors.NotABoard, match="no board answers"):
        opened(fake)


# ---- afterwards
def test_an_answer_that_stays_out_is_told_and_the_next_one_is_right():
    with FakeBoard() as fake, opened(fake) as board:
        fake.answer = lambda data: data[:2]
        with pytest.raises(errors.BridgeTimeout, match="2 of 4 bytes"):
            board.read32(regs.ID)
        fake.answer = lambda data: data
        assert board.read32(regs.ID) == regs.ID_VALUE


def test_bytes_that_nobody_asked_for_are_thrown_away():
    with FakeBoard(lambda data: data + b"noise") as fake, opened(fake) as board:
        assert [board.read32(regs.RAM_BASE) for _ in range(3)] == [RAM_BASE] * 3
        assert board.bone.noise >= 10


def test_noise_without_an_end(monkeypatch):
    with FakeBoard() as fake, opened(fake) as board:
        monkeypatch.setattr("ferrule.bridge.line.MOST_NOISE", 1000)
        fake.answer = lambda data: data + bytes(3000)
        with pytest.raises(errors.BridgeError, match="nobody asked for"):
            for _ in range(3):
                board.read32(regs.ID)


def test_the_line_ends():
    with FakeBoard(lambda data: data) as fake:
        board = opened(fake)
        fake.answer = lambda data: None
        with pytest.raises(errors.BridgeClosed):
            board.read32(regs.ID)
        with pytest.raises((errors.BridgeClosed, errors.BridgeTimeout)):
            board.write32(regs.PHY, 1)
        board.close()
        with pytest.raises(errors.BridgeClosed, match="is closed"):
            board.read32(regs.ID)


def test_a_line_that_takes_nothing():
    line, slave = os.openpty()
    try:
        bone = Uartbone(SerialLine(os.ttyname(slave)), limit_s=0.2)
        with pytest.raises(errors.BridgeTimeout, match="nothing is taken"):
            bone.write(RAM_BASE, [0] * 50_000)
    finally:
        os.close(line)
        os.close(slave)


def test_long_accesses_are_cut_into_messages():
    with FakeBoard() as fake, opened(fake) as board:
        words = list(range(600))
        board.bone.write(RAM_BASE, words)
        assert board.bone.read(RAM_BASE, 600) == words
        board.bone.write_fixed(RAM_BASE, words)
        assert board.bone.read(RAM_BASE, 2) == [599, 1]
        assert fake.written == [(RAM_BASE + 4 * at, at) for at in words] + [(RAM_BASE, at) for at in words]


# ---- registers
def test_parts_of_words():
    async def test(bus):
        for offset, size, value, window, word in (
            (0x14, 1, 0x0F, 0xE, 0x0000000F), (0x15, 1, 0xA5, 0xD, 0x0000A500), (0x16, 2, 0x1234, 0x3, 0x12340000),
            (0x18, 4, 0xCAFEF00D, 0, 0xCAFEF00D),
        ):  # fmt: skip
            bus.bar_write(offset, value, size)
            bus.config_write(offset, value, size)
            base = regs.HOST_WINDOW + window * host.WINDOW_BYTES + (offset & ~3)
            await bus.bar_read(0, 4)
            assert fake.written[-2:] == [(base, word), (base + host.CONFIG_SPACE, word)]
        fake.words[regs.HOST_WINDOW + 0x14] = 0x44332211
        got = [await bus.bar_read(at, size) for at, size in ((0x14, 1), (0x15, 1), (0x16, 2), (0x14, 4))]
        assert got == [0x11, 0x22, 0x4433, 0x44332211]
        with pytest.raises(ValueError, match="over a word's end"):
            bus.bar_write(3, 0, 2)
        with pytest.raises(ValueError, match="over a word's end"):
            await bus.bar_read(2, 4)

    with FakeBoard() as fake, opened(fake) as board:
        asyncio.run(test(BoardHost(board)))


def test_a_read_of_all_ones_that_is_true():
    with FakeBoard() as fake, opened(fake) as board:
        fake.words[regs.HOST_WINDOW + 8] = 0xFFFF_FFFF
        assert asyncio.run(BoardHost(board).bar_read(8, 4)) == 0xFFFF_FFFF


def test_a_held_read_waits_and_firmware_goes_on(monkeypatch):
    async def test(bus, firmware):
        reading = asyncio.create_task(bus.bar_read(8, 1))
        for _ in range(3):
            await firmware.read32(0)
        assert not reading.done()
        fake.words.update({regs.HELD: regs.HELD_DONE | 8, regs.HELD_DATA: 0x0B})
        assert await reading == 0x0B
        # one that is held for ever
        fake.words[regs.HELD] = regs.HELD_PENDING
        monkeypatch.setattr(host, "HELD_LIMIT_S", 0.1)
        with pytest.raises(errors.BridgeTimeout, match="firmware is silent"):
            await bus.bar_read(8, 1)

    with FakeBoard(HELD=regs.HELD_PENDING | 8) as fake, opened(fake) as board:
        fake.words[regs.HOST_WINDOW + 8] = 0xFFFF_FFFF
        asyncio.run(test(BoardHost(board), BoardManagement(board)))


def test_a_held_read_of_a_client_before_us_is_not_ours(monkeypatch):
    class Before(FakeBoard):
        def read(self, address):
            value = super().read(address)
            if address == regs.HELD:  # by the next read of ours that one is over
                self.words.update({regs.HOST_WINDOW + 8: 0x55, regs.HELD: 0} if self.goes_on else {})
            return value

    with Before(HELD=regs.HELD_DONE | 0x14, HELD_DATA=0xBAD) as fake, opened(fake) as board:
        bus, fake.goes_on = BoardHost(board), True
        fake.words[regs.HOST_WINDOW + 8] = 0xFFFF_FFFF
        assert asyncio.run(bus.bar_read(8, 4)) == 0x55
        # and one that a liar calls somebody else's for ever ends, too
        fake.words.update({regs.HOST_WINDOW + 8: 0xFFFF_FFFF, regs.HELD: regs.HELD_DONE | 0x14})
        fake.goes_on = False
        monkeypatch.setattr(host, "HELD_LIMIT_S", 0.1)
        with pytest.raises(errors.BridgeTimeout, match="firmware is silent"):
            asyncio.run(bus.bar_read(8, 4))


def test_events_and_interrupts():
    async def test(bus, firmware):
        assert not await firmware.wait_event(5_000_000)
        assert not await bus.wait_interrupt({1, 2}, 5_000_000)
        fake.words.update({regs.IRQ: regs.IRQ_MGMT, regs.MSIX_PENDING: 0b1010})
        assert await firmware.wait_event(5_000_000_000)
        assert await bus.wait_interrupt({1, 2}, 5_000_000_000) == {1}
        fake.words[regs.MSIX_PENDING] = 0
        assert bus.take_interrupts() == {3} and bus.take_interrupts() == set()
        # an answer that is lost took its bits with it: whoever waits looks for himself
        fake.answer = lambda data: b""
        with pytest.raises(errors.BridgeTimeout):
            bus.take_interrupts()
        fake.answer = lambda data: data
        assert {0, 1, 2, 3} <= bus.take_interrupts()

    with FakeBoard() as fake, opened(fake) as board:
        asyncio.run(test(BoardHost(board), BoardManagement(board)))


# ---- the PHY
class FakePhy(FakeBoard):
    """Registers of one PHY behind MDIO, as IEEE 802.3 clause 22 has it."""

    def __enter__(self):
        self.registers, self.bits, self.out, self.clock = {2: 0x0141}, [], [], 0
        return super().__enter__()

    def write(self, address, value):
        if address != regs.MDIO:
            return super().write(address, value)
        if value & regs.MDIO_MDC and not self.clock:
            self.rise(bool(value & regs.MDIO_MDIO_OUT), bool(value & regs.MDIO_MDIO_DRIVE))
        self.clock = value & regs.MDIO_MDC
        return None

    def rise(self, level, driven):
        self.bits = [*self.bits, int(level)][-64:]
        text = "".join(map(str, self.bits))
        if self.out:
            assert not driven, "both drive the line"
            self.words[regs.MDIO] = regs.MDIO_MDIO_IN * self.out.pop(0)
        elif text.endswith("1" * 32 + "0110" + "00011" + text[-5:]) and driven:
            value = self.registers.get(int(text[-5:], 2), 0xFFFF)
            self.out = [0, *(value >> place & 1 for place in reversed(range(16)))]
        elif text.startswith("1" * 32 + "0101" + "00011") and text[46:48] == "10" and len(text) == 64:
            self.registers[int(text[41:46], 2)] = int(text[48:], 2)


def test_phy_registers():
    with FakePhy() as phy, opened(phy) as board:
        assert read_phy(board, 3, 2) == 0x0141
        write_phy(board, 3, 17, 0xBEEF)
        assert read_phy(board, 3, 17) == 0xBEEF
        board.hold_phy(True)
        board.hold_phy(False)
        assert board.read32(regs.ID) == regs.ID_VALUE
        assert phy.written[-2:] == [(regs.PHY, 1), (regs.PHY, 0)]
        with pytest.raises(ValueError, match="from 0 to 31"):
            read_phy(board, 32, 0)


# ---- memory
class Card(FakeBoard):
    """Memory with a map of what ``store`` has written; the first of ``meanwhile`` runs before a word is read."""

    def __enter__(self):
        self.ram, self.dirty, self.meanwhile = bytearray(os.urandom(RAM_SIZE)), [0] * (RAM_SIZE // 256 // 32), []
        return super().__enter__()

    def store(self, offset, data):
        self.ram[offset : offset + len(data)] = data
        for line in range(offset // 256, (offset + len(data) - 1) // 256 + 1):
            self.dirty[line // 32] |= 1 << line % 32

    def read(self, address):
        if RAM_BASE <= address < RAM_BASE + RAM_SIZE:
            if self.meanwhile:
                self.meanwhile.pop(0)()
            return int.from_bytes(self.ram[address - RAM_BASE : address - RAM_BASE + 4], "little")
        place = (address - regs.DIRTY) // 4
        if 0 <= place < len(self.dirty):
            word, self.dirty[place] = self.dirty[place], 0
            return word
        return super().read(address)

    def write(self, address, value):
        if RAM_BASE <= address < RAM_BASE + RAM_SIZE:
            self.ram[address - RAM_BASE : address - RAM_BASE + 4] = value.to_bytes(4, "little")
        self.written.append((address, value))


@pytest.fixture
def card():
    with Card() as card:
        yield card


@pytest.fixture
def bus(card):
    with opened(card) as board:
        yield BoardHost(board)


def settle(bus):
    """Writes are posted: an answer says that they have been carried out."""
    bus._board.read32(regs.ID)


def test_both_write_into_one_line_and_neither_loses(card, bus, rng):
    """Words have one writer each, in all orders of writing, pushing and fetching."""
    memory, mine = bus.memory, rng.sample(range(RAM_SIZE // 4), RAM_SIZE // 8)
    ours, theirs = set(mine), sorted(set(range(RAM_SIZE // 4)) - set(mine))
    want, touched = {}, set()
    for _ in range(120):
        for _ in range(rng.randrange(12)):
            word, size = rng.choice(mine), rng.choice((1, 2, 4))
            if word not in touched:  # whoever allocates a buffer fills it
                memory[4 * word : 4 * word + 4] = 0
                touched.add(word)
            memory[4 * word : 4 * word + size] = list(rng.randbytes(size))
            want[word] = bytes(memory[4 * word : 4 * word + 4])
        for _ in range(rng.randrange(12)):
            word = rng.choice(theirs)
            data = rng.randbytes(4)
            card.store(4 * word, data)
            want[word] = data
        if rng.random() < 0.5:
            bus.dma_sync_for_device()
            settle(bus)
            assert all(bytes(card.ram[4 * word : 4 * word + 4]) == want[word] for word in ours & want.keys())
        if rng.random() < 0.5:
            bus.dma_sync_for_cpu()
            assert all(bytes(memory[4 * word : 4 * word + 4]) == data for word, data in want.items())
    assert ours & want.keys() and want.keys() - ours


def test_an_index_never_comes_without_what_it_tells_of(card, bus):
    """The card writes a buffer, then the index, while the index's line is being read for an earlier reason."""
    card.store(0, b"\1\0\0\0")

    def more():
        card.store(4096, b"payload!")
        card.store(0, b"\2\0\0\0")

    card.meanwhile = [more]
    bus.dma_sync_for_cpu()
    assert bus.memory[0] == 2 and bytes(bus.memory[4096:4104]) == b"payload!"


def test_what_is_pushed_first_is_written_first(card, bus):
    bus.memory[512:1024] = 7
    bus.dma_sync_for_device()
    bus.memory[0:4] = 1
    bus.dma_sync_for_device()
    settle(bus)
    places = [address for address, _ in card.written]
    assert places == [*range(RAM_BASE + 512, RAM_BASE + 1024, 4), RAM_BASE]
    bus.dma_sync_for_device()
    settle(bus)
    assert len(card.written) == len(places), "nothing is written twice"


def test_a_lost_map_is_made_up_for(card, bus):
    card.store(300, b"lost?")
    card.answer = lambda data: data[:1]
    with pytest.raises(errors.BridgeTimeout):
        bus.dma_sync_for_cpu()
    card.answer = lambda data: data
    bus.dma_sync_for_cpu()
    assert bytes(bus.memory[300:305]) == b"lost?"


class NetworkCard(Card, FakeNetworkBoard):
    """A card behind Etherbone, whose next answers ``lost`` says."""

    def __enter__(self):
        self.lost = 0
        self.answer = self._lose
        return super().__enter__()

    def _lose(self, data):
        self.lost -= 1
        return LOST if self.lost >= 0 else data


def test_what_a_read_cleared_is_not_lost_with_an_answer_that_is_asked_for_again():
    """The board has forgotten the question, so it answers the second time that nothing has happened."""

    class Clears(NetworkCard):
        def read(self, address):
            word = super().read(address)
            if address == regs.MSIX_PENDING:
                self.words[address] = 0
            return word

    with Clears() as card, open_board(card.path, limit_s=10) as board:
        bus = BoardHost(board)
        card.store(300, b"found")
        card.lost = 1
        bus.dma_sync_for_cpu()
        assert bytes(bus.memory[300:305]) == b"found"
        card.words[regs.MSIX_PENDING] = 0b100
        card.lost = 2
        assert 2 in bus.take_interrupts()
        assert board.bone.repeats >= 3


def test_late_answers_to_one_question_are_put_together():
    """The first answer has the bits and the second none; nothing is missing, so only that line is fetched."""
    with NetworkCard() as card, open_board(card.path, limit_s=10) as board:
        bus = BoardHost(board)
        card.store(300, b"found")
        before, repeats = bus._mirror.fetched, board.bone.repeats
        late = [True]

        def answer(data):
            if late:
                late.clear()
                time.sleep(0.1)
            return data

        card.answer = answer
        bus.dma_sync_for_cpu()
        assert board.bone.repeats > repeats and bytes(bus.memory[300:305]) == b"found"
        assert bus._mirror.fetched - before == mirror.LINE_WORDS


def test_a_card_that_never_stops_writing(card, bus, monkeypatch):
    monkeypatch.setattr(mirror, "ROUNDS", 5)
    card.store(0, b"x")
    card.meanwhile = [lambda: card.store(0, b"x")] * 5000
    with pytest.raises(errors.BridgeBusy, match="5 rounds"):
        bus.dma_sync_for_cpu()


def test_a_map_that_says_more_than_there_is_is_not_believed(card):
    card.dirty = [0xFFFF_FFFF] * 32
    with opened(card) as board:
        assert isinstance(board, Board)
        bus = BoardHost(board)
        card.dirty = [0xFFFF_FFFF] * 32
        bus.dma_sync_for_cpu()
        assert bytes(bus.memory) == bytes(card.ram)
