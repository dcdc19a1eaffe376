# SPDX-License-Identifier: Apache-2.0
"""The simulation harness against a small stand-in for the card: memory, registers, wire, waits, limits, captures."""

import itertools
import json
import shutil
import subprocess

import pytest

from testbench.lib import errors
from testbench.lib.config import CardConfig, HostConfig, Impairments, WireConfig
from testbench.lib.runtime import run_simulation

STREAM = CardConfig(module="echo_card")
XGMII = CardConfig(module="echo_card", mac_kind="xgmii")
GMII = CardConfig(module="echo_card", mac_kind="gmii")


def run(name, card=STREAM, **options):
    return run_simulation(f"testbench.system.selftest:{name}", card, **options)


@pytest.fixture
def run_dir(tmp_path):
    return tmp_path


def test_registers_in_order_on_both_buses(run_dir):
    values = run("registers", run_dir=run_dir)["values"]
    assert values[:3] == [0x1234AB78, 0x1234, 77]
    assert values[3:23] == list(range(20))
    assert values[23] == 0x1122334455667788
    record = json.loads((run_dir / "run.json").read_text())
    assert record["run"]["harness"]["mmio.host_reads"] == 24


def test_unanswered_read_is_a_named_error(run_dir):
    got = run("hung_read", run_dir=run_dir, host=HostConfig(read_limit_ns=50_000))
    assert len(got["errors"]) == 2 and "read of 0x3c" in got["errors"][0]
    assert 50_000 <= got["ns"] < 51_000
    assert got["management"] == 5


def test_latency_to_the_first_beat_and_to_b(run_dir):
    times = {}
    for kind in (1, 2):
        for latency in (0, 500, 1000):
            got = run(
                "move",
                run_dir=run_dir,
                args={"bursts": 1, "length": 3, "kind": kind},
                host=HostConfig(latency_ns=latency),
            )
            assert got["sent"] == [0] and got["fired"] == [0] and got["errors"] == 0
            times[kind, latency] = got["ns"]
        assert times[kind, 1000] - times[kind, 500] == 500
        assert 490 <= times[kind, 500] - times[kind, 0] <= 500


def test_outstanding_limit_sets_the_rate(run_dir):
    for kind, name in ((1, "reads"), (2, "writes")):
        one = run(
            "move", run_dir=run_dir, args={"bursts": 64, "kind": kind}, host=HostConfig(max_reads=1, max_writes=1)
        )
        all_ = run("move", run_dir=run_dir, args={"bursts": 64, "kind": kind})
        assert one["counters"][f"memory.deepest_{name}"] == 1
        assert all_["counters"][f"memory.deepest_{name}"] == 32
        assert 64 * 500 <= one["ns"] <= 64 * 525
        assert 1000 <= all_["ns"] <= 1400


@pytest.mark.parametrize("kind", [1, 2])
def test_bandwidth_limit(run_dir, kind):
    got = run(
        "move", run_dir=run_dir, args={"bursts": 64, "length": 31, "kind": kind}, host=HostConfig(bytes_per_cycle=4)
    )
    cycles = 64 * 32 * 16 / 4
    assert cycles * 4 <= got["ns"] <= cycles * 4 + 700
    full = run("move", run_dir=run_dir, args={"bursts": 64, "length": 31, "kind": kind})
    assert 64 * 32 * 4 <= full["ns"] <= 64 * 32 * 4 + 700


def test_latency_spikes_are_seeded(run_dir):
    host = HostConfig(spike_share=0.1, spike_ns=5000, seed=3)
    first, second = (run("move", run_dir=run_dir, args={"bursts": 200}, host=host) for _ in range(2))
    other = run("move", run_dir=run_dir, args={"bursts": 200}, host=HostConfig(spike_share=0.1, spike_ns=5000, seed=4))
    assert first == second != other
    assert 5 <= first["counters"]["memory.spikes"] <= 45


