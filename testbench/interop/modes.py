# SPDX-License-Identifier: Apache-2.0
"""DPDK's ways of forwarding over one pair of queues and over four: txonly, rxonly, io, and csum with segmentation.

A flow returns on the pair it was sent from: so testpmd first sends a burst of flows on every pair (``start tx_first``),
and what comes from the wire afterwards belongs to them.
"""

from __future__ import annotations

import contextlib
import random
import socket
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from scapy.layers.inet import IP, TCP, UDP
from scapy.layers.l2 import Ether

from testbench.interop import segments
from testbench.interop.card import CardDevice, card_device
from testbench.interop.cells import Cell, CellError
from testbench.interop.dpdk import MSS, driver, segmenting, window
from testbench.interop.testpmd import Testpmd
from testbench.interop.wire_end import CARD, HERE, WireEnd, WireError, give, pair, take

PAIRS = (1, 4)
FRAMES = {"rtl": 2_000, "model": 8_000}  # each way of forwarding
SUPER_FRAMES = {"rtl": 32, "model": 96}
BURST = 32  # frames that testpmd sends at once, each of a flow of its own
MTU = 1500  # bytes
LIMIT_S, ANSWER_S, LOOK_S = 300.0, 20.0, 0.005

Flow = tuple[str, str, int, int]  # IPv4 source and destination, UDP source and destination ports, as testpmd sends it


@dataclass(frozen=True)
class Modes:
    """What went through: frames, and for csum those that came back cut."""

    device: str
    ring: str
    pairs: int
    txonly: int
    rxonly: int
    io: int
    csum: int
    segments: int
    by_pair: tuple[int, ...]
    """Frames of ``io`` that each pair took."""


