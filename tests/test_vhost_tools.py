# SPDX-License-Identifier: Apache-2.0
"""What ``ferrule vhost`` gives to a driver's author: rings decoded, waves around an error, messages about options."""

import json
import os
import signal
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest
from vhost_cards import GONE_S, left_alone, looped_card
from vhost_traffic import short_folder

from ferrule.errors import FerruleError
from ferrule.rings.decode import decode
from ferrule.vhost.door import listen_at
from ferrule.vhost.wire import wire_end
from host_driver.transport.vhost_user import (
    WANTED,
    Channel,
    FrontEnd,
    GuestMemory,
    ProtocolFeature,
    Request,
)
from testbench.lib.tools import ROOT

VERSION_1, EVENT_IDX, INDIRECT_DESC, RING_PACKED = 1 << 32, 1 << 29, 1 << 28, 1 << 34
NEXT, WRITE, INDIRECT, AVAIL, USED = 1, 2, 4, 1 << 7, 1 << 15
SIZE = 8
TX = 1
DESC, DRIVER, DEVICE, TABLE = 0, 4096, 8192, 12288


def put(memory, at, data):
    memory.array[at : at + len(data)] = list(data)


def ring(front_end, memory, features, descriptors, driver):
    """Start a transmit ring whose bytes are all there already."""
    put(memory, DESC, b"".join(struct.pack("<QIHH", *row) for row in descriptors))
    put(memory, DRIVER, driver)
    front_end.set_features(features)
    front_end.add_mem_region(memory.regions[0], memory.fd)
    front_end.set_vring_num(TX, SIZE)
    front_end.set_vring_base(TX, 0x80008000 if features & RING_PACKED else 0)
    front_end.set_vring_addr(TX, *(memory.user_base + at for at in (DESC, DEVICE, DRIVER)))
    kick = os.eventfd(0)
    front_end.set_vring_fd(Request.SET_VRING_KICK, TX, kick)
    front_end.set_vring_enable(TX, True)
    os.eventfd_write(kick, 1)
    return kick


def avail(*heads):
    return struct.pack(f"<HH{len(heads)}H", 0, len(heads), *heads)


def test_the_first_error_leaves_the_rings_as_they_were(device):
    settings = {"trigger": True} if device == "rtl" else {}
    with looped_card(device, **settings) as card:
        memory = GuestMemory(size=1 << 16)
        with FrontEnd(Channel.connect(card.path)) as front_end:
            front_end.negotiate(WANTED - {ProtocolFeature.STATUS})
            good = (memory.base + TABLE, 100, 0, 0)
            kick = ring(front_end, memory, VERSION_1, [good, (memory.base, 64, NEXT, 2), (memory.base, 0, 0, 0)],
                        avail(0, 1))  # fmt: skip
            file = card.run_dir / "rings.json"
            card.wait_for(lambda _: file.exists(), "the rings are written down", GONE_S)
            os.close(kick)
        dump = json.loads(file.read_text())
        assert dump["why"] == "transmitq1: descriptor of length 0" and dump["why"] in card.said
        (found,) = map(decode, dump["rings"])
        assert found.name == "transmitq1" and found.facts["last error"] == "descriptor of length 0"
        faults = [fault for chain in found.chains for fault in chain.faults]
        assert faults == ["2: length 0"]
        shown = subprocess.run(
            [sys.executable, "-m", "ferrule.cli", "rings", str(card.run_dir)], capture_output=True, text=True, cwd=ROOT
        )
        assert shown.returncode == 0 and "length 0" in shown.stdout
        if device == "rtl":
            waves, end = card.run_dir / "waves.fst", dump["ns"] // 4
            card.wait_for(lambda record: record["cycles"] > end + 20_000, "time goes on", 3 * GONE_S)
            written = waves.stat().st_size
            assert written > 10_000, "signals of the time around the error"
            assert waves.read_bytes()[0] == 0, "a finished FST begins with its header block"
            card.wait_for(lambda record: record["cycles"] > end + 30_000, "time goes on", 3 * GONE_S)
            assert waves.stat().st_size == written, "nothing of what comes after it"