def test_errors_by_share_are_seeded_and_no_more_than_that(run_dir):
    def errors_of(seed):
        host = HostConfig(error_share=0.1, seed=seed)
        return run("move", run_dir=run_dir, args={"bursts": 200, "kind": 3}, host=host)

    first, second, other = errors_of(3), errors_of(3), errors_of(4)
    assert first == second != other
    assert 5 <= first["errors"] == first["counters"]["memory.errors"] <= 60


def test_jitter_is_seeded_and_of_one_direction(run_dir):
    def time_of(kind=1, **jitter):
        return run("move", run_dir=run_dir, args={"bursts": 200, "kind": kind}, host=HostConfig(**jitter))["ns"]

    plain, late = time_of(), time_of(read_jitter_ns=3000, seed=3)
    assert late == time_of(read_jitter_ns=3000, seed=3) != time_of(read_jitter_ns=3000, seed=4)
    # answers keep their order, so that the latest of them counts, and nothing adds up
    assert plain < late
    assert time_of(write_jitter_ns=50_000, seed=3) == plain
    assert time_of(kind=2, read_jitter_ns=50_000, seed=3) == time_of(kind=2)


def test_error_injection_range_and_guard(run_dir):
    got = run("faults", run_dir=run_dir)
    assert (got["injected_once"], got["injected_reads_only"], got["used_up"]) == (1, 2, 2)
    assert got["clean"] == []
    assert [i["what"] for i in got["outside"]] == ["outside host memory"] * 2 and got["errors"] == 4
    guarded = [(i["write"], i["address"] - 0x1000_0000) for i in got["guarded"]]
    assert sorted(guarded) == [(False, 0), (False, 48), (True, 0), (True, 48)]


def test_unforgiven_violation_fails_the_run(run_dir):
    with pytest.raises(errors.MemoryViolationError, match="outside the guarded ranges"):
        run("faults", run_dir=run_dir, args={"keep": True})


def test_write_is_in_memory_with_its_b_and_not_before(run_dir):
    got = run("write_visible", run_dir=run_dir, args={"latency": 2000}, host=HostConfig(latency_ns=2000))
    assert got["before"] == got["middle"] == "00" * 16
    assert got["after"] == "01000000" * 4


def test_memory_is_shared_with_numpy(run_dir):
    got = run("memory_is_shared", run_dir=run_dir)
    assert got["words"] == list(range(1, 17)) and got["next"] == 0xEE


@pytest.mark.parametrize("gbps, length", [(10, 1514), (10, 60), (10, 61), (25, 1514), (10, 9014)])
def test_wire_pace_is_exact(run_dir, gbps, length):
    got = run("pace", run_dir=run_dir, args={"length": length, "count": 60}, wire=WireConfig(gbps=gbps))
    slot = (length + 24) * 8000 // gbps
    for starts in (got["out"], got["into"]):
        assert {b - a for a, b in itertools.pairwise(starts)} == {slot}
    assert got["mark"] == got["out"][5] and got["gaps"] == 0


@pytest.mark.parametrize("data_w", [64, 512])
def test_echo_at_other_widths(run_dir, data_w):
    card = CardConfig(module="echo_card", data_w=data_w)
    got = run(
        "echo", card, run_dir=run_dir, args={"seed": 1, "count": 200, "shortest": 14, "longest": 1515, "pad": True}
    )
    assert got["equal"]


def test_stream_echo_pads_short_frames(run_dir):
    got = run("echo", run_dir=run_dir, args={"seed": 2, "count": 300, "shortest": 14, "longest": 1515, "pad": True})
    assert got["equal"]


def test_xgmii_codec_keeps_frames_and_the_gap(run_dir):
    got = run("echo", XGMII, run_dir=run_dir, args={"seed": 3, "count": 400, "shortest": 60, "longest": 200})
    assert got["equal"] and got["min_gap"] >= 9
    spent = got["starts"][-1] - got["starts"][0]
    bytes_ = sum(length + 24 for length in got["lengths"][:-1])
    assert abs(spent - bytes_ * 800) <= 4 * 800  # deficit idle count: 12 bytes of gap on average


