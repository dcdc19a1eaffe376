# SPDX-License-Identifier: Apache-2.0
"""Generated sequences of operations on model and RTL: wire, memory, counters, registers and interrupts are equal."""

from contextlib import closing

import pytest

from testbench.differential.operations import Fail, Link, Reconfigure, Sequence, Transmit, TxFrame
from testbench.differential.replay import replay
from testbench.differential.search import search
from testbench.differential.server import ModelDevice, RtlDevice

# parts run beside each other: (queue pairs, sequences)
PARTS = {"one pair": (1, 220), "one pair again": (1, 220), "four pairs": (4, 120)}


@pytest.mark.parametrize("part", PARTS)
def test_model_and_rtl_agree(seed, part):
    pairs, count = PARTS[part]
    with closing(RtlDevice(pairs)) as rtl:
        found = search(ModelDevice(pairs), rtl, pairs, seed + list(PARTS).index(part), count)
    assert found is None, found


def test_which_of_two_errors_was_the_last_is_a_matter_of_pace():
    frame, whole = TxFrame(60, "whole", "none", 1, 536, 0), {"pair": 0, "kick": True}
    replay(
        Sequence(
            operations=(
                Transmit((frame,) * 3, **whole),
                Link(up=False),
                Fail("tx", "used element"),
                Reconfigure("promisc", 0),
                Transmit((frame,), **whole),
                Transmit((TxFrame(60, "indirect", "none", 1, 536, 0),), **whole),
            ),
            pairs=1, size=4, withheld=(28,),
        )
    )  # fmt: skip