CASES = {
    "a loop": ([(64, 4, NEXT, 1), (64, 4, NEXT, 0)], avail(0), "longer than the ring: a loop"),
    "a link beyond the ring": ([(64, 4, NEXT, 9)], avail(0), "beyond the ring of 8"),
    "a head beyond the ring": ([], avail(12), "beyond the ring of 8"),
    "readable after writable": ([(64, 4, NEXT | WRITE, 1), (64, 4, 0, 0)], avail(0), "readable after writable"),
    "a table of no whole entries": ([(TABLE, 24, INDIRECT, 0)], avail(0), "a table of 24 bytes"),
    "a table that is not there": ([(1 << 40, 32, INDIRECT, 0)], avail(0), "its table is not in memory"),
    "a table in a table": ([(TABLE, 16, INDIRECT, 0)], avail(0), "inside a table"),
}


def dumped(format, descriptors, driver, device=bytes(6 + 8 * SIZE), card=None, tables=None):
    rows = b"".join(struct.pack("<QIHH", *row) for row in descriptors).ljust(16 * SIZE, b"\0")
    return {
        "name": "transmitq1", "format": format, "size": SIZE, "event_idx": False, "addresses": [0, 0, 0],
        "areas": [rows.hex(), driver.ljust(6 + 2 * SIZE, b"\0").hex(), device.hex()],
        "tables": {f"{at:#x}": data.hex() for at, data in (tables or {}).items()},
        "card": {"running": True, "used": 0, **(card or {})},
    }  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_what_is_wrong_with_a_split_ring_is_said_where_it_is(name):
    descriptors, driver, fault = CASES[name]
    tables = {TABLE: struct.pack("<QIHH", 64, 16, INDIRECT, 0)}
    found = decode(dumped("split", descriptors, driver, tables=tables))
    assert [fault in text for chain in found.chains for text in chain.faults] == [True]


def test_a_split_ring_that_is_right_has_no_fault():
    table = struct.pack("<QIHH", 64, 12, NEXT, 1) + struct.pack("<QIHH", 76, 60, 0, 0)
    rows = [(TABLE, 32, INDIRECT, 0), (64, 12, NEXT, 2), (76, 60, 0, 0)]
    found = decode(dumped("split", rows, avail(0, 1), tables={TABLE: table}))
    assert [[row.place for row in chain.descriptors] for chain in found.chains] == [["0", "0[0]", "0[1]"], ["1", "2"]]
    assert not any(chain.faults for chain in found.chains)
    assert found.facts["available"] == "index 2, 2 with the device"


@pytest.mark.parametrize("lap", [0, 1])
def test_a_packed_ring_is_read_from_where_the_card_is(lap):
    """Descriptors that the driver has given back, and those of the lap before, are nobody's."""
    given, back = (AVAIL, AVAIL | USED) if not lap else (USED, 0)
    rows = [(64, 4, 7, back)] * SIZE
    rows[5] = (64, 12, 0, given | NEXT)
    rows[6] = (76, 0, 3, given)
    rows[7] = (80, 60, 4, given)
    found = decode(dumped("packed", rows, struct.pack("<HH", 0, 1), struct.pack("<HH", 0x8003, 2),
                          {"used": 5 | lap << 15}))  # fmt: skip
    assert [(chain.position, chain.identity) for chain in found.chains] == [(5, 3), (7, 4)]
    assert found.chains[0].faults == ["6: length 0"] and not found.chains[1].faults
    assert found.facts["driver wants interrupts"] == "never"
    assert found.facts["device wants kicks"] == "at 3, wrap counter 1"


def test_in_band_kicks_and_calls_are_messages_and_wait_for_nobody():
    with looped_card("model", time_travel=True) as card, left_alone(card):
        memory = GuestMemory(size=1 << 16)
        with FrontEnd(Channel.connect(card.path)) as front_end:
            front_end.negotiate(WANTED - {ProtocolFeature.STATUS} | {14})
            ours, theirs = socket.socketpair()
            front_end.call(Request.SET_BACKEND_REQ_FD, fds=(theirs.fileno(),))
            theirs.close()
            kick = ring(front_end, memory, VERSION_1, [(memory.base + TABLE, 100, 0, 0)] * 2, bytes(20))
            put(memory, DRIVER, avail(0))
            front_end.call(Request.VRING_KICK, struct.pack("<II", TX, 0))
            ours.settimeout(GONE_S)
            first = ours.recv(64)
            assert struct.unpack("<IIIII", first) == (4, 1 | 8, 8, TX, 0)
            put(memory, DRIVER, avail(0, 1))
            front_end.call(Request.VRING_KICK, struct.pack("<II", TX, 0))  # answered, though the call is not
            with pytest.raises(TimeoutError):
                ours.settimeout(0.3)
                ours.recv(64)
            ours.sendall(struct.pack("<IIIQ", 4, 1 | 4, 8, 0))
            ours.settimeout(GONE_S)
            assert struct.unpack("<IIIII", ours.recv(64)) == (4, 1 | 8, 8, TX, 0)
            os.close(kick)
            ours.close()


