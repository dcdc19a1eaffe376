# SPDX-License-Identifier: Apache-2.0
"""``ferrule ethtool`` on a live card: what it prints, what it changes, and what a bad request does (nothing)."""

import json
import signal
import socket
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from ferrule.live import control
from ferrule.live.namespace import Namespace, NamespaceError
from ferrule.live.session import SERVER_IPV4, LiveSession, LiveSettings

FERRULE = str(Path(sys.executable).with_name("ferrule"))
FILE_BYTES = 400_000
SHORT = control.LONGEST_REQUEST


@pytest.fixture(scope="module")
def session(device, tmp_path_factory):
    """A card that serves one file, with its control socket in ``session.run_dir``."""
    try:
        Namespace("probe").close()
    except NamespaceError as error:
        pytest.skip(f"live runs are not possible here: {error}")
    root = tmp_path_factory.mktemp("ethtool")
    (root / "file").write_bytes(bytes(range(250)) * (FILE_BYTES // 250))
    settings = LiveSettings(device=device)
    with LiveSession(settings, root) as live, control.ControlSocket(root / control.NAME, live.ethtool):
        live.start_server([sys.executable, "-m", "http.server", "-d", str(root), "8080"], root / "server.log")
        yield live


def ethtool(session, *words, status=0):
    """The command's output; with ``status`` 2 what it says on the error output."""
    command = [FERRULE, "ethtool", "--run", str(session.run_dir), "--", *words]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert result.returncode == status, result.stderr
    assert "Traceback" not in result.stderr
    return result.stdout if not status else result.stderr


def fetch(session):
    """The file through the card; what the counters moved by."""
    target = session.run_dir / "got"
    before = session.counters()
    command = ["curl", "-sS", "--fail", "-o", str(target), f"http://{SERVER_IPV4}:8080/file"]
    assert session.run_client(command, timeout_s=60) == 0
    after = session.counters()
    assert target.read_bytes() == (session.run_dir / "file").read_bytes()
    return {name: after[name] - before[name] for name in after}


def test_statistics_have_ethtools_shape_and_the_cards_numbers(session):
    fetch(session)
    lines = ethtool(session, "-S", "card0").splitlines()
    assert lines[0] == "NIC statistics:" and all(line.startswith("     ") for line in lines[1:])
    values = {name: int(value) for name, value in (line.strip().split(": ") for line in lines[1:])}
    assert values["tx_bytes"] > FILE_BYTES and values["hw_tx_bytes"] > FILE_BYTES


def test_what_is_read_without_changing_anything(session):
    assert "driver: ferrule_net" in ethtool(session, "-i")
    assert ethtool(session).startswith("Settings for card0:") and "Speed: 10000Mb/s" in ethtool(session, "card0")
    assert ethtool(session, "-t").startswith("The test result is PASS")
    assert "tcp-segmentation-offload: on" in ethtool(session, "-k")


def test_coalescing_set_on_the_running_card_saves_interrupts(session):
    plain = fetch(session)
    words = ["rx-usecs", "50", "rx-frames", "32", "tx-usecs", "50", "tx-frames", "32"]
    assert ethtool(session, "-C", *words) == ""
    shown = ethtool(session, "-c")
    assert "rx-usecs: 50\nrx-frames: 32" in shown and "tx-usecs: 50\ntx-frames: 32" in shown
    coalesced = fetch(session)
    ethtool(session, "-C", *(word if place % 2 == 0 else "0" for place, word in enumerate(words)))
    again = fetch(session)
    assert plain["irq_by_time"] == again["irq_by_time"] == 0 < coalesced["irq_by_time"]

    def share(moved):
        return moved["irq_messages"] / (moved["tx_frames"] + moved["rx_frames"])

    assert 2 * share(coalesced) < min(share(plain), share(again)), (plain, coalesced, again)


def test_offloads_switched_off_are_done_by_the_kernel_from_then_on(session):
    assert fetch(session)["tx_super_frames"] > 0
    ethtool(session, "-K", "tso", "off")
    assert "tcp-segmentation-offload: off" in ethtool(session, "-k")
    moved = fetch(session)
    assert moved["tx_super_frames"] == 0 < moved["tx_csum_inserted"]
    ethtool(session, "-K", "tx", "off")
    assert fetch(session)["tx_csum_inserted"] == 0
    ethtool(session, "-K", "tx", "on", "tso", "on")
    assert fetch(session)["tx_super_frames"] > 0


def test_ring_sizes_change_while_it_runs(session):
    ethtool(session, "-G", "rx", "64", "tx", "128")
    assert "RX:\t\t64\n" in ethtool(session, "-g")
    fetch(session)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["-Z"], "unknown verb '-Z'"),
        (["rx-usecs", "50"], "expected a verb"),
        (["-C", "rx-usecs"], "expected pairs"),
        (["-K", "tso", "maybe"], "neither on nor off"),
        (["-K", "tso", "off", "lro", "on"], "unknown or fixed"),
        (["-G", "rx", "1"], "not a number from 2 to"),
        (["-L", "combined", "4"], "outside 1..1"),
    ],
)
def test_a_bad_command_is_one_message_and_status_2_and_changes_nothing(session, words, says):
    before = [session.ethtool(verb) for verb in ("-k", "-c", "-g")]
    assert says in ethtool(session, *words, status=2)
    assert [session.ethtool(verb) for verb in ("-k", "-c", "-g")] == before


