# SPDX-License-Identifier: Apache-2.0
"""Guests with the card as their only interface: stock kernels, their programs, and the ``ferrule guest`` command."""

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from guest_needs import need_qemu, need_uml, processes

from ferrule.demo.plan import make_files
from ferrule.guest.cards import Cards, mac
from ferrule.guest.errors import CommandTimeout
from ferrule.guest.guest import GuestSettings
from ferrule.guest.qemu import QemuCard, QemuGuest
from ferrule.guest.servers import FILES, default_server
from ferrule.guest.session import GuestSession, SessionSettings
from ferrule.guest.uml import UmlGuest
from ferrule.vhost.process import VhostError
from ferrule.vhost.settings import VhostSettings
from testbench.lib import tools

MTU, PAIRS = 9000, 4


@pytest.fixture(autouse=True, scope="module")
def uml_is_there():
    need_uml()


@pytest.fixture(scope="module")
def session(device, tmp_path_factory):
    """Two guests, each with a card of its own, joined by the wire. A kernel of one processor begins with one pair."""
    settings = SessionSettings(guests=2, mtu=MTU, card=VhostSettings(device=device, mtu=MTU, pairs=PAIRS))
    with GuestSession(settings, tmp_path_factory.mktemp("session")) as opened:
        yield opened


def test_two_kernels_reach_each_other_through_two_cards(session):
    for here, there in ((0, 1), (1, 0)):
        other = session.guests[there].settings
        for address in (other.ipv4, other.ipv6):
            status, output = session.guests[here].run(["ping", "-c", "2", "-i", "0.2", address])
            assert status == 0, output


def test_a_file_of_10_megabytes_arrives_whole(session, tmp_path):
    (file,) = make_files(tmp_path, FILES)
    before = session.cards.record()
    status, output = session.guests[0].run(f"curl -sS http://10.78.0.2/{file.name} | sha256sum", 120)
    assert (status, output.split()[0]) == (0, file.sha256)
    after = session.cards.record()
    sent, received = (
        after[card]["counters"][name] - before[card]["counters"][name]
        for card, name in ((1, "tx_bytes"), (0, "rx_bytes"))
    )
    assert sent >= file.size and received >= file.size
    assert after[1]["counters"]["tx_super_frames"] > before[1]["counters"]["tx_super_frames"], (
        "the kernel left TSO to it"
    )


def test_iperf3_runs_between_the_guests(session):
    status, output = session.guests[0].run("iperf3 --client 10.78.0.2 --bytes 1M --json", 60)
    assert status == 0, output
    assert json.loads(output)["end"]["sum_received"]["bytes"] > 0


def test_the_driver_is_linuxs_own_and_sets_the_card(session):
    guest = session.guests[0]
    assert "driver: virtio_net" in guest.run("ethtool -i eth0").output
    link = guest.run("ip link show eth0").output
    assert f"mtu {MTU} " in link and f"link/ether {mac(1)} " in link
    at_once = fetched(session)
    # tx-frames other than 0, or the kernel takes it for a change of NAPI's weight, which wants the link down
    assert guest.run("ethtool -C eth0 rx-usecs 100 rx-frames 32 tx-usecs 100 tx-frames 32").status == 0
    assert "rx-frames: 32" in " ".join(guest.run("ethtool -c eth0").output.split())
    assert "NOTF_COAL" in session.cards.record()[0]["features"]
    coalesced = fetched(session)
    assert coalesced["irq_by_packets"] + coalesced["irq_by_time"] > 0 == at_once["irq_by_packets"]
    # each frame that waits for others saves an interrupt, or a look at whether the kernel wants one
    assert per_frame(coalesced) < per_frame(at_once) / 2, (coalesced, at_once)


def test_the_kernel_spreads_flows_over_the_pairs_that_ethtool_gives_it(session):
    guest = session.guests[0]
    features = guest.run("ethtool -k eth0").output
    assert "tcp-segmentation-offload: on" in features and "rx-vlan-filter: on" in features
    assert channels(guest) == ["4", "1"]
    assert guest.run("ethtool -L eth0 combined 4").status == 0
    assert channels(guest) == ["4", "4"]
    assert guest.run("ethtool -L eth0 combined 5").status != 0
    assert guest.run("ethtool -X eth0 equal 3").status == 0
    assert "0:      0     1     2     0" in guest.run("ethtool -x eth0").output
    assert {"MQ", "RSS"} <= set(session.cards.record()[0]["features"])
    assert guest.run("iperf3 --client 10.78.0.2 --reverse --parallel 32 --bytes 1M", 60).status == 0
    received = by_pair(guest, "rx")
    assert len(received) == PAIRS and all(received[:3]) and not received[3], received
    assert guest.run("ethtool -X eth0 equal 1 && sleep 1").status == 0  # the last of 32 connections end meanwhile
    received = by_pair(guest, "rx")
    assert guest.run("ethtool -L eth0 combined 1").status == 0
    assert channels(guest) == ["4", "1"]
    assert guest.run("iperf3 --client 10.78.0.2 --reverse --parallel 4 --bytes 1M", 60).status == 0
    assert guest.run("ethtool -L eth0 combined 4").status == 0  # or the others are not shown
    assert by_pair(guest, "rx")[1:] == received[1:], "pairs out of use have taken something"


