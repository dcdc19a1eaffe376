# SPDX-License-Identifier: Apache-2.0
"""The whole card against bad rings, bad requests, failing host memory and bad frames: what is counted, what goes on.

Any access of the card outside the driver's buffers, and any against the rules of AXI, ends the run and fails the test.
"""

import pytest

RINGS = ("split",)  # bad ones are made by hand, in this format


def errors(outcome):
    """What the case moved, and whether the card came to rest after it."""
    assert outcome["idle"], "the card does not come to rest"
    return outcome["moved"]


def counts(*names):
    return dict.fromkeys(names, 1)


CHAINS = {
    "loop of two": "vq_err_chain_length",
    "loop of one": "vq_err_chain_length",
    "loop over the whole table": "vq_err_chain_length",
    "next just beyond the table": "vq_err_desc_index",
    "next far beyond the table": "vq_err_desc_index",
    "length 0": "vq_err_zero_length",
    "length 0 behind a good one": "vq_err_zero_length",
    "indirect table of 24 bytes": "vq_err_indirect",
    "indirect table of 0 bytes": "vq_err_indirect",
    "indirect table of 2^32 - 16 bytes": "vq_err_chain_length",
    "indirect with NEXT": "vq_err_indirect",
    "nested indirect": "vq_err_indirect",
    "nested indirect further on": "vq_err_indirect",
    "next beyond the indirect table": "vq_err_desc_index",
    "loop in an indirect table": "vq_err_chain_length",
    "indirect table longer than the queue": "vq_err_chain_length",
    "chain and table together longer than the queue": "vq_err_chain_length",
    "readable after writable": "vq_err_order",
    "readable after writable in a table": "vq_err_order",
}


@pytest.mark.parametrize("direction", ["transmit", "receive"])
def test_a_bad_chain_is_counted_and_returned_empty_and_its_queue_goes_on(run, direction):
    transmit = direction == "transmit"
    got = run("hostile_rings:bad_chains", transmit=transmit)
    drop = "tx_drop_chain" if transmit else "rx_drop_chain"
    expected = {name: counts(drop, error) for name, error in CHAINS.items()}
    expected["wrong direction"] = counts(drop)
    # a device-readable descriptor behind a writable one is out of order as well
    expected["wrong direction behind a good one"] = counts(drop) if transmit else counts(drop, "vq_err_order")
    # a receive buffer may be as long as the driver says: only the frame's bytes are written
    expected["length 2^32 - 1"] = counts("tx_drop_too_long") if transmit else {}
    assert {name: errors(outcome) for name, outcome in got["cases"].items()} == expected
    length = 0 if transmit else 112
    for name, outcome in got["cases"].items():
        first = 112 if expected[name] == {} else 0
        assert outcome["used"] == [[0, first], [7, length]] and outcome["good"], name
    assert got["after"] and not got["needs_reset"] and got["counters"]["leaked"] == 0


def test_a_ring_that_makes_no_sense_stops_its_queue_until_a_reset(run):
    got = run("hostile_rings:bad_rings")
    assert len(got["cases"]) == 8
    for name, outcome in got["cases"].items():
        assert errors(outcome) == counts("vq_err_head" if ": head" in name else "vq_err_avail_index"), name
        assert outcome["needs_reset"] and outcome["after"], name
        assert outcome["used"] == [] and outcome["sent"] == 0, name
    assert got["counters"]["leaked"] == 0


HEADERS = {
    "gso_size 0": "tx_err_gso_size",
    "gso_size beyond the longest frame": "tx_err_gso_size",
    "gso without NEEDS_CSUM": "tx_err_gso_no_csum",
    "unknown gso_type": "tx_err_gso_type",
    "UDP gso_type, not negotiated": "tx_err_gso_type",
    "ECN alone": "tx_err_gso_type",
    "header beyond the frame": "tx_err_header",
    "csum_start beyond the frame": "tx_err_header",
    "csum_start of 65535": "tx_err_header",
    "data offset below 5": "tx_err_header",
    "IP cut off": "tx_err_header",
    "gso with another csum_offset": "tx_err_csum_range",
    "checksum field beyond the frame": "tx_err_csum_range",
    "checksum field cut by the end": "tx_err_csum_range",
    "csum_start and csum_offset of 65535": "tx_err_csum_range",
    "IPv6 type on an IPv4 frame": "tx_err_ip",
    "IPv4 type on an IPv6 frame": "tx_err_ip",
    "IP version 6 behind type 0x0800": "tx_err_ip",
    "IHL 15": "tx_err_ip",
    "IHL 4": "tx_err_ip",
    "IP length beyond the frame": "tx_err_ip",
    "frame of 13 bytes": "tx_drop_too_short",
    "frame of no byte": "tx_drop_too_short",
    "half a header": "tx_drop_too_short",
    "frame beyond the longest by one": "tx_drop_too_long",
    "frame of 65535 bytes": "tx_drop_too_long",
}


def test_a_request_that_cannot_be_done_is_counted_and_nothing_of_it_is_sent(run):
    got = run("hostile_rings:bad_headers")
    assert {name: errors(outcome) for name, outcome in got["cases"].items()} == {
        name: counts(counter) for name, counter in HEADERS.items()
    }
    for name, outcome in got["cases"].items():
        assert outcome["good"] and outcome["held"] == 0, name
        # that the IP header lies about the length shows only at the end, with two of three segments gone
        assert outcome["segments"] == (2 if name == "IP length beyond the frame" else 0), name
    assert got["after"] and got["counters"]["leaked"] == 0


