# SPDX-License-Identifier: Apache-2.0
"""The parts of guests that need none: the serial line's host end, load order of modules, the archive of a root."""

import base64
import socket
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from ferrule.guest import line as line_module
from ferrule.guest.errors import CommandTimeout, GuestError
from ferrule.guest.initramfs import Archive, libraries
from ferrule.guest.line import Line
from ferrule.guest.modules import load_order
from ferrule.guest.packages import find

SILENCE_S = 3.0


class Peer:
    """The guest's end of a line, played by the test."""

    def __init__(self, silence_s=30.0):
        ours, self.sock = socket.socketpair()
        self.sock.settimeout(10)
        self.silent = threading.Event()
        self.line = Line("guest 7", ours, silence_s, self.silent.set)
        self.lines = self.sock.makefile("rb")
        self.pool = ThreadPoolExecutor(1)
        self.sock.sendall(b"noise of the boot\n\x1eready\n")
        assert self.line.wait_ready(10)

    def run(self, command, timeout_s=20.0):
        """Give the line a command; its answer to come, and the command's token."""
        answer = self.pool.submit(self.line.run, command, timeout_s)
        return answer, self.take(command)

    def take(self, command):
        """The command as the guest finds it on the line."""
        while (words := self.lines.readline().split())[0] == b"alive":
            pass
        assert words[0] == b"run" and base64.b64decode(words[2]) == command.encode()
        return words[1]

    def close(self):
        self.line.close()
        self.lines.close()
        self.sock.close()
        self.pool.shutdown()


@pytest.fixture
def peer():
    played = Peer()
    yield played
    played.close()


def test_output_and_end_are_told_apart_wherever_the_stream_is_cut(peer, rng):
    for _ in range(20):
        answer, token = peer.run("work")
        output = b"\x1e".join(rng.randbytes(rng.randrange(40)).replace(b"\xff", b"") for _ in range(4))
        stream = output + b"\x1eend %s %d\n" % (token, 3)
        while stream:
            count = rng.randrange(1, 12)
            peer.sock.sendall(stream[:count])
            stream = stream[count:]
            time.sleep(0.0005)
        assert answer.result(10) == (3, output.decode(errors="replace"))


@pytest.mark.parametrize(
    "lookalike", [b"\x1eend 0123456789abcdef 0\n", b"\x1eend 0\n", b"\x1ereadily\n", b"\x1e", b"\x1eend"], ids=repr
)
def test_output_that_looks_like_a_mark_stays_output(peer, lookalike):
    answer, token = peer.run("work")
    peer.sock.sendall(lookalike + b"\x1eend %s 0\n" % token)
    assert answer.result(10) == (0, lookalike.decode())


def test_what_is_said_between_commands_belongs_to_none(peer):
    answer, token = peer.run("first")
    peer.sock.sendall(b"1\x1eend %s 0\n" % token)
    assert answer.result(10) == (0, "1")
    peer.sock.sendall(b"of a server left running")
    answer, token = peer.run("second")
    time.sleep(0.1)
    peer.sock.sendall(b"2\x1eend %s 0\n" % token)
    assert answer.result(10).output in ("2", "of a server left running2")


def test_a_command_that_does_not_end_is_killed(peer):
    answer = peer.pool.submit(peer.line.run, "for ever", 0.5)
    token = peer.take("for ever")
    while peer.lines.readline() != b"kill\n":
        pass
    peer.sock.sendall(b"partly\x1eend %s 137\n" % token)
    with pytest.raises(CommandTimeout, match=r"guest 7: did not end within 0.5 s and was killed: for ever"):
        answer.result(10)


def test_output_without_end_is_cut_off(peer, monkeypatch):
    monkeypatch.setattr(line_module, "OUTPUT_LIMIT", 100_000)
    answer, token = peer.run("yes")
    peer.sock.sendall(b"y\n" * 60_000)
    while peer.lines.readline() != b"kill\n":
        pass
    peer.sock.sendall(b"\x1eend %s 137\n" % token)
    with pytest.raises(GuestError, match="MiB of output, write to a file: yes"):
        answer.result(10)


def test_a_line_that_is_cut_ends_the_command(peer):
    answer, _ = peer.run("work")
    peer.sock.sendall(b"last words\n")
    peer.sock.shutdown(socket.SHUT_RDWR)
    with pytest.raises(GuestError, match=r"guest 7 ended while this ran in it: work\nit printed last:\nlast words"):
        answer.result(10)


def test_a_guest_that_answers_nothing_is_found_out_and_one_that_does_is_not():
    quiet = Peer(SILENCE_S)
    started = time.monotonic()
    assert quiet.silent.wait(SILENCE_S + 5) and time.monotonic() - started > SILENCE_S - 0.5
    quiet.close()
    alive = Peer(SILENCE_S)
    end = time.monotonic() + 2 * SILENCE_S
    while time.monotonic() < end:
        assert alive.lines.readline() == b"alive\n"
        alive.sock.sendall(b"\x1ealive\n")
    assert not alive.silent.is_set()
    alive.close()


def test_modules_are_loaded_after_what_they_need(tmp_path):
    (tmp_path / "modules.dep").write_text(
        "kernel/net/card.ko: kernel/net/middle.ko kernel/net/base.ko\nkernel/net/middle.ko: kernel/net/base.ko\n"
        "kernel/net/base.ko:\nkernel/other.ko:\n"
    )
    (tmp_path / "modules.builtin").write_text("kernel/net/ipv6.ko\n")
    order = [path.name for path in load_order(tmp_path, ["ipv6", "card", "base"])]
    assert order == ["base.ko", "middle.ko", "card.ko"]
    with pytest.raises(GuestError, match="has no module elsewhere"):
        load_order(tmp_path, ["elsewhere"])
    with pytest.raises(GuestError, match="not complete"):
        load_order(tmp_path / "none", ["card"])


def test_an_archive_is_read_by_another_program(tmp_path):
    busybox = find("busybox")
    if busybox is None or "cpio" not in subprocess.run([busybox, "--list"], capture_output=True, text=True).stdout:
        pytest.skip("no busybox with cpio: install busybox-static")
    archive = Archive()
    archive.data("/made/here/file", b"content\n", 0o640)
    archive.link("/made/link", "here/file")
    python = find("python3")
    archive.programs([python])
    for name in ("root.cpio", "again.cpio"):
        archive.write(tmp_path / name)
    content = (tmp_path / "root.cpio").read_bytes()
    assert content == (tmp_path / "again.cpio").read_bytes()
    out = tmp_path / "out"
    out.mkdir()
    subprocess.run([busybox, "cpio", "-idm"], input=content, cwd=out, check=True, capture_output=True, timeout=60)
    assert (out / "made/link").read_text() == "content\n" and (out / "made/here/file").stat().st_mode & 0o777 == 0o640
    for path in (python, *libraries(python)):
        assert (out / str(path.resolve()).lstrip("/")).exists() or (out / str(path).lstrip("/")).exists(), path


def test_a_script_needs_no_libraries(tmp_path):
    script = tmp_path / "script"
    script.write_text("#!/bin/sh\n")
    script.chmod(0o755)
    assert libraries(script) == []
    assert any("libc.so" in path.name for path in libraries(find("ls"))), sys.platform
