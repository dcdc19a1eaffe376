# SPDX-License-Identifier: Apache-2.0
"""Full rings and a full wire, broken into at random instants: no stray access, no leak, no wrong byte, no lost count.

The seed is new on every run; FERRULE_SEED sets it again.
"""

import pytest

ROUNDS = 50
ACTIONS = {"reset", "close", "mtu", "flap", "reset rx", "reset tx"}
SHAPES = {
    "merged buffers, event index": {"options": {"tx_size": 64}},
    "two descriptors, plain rings, coalescing": {
        "options": {"tx_size": 128, "tx_descriptors": 2, "rx_size": 64},
        "unwanted": ["MRG_RXBUF", "RING_EVENT_IDX"],
        "coalescing": [16, 20],
    },
}


@pytest.mark.parametrize("shape", SHAPES)
def test_chaos(run, seed, shape):
    got = run("chaos:rounds", wall_limit_s=200, rounds=ROUNDS, seed=seed, **SHAPES[shape])
    assert set(got["actions"]) == ACTIONS and sum(got["actions"].values()) == ROUNDS
    cost = [got["lost"][action] for action in ("reset", "close", "reset tx")]
    assert all(cost) and sum(cost) > 300, f"they must hit full rings, and cost {cost}"
    assert got["frames"] > 100 * ROUNDS
    assert got["counters"]["leaked"] == 0 and got["counters"]["hold_timeouts"] == 0
