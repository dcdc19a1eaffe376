# SPDX-License-Identifier: Apache-2.0
"""Hypothesis strategies for control commands, most of them such as a card carries out."""

from __future__ import annotations

from hypothesis import strategies as st

from testbench.differential.commands import FAULTS
from testbench.differential.operations import Reconfigure

seeds = st.integers(0, 2**16)
vlans = st.sampled_from([5, 5, 6, 0, 4095])
thresholds = st.tuples(st.integers(0, 8), st.integers(0, 20))
hash_types = st.one_of(st.just(0x1FF), st.just(0x1FF), st.integers(0, 0x1FF))
keys = st.one_of(st.just(40), st.integers(0, 40))
faults = st.one_of(st.just(""), st.just(""), st.sampled_from(FAULTS))

PLAIN = st.one_of(
    st.builds(Reconfigure, st.sampled_from(["promisc", "allmulti"]), st.integers(0, 2)),
    st.builds(Reconfigure, st.just("table"), st.integers(0, 1)),
    st.builds(Reconfigure, st.just("mac"), st.integers(1, 200)),
    st.builds(Reconfigure, st.sampled_from(["tx coal", "rx coal"]), thresholds),
    st.builds(Reconfigure, st.just("raw"), st.lists(st.integers(0, 8), max_size=24).map(tuple)),
)
VLAN = st.builds(Reconfigure, st.sampled_from(["vlan add", "vlan add", "vlan del"]), st.one_of(vlans, st.just(4096)))
HASH = st.builds(Reconfigure, st.just("hash"), st.tuples(hash_types, keys, seeds, faults))
RSS_CONFIG = st.builds(Reconfigure, st.just("rss"), st.tuples(hash_types, st.integers(0, 7), keys, seeds, faults))


def active_pairs(pairs: int) -> st.SearchStrategy:
    """How many of a card's pairs are to be in use, also none and one more than there are."""
    return st.builds(Reconfigure, st.just("pairs"), st.sampled_from([*range(pairs + 2), *range(1, pairs)]))
