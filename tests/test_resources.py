# SPDX-License-Identifier: Apache-2.0
"""Memory of every block stays within the budget of testbench/lib/resources.py, and what is large can be block RAM."""

import pytest

from testbench.lib import resources

LARGE = 32 * resources.KIBIT  # more than this without a registered read port would be thousands of LUTs
CHECKED = [f"{budget.parent}-{budget.module}" for budget in resources.BUDGETS]


@pytest.fixture(scope="module")
def measured():
    return resources.memories()


@pytest.mark.parametrize("budget", resources.BUDGETS, ids=CHECKED)
def test_memory_is_within_the_budget(budget, measured):
    bits, limit = measured[0][budget], budget.kibit * resources.KIBIT
    assert bits <= limit, f"{budget.module} has {bits} memory bits, its budget is {budget.kibit} Kibit"
    assert bits >= limit * 0.75 or budget.kibit <= 4, f"{budget.module} has {bits} bits only: lower its budget"


def test_large_memories_have_registered_read_ports(measured):
    large = [memory for memory in measured[1] if memory.bits >= LARGE]
    assert {"frame_ram", "ram_apart", "ram_sdp", "fifo_ram"} <= {memory.module for memory in large}
    assert not [memory for memory in large if not memory.registered]


def test_an_unregistered_read_is_told_from_a_registered_one(measured):
    heads = [memory for memory in measured[1] if (memory.module, memory.name) == ("vq_heads", "rows")]
    assert heads and not any(memory.registered for memory in heads)