def channels(guest):
    """Most pairs, and those in use."""
    words = guest.run("ethtool -l eth0").output.split()
    return [words[place + 1] for place, word in enumerate(words) if word == "Combined:"]


def by_pair(guest, way):
    """Packets that each pair has carried, in the kernel's count."""
    lines = guest.run(f"ethtool -S eth0 | grep -E '{way}_queue_._packets:'").output.splitlines()
    return [int(line.split()[1]) for line in lines]


def fetched(session):
    """What a megabyte from the other guest adds to the counters of the first one's card."""
    before = session.cards.record()[0]["counters"]
    assert session.guests[0].run("iperf3 --client 10.78.0.2 --reverse --bytes 1M", 60).status == 0
    after = session.cards.record()[0]["counters"]
    return {name: after[name] - before[name] for name in after}


def per_frame(counters):
    """Times the card thought of an interrupt, for each frame that came or went."""
    return (counters["irq_messages"] + counters["irq_suppressed"]) / (counters["rx_frames"] + counters["tx_frames"])


def test_a_card_that_has_ended_is_the_error_that_is_told(session, monkeypatch):
    def ended():
        raise VhostError("the card has ended")

    with pytest.raises(CommandTimeout):
        session.run("sleep 600", timeout_s=0.5)
    monkeypatch.setattr(session.cards, "check", ended)
    with pytest.raises(VhostError, match="the card has ended"):
        session.run("sleep 600", timeout_s=0.5)


def test_a_qemu_guest_and_a_uml_guest_understand_each_other(tmp_path):
    need_qemu()
    with (
        Cards(2, VhostSettings(device="model", mtu=MTU), tmp_path) as cards,
        UmlGuest(GuestSettings(2, cards.paths[1], MTU), tmp_path) as server,
        QemuGuest(GuestSettings(1, cards.paths[0], MTU), tmp_path, QemuCard(mac(1), max_mtu=MTU)) as client,
    ):
        command, (file,) = default_server(tmp_path)
        server.run(f"({command}) >/dev/null 2>&1 &")
        status, output = client.run(
            f"curl -sS --retry 20 --retry-delay 1 --retry-connrefused http://10.78.0.2/{file.name} | sha256sum", 120
        )
        assert (status, output.split()[0]) == (0, file.sha256)
    assert processes(str(tmp_path)) == []


def ferrule_guest(*words, timeout_s=180):
    return subprocess.run(
        [sys.executable, "-m", "ferrule.cli", "guest", *map(str, words)],
        cwd=tools.ROOT, capture_output=True, text=True, timeout=timeout_s,
    )  # fmt: skip


def test_the_command_finds_a_server_on_the_other_end(tmp_path):
    file = make_files(tmp_path / "expected", FILES)[0]
    fetch = f"curl -sS -o {tmp_path}/run/fetched http://10.78.0.2/{file.name}; echo done; exit 7"
    result = ferrule_guest("--device", "model", "--out", tmp_path / "run", "--", "sh", "-c", fetch)
    assert (result.returncode, result.stdout) == (7, "done\n"), result.stderr
    assert hashlib.sha256((tmp_path / "run" / "fetched").read_bytes()).hexdigest() == file.sha256
    record = json.loads((tmp_path / "run" / "guest.json").read_text())
    assert record["status"] == 7 and record["settings"]["guests"] == 1
    (card,) = record["cards"]
    assert card["counters"]["rx_bytes"] >= file.size and "VERSION_1" in card["features"]
    assert Path(tmp_path, "run", "guest1.console").stat().st_size > 1000
    assert processes(str(tmp_path)) == []


def test_the_command_with_two_guests_a_server_of_ones_own_and_a_limit(tmp_path):
    server = "exec python3 -c \"import socket; s = socket.create_server(('', 7)); s.accept()[0].send(b'mine\\n')\""
    client = "python3 -c \"import socket; print(socket.create_connection(('10.78.0.2', 7)).recv(9))\"; sleep 600"
    result = ferrule_guest(
        "--device", "model", "--guests", 2, "--server", server, "--timeout", 10, "--out", tmp_path, "--", "sh", "-c",
        client,
    )  # fmt: skip
    assert (result.returncode, result.stdout) == (124, "b'mine\\n'\n"), result.stderr
    assert "did not end within 10 s and was killed" in result.stderr


def test_a_server_that_fails_is_told_with_its_words(tmp_path):
    result = ferrule_guest(
        "--device", "model", "--guests", 2, "--server", "echo no way; exit 3", "--out", tmp_path, "--", "true"
    )
    assert result.returncode == 2
    assert "the server on the other end ended with status 3: echo no way; exit 3\nno way" in result.stderr
