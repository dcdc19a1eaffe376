# SPDX-License-Identifier: Apache-2.0
"""The driver on a card of four pairs: RSS, flows that come back, hash reports, the VLAN filter, receive offloads.

Hashes and pairs are worked out here, from the standard's text and the definition of the Toeplitz hash.
"""

from functools import reduce
from operator import xor

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6
from scapy.layers.l2 import ARP, Dot1Q, Ether

from testbench.lib.config import CardConfig
from testbench.lib.rss_vectors import KEY

CTRL_GUEST_OFFLOADS, CTRL_VLAN, MQ, HASH_REPORT, RSS = 2, 19, 22, 57, 60
OWN, OTHER = "02:fe:52:00:00:01", "02:aa:bb:cc:dd:ee"
ENTRIES = 128  # of the card's indirection table
KINDS = {"ip4": 1, "tcp4": 2, "udp4": 3, "ip6": 4, "tcp6": 5, "udp6": 6}  # VIRTIO_NET_HASH_REPORT_*
ALL = frozenset(KINDS)
DATA_VALID = 2


def toeplitz(key, data):
    """The key's 32 bits from each place on at which the data have a 1, summed without carry."""
    bits, value = int.from_bytes(key, "big"), 0
    for number in range(8 * len(data)):
        if data[number // 8] >> 7 - number % 8 & 1:
            value ^= bits >> 8 * len(key) - 32 - number & 0xFFFF_FFFF
    return value


class Flow:
    """A flow of random ends; ``kind``: "tcp4", "udp6", or "ip4" and "ip6" for what has no ports, "none" for no IP."""

    def __init__(self, rng, kind):
        self.kind = kind
        six = kind.endswith("6")
        self.addresses = [rng.randbytes(16 if six else 4) for _ in range(2)]
        self.addresses = [bytes((0x20 if six else 10,)) + address[1:] for address in self.addresses]
        self.ports = [rng.randrange(1024, 65536) for _ in range(2)]
        self.body = rng.randbytes(40)

    def _frame(self, ends, link):
        (source, sport), (destination, dport) = ends
        if self.kind == "none":
            return bytes(link / ARP(psrc="10.0.0.1", hwsrc=self.body[:6])).ljust(60, b"\0").hex()
        six = self.kind.endswith("6")
        source, destination = (
            ":".join(one[at : at + 2].hex() for at in range(0, 16, 2)) if six else ".".join(map(str, one))
            for one in (source, destination)
        )
        network = IPv6(src=source, dst=destination) if six else IP(src=source, dst=destination)
        transport = {
            "tcp": TCP(sport=sport, dport=dport), "udp": UDP(sport=sport, dport=dport),
            "ip4": ICMP(), "ip6": ICMPv6EchoRequest(),
        }[self.kind if self.kind in ("ip4", "ip6") else self.kind[:3]]  # fmt: skip
        return bytes(link / network / transport / self.body).hex()

    @property
    def ends(self):
        return list(zip(self.addresses, self.ports, strict=True))

    def coming(self):
        return self._frame(self.ends, Ether(dst=OWN, src=OTHER))

    def going(self):
        return self._frame(self.ends[::-1], Ether(dst=OTHER, src=OWN))

    @property
    def place(self):
        """Where the RTL remembers it (flow_key.v): flows that share a place go where the last of them was sent from."""
        words = [int.from_bytes(one[at : at + 4], "big") for one in self.addresses for at in range(0, len(one), 4)]
        half = len(words) // 2
        source, destination = (reduce(xor, part) for part in (words[:half], words[half:]))
        total = source + destination + 33 * sum(self.ports) & 0xFFFF_FFFF
        return reduce(xor, total.to_bytes(4, "big"))

    def hashed(self, key, types):
        """(hash, what it is of) with these types enabled; None: there is none."""
        if self.kind == "none":
            return None
        alone = f"ip{self.kind[-1]}"
        if self.kind in types and self.kind != alone:
            ports = b"".join(port.to_bytes(2, "big") for port in self.ports)
            return toeplitz(key, b"".join(self.addresses) + ports), KINDS[self.kind]
        return (toeplitz(key, b"".join(self.addresses)), KINDS[alone]) if alone in types else None


@pytest.fixture
def check(run):
    """``check((step, what it must give), ...)``: one run of these steps; None: whatever it gives."""

    def check_rows(*rows, pairs=4, **args):
        options = {"pairs": pairs, "rx_size": 64, "tx_size": 64, "medium_slots": 8, "large_slots": 2}
        steps = [step for step, _ in rows]
        got = run("driver_steering:session", CardConfig(queue_pairs=4), steps=steps, options=options, **args)
        for number, ((step, wanted), result) in enumerate(zip(rows, got["results"], strict=True)):
            right = wanted(result) if callable(wanted) else wanted is None or result == wanted
            assert right, f"step {number}: {step[0]} {str(step[1:])[:80]} gives {str(result)[:400]}"
        assert got["counters"]["leaked"] == 0
        return got

    return check_rows


def ethtool(*words, gives=""):
    return (["ethtool", *words], gives)


def flows(rng, count):
    return [Flow(rng, kind) for kind in (*KINDS, "none") for _ in range(count)]


def steered(some, table, key=KEY, types=ALL, report=True):
    """All of ``some`` arrive where the table has them, with their hash."""

    def compare(results):
        for flow, (pair, _, value, kind) in zip(some, results, strict=True):
            hashed = flow.hashed(key, types)
            assert pair == (table[hashed[0] % len(table)] if hashed else 0), flow.kind
            assert (value, kind) == ((hashed or (0, 0)) if report else (0, 0)), flow.kind
        return True

    return (["arrive", *(flow.coming() for flow in some)], compare)


@pytest.mark.parametrize("report", [True, False], ids=["report", "no report"])
def test_flows_come_to_the_pair_of_the_indirection_table(check, rng, report):
    some, key = flows(rng, 6), rng.randbytes(40)
    fair = [place % 4 for place in range(ENTRIES)]
    weighted = [0] * 32 + [1] * 32 + [3] * 64
    no_ports = ALL - {"udp4", "tcp6"}
    rows = [
        steered(some, fair, report=report),
        *((["leave", pair, some[pair].going()], True) for pair in range(4)),
        ethtool("-X", "weight", "1", "1", "0", "2"), steered(some, weighted, report=report),
        ethtool("-X", "hkey", key.hex(":")), steered(some, weighted, key, report=report),
        ethtool("-N", "rx-flow-hash", "udp4", "sd"), ethtool("-N", "rx-flow-hash", "tcp6", "sd"),
        steered(some, weighted, key, no_ports, report),
        (["recover"], None), steered(some, weighted, key, no_ports, report),
        ethtool("-L", "combined", "2", gives="Unsupported: 2 pairs: the indirection table names pair 3"),
        ethtool("-X", "equal", "2"), ethtool("-L", "combined", "2"),
        steered(some, [0, 1], key, no_ports, report), (["leave", 1, some[0].going()], True),
        ethtool("-X", "default"), ethtool("-L", "combined", "4"), steered(some, fair, key, no_ports, report),
        ethtool("-G", "rx", "128", "tx", "32"), steered(some, fair, key, no_ports, report),
        ethtool("-t", gives=lambda text: text.startswith("The test result is PASS")),
    ]  # fmt: skip
    got = check(*rows, report=report)
    assert {MQ, RSS} <= {*got["features"]} and (HASH_REPORT in got["features"]) == report


def test_without_hashing_everything_comes_to_the_first_pair(check, rng):
    some = flows(rng, 3)
    check(
        ethtool("-K", "rxhash", "off"), steered(some, [0], types=frozenset()),
        ethtool("-K", "rxhash", "on"), steered(some, [0, 1, 2, 3]),
        report=True,
    )  # fmt: skip


def test_hashes_are_reported_where_there_is_no_rss(check, rng):
    some = flows(rng, 4)
    got = check(
        steered(some, [0]), ethtool("-N", "rx-flow-hash", "tcp4", "sd"), steered(some, [0], types=ALL - {"tcp4"}),
        (["recover"], None), steered(some, [0], types=ALL - {"tcp4"}),
        pairs=1, report=True, unwanted=["RSS", "MQ"],
    )  # fmt: skip
    assert HASH_REPORT in got["features"] and not {MQ, RSS} & {*got["features"]}


def test_flows_come_back_on_the_pair_they_were_sent_from(check, rng):
    """Automatic receive steering, as MQ without RSS has it."""
    apart = {(one := Flow(rng, kind)).place: one for kind in ("tcp4", "udp4", "tcp6", "udp6") for _ in range(8)}
    some = list(apart.values())
    pairs = [rng.randrange(4) for _ in some]
    moved = [(pair + 1) % 4 for pair in pairs]

    def come(wanted):
        return (["arrive", *(flow.coming() for flow in some)], lambda results: [got[0] for got in results] == wanted)

    def below(results):
        return max(got[0] for got in results) < 2

    rows = [come([0] * len(some))]
    for where in (pairs, moved):
        rows += [(["leave", pair, flow.going()], True) for flow, pair in zip(some, where, strict=True)]
        rows.append(come(where))
    rows += [ethtool("-L", "combined", "2"), (["arrive", *(flow.coming() for flow in some)], below)]
    rows += [(["leave", pair % 2, flow.going()], True) for flow, pair in zip(some, moved, strict=True)]
    rows.append(come([pair % 2 for pair in moved]))
    got = check(*rows, unwanted=["RSS"])
    assert MQ in got["features"] and RSS not in got["features"]


def test_frames_of_unknown_vlans_are_dropped_and_counted(check, rng):
    def tagged(vid):
        return bytes(Ether(dst=OWN, src=OTHER) / Dot1Q(vlan=vid) / IP() / UDP() / rng.randbytes(60)).hex()

    def come(*vids, taken):
        wanted = [vid in taken for vid in vids]
        return (["arrive", *map(tagged, vids)], lambda results: [bool(got) for got in results] == wanted)

    got = check(
        (["arrive", Flow(rng, "tcp4").coming()], None), come(1, 5, 4094, taken=()), (["counters", "rx_drop_vlan"], [3]),
        (["vlan", 5, True], None), (["vlan", 4094, True], None), come(1, 5, 6, 4094, taken=(5, 4094)),
        (["counters", "rx_drop_vlan"], [5]), (["vlan", 5, False], None), come(5, 4094, taken=(4094,)),
        (["recover"], None), come(5, 4094, taken=(4094,)), (["counters", "rx_drop_vlan"], [7]),
    )  # fmt: skip
    assert CTRL_VLAN in got["features"]


def test_received_checksums_are_judged_while_the_driver_wants_it(check, rng):
    some = [Flow(rng, kind) for kind in ("tcp4", "udp6")]

    def flagged(flags):
        wanted = [flags] * len(some)
        return (["arrive", *(flow.coming() for flow in some)], lambda results: [got[1] for got in results] == wanted)

    got = check(
        flagged(DATA_VALID), ethtool("-K", "rx", "off"), flagged(0), (["recover"], None), flagged(0),
        ethtool("-K", "rx", "on"), flagged(DATA_VALID),
    )  # fmt: skip
    assert CTRL_GUEST_OFFLOADS in got["features"]