def test_gmii_codec_keeps_frames_and_the_gap(run_dir):
    got = run("echo", GMII, run_dir=run_dir, args={"seed": 3, "count": 400, "shortest": 60, "longest": 200})
    assert got["equal"] and got["min_gap"] == 12
    spent = got["starts"][-1] - got["starts"][0]
    assert spent == sum(length + 24 for length in got["lengths"][:-1]) * 8000


def test_a_mac_of_one_rate_is_not_given_another(run_dir):
    with pytest.raises(ValueError, match="'gmii' runs at 1"):
        run("echo", GMII, run_dir=run_dir, wire=WireConfig(gbps=10))


@pytest.mark.parametrize("card", [STREAM, XGMII, GMII], ids=["stream", "xgmii", "gmii"])
def test_bad_frames_are_marked(run_dir, card):
    got = run("bad_frames", card, run_dir=run_dir)
    if card is not STREAM:
        assert got["good"] == list(range(0, 30, 3))
    else:
        assert got["errors"] == 20


def impaired(run_dir, direction="rx", count=400, **impairments):
    return run("impaired", run_dir=run_dir, args={"direction": direction, "count": count, "impairments": impairments})


@pytest.mark.parametrize("direction", ["rx", "tx"])
def test_impairments_are_seeded_and_do_what_they_say(run_dir, direction):
    everything = {"loss": 0.1, "corrupt": 0.05, "duplicate": 0.1, "reorder": 0.1, "jitter_ns": 300, "seed": 5}
    first, second = impaired(run_dir, direction, **everything), impaired(run_dir, direction, **everything)
    assert first == second != impaired(run_dir, direction, **{**everything, "seed": 6})
    counters = first["counters"]
    assert all(10 <= counters[name] <= 80 for name in ("lost", "corrupted", "duplicated", "reordered"))
    assert first["arrived"] != sorted(first["arrived"])
    assert first["lost"].count("loss") == counters["lost"]


def test_single_impairments(run_dir):
    lossless = impaired(run_dir, delay_ns=7_000)
    plain = impaired(run_dir)
    assert lossless["arrived"] == plain["arrived"] == list(range(400))
    assert {a - b for a, b in zip(lossless["times"], plain["times"], strict=True)} <= set(range(6996, 7005))
    quiet = impaired(run_dir, "tx", corrupt_payload=0.2)
    assert len(quiet["arrived"]) == 400 and quiet["payload_ok"].count(False) > 40
    flap = impaired(run_dir, flaps_ns=[[100_000, 200_000]])
    assert 98 <= flap["counters"]["flapped"] <= 102 and len(flap["arrived"]) == 400 - flap["counters"]["flapped"]


def test_nothing_passes_while_the_link_is_down(run_dir):
    got = run("unplugged", run_dir=run_dir)
    assert got == {"status": [1, 0, 1], "arrived": [15, 15, 30], "into": [10, 10, 20]}


def test_sleeps_waits_and_interrupts(run_dir):
    got = run("waiting", run_dir=run_dir)
    assert all(0 <= late <= 8 for late in got["times"])
    assert got["nothing"] == [] and 7_000 <= got["nothing_ns"] <= 7_008 and got["event"] is False
    assert got["fired"] == [3] and 10_000 <= got["fired_ns"] < 10_200
    assert got["event_later"] is True and got["left"] == [9]
    assert got["messages"] == [[9, 0xFEE00000, 9], [3, 0xFEE00000, 3]]


