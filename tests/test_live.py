# SPDX-License-Identifier: Apache-2.0
"""Real kernels, a real web server and a real client round the simulated card."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from ferrule.commands import bench_live
from ferrule.commands.demo import demo
from ferrule.demo.plan import SETTINGS, make_files, server_command
from ferrule.demo.run import fetch
from ferrule.live.namespace import Namespace, NamespaceError
from ferrule.live.session import CLIENT_IPV4, CLIENT_IPV6, SERVER_IPV4, SERVER_IPV6, LiveSession, LiveSettings
from testbench.lib import tools

FERRULE = str(Path(sys.executable).with_name("ferrule"))
# The kernel writes a checksum that computes to 0 as 0xffff for every protocol (skb_checksum_help), which tshark calls
# bad for TCP although both mean the same sum.
BAD_FRAMES = (
    "_ws.malformed || ip.checksum.status == 0 || udp.checksum.status == 0 || icmpv6.checksum.status == 0 || "
    "(tcp.checksum.status == 0 && !(tcp.checksum == 0xffff && tcp.checksum_calculated == 0))"
)


@pytest.fixture(scope="session", autouse=True)
def live_is_possible():
    """Skip where the machine allows neither root nor user namespaces with TAP; in CI that is a failure."""
    try:
        with Namespace("probe") as probe:
            fd = probe.make_tap("probe0", vnet_hdr=True, offload=0, mac=None, mtu=1500, addresses=[])
            os.close(fd)
    except NamespaceError as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"live runs are not possible here: {error}")


def tshark(capture: Path, display_filter: str) -> list[str]:
    """One line for every frame of the capture that passes the filter."""
    checks = [option for name in ("ip", "tcp", "udp") for option in ("-o", f"{name}.check_checksum:TRUE")]
    command = ["tshark", "-r", str(capture), *checks, "-Y", display_filter]
    result = subprocess.run(command, capture_output=True, text=True, timeout=300)
    assert result.returncode == 0, result.stderr
    return result.stdout.splitlines()


@pytest.fixture(scope="module")
def served(tmp_path_factory):
    root = tmp_path_factory.mktemp("www")
    return root, make_files(root)


@pytest.mark.parametrize("settings", SETTINGS, ids=lambda settings: settings.name)
def test_pages_arrive_intact_and_the_setting_shows_in_the_counters(settings, device, served, tmp_path):
    root, files = served
    _, command = server_command(root, tmp_path / "server")
    with LiveSession(replace(settings, device=device), tmp_path) as session:
        session.start_server(command, tmp_path / "server.log")
        before = session.counters()
        for file in files[:2]:
            fetch(session, file, tmp_path)
            fetch(session, file, tmp_path, f"[{SERVER_IPV6}]")
        after = session.counters()
    counted = {name: after[name] - before[name] for name in after}
    sent = 2 * sum(file.size for file in files[:2])
    assert counted["tx_frames"] >= sent / settings.mtu
    assert (counted["tx_super_frames"] > 0) == settings.tso
    assert counted["tx_segments"] >= 2 * counted["tx_super_frames"]
    if settings.coalesce_packets:
        assert counted["irq_messages"] < (counted["tx_frames"] + counted["rx_frames"]) / 4
    drops = {name: value for name, value in counted.items() if "_drop_" in name or "_err_" in name}
    assert not any(value for name, value in drops.items() if name != "rx_drop_filter"), drops
    capture = tmp_path / "wire.pcapng"
    assert tshark(capture, BAD_FRAMES) == []
    assert len(tshark(capture, "tcp")) >= counted["tx_frames"]
    assert max(int(line) for line in frame_lengths(capture)) <= settings.mtu + 14


def test_the_hosts_side_can_be_captured_with_its_super_frames(device, served, tmp_path):
    root, files = served
    _, command = server_command(root, tmp_path / "server")
    with LiveSession(LiveSettings(device=device, capture_host=True), tmp_path) as session:
        session.start_server(command, tmp_path / "server.log")
        fetch(session, files[1], tmp_path)
    capture = tmp_path / "wire.pcapng"
    assert tshark(capture, 'frame.interface_name == "host-tx" && frame.len > 3000'), "super-frames on the host's side"
    assert tshark(capture, 'frame.interface_name == "host-rx" && tcp.len == 0'), "their acknowledgements"
    assert not tshark(capture, 'frame.interface_name == "wire-tx" && frame.len > 1514')


def frame_lengths(capture: Path) -> list[str]:
    command = ["tshark", "-r", str(capture), "-T", "fields", "-e", "frame.len"]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=True).stdout.split()


@pytest.mark.parametrize("address", [SERVER_IPV4, SERVER_IPV6])
def test_one_frame_alone_gets_its_interrupt_although_coalescing_waits_for_more(address, device, tmp_path):
    settings = LiveSettings(name="alone", device=device, coalesce_packets=32, coalesce_usecs=100)
    with LiveSession(settings, tmp_path) as session:
        assert session.run_client(["ping", "-c", "3", "-i", "0.2", "-W", "5", address], tmp_path / "ping.log") == 0
        counters = session.counters()
    assert counters["irq_by_time"] >= 3, "every lone frame must be announced by the timer"
    assert counters["irq_by_packets"] == 0


def test_the_servers_kernel_reaches_the_client_too(device, tmp_path):
    with LiveSession(LiveSettings(device=device), tmp_path) as session:
        for address in (CLIENT_IPV4, CLIENT_IPV6):
            pid = session.server.run(["ping", "-c", "2", "-i", "0.2", "-W", "5", address], tmp_path / "ping.log")
            deadline = time.monotonic() + 30
            while session.server.poll(pid, 0.2) is None and time.monotonic() < deadline:
                pass
            assert session.server.poll(pid) == 0, (tmp_path / "ping.log").read_text()


def test_bench_fetches_files_with_and_without_coalescing(device, tmp_path, monkeypatch):
    monkeypatch.setattr(bench_live, "MEGABYTES", {"rtl": 1, "model": 10})
    rows = bench_live.bench_live(LiveSettings(device=device), tmp_path / "out.json", tmp_path)
    assert json.loads((tmp_path / "out.json").read_text())["results"] == rows
    assert [(row["mtu"], row["coalesce_packets"]) for row in rows] == [(9000, 0), (9000, 32), (1500, 0), (1500, 32)]
    for row in rows:
        counted = row["counters"]
        assert row["device"] == device and row["wall_mbps"] > 0
        assert counted["tx_frames"] >= row["bytes"] / row["mtu"] and counted["tx_super_frames"] > 0
        assert counted["tx_descriptors"] < counted["tx_frames"], "super-frames in the ring, segments on the wire"
    for at_once, coalesced in (rows[:2], rows[2:]):
        assert coalesced["counters"]["irq_messages"] < at_once["counters"]["irq_messages"]


def test_demo_leaves_its_report_and_captures(tmp_path):
    demo(tmp_path, "model")
    record = json.loads((tmp_path / "run.json").read_text())
    assert [run["settings"]["device"] for run in record["runs"]] == ["model"] * len(SETTINGS)
    assert "functional model" in (tmp_path / "report.html").read_text()
    assert tshark(tmp_path / "wire.pcapng", BAD_FRAMES) == []


def leftovers(tag: str) -> list[str]:
    """Processes that carry the tag in their environment; a namespace lives as long as a process in it."""
    found = []
    for process in Path("/proc").iterdir():
        if process.name.isdigit():
            with contextlib.suppress(OSError):
                if tag.encode() in (process / "environ").read_bytes():
                    found.append((process / "cmdline").read_text().replace("\0", " "))
    return found


def run_serve(*arguments: str, cwd: Path, tag: str = "untagged") -> subprocess.Popen:
    environment = {**os.environ, "FERRULE_CACHE": str(tools.cache_dir()), "FERRULE_TEST_TAG": tag}
    return subprocess.Popen(
        [FERRULE, "serve", *arguments],
        cwd=cwd,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_serve_ends_with_its_client_and_leaves_a_record(device, tmp_path):
    (tmp_path / "hello.txt").write_text("hello through the card\n")
    client = f"curl -sS --fail -o {tmp_path}/got.txt http://{SERVER_IPV4}:8080/hello.txt"
    arguments = ("--device", device, "--client", client, "--out", "run")
    process = run_serve(*arguments, "--", sys.executable, "-m", "http.server", "8080", cwd=tmp_path)
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert (tmp_path / "got.txt").read_text() == "hello through the card\n"
    record = json.loads((tmp_path / "run" / "run.json").read_text())
    assert record["device"] == device and record["result"]["counters"]["rx_drop_dma"] == 0
    assert (tmp_path / "run" / "wire.pcapng").exists() == (device == "rtl")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_serve_leaves_nothing_behind_when_interrupted(number, device, tmp_path):
    tag = f"left-{uuid.uuid4().hex}"
    arguments = ("--device", device, "--out", "run", "--", sys.executable, "-m", "http.server", "8080")
    process = run_serve(*arguments, cwd=tmp_path, tag=tag)
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "serving on" in line:
            break
    assert process.poll() is None, "".join(lines)
    assert any("ferrule.live.agent" in command for command in leftovers(tag))
    process.send_signal(number)
    process.communicate(timeout=60)
    # a process that is killed can end nothing: what it had started sees that it is gone
    assert process.returncode == (0 if number != signal.SIGKILL else -signal.SIGKILL)
    deadline = time.monotonic() + 5
    while leftovers(tag) and time.monotonic() < deadline:
        time.sleep(0.1)
    assert leftovers(tag) == []


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--mtu", "20", "--", "true"], "--mtu"),
        (["--no-csum", "--", "true"], "--no-tso"),
        (["--device", "model", "--waves", "--", "true"], "--waves: the model has no signals"),
        (["--", "no-such-server-anywhere"], "command not found: no-such-server-anywhere"),
    ],
)
def test_bad_arguments_are_one_clear_message_and_status_2(arguments, says, tmp_path):
    process = run_serve(*arguments, cwd=tmp_path)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 2
    assert says in output
    assert "Traceback" not in output
    assert list(tmp_path.iterdir()) == []


def test_a_server_that_does_not_listen_is_named(device, tmp_path):
    process = run_serve("--device", device, "--out", "run", "--", "false", cwd=tmp_path)
    output, _ = process.communicate(timeout=120)
    assert process.returncode == 2
    assert "ended with status 1" in output


def test_an_ordinary_user_gets_an_interface_or_is_told_what_is_missing():
    """Without root: through a user namespace where that and the TUN device are allowed, else a helpful message."""
    if os.getuid() != 0:
        pytest.skip("only root can become somebody else")
    script = (
        "import os\n"
        "from ferrule.live import agent, tap\n"
        "os.setgroups([]); os.setgid(65534); os.setuid(65534)\n"
        "agent.libc.prctl(4, 1)  # PR_SET_DUMPABLE: as after an exec, /proc/self is ours\n"
        "agent.enter_namespaces()\n"
        "tap.open_tap('x0', vnet_hdr=True, offload=0)\n"
        "agent.configure('x0', None, 1500, ['10.0.0.1/24'])\n"
    )
    environment = {**os.environ, "PYTHONPATH": str(tools.ROOT)}
    command = [sys.executable, "-c", script]
    result = subprocess.run(command, capture_output=True, text=True, timeout=60, env=environment)
    if os.stat("/dev/net/tun").st_mode & 0o006 == 0o006 and "IsolationError" not in result.stderr:
        assert result.returncode == 0, result.stderr
        return
    assert result.returncode != 0
    last = result.stderr.splitlines()[-1]
    assert "TapError: no permission to open /dev/net/tun" in last or "IsolationError: cannot make" in last
    assert "run as root" in last