def measure(device: str, ring: str, pairs: int, seed: int, tenth: bool = False) -> Modes:
    """Raises WireError or CellError at the first frame that is wrong, and when a count or a pair is."""
    count = FRAMES[device] // (10 if tenth else 1)
    supers = max(SUPER_FRAMES[device] // (10 if tenth else 1), 2 * pairs)
    cell = Cell("dpdk", device, ring, MTU, True)
    end, theirs = pair()
    with (
        tempfile.TemporaryDirectory(prefix="fi-") as name,
        end, theirs,
        card_device(cell, Path(name), theirs.fileno(), True, pairs) as card,
        driver(cell, card.path, Path(name), pairs) as pmd,
    ):  # fmt: skip
        card.wait_running(pairs)
        txonly = _txonly(pmd, end, count)
        rxonly = _rxonly(pmd, end, seed, count)
        by_pair = _io(pmd, card, end, pairs, seed, count)
        segmenting(cell, pmd)
        card.wait_running(pairs)
        pieces = _csum(pmd, card, end, pairs, seed, supers)
        drops = card.traffic().details["drops"]
        if drops:
            raise CellError(f"the card has dropped frames: {drops}")
        card.check()
    return Modes(device, ring, pairs, txonly, rxonly, count, supers, pieces, tuple(by_pair))


def _collect(end: socket.socket, count: int) -> list[bytes]:
    """So many frames from the wire, each as testpmd makes them. Raises WireError."""
    got: list[bytes] = []
    deadline = time.monotonic() + ANSWER_S
    while len(got) < count:
        if frame := take(end):
            got.append(frame)
        elif time.monotonic() > deadline:
            raise WireError(f"{len(got)} of {count} frames have come from testpmd")
        else:
            time.sleep(LOOK_S)
    for frame in set(got):
        packet, again = Ether(frame), Ether(frame)
        del again[IP].chksum, again[IP].len, again[UDP].len
        if bytes(again) != frame or packet[Ether].src != CARD.hex(":"):
            raise WireError(f"no frame as testpmd makes them: {packet.summary()}")
    return got


def _txonly(pmd: Testpmd, end: socket.socket, count: int) -> int:
    """At least so many, and all that testpmd says it has sent."""
    before = pmd.stats()[0].tx_packets
    with pmd.forwarding("txonly"):
        got = len(_collect(end, count))
    sent = pmd.stats()[0].tx_packets - before
    got += len(_collect(end, sent - got))
    if take(end):
        raise WireError(f"more than the {sent} frames that testpmd has sent")
    return sent


def _rxonly(pmd: Testpmd, end: socket.socket, seed: int, count: int) -> int:
    """All are taken, and none comes back."""
    start = pmd.stats()[0]
    frames = _numbered([("198.18.0.9", "198.18.0.8", 9, 9)], seed, count)
    with pmd.forwarding("rxonly"):
        for number in range(1, count + 1):
            give(end, next(frames))
            if number % window(MTU + 14) and number != count:
                continue
            deadline = time.monotonic() + ANSWER_S
            while (taken := pmd.stats()[0].rx_packets - start.rx_packets) < number:
                if time.monotonic() > deadline:
                    raise WireError(f"testpmd has taken {taken} of {number} frames")
                time.sleep(LOOK_S)
    if take(end):
        raise WireError("a frame has come back in rxonly")
    return count


@contextlib.contextmanager
def _taught(pmd: Testpmd, end: socket.socket, mode: str, pairs: int) -> Iterator[list[Flow]]:
    """Forward, after a burst on every pair; the flows of these, pair by pair."""
    with pmd.forwarding(mode, tx_first=True):
        packets = [Ether(frame) for frame in _collect(end, BURST * pairs)]
        flows = [(p[IP].src, p[IP].dst, p[UDP].sport, p[UDP].dport) for p in packets]
        if len(set(flows)) != BURST * pairs:
            raise CellError(f"{len(set(flows))} flows on {pairs} pairs")
        yield flows


def _numbered(flows: list[Flow], seed: int, count: int) -> Iterator[bytes]:
    """UDP frames of these flows by turns, the other way round."""
    rng = random.Random(seed)
    heads = [
        Ether(src=HERE, dst=CARD) / IP(src=there, dst=here) / UDP(sport=far, dport=near, chksum=0)
        for here, there, near, far in flows
    ]
    for number in range(count):
        yield bytes(heads[number % len(heads)] / (number.to_bytes(4, "big") + rng.randbytes(rng.randint(14, 1400))))


def flow_of(frame: bytes) -> bytes:
    """Its IPv4 addresses."""
    return frame[26:34]


def _io(pmd: Testpmd, card: CardDevice, end: socket.socket, pairs: int, seed: int, count: int) -> list[int]:
    """There and back, each flow in order; what each pair took."""
    with _taught(pmd, end, "io", pairs) as flows:
        before = pmd.taken_by_queue()
        WireEnd(end, _numbered(flows, seed, count), window(MTU + 14), lane=flow_of).run(LIMIT_S)
        taken = [now - then for now, then in zip(pmd.taken_by_queue(), before, strict=True)]
    if sum(taken) != count or min(taken) < count // (2 * pairs):
        raise CellError(f"{count} frames of flows that every pair has sent have come on the pairs as {taken}")
    card.check()
    return taken


def _csum(pmd: Testpmd, card: CardDevice, end: socket.socket, pairs: int, seed: int, count: int) -> int:
    """TCP frames that the card must give back in segments; how many these were."""
    rng = random.Random(seed)
    before, pieces = card.traffic().super_frames, 0
    with _taught(pmd, end, "csum", pairs) as flows:
        for here, there, near, far in (flows[number * 17 % len(flows)] for number in range(count)):
            tcp = TCP(sport=far, dport=near, seq=rng.getrandbits(32), ack=rng.getrandbits(32), flags="PA")
            size = rng.randint(MSS[MTU] + 1, MTU - 40)
            frame = bytes(Ether(src=HERE, dst=CARD) / IP(src=there, dst=here) / tcp / rng.randbytes(size))
            give(end, frame)
            pieces += segments.answer(end, frame, MSS[MTU])
    if card.traffic().super_frames - before != count:
        raise CellError(f"{card.traffic().super_frames - before} super-frames of {count}")
    return pieces