MALFORMED = {
    "not JSON": b"give me the counters\n",
    "not text": b"\xff\xfe\x00\n",
    "an empty line": b"\n",
    "nothing, then the end": b"",
    "a list": b"[]\n",
    "another op": b'{"op": "stop", "verb": "", "words": []}\n',
    "a field missing": b'{"op": "ethtool", "verb": "-S"}\n',
    "words of numbers": b'{"op": "ethtool", "verb": "-S", "words": [1]}\n',
    "too long": b"x" * (SHORT + 1),
    "too deep": b"[" * (SHORT - 1) + b"\n",
}


@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_request_is_answered_with_an_error_and_the_run_goes_on(session, name):
    with socket.socket(socket.AF_UNIX) as client:
        client.settimeout(20)
        client.connect(str(session.run_dir / control.NAME))
        client.sendall(MALFORMED[name])
        client.shutdown(socket.SHUT_WR)
        assert json.loads(client.makefile().readline())["error"].startswith("malformed request")
    assert session.ethtool("-S")


def test_a_client_that_says_nothing_holds_nobody_up_for_long(session):
    with socket.socket(socket.AF_UNIX) as silent:
        silent.connect(str(session.run_dir / control.NAME))
        assert ethtool(session, "-S")
        fetch(session)


def test_no_run_in_the_folder_is_said(tmp_path):
    for folder in (tmp_path, tmp_path / "missing"):
        command = [FERRULE, "ethtool", "--run", str(folder), "--", "-S"]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60)
        assert result.returncode == 2 and f"no run in {folder}" in result.stderr, result.stderr


def test_the_socket_is_the_owners_alone_and_goes_with_the_run(tmp_path):
    path = tmp_path / control.NAME
    with control.ControlSocket(path, lambda verb, words: verb):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        with pytest.raises(control.ControlError, match="another run"), control.ControlSocket(path, lambda *_: ""):
            pass
        assert control.request(tmp_path, "-S", []) == "-S"
    assert not path.exists()
    # of a run that was killed, only the file is left
    with socket.socket(socket.AF_UNIX) as killed:
        killed.bind(str(path))
    with control.ControlSocket(path, lambda verb, words: verb):
        assert control.request(tmp_path, "-k", []) == "-k"


def test_serve_listens_while_it_runs(session, device, tmp_path):
    """``session`` only skips it where live runs are not possible."""
    command = [FERRULE, "serve", "--device", device, "--out", "run", "--", sys.executable, "-m", "http.server", "8080"]
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=tmp_path, **pipes) as process:
        for line in process.stdout:
            if "serving on" in line:
                break
        try:
            result = subprocess.run(
                [FERRULE, "ethtool", "--run", "run", "--", "-S"],
                cwd=tmp_path, capture_output=True, text=True, timeout=60,
            )  # fmt: skip
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)
    assert result.stdout.startswith("NIC statistics:\n"), result.stderr
    assert not (tmp_path / "run" / control.NAME).exists()