def test_in_band_notifications_are_offered_only_when_asked_for():
    with looped_card("model") as card, FrontEnd(Channel.connect(card.path)) as front_end:
        front_end.negotiate()
        assert not front_end.protocol_offered >> 14 & 1
    with looped_card("model", time_travel=True) as card, FrontEnd(Channel.connect(card.path)) as front_end:
        front_end.negotiate(WANTED | {14} - {ProtocolFeature.REPLY_ACK})
        assert front_end.protocol_offered >> 14 & 1


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--wire", "string"], "--wire string: expected none, loopback, tap:NAME, or join:PATH"),
        (["--without", "NOTHING"], "--without NOTHING: no such feature"),
        (["--device", "model", "--waves"], "--waves: the model has no signals"),
        (["--device", "model", "--trigger", "error"], "--trigger: the model has no signals"),
        (["--mtu", "20"], "Invalid value for '--mtu'"),
        (["--pairs", "99"], "Invalid value for '--pairs'"),
        (["--mac", "hello"], "--mac hello"),
    ],
)
def test_bad_options_are_an_error_that_says_what(words, said):
    with short_folder() as folder:
        call = [sys.executable, "-m", "ferrule.cli", "vhost", "--socket", str(folder / "card"), *words]
        wide = {**os.environ, "COLUMNS": "200"}
        done = subprocess.run(call, capture_output=True, text=True, cwd=ROOT, timeout=60, env=wide)
        assert done.returncode == 2 and said in done.stderr
        assert not (folder / "card").exists()


def test_a_path_where_no_socket_can_be():
    with short_folder() as folder:
        with listen_at(folder / "card"), pytest.raises(FerruleError, match="somebody listens there already"):
            listen_at(folder / "card")
        listen_at(folder / "card").close()  # what nobody listens at is replaced
        (folder / "file").touch()
        with pytest.raises(FerruleError, match="something else than a socket"):
            listen_at(folder / "file")
        with pytest.raises(FerruleError, match="too long"):
            listen_at(folder / ("x" * 120))
        with pytest.raises(FerruleError, match="No such file"):
            listen_at(folder / "nowhere" / "card")


def test_ctrl_c_ends_it_with_its_record_and_nothing_left():
    with short_folder() as folder:
        call = [sys.executable, "-m", "ferrule.cli", "vhost", "--socket", str(folder / "card"), "--device", "model",
                "--out", str(folder / "out")]  # fmt: skip
        process = subprocess.Popen(call, stderr=subprocess.PIPE, cwd=ROOT)
        for _ in range(200):
            if (folder / "card").exists():
                break
            time.sleep(0.05)
        with FrontEnd(Channel.connect(folder / "card")) as front_end:
            front_end.negotiate()
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert process.returncode == 0, said
        assert json.loads((folder / "out" / "vhost.json").read_text())["connections"] == 1
        assert not (folder / "card").exists()


def test_two_cards_are_joined_by_a_path():
    """What one sends the other receives; the first that comes waits for the second."""
    with short_folder() as folder:
        one, other = (wire_end(f"join:{folder / 'wire'}") for _ in range(2))
        ends = []
        waiting = threading.Thread(target=lambda: ends.append(one.__enter__()))
        waiting.start()
        with other as (fd, loopback, joined):
            waiting.join(10)
            os.write(fd, bytes(60))
            assert len(os.read(ends[0][0], 100)) == 60 and joined and not loopback
        one.__exit__(None, None, None)
        assert not (folder / "wire").exists()