def test_stall_ends_with_a_diagnosis(run_dir):
    with pytest.raises(errors.StalledError) as caught:
        run("stall", run_dir=run_dir, quiet_ns=200_000)
    text = str(caught.value)
    assert "card: busy=1" in text and "peer.frames to reach 1 (is 0)" in text and "host memory: 0 bursts" in text


def test_wall_clock_limit(run_dir, device):
    with pytest.raises(errors.WallTimeError, match="simulated time"):
        run("endless", run_dir=run_dir, wall_limit_s=2, device=device)


def test_wall_clock_limit_in_python_shows_where(run_dir, monkeypatch, device):
    monkeypatch.setattr("testbench.lib.runtime.GRACE_S", 1)
    with pytest.raises(errors.WallTimeError, match="in endless"):
        run("endless", run_dir=run_dir, args={"python": True}, wall_limit_s=3, device=device)


def test_error_in_the_entry_comes_back(run_dir):
    with pytest.raises(errors.EntryError, match="a very particular mistake"):
        run("fails", run_dir=run_dir)


def test_interrupt_lets_the_entry_clean_up(run_dir, capfd):
    with pytest.raises(errors.StoppedError):
        run("stopped", run_dir=run_dir)
    assert "cleaned up" in capfd.readouterr().out


def test_live_run_blocks_without_simulated_time(run_dir):
    got = run("live", run_dir=run_dir)
    assert got["readable"] and got["wall"] >= 0.45 and got["blocked"] >= 0.4
    assert got["sim_ns"] < 100_000
    assert got["tap"] == [64, 1500]
    assert got["timers_ns"] >= 200_000 and got["blocks_with_timers"] == 0


@pytest.mark.skipif(not shutil.which("tshark"), reason="tshark is not installed")
def test_capture_opens_in_tshark(run_dir):
    wire = WireConfig(rx=Impairments(loss=0.2, seed=2))
    run("echo", run_dir=run_dir, args={"seed": 4, "count": 50, "shortest": 60, "longest": 600}, wire=wire)
    fields = ["frame.interface_name", "frame.time_epoch", "frame.len", "frame.comment", "_ws.malformed"]
    command = ["tshark", "-r", str(run_dir / "wire.pcapng"), "-T", "fields", *(f"-e{field}" for field in fields)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    rows = [line.split("\t") for line in done.stdout.splitlines()]
    into = [row for row in rows if row[0] == "wire-rx"]
    lost = [row for row in into if row[3] == "dropped: loss"]
    assert len(into) == 50 and 2 <= len(lost) <= 20
    assert len([row for row in rows if row[0] == "wire-tx"]) == 50 - len(lost)
    times = [float(row[1]) for row in rows]
    assert times == sorted(times) and times[0] < 1e-3
    assert "malformed" not in done.stderr and "appears to have been cut" not in done.stderr


def lz4_block(data):
    out, at = bytearray(), 0
    while at < len(data):
        token, at = data[at], at + 1
        lengths = []
        for length in (token >> 4, token & 15):
            if lengths and at >= len(data):
                break
            if lengths:
                distance, at = int.from_bytes(data[at : at + 2], "little"), at + 2
            more = length == 15
            while more:
                length, more, at = length + data[at], data[at] == 255, at + 1
            if not lengths:
                out += data[at : at + length]
                at += length
            else:
                for _ in range(length + 4):
                    out.append(out[-distance])
            lengths.append(length)
    return bytes(out)


def test_waves_are_fst_with_the_card_in_it(run_dir):
    run("registers", run_dir=run_dir, waves=True)
    data, at, names = (run_dir / "waves.fst").read_bytes(), 0, b""
    while at < len(data):
        size = int.from_bytes(data[at + 1 : at + 9], "big")
        if data[at] == 6:  # the hierarchy, LZ4
            names = lz4_block(data[at + 17 : at + 1 + size])
            assert len(names) == int.from_bytes(data[at + 9 : at + 17], "big")
        at += 1 + size
    assert b"sim_top" in names and b"m_axi_araddr" in names
