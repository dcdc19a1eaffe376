# SPDX-License-Identifier: Apache-2.0
"""The matrix of drivers and devices: cells of each that are quick, and that wrong traffic would be found."""

import random
import select
from dataclasses import replace
from functools import partial

import pytest
from guest_needs import need_qemu, need_uml
from scapy.layers.inet import IP, TCP
from scapy.layers.l2 import Ether
from vhost_traffic import missing, short_folder

from testbench.interop import dpdk, loss, modes, report, segments, testpmd
from testbench.interop.accounts import Packets, differences, packets
from testbench.interop.card import card_device
from testbench.interop.cells import (
    DEVICES,
    DRIVERS,
    MTUS,
    RINGS,
    CellError,
    Outcome,
    Traffic,
    all_cells,
    amount,
    chosen,
)  # fmt: skip
from testbench.interop.guests import linux_interrupts, retransmitted
from testbench.interop.loss import Loss
from testbench.interop.modes import Modes
from testbench.interop.record import Record
from testbench.interop.run import children, run_cell, verify
from testbench.interop.two_guests import Measured
from testbench.interop.wire_end import WireEnd, WireError, give, numbered, pair, take

QUICK = (
    "ours-rtl-packed-9000-tso", "ours-net_vhost-split-1500-plain", "dpdk-rtl-split-1500-tso",
    "dpdk-model-packed-9000-tso", "dpdk-net_vhost-packed-9000-plain", "uml-model-packed-1500-tso",
    "uml-rtl-split-9000-plain", "qemu-model-split-9000-tso", "qemu-net_vhost-packed-1500-tso",
)  # fmt: skip
MSS = 1000


def need(*programs):
    """What a cell needs of the machine."""
    if "uml" in programs:
        need_uml()
    if "qemu" in programs:
        need_qemu()
    if {"dpdk", "net_vhost"} & set(programs):
        try:
            testpmd.program()
        except testpmd.TestpmdMissingError as error:
            missing(error)


def cell_of(name):
    (cell,) = chosen([name])
    return cell


def test_the_quick_cells_have_every_driver_device_format_and_mtu():
    words = set("-".join(QUICK).split("-"))
    assert words >= {*DRIVERS, *DEVICES, *RINGS, *map(str, MTUS), "tso", "plain"}


@pytest.mark.parametrize("name", QUICK)
def test_cell(name, seed):
    cell = cell_of(name)
    need(cell.driver, cell.device)
    before = children()  # other tests of this process may have left some that stay, as multiprocessing's own
    outcome = run_cell(cell, amount(cell, tenth=True), seed)
    assert (outcome.state, outcome.why) == ("passed", "")
    assert children().items() <= before.items()


