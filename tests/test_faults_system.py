# SPDX-License-Identifier: Apache-2.0
"""Driver and firmware through faults of memory, wire, firmware and interrupts: every frame is accounted for.

The seed is new on every run; FERRULE_SEED sets it again.
"""

import json
import re

import broken_faults
import pytest

from ferrule.commands import faults
from testbench.lib.errors import SimulationError
from testbench.lib.runtime import run_simulation
from testbench.system.faults.memory import ERROR_KINDS
from testbench.system.faults.plan import SCENARIOS
from testbench.system.faults.wire import FLAP, KINDS


@pytest.fixture
def survive(device, tmp_path, seed):
    """``survive(scenario, least)``: the report. So many faults of each kind there must be, and all be explained.

    The values of ``least`` are pairs: for the RTL, which takes its time, and for the model.
    """

    def run_entry(name, least):
        model = device == "model"
        got = SCENARIOS[name].run(device, seed, tmp_path)
        assert got["violations"] == [] and got["unexplained"] == 0
        assert got["survived"] == got["injected"]
        assert set(got["injected"]) == set(least)
        assert {kind: count for kind, count in got["injected"].items() if count < least[kind][model]} == {}
        assert got["stream"]["out"] > 10_000 and got["stream"]["in"] > 10_000
        return got

    return run_entry


def moved(got, *names):
    """Which of these counters have told of a loss or an error."""
    return {name for name in names if got["explained"].get(name)}


def test_host_memory_that_answers_with_errors(survive):
    least = dict.fromkeys(ERROR_KINDS, (100, 200))
    least["error on an available ring"] = least["error on a used ring"] = (30, 100)
    least["error anywhere"] = (80, 150)
    got = survive("memory errors", least)
    told = "tx_drop_dma", "tx_drop_chain", "rx_drop_dma", "rx_drop_chain", "vq_err_desc_dma", "vq_err_ring_dma"
    assert moved(got, *told) == set(told)
    # a frame of several segments ends where a read of it fails, with nothing wrong before
    assert got["out"]["cut"] > 5 and got["resets"] >= 30


