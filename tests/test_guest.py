# SPDX-License-Identifier: Apache-2.0
"""User-Mode-Linux guests without a card: commands, consoles, hangs, ordinary users, and nothing left behind."""

import contextlib
import fcntl
import os
import pty
import re
import select
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time
from pathlib import Path

import pytest
from guest_needs import need_uml, processes

from ferrule import cli
from ferrule.guest import packages
from ferrule.guest.errors import CommandTimeout, GuestError, GuestHung
from ferrule.guest.guest import GuestSettings
from ferrule.guest.uml import UmlGuest
from testbench.lib import tools

ORDINARY_UID = 65534
SILENCE_S = 6.0  # short, so that a hang is soon found


@pytest.fixture(autouse=True, scope="module")
def uml_is_there():
    need_uml()


@pytest.fixture(scope="module")
def guest(tmp_path_factory):
    """One guest for the tests that leave it as it was."""
    with UmlGuest(GuestSettings(), tmp_path_factory.mktemp("guest")) as booted:
        yield booted


def test_status_and_output_of_commands_come_back(guest):
    assert guest.run("echo out; echo err >&2") == (0, "out\nerr\n")
    assert guest.run(["printf", "%s|", "two words", "$HOME"]) == (0, "two words|$HOME|")
    assert guest.run("exit 77") == (77, "")
    assert guest.run("kill -9 $$").status == 137
    assert guest.run("no-such-program").status == 127
    assert guest.run("cat").output == "", "a command's input is empty"


def test_it_is_a_kernel_of_its_own_with_the_hosts_programs(guest):
    assert guest.run("uname -r").output.strip() != os.uname().release
    assert guest.run("id -u; hostname").output.split() == ["0", "guest1"]
    assert guest.run("ping -c 1 127.0.0.1 && ping -c 1 ::1").status == 0
    assert "Run /bin/sh as init process" in guest.console()


def test_much_output_arrives_whole_and_as_it_comes(guest):
    parts = []
    status, output = guest.run("seq 200000", show=parts.append)
    assert status == 0
    assert output == "".join(f"{number}\n" for number in range(1, 200001))
    assert b"".join(parts) == output.encode() and len(parts) > 1
    assert guest.run(r"printf '\036end 0123456789abcdef 0\nleft'") == (0, "\x1eend 0123456789abcdef 0\nleft")


def test_a_command_that_leaves_a_server_running_ends_all_the_same(guest):
    assert guest.run("sleep 1000 & echo started") == (0, "started\n")
    assert guest.run("killall sleep || kill $(pidof sleep)").status == 0


def test_a_command_that_takes_too_long_is_killed_and_the_guest_goes_on(guest):
    started = time.monotonic()
    with pytest.raises(CommandTimeout, match=r"(?s)did not end within 1 s.*sleep 600.*it printed last:\nfirst"):
        guest.run("echo first; sleep 600", timeout_s=1)
    assert time.monotonic() - started < 8
    assert guest.run("pidof sleep").status == 1, "with all it had started"


def test_a_command_longer_than_the_line_takes_is_refused(guest):
    with pytest.raises(GuestError, match=r"a command of 3000 bytes, 2304 go"):
        guest.run("#" * 3000)
    assert guest.run("#" * 2304).status == 0


def test_the_hosts_files_are_read_only_but_for_the_runs_folder(guest):
    assert guest.run("touch /etc/ferrule /usr/ferrule").status != 0
    assert guest.run(f"echo word >{guest.run_dir}/file").status == 0
    assert (guest.run_dir / "file").read_text() == "word\n"
    assert guest.run("touch /tmp/ferrule /run/ferrule /var/log/ferrule /var/lib/ferrule /var/cache/ferrule").status == 0
    assert not any(
        Path(folder, "ferrule").exists() for folder in ("/tmp", "/run", "/var/log", "/var/lib", "/var/cache")
    )