@pytest.mark.parametrize(("card", "rings"), [("model", "split"), ("rtl", "packed")])
def test_no_frame_is_lost(card, rings, seed):
    need("dpdk")
    loss.run_loss(card, rings, loss.FRAMES[card] // 10, seed)


@pytest.mark.parametrize(
    ("card", "rings", "pairs"),
    [("model", "split", 4), ("rtl", "packed", 4), ("model", "packed", 1), ("rtl", "split", 1)],
)
def test_every_way_of_forwarding(card, rings, pairs, seed):
    need("dpdk")
    found = modes.measure(card, rings, pairs, seed, tenth=True)
    assert found.segments > found.csum and len(found.by_pair) == pairs


def test_flows_that_come_on_another_pair_are_found(monkeypatch, seed):
    need("dpdk")
    right = modes._numbered
    strange = [("198.19.0.1", "198.19.0.2", port, port) for port in range(100, 116)]
    monkeypatch.setattr(modes, "_numbered", lambda flows, *rest: right(strange, *rest))
    with pytest.raises(CellError, match=r"have come on the pairs as \[\d+, 0, 0, 0\]"):
        modes.measure("model", "packed", 4, seed, tenth=True)


def test_why_dpdk_gets_no_indirect_descriptors_for_packed_rings(monkeypatch):
    """Its indirect tables say that the device writes the header: such a frame is refused and counted, others go on."""
    need("dpdk")
    cell = cell_of("dpdk-model-packed-9000-plain")
    monkeypatch.setattr("testbench.interop.card.withheld", lambda _: ())
    end, theirs = pair()
    with (
        short_folder() as folder,
        end, theirs,
        card_device(cell, folder, theirs.fileno(), True) as card,
        dpdk.driver(cell, card.path, folder) as pmd,
    ):  # fmt: skip
        card.wait_running()
        short, long, last = (next(numbered(number, 1, size, size)) for number, size in enumerate((200, 5000, 300)))
        got = []
        with pmd.forwarding("io"):
            assert give(end, short) and give(end, long) and give(end, last)
            while len(got) < 2 and select.select([end], [], [], 10)[0]:
                got.append(take(end))
        assert got == [short, last]
        traffic = card.traffic()
    assert "INDIRECT_DESC" in traffic.features and traffic.frames_out == 2
    assert traffic.details["drops"] == {"tx_drop_chain": 1, "vq_err_order": 1}


# the matrix itself
def test_words_choose_cells():
    assert len(all_cells()) == len({cell.name for cell in all_cells()}) == 96
    assert [cell.name for cell in chosen(["dpdk-rtl", "packed,9000", "tso"])] == ["dpdk-rtl-packed-9000-tso"]
    assert len(chosen(["uml"])) == 24 and chosen([]) == all_cells()
    with pytest.raises(ValueError, match="--only vmware: no cell has this word; there are 1500, 9000, dpdk"):
        chosen(["vmware"])


GOOD = Traffic(features=["RING_PACKED"], frames_out=3, frames_in=3, super_frames=1, interrupts=1)


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ({"features": []}, "not packed"),
        ({"super_frames": 0}, "0 super-frames with TSO on"),
        ({"frames_out": 0}, "0 frames out"),
        ({"frames_in": 0}, "and 0 in"),
        ({"interrupts": 0}, "no interrupt"),
    ],
)
def test_what_did_not_happen_fails_a_cell(change, word):
    cell = cell_of("uml-rtl-packed-1500-tso")
    verify(cell, GOOD)
    verify(cell, replace(GOOD, interrupts=None))
    with pytest.raises(CellError, match=word):
        verify(cell, replace(GOOD, **change))
    with pytest.raises(CellError, match="1 super-frames with TSO off"):
        verify(replace(cell, tso=False), GOOD)


def test_a_guests_interrupts_and_retransmissions_are_read():
    table = (
        "    CPU0  CPU1\n 24: 3 0 PCI-MSI 1-edge virtio0-input.0\n 25: 4 1 PCI-MSI virtio0-output.0\n 1: 9 9 timer\n"
    )
    assert linux_interrupts(table) == 8
    assert retransmitted("Tcp: RtoMin InSegs RetransSegs OutRsts\nTcp: 200 5 17 1\n") == 17


def test_a_frame_that_is_missing_anywhere_is_found():
    table = "Inter-|  Receive\n  lo: 1 2 0 0 0 0 0 0 3 4 0 0 0 0 0 0\neth0: 900 9 0 0 0 0 0 0 500 5 0 0 0 0 0 0\n"
    assert packets(table, "eth0") == Packets(received=9, sent=5)
    with pytest.raises(CellError, match="no interface eth1"):
        packets(table, "eth1")
    right = Traffic(frames_out=7, frames_in=9, taken=5, came=11, details={"drops": {"rx_drop_filter": 2, "tx_err": 1}})
    guest, wire = Packets(received=9, sent=5), Packets(received=7, sent=11)
    assert differences(guest, right, wire) == []
    assert differences(guest, replace(right, came=None), Packets(7, 99)) == []
    for wrong in (
        (Packets(8, 5), right, wire), (Packets(9, 6), right, wire), (guest, right, Packets(6, 11)),
        (guest, right, Packets(7, 12)), (guest, replace(right, details={}), wire),
    ):  # fmt: skip
        assert len(differences(*wrong)) == 1
    assert differences(Packets(8, 5), right, wire) == ["frames that the device gave the guest: 9, those it received: 8"]