def test_host_memory_that_is_late_or_answers_in_one_direction_only(survive):
    least = {
        "latency spike": (50, 100), "jitter of reads against writes": (1_000, 3_000),
        "reads held back": (30, 100), "writes held back": (30, 100),
    }  # fmt: skip
    got = survive("memory delays", least)
    assert got["resets"] == 0 and got["out"]["missing"] == 0
    # more than can be outstanding: the other direction went on
    assert all(bursts > 32 * least["reads held back"][0] // 10 for bursts in got["passed"].values())


def test_a_wire_that_loses_spoils_doubles_reorders_and_delays(survive):
    least = {**dict.fromkeys(KINDS, (100, 200)), FLAP: (20, 40)}
    got = survive("wire", least)
    assert got["resets"] == 0 and got["out"]["missing"] == 0 and got["stream"]["resent"] > 0
    assert moved(got, "rx_drop_wire_error")


def test_the_same_on_the_cards_own_mac(survive):
    least = {**dict.fromkeys(KINDS, (50, 50)), FLAP: (10, 20)}
    got = survive("wire, own MAC", least)
    assert got["resets"] == 0 and moved(got, "rx_drop_fcs")


CRASHES = (
    "crash in traffic", "crash in a reset", "crash at FEATURES_OK", "crash in boot", "crash at a link change",
    "crash at a queue error",
)  # fmt: skip


def test_firmware_that_dies_anywhere(survive):
    least = {**dict.fromkeys(CRASHES, (4, 20)), "crash in a control command": (2, 10)}
    got = survive("firmware crashes", least)
    assert sum(got["injected"].values()) >= 20
    # with nothing to clear up the driver is kept, and not a frame is lost
    assert got["outcomes"]["crash in traffic: kept"] >= 1
    assert got["firmware"]["take over"] >= 6


# the kind, and how many accesses firmware makes in it
WAYS_TO_DIE = {
    "crash in a reset": 110, "crash in a control command": 11, "crash at FEATURES_OK": 20, "crash in boot": 125,
    "crash at a link change": 9, "crash at a queue error": 18,
}  # fmt: skip


@pytest.mark.parametrize("kind", WAYS_TO_DIE)
def test_firmware_that_dies_at_each_of_its_accesses(run, device, seed, kind):
    """Every one on the model, some on the RTL."""
    step = 1 if device == "model" else 1 + WAYS_TO_DIE[kind] // 7
    args = {"kind": kind, "first": 1, "last": WAYS_TO_DIE[kind], "step": step}
    got = run("faults.firmware:everywhere", seed=seed, **args)
    assert got["violations"] == []
    # the last ones may be more than it makes of them: the shortest command makes seven or eight
    assert got["injected"][kind] == got["survived"][kind] > 0.6 * len(range(1, args["last"] + 1, step))


def test_firmware_that_hangs(survive):
    least = {"hang, then killed": (5, 15), "hang, then awake": (5, 15)}
    got = survive("firmware hangs", least)
    hangs = sum(got["injected"].values())
    assert got["explained"]["watchdog_bites"] >= hangs and got["resets"] >= hangs


def test_interrupts_masked_switched_off_shared_and_needless(survive):
    least = dict.fromkeys(("function masked", "vector masked", "MSI-X off and on", "needless wake-ups"), (100, 200))
    survive("interrupts", {**least, "vectors shared": (9, 18)})


def test_everything_at_once(survive):
    got = survive("everything at once", {"everything at once": (300, 1_000)})
    told = "errors", "spikes", "frames spoiled, lost, doubled or late", "firmware deaths"
    assert all(got["outcomes"][name] for name in told)


def test_the_same_seed_gives_the_same_run(run):
    args = {"seed": 5, "rounds": 1, "events": 6}
    assert run("faults.together:everything", **args) == run("faults.together:everything", **args)


def test_the_verb_prints_the_table_and_leaves_files(tmp_path, capsys):
    assert faults.faults("model", 4, 1, tmp_path) == 0
    said = capsys.readouterr().out
    assert "Faults survived (model, seed 4)" in said and "0 not explained" in said
    record = json.loads((tmp_path / "faults.json").read_text())
    assert set(record["scenarios"]) == set(SCENARIOS) and record["seed"] == 4
    assert "crash in boot" in (tmp_path / "faults.html").read_text()


BOTH_WAYS = ("memory:delays", {"ns": 60_000, "stall_ns": 12_000, "stalls": 3})
BAD_MEMORY = ("memory:errors", {"ns": 60_000})
DEATHS = ("firmware:crashes", {})


@pytest.mark.parametrize(
    "broken, entry, rounds, why",
    [
        ("driver_forgets_a_frame", BOTH_WAYS, 1, "is offered, and the card is at rest"),
        ("driver_loses_a_received_frame", BOTH_WAYS, 1, "were placed, .* received"),
        ("driver_gives_a_received_frame_twice", BOTH_WAYS, 1, "received once more"),
        ("driver_swaps_received_frames", BOTH_WAYS, 1, "behind later ones"),
        ("driver_leaks_memory", BOTH_WAYS, 1, "buffers have leaked"),
        ("card_drops_a_sent_frame", BOTH_WAYS, 1, "returned as used did not leave"),
        ("card_counts_a_frame_it_does_not_send", BOTH_WAYS, 1, "the card counts"),
        ("card_sends_a_frame_twice", BOTH_WAYS, 1, "left twice"),
        ("card_swaps_frames", BOTH_WAYS, 1, "left after"),
        ("card_spoils_a_sent_frame", BOTH_WAYS, 1, "on the wire that nobody sent"),
        ("card_counts_a_drop_that_was_none", BOTH_WAYS, 1, "counted as dropped: [1-9]"),
        ("card_drops_a_received_frame", BOTH_WAYS, 1, "were delivered, the card counts"),
        ("card_loses_a_frame_behind_its_counter", BOTH_WAYS, 1, "were placed, .* received"),
        ("card_spoils_a_received_frame", BOTH_WAYS, 1, "received that were not delivered"),
        ("card_publishes_a_chain_twice", BOTH_WAYS, 1, "QueueError|came back that was not in the ring"),
        ("card_writes_behind_a_buffer", BOTH_WAYS, 1, "out of bounds|outside the guarded ranges"),
        ("card_does_not_tell_a_memory_error", BAD_MEMORY, 1, "on the wire that nobody sent"),
        ("card_forgets_masked_interrupts", ("interrupts:interrupts", {"times": 5}), 1, "unmasked, and no interrupt"),
        ("watchdog_does_not_bite", ("firmware:hangs", {}), 1, "ns after firmware hung"),
        ("firmware_never_answers_a_command", DEATHS, 1, "no answer to control command"),
        ("firmware_starts_from_nothing", DEATHS, 1, "afterwards not every frame is received|nothing moved"),
        ("firmware_forgets_a_command_it_was_at", DEATHS, 12, "was never answered|nothing moved"),
        ("firmware_does_not_tell_a_failure", BAD_MEMORY, 1, "no interrupt has told it"),
    ],
)  # fmt: skip
def test_the_books_find_what_is_wrong(monkeypatch, tmp_path, seed, broken, entry, rounds, why):
    getattr(broken_faults, broken)(monkeypatch)
    name, args = entry
    args = {"seed": seed, "rounds": rounds, **args}
    try:
        got = run_simulation(
            f"testbench.system.faults.{name}", args=args, run_dir=tmp_path, wall_limit_s=60, capture_file=False,
            device="model",
        )  # fmt: skip
        said = "\n".join(got["violations"])
    except SimulationError as error:
        said = str(error)
    assert re.search(why, said), f"the books say: {said}"