def test_a_guest_whose_card_says_nothing_is_ended_and_its_console_shown(tmp_path):
    folder = tempfile.mkdtemp(prefix="ferrule-")  # short enough for a socket's address
    with socket.socket(socket.AF_UNIX) as mute:
        mute.bind(f"{folder}/card")
        mute.listen(1)
        guest = UmlGuest(GuestSettings(card=Path(folder, "card"), silence_s=SILENCE_S), tmp_path)
        with pytest.raises(GuestHung) as error, guest:
            pass
    shutil.rmtree(folder)
    told = str(error.value)
    assert f"guest 1 hangs: no sign of life for {SILENCE_S:g} s while it booted with the card at {folder}/card" in told
    assert f"its console ({tmp_path / 'guest1.console'}) ended with:\nCore dump limits" in told
    assert processes(str(tmp_path)) == []


def stop_kernel(run_dir):
    """The guest of this folder does nothing any more, as if it hung."""
    for pid in processes(str(run_dir)):
        with contextlib.suppress(OSError):  # it has just ended
            if Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")[0].endswith(b"linux.uml"):
                os.kill(pid, signal.SIGSTOP)


def test_a_guest_that_stops_in_the_middle_of_a_command_is_ended(tmp_path):
    with UmlGuest(GuestSettings(silence_s=SILENCE_S), tmp_path) as guest:
        stop_kernel(tmp_path)
        with pytest.raises(GuestHung, match=r"(?s)hangs.*console.*Run /bin/sh as init process"):
            guest.run("echo never", timeout_s=60)
        assert processes(str(tmp_path)) == []
        with pytest.raises(GuestHung):
            guest.check()


def test_a_kernel_that_panics_is_told_with_its_console(tmp_path):
    with UmlGuest(GuestSettings(), tmp_path) as guest:
        with pytest.raises(GuestError, match="ended while this ran in it: echo c"):
            guest.run("echo c >/proc/sysrq-trigger; sleep 10")
        deadline = time.monotonic() + 10
        with pytest.raises(GuestError, match=r"(?s)guest 1 ended with status.*Trigger a crash"):
            while time.monotonic() < deadline:
                guest.check()


OWNER = """
import sys, time
from pathlib import Path
from ferrule.guest.guest import GuestSettings
from ferrule.guest.uml import UmlGuest
with UmlGuest(GuestSettings(), Path(sys.argv[1])) as guest:
    print("up", flush=True)
    guest.run("while :; do :; done", timeout_s=None)
"""


@pytest.mark.parametrize("state", ["busy", "hung"])
def test_nothing_stays_behind_when_the_owner_is_killed(tmp_path, state):
    owner = subprocess.Popen(
        [sys.executable, "-c", OWNER, str(tmp_path)], stdout=subprocess.PIPE, cwd=tools.ROOT, text=True
    )
    assert owner.stdout.readline() == "up\n"
    assert len(processes(str(tmp_path))) > 3, "owner, keeper, kernel and its helpers"
    if state == "hung":
        stop_kernel(tmp_path)
    owner.kill()
    owner.communicate()
    deadline = time.monotonic() + 15
    while processes(str(tmp_path)) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert processes(str(tmp_path)) == []


ORDINARY = """
import os, sys
from pathlib import Path
from ferrule.guest.guest import GuestSettings
from ferrule.guest.uml import UmlGuest
assert os.getuid() and not os.access("/etc/shadow", os.R_OK)
with UmlGuest(GuestSettings(), Path(sys.argv[1])) as guest:
    for command in (
        "id -u", "ping -c 1 127.0.0.1 >/dev/null", "! cat /etc/shadow 2>&1",
        "! command -v nginx || { nginx && curl -sS -o /dev/null http://127.0.0.1/; }",
        "iperf3 --server --daemon && sleep 0.5 && iperf3 --client 127.0.0.1 --bytes 1M",
        f"echo done >{guest.run_dir}/done",
    ):
        status, output = guest.run(command)
        print(status, command, output)
        assert status == 0
"""


def test_an_ordinary_user_can_have_one(tmp_path):
    folder = Path(tempfile.mkdtemp(prefix="ferrule-"))
    try:
        command = [_python(), "-B", "-c", ORDINARY, str(folder / "run")]
        if os.getuid() == 0:
            shutil.copytree(tools.ROOT / "ferrule", folder / "ferrule", ignore=shutil.ignore_patterns("__pycache__"))
            shutil.chown(folder, ORDINARY_UID)
            command = [*_as_ordinary(), *command]
        environment = {"PATH": "/usr/bin:/bin", "PYTHONPATH": str(folder if os.getuid() == 0 else tools.ROOT)}
        result = subprocess.run(command, cwd="/", env=environment, capture_output=True, text=True, timeout=120)
        assert result.returncode == 0, result.stdout + result.stderr
        assert (folder / "run" / "done").read_text() == "done\n"
    finally:
        shutil.rmtree(folder)