def test_the_page_shows_every_cell_and_every_reason(tmp_path):
    record = Record(7, "a machine")
    for cell in all_cells()[1:]:
        state = "impossible" if (cell.driver, cell.device) == ("uml", "net_vhost") else "passed"
        record.outcomes[cell.name] = Outcome(cell, state, "nobody serves" * (state == "impossible"), GOOD, 1.5)
    record.outcomes["qemu-rtl-split-1500-tso"].state = "failed"
    record.outcomes["qemu-rtl-split-1500-tso"].why = "CellError: a | b\nc"
    record.losses = [Loss("model", "split", 1_000_000, 50.0, 41.0)]
    record.modes = [Modes("rtl", "packed", 4, 3359, 2000, 2000, 32, 82, (504, 502, 497, 497))]
    record.guests = [Measured("rtl", "packed", True, 1.0, 2.0, 3.0, 4.0, 5.0, 6)]
    record.write(tmp_path / "record.json")
    again = Record.read(tmp_path / "record.json")
    assert again == record and [outcome.cell.name for outcome in again.failed] == ["qemu-rtl-split-1500-tso"]
    page = report.page(again)
    assert (
        page.count("not run") == 1 and page.count("cannot exist, see below") == 8 and page.count("nobody serves") == 1
    )
    assert "**failed**: CellError: a / b c |" in page and "86 passed, 1 failed, 8 impossible" in page
    assert page.count("3 out, 3 in, 1 super-frames, 1 interrupts; 1.5 s") == 86
    assert "| model | split | 1,000,000 | 0 | 20,000 | 15,000 | 41 µs |" in page
    assert "| rtl | packed | 4 | 3,359 | 2,000 | 2,000 | 32 in 82 segments | 504, 502, 497, 497 |" in page
    assert "| rtl | packed | on | 1.0 / 2.0 ms | 3.0 Mb/s | 4.0 s, 5.0 Mb/s | 6 |" in page


# the wire's other end finds what is wrong
@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (lambda frames: frames, None),
        (lambda frames: frames[:3] + frames[4:], "1 before it are lost"),
        (lambda frames: [*frames[:3], frames[2], *frames[3:]], "frame 3 is"),
        (lambda frames: [*frames, frames[-1]], "it came twice, or by itself"),
        (lambda frames: [frames[1], frames[0], *frames[2:]], "1 before it are lost"),
        (lambda frames: [*frames[:5], frames[5][:-1] + bytes([frames[5][-1] ^ 1]), *frames[6:]], "frame 5 is .*, not"),
        (lambda frames: [*frames[:5], frames[5][:-1], *frames[6:]], "frame 5 is .*, not"),
    ],
    ids=["nothing", "lost", "doubled", "doubled at the end", "swapped", "changed", "cut short"],
)
def test_the_wire_finds(fault, word, seed):
    end, card = pair()
    with end, card:
        flow = WireEnd(end, numbered(seed, 20, 200), window=20)
        flow.push()
        for frame in fault([card.recv(300) for _ in range(20)]):
            card.send(frame)
        if word is None:
            assert flow.run(5) >= 0 and (flow.sent, flow.got) == (20, 20)
            return
        with pytest.raises(WireError, match=word):
            flow.run(5)


def test_frames_of_different_lanes_may_overtake_each_other(seed):
    frames = [lane + frame for frame, lane in zip(numbered(seed, 20, 200), [b"a", b"b"] * 10, strict=True)]
    orders = {"by lanes": frames[::2] + frames[1::2], "swapped": [frames[2], frames[0]]}
    for order, back in orders.items():
        end, card = pair()
        with end, card:
            flow = WireEnd(end, iter(frames), window=20, lane=lambda frame: frame[:1])
            flow.push()
            for frame in back:
                card.send(frame)
            if order == "by lanes":
                flow.run(5)
            else:
                with pytest.raises(WireError, match="1 before it are lost"):
                    flow.run(5)


