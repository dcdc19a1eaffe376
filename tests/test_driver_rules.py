# SPDX-License-Identifier: Apache-2.0
"""The driver on the card: whatever is negotiated, every kind of ring and chain, commands, settings, refusals."""

from firmware import features
from host_driver import Feature
from host_driver.net.features import mask
from testbench.lib.config import CardConfig

OFFERED = [Feature(bit) for bit in features.OFFERED if bit not in (features.VERSION_1, features.MQ)]  # by one pair
NEEDS = {0: {11, 12, 13}, 17: {2, 18, 19, 22, 23, 52, 53, 57, 60}}  # what cannot be offered without the feature


def assert_clean(counters, *expected):
    """No drop, no error and no leak but those named."""
    bad = {
        name for name, value in counters.items() if value and ("_drop_" in name or "_err" in name or name == "leaked")
    }
    assert bad <= set(expected), bad


def test_frames_go_both_ways_whatever_is_negotiated(run):
    withheld = {"nothing": 0, "all but VERSION_1": mask(OFFERED)}
    withheld |= {feature.name: 1 << feature for feature in OFFERED}
    got = run("driver_data:negotiated", withheld=withheld, vectors=[1, 2, 4])
    assert len(got["cases"]) == 3 * (len(OFFERED) + 2)
    for name, outcome in got["cases"].items():
        case, vectors = name.split(", ")
        missing = {bit for bit in range(64) if withheld[case] >> bit & 1}
        missing = missing.union(*(NEEDS.get(bit, set()) for bit in missing))
        assert outcome["offered"] == sorted({*OFFERED, Feature.VERSION_1} - missing) and outcome["accepted"], name
        assert outcome["alone"] and outcome["bursts"], name
        # one for each queue where there are enough of them; else one for all, beside that of the configuration
        queues = 2 if Feature.CTRL_VQ in missing else 3
        assert outcome["used"] == (queues if vectors == "4 vectors" else 1), name


def test_rings_of_every_size_carry_every_kind_of_chain_across_the_wrap(run, ring):
    got = run("driver_data:rings", sizes=[2, 8, 256, 1024] if ring == "split" else [2, 3, 100, 1024], start=65_530)
    assert len(got["cases"]) == 12 and all(got["cases"].values()), got["cases"]
    assert got["leaked"] == 0


def test_super_frames_and_checksum_requests_carry_their_header(run):
    got = run("driver_data:requests", bytes=60_000)
    assert len(got["cases"]) == 4
    for name, outcome in got["cases"].items():
        assert outcome == {"segments": True, "sum": True, "counted": [1, 2], "held": 0}, name
    assert got["leaked"] == 0


def test_merged_buffers_give_one_frame(run):
    got = run("driver_data:merged", sizes=[2036, 2037, 9014], turns=200)
    # 12 bytes of header and the frame, in buffers of 2048
    assert got["cases"] == {
        size: {"same": 200, "buffers": [count], "valid": 200} for size, count in (("2036", 1), ("2037", 2), ("9014", 5))
    }
    assert got["budget"] == [[9014, 100, 9014, 100], [9014, 100]]
    assert_clean(got["counters"])


def test_full_rings_mtu_and_doorbells_of_transmission(run):
    got = run("driver_data:transmit_rules")
    assert got["full"] == [8, 1, 8] and got["goes on"], "frames taken, busy counted, slots held"
    # beyond the MTU, under an Ethernet header, with a VLAN tag, and one byte more; then with MTU 9000
    assert got["mtu"] == {"taken": [False, False, True, False, True, False], "sent": [1518, 9014], "dropped": 4}
    assert got["batch"] == [1, 1, 5], "one doorbell for five frames"
    assert_clean(got["counters"])


def test_control_commands_are_laid_out_as_in_the_standard(run):
    got = run("driver_control:commands")
    assert [bytes.fromhex(request) for request in got["sent"]] == [
        b"\0\1\1",
        b"\1\1\2\0\0\0\0\7",
        b"\1\0\1\0\0\0abcdef\2\0\0\0\1bcdef\1bcdeg",
        b"\6\0\x0f\0\0\0\x0a\0\0\0",
        b"\6\2\1\0\0\0\3\0\0\0\4\0\0\0",
        b"\6\3\1\0\0\0",
    ]
    assert got["values"] == [3, 4]
    assert all(error.startswith("ControlError: the device refused") for error in got["refused"])
    assert got["kept"] == ["020000000007", [0, 0]], "what was refused is not taken for set"
    assert_clean(got["counters"])


def test_a_hundred_probes_leak_nothing_and_keep_the_settings(run):
    got = run("driver_control:probes", turns=100)
    assert got["wrong"] == [] and got["past"] == [100, 200] and not got["up"]
    assert_clean(got["counters"], "rx_drop_filter")


def test_one_queue_is_reset_and_resized_while_the_other_runs(run):
    got = run("driver_control:single_queues")
    assert got["same"] and got["dropped"] == 1 and got["runs"] and got["sizes"] == [32, 16] and got["works"]
    assert_clean(got["counters"])


def test_a_control_command_without_an_answer_ends_with_a_named_error(run):
    got = run("driver_control:unanswered")
    assert got["errors"][0].startswith("DeviceTimeout: no answer to control command 0.0")
    assert got["errors"][1].startswith("DeviceTimeout: ") and "never answered" in got["errors"][1]
    assert got["after"] == "" and got["foreign"]
    assert_clean(got["counters"])


def test_configuration_changes_reach_the_driver(run):
    got = run("driver_bring_up:configuration")
    assert got["found"] == [True, 25_000, 1] and got["seen"] == [False, True]
    assert got["asked"].startswith("DeviceNeedsReset: ") and got["recovered"] == ""
    assert got["read again"] == "020000000003" and got["reads"] == 3, "read until no change came in between"
    assert_clean(got["counters"])


def test_refusals_have_names_and_leave_nothing_allocated(run):
    cases = run("driver_bring_up:refusals")["cases"]
    errors = {
        "no VERSION_1": "FeaturesRejected: the device does not offer VERSION_1",
        "features refused": "FeaturesRejected: the device refuses features",
        "four pairs": "QueueError: 4 pairs are asked for, the device has 1",
    }
    for name, wanted in errors.items():
        error, buffers, status = cases.pop(name)
        assert error.startswith(wanted) and buffers == 0 and status == 0, name
    ((error, _, status, refused),) = cases.values()
    assert error == "" and status == 15 and refused.startswith("Unsupported: the device cannot reset a single queue")


def test_each_queue_of_four_pairs_has_a_vector_of_its_own(run):
    pairs = {"card": {"multi_pair_test": True}, "options": {"pairs": 4}}
    got = run("driver_bring_up:vectors", CardConfig(queue_pairs=4), **pairs)
    assert got["vectors"] == list(range(1, 10)) and got["commands"] == ["000001"]
    assert_clean(got["counters"])