def test_an_axi_error_on_a_ring_stops_its_queue_until_a_reset(run):
    got = run("axi_errors:rings")
    assert len(got["cases"]) == 24
    for name, outcome in got["cases"].items():
        reads = any(access in name for access in ("avail index", "avail entry", "used_event"))
        arrived = "avail index" not in name and "avail entry" not in name
        expected = counts("vq_err_ring_dma", "dma_read_errors" if reads else "dma_write_errors")
        if name.startswith("receive") and not arrived:
            expected["rx_drop_no_buffer"] = 1
        assert errors(outcome) == expected, name
        assert outcome["arrived"] == [arrived], name
        # what the card cannot publish in order it does not publish
        length = 0 if name.startswith("transmit") else 712
        assert outcome["used"] == ([[3, length]] if "used_event" in name else []), name
        assert outcome["needs_reset"] and outcome["after"], name
    assert got["counters"]["leaked"] == 0


def test_an_axi_error_on_a_chain_loses_that_frame_only(run):
    got = run("axi_errors:chains")
    assert len(got["cases"]) == 28
    for name, outcome in got["cases"].items():
        transmit = name.startswith("transmit")
        path = "tx" if transmit else "rx"
        if "data" in name:
            expected = counts(f"{path}_drop_dma", "dma_read_errors" if transmit else "dma_write_errors")
        else:
            expected = counts(f"{path}_drop_chain", "vq_err_desc_dma", "dma_read_errors")
        assert errors(outcome) == expected, name
        assert [length for _, length in outcome["used"]] == [0, 0 if transmit else 712], name
        assert outcome["arrived"] == [False, True], name
    assert got["after"] and not got["needs_reset"] and got["counters"]["leaked"] == 0


def test_an_axi_error_in_a_super_frame_ends_it_there_and_no_segment_carries_what_was_not_read(run):
    mss, payload = 1448, 20_000
    offsets = [0, 53, 54, 1000, 5_000, 9_999, 14_000, 20_053]
    got = run("axi_errors:super_frames", mss=mss, payload=payload, offsets=offsets)
    for offset in offsets:
        outcome = got["cases"][str(offset)]
        assert outcome["right"] and outcome["moved"] == counts("tx_drop_dma", "dma_read_errors"), offset
        # segments whose last byte lies before the burst that failed, but for those in its first bus word
        whole = max(offset - 54, 0) // mss
        assert whole - 1 <= outcome["left"] <= whole, offset
    assert got["after"] and not got["needs_reset"] and got["counters"]["leaked"] == 0


def test_an_axi_error_on_a_command_is_told_to_the_driver(run):
    got = run("axi_errors:commands")
    assert len(got["cases"]) == 4
    for name, outcome in got["cases"].items():
        assert outcome["moved"] == counts("dma_read_errors" if "command" in name else "dma_write_errors"), name
        assert "refused" in outcome["error"] and outcome["next"] == [0, 0], name
    assert got["after"] and not got["needs_reset"] and got["counters"]["leaked"] == 0


FRAMES = {
    "runt of 59 bytes": "rx_drop_runt",
    "runt of 14 bytes": "rx_drop_runt",
    "runt of 1 byte": "rx_drop_runt",
    "giant by one byte": "rx_drop_giant",
    "giant of 16384 bytes": "rx_drop_giant",
    "giant of 65535 bytes": "rx_drop_giant",
    "error character": "rx_drop_wire_error",
    "error character, jumbo": "rx_drop_wire_error",
    "over the MTU": "rx_drop_mtu",
    "802.3 length beyond the frame": "rx_drop_length",
    "not for us": "rx_drop_filter",
}
# a vendor MAC gives one mark for all it has found; our own says which it was
MARKED = ("runt with a bad FCS", "giant with a bad FCS", "bad FCS", "bad FCS, jumbo")


def test_bad_frames_are_dropped_by_their_reason_between_good_ones(run):
    got = run("hostile_wire:bad_frames", card={"mtu": 9000})
    expected = {**FRAMES, **dict.fromkeys(MARKED, "rx_drop_wire_error")}
    assert {name: errors(outcome) for name, outcome in got["cases"].items()} == {
        name: {counter: 3} for name, counter in expected.items()
    }
    assert all(outcome["good"] for outcome in got["cases"].values()) and got["after"]


def test_a_driver_without_room_loses_frames_from_the_head_only(run):
    cases = run("hostile_wire:no_room")["cases"]
    for mode in ("merged", "single"):
        full = cases.pop(f"{mode}: ring not emptied")
        assert full["moved"] == {"rx_drop_no_buffer": 7} and full["good"] and full["after"]
    for name, outcome in cases.items():
        mode, _, what = name.partition(": ")
        merged = mode == "merged"
        fits = "enough" in what or (merged and what == "two short buffers for one frame")
        reason = "rx_drop_no_buffer" if merged or what == "no buffer" else "rx_drop_buffer_small"
        assert errors(outcome) == ({} if fits else counts(reason)), name
        assert outcome["whole"] == fits and outcome["kept"], name
        lengths = {"no buffer": [], "two short buffers for one frame": [600, 412] if merged else [0]}
        assert [length for _, length in outcome["used"]] == lengths.get(what, [1012 if fits else 0]), name
        # unmerged, the second short buffer is still there for the frame that fits it
        spare = not merged and what == "two short buffers for one frame"
        assert outcome["then"] == [[1 if spare else 7, 212]] and outcome["next"] != spare, name