def test_the_wire_sends_no_more_than_its_window_and_gives_up(monkeypatch, seed):
    monkeypatch.setattr("testbench.interop.wire_end.QUIET_S", 0.3)
    end, card = pair()
    with end, card:
        flow = WireEnd(end, numbered(seed, 50, 60), window=7)
        with pytest.raises(WireError, match="7 frames from number 0 on have not come back"):
            flow.run(5)
        assert flow.sent == 7
        card.close()
        for move in (flow.pull, partial(give, end, b"frame")):
            with pytest.raises(WireError, match="the wire is cut"):
                move()


def cut(frame, mss=MSS):
    """A right segmentation, as packets."""
    original = Ether(frame)
    payload, pieces = bytes(original[TCP].payload), []
    for at in range(0, len(payload), mss):
        piece = original.copy()
        piece[TCP].remove_payload()
        piece = piece / payload[at : at + mss]
        piece[TCP].seq = (original[TCP].seq + at) % 2**32
        piece[IP].id = (original[IP].id + at // mss) % 65536
        piece[TCP].flags = "PA" if at + mss >= len(payload) else "A"
        del piece[IP].len, piece[IP].chksum, piece[TCP].chksum
        pieces.append(piece)
    return pieces


def change(number, layer, field, value):
    """A fault in one segment, its sums made anew."""

    def apply(pieces):
        setattr(pieces[number][layer], field, value(getattr(pieces[number][layer], field)))
        return [bytes(piece) for piece in pieces]

    return apply


@pytest.mark.parametrize(
    ("fault", "word"),
    [
        (lambda pieces: [bytes(piece) for piece in pieces], None),
        (change(1, TCP, "seq", lambda old: old + 1), "sequence number"),
        (change(1, TCP, "dport", lambda old: old + 1), "another connection"),
        (change(0, TCP, "flags", lambda _: "PA"), "flags"),
        (change(-1, TCP, "flags", lambda _: "A"), "flags"),
        (change(1, IP, "id", lambda old: old + 1), "identification"),
        (change(1, TCP, "chksum", lambda _: 1), "TCP.chksum"),
        (change(1, IP, "chksum", lambda _: 1), "IP.chksum"),
        (lambda pieces: [bytes(piece) for piece in pieces[:-1]], "flags|bytes of payload"),
        (lambda pieces: [bytes(piece) for piece in [*pieces[:1], *pieces[2:]]], "sequence number"),
    ],
)
def test_a_wrong_segmentation_is_found(fault, word, seed):
    frame = next(iter(segments.tcp_frames(seed, 1, 4514)))
    got = fault(cut(frame))
    if word is None:
        segments.check_segments(frame, got, MSS)
        with pytest.raises(WireError, match="bytes at an MSS of"):
            segments.check_segments(frame, got, MSS - 1)
        return
    with pytest.raises(WireError, match=word):
        segments.check_segments(frame, got, MSS)


def test_a_changed_payload_is_found(seed):
    frame = next(iter(segments.tcp_frames(seed, 1, 4514)))
    pieces = cut(frame)
    pieces[2][TCP].payload.load = random.Random(seed).randbytes(MSS)
    with pytest.raises(WireError, match="bytes of payload are not"):
        segments.check_segments(frame, [bytes(piece) for piece in pieces], MSS)


@pytest.mark.parametrize("number", [0, 1], ids=["IPv4", "IPv6"])
def test_an_unsummed_frame_is_summed_by_adding_the_rest(number, seed):
    """The standard's rule: the sum over everything from csum_start on, the field included, gives the checksum."""
    frame = list(segments.tcp_frames(seed, 2, 1514))[number]
    start = segments.HEADERS[4 if number == 0 else 6] - 20
    left = segments.unsummed(frame, start)
    words = left[start:] + bytes(len(left[start:]) % 2)
    total = sum(int.from_bytes(words[at : at + 2], "big") for at in range(0, len(words), 2)) % 65535
    assert (65535 - total).to_bytes(2, "big") == frame[start + 16 : start + 18]