def _as_ordinary():
    user = str(ORDINARY_UID)
    return [
        "setpriv",
        f"--reuid={user}",
        f"--regid={user}",
        "--clear-groups",
        "env",
    ]  # env: setpriv itself could run what only root may


def _python():
    """An interpreter that an ordinary user can run; this one may be in root's home."""
    if os.getuid():
        return sys.executable
    for candidate in (sys.executable, "/usr/bin/python3"):
        command = [*_as_ordinary(), candidate, "-c", "import sys; sys.exit(sys.version_info < (3, 11))"]
        if subprocess.run(command, cwd="/", capture_output=True).returncode == 0:
            return candidate
    pytest.skip("no Python 3.11 that an ordinary user can run")


TERMINAL = """
import sys
from pathlib import Path
from ferrule.guest.guest import GuestSettings
from ferrule.guest.terminal import attend
from ferrule.guest.uml import UmlGuest
with UmlGuest(GuestSettings(), Path(sys.argv[1])) as guest:
    sys.exit(attend(guest))
"""


FOLDER = "/usr"  # the guest has it too, other than what is its own, such as /tmp


def test_a_shell_on_the_terminal_knows_its_size_and_control_c(tmp_path):
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 33, 99, 0, 0))
    before = termios.tcgetattr(theirs)
    user = subprocess.Popen(
        [sys.executable, "-c", TERMINAL, str(tmp_path)], cwd=FOLDER, env={**os.environ, "PYTHONPATH": str(tools.ROOT)},
        stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True,
    )  # fmt: skip
    try:
        for keys, answer in (  # each when the prompt is there: a shell loses what is typed while it changes the mode
            (b"", rb"# "),
            (b"stty size; pwd\n", rb"(?s)33 99\r\n" + FOLDER.encode() + rb".*# "),
            (b"echo $((6*7)); sleep 600\n", rb"42\r\n"),
            (b"\x03", rb"(?s)\^C.*# "),
            (b"exit 5\n", rb"exit 5"),
        ):
            time.sleep(0.3)
            os.write(ours, keys)
            seen, deadline = b"", time.monotonic() + 60
            while not re.search(answer, seen) and time.monotonic() < deadline:
                if select.select([ours], [], [], 0.5)[0]:
                    seen += os.read(ours, 4096)
            assert re.search(answer, seen), seen
        assert user.wait(30) == 5
        assert termios.tcgetattr(theirs) == before, "the terminal is as it was"
    finally:
        user.kill()
        user.wait()
        os.close(ours)
        os.close(theirs)


def test_the_command_names_the_packages_that_are_missing(monkeypatch, capsys):
    monkeypatch.setattr(packages, "find", lambda program: None)
    monkeypatch.setattr(sys, "argv", ["ferrule", "guest", "--", "true"])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 2
    told = capsys.readouterr().err
    assert "linux.uml, insmod, ip not installed" in told
    assert "sudo apt-get install --no-install-recommends user-mode-linux kmod iproute2" in told


def test_without_command_and_terminal_it_says_what_to_do(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["ferrule", "guest"])
    with open(os.devnull) as nothing, pytest.raises(SystemExit) as left:
        monkeypatch.setattr(sys, "stdin", nothing)
        cli.main()
    assert left.value.code == 2
    assert "give a command after '--'" in capsys.readouterr().err


def test_memory_that_has_no_place_is_told(monkeypatch, tmp_path):
    with pytest.raises(GuestError, match=r"no folder for 100000000 MB of memory.*TMPDIR"):
        UmlGuest(GuestSettings(memory_mb=100_000_000), tmp_path).start()


def test_a_folder_that_the_kernel_cannot_be_told_is_refused(tmp_path):
    with pytest.raises(GuestError, match=r"a,b: a path with a comma"):
        UmlGuest(GuestSettings(), tmp_path / "a,b").start()
