# SPDX-License-Identifier: Apache-2.0
"""The registers of a card that was built with less: it says so, and what it has not reads 0 and is off."""

import cocotb

from firmware import regs
from testbench.unit.bench_regs import start

ABSENT = [
    regs.STEERING, regs.RSS_HASH_TYPES, regs.RSS_UNCLASSIFIED, regs.RSS_TABLE_MASK, regs.RSS_TABLE_INDEX,
    regs.RSS_TABLE_ENTRY, regs.VLAN_CONTROL, regs.VLAN_INDEX, regs.VLAN_WORD,
    *range(regs.RSS_KEY, regs.RSS_KEY + 40, 4),
]  # fmt: skip
OFF = """cfg_packed cfg_hash_report cfg_guest_csum cfg_steering cfg_hash_types cfg_hash_key cfg_unclassified
    cfg_table_mask rss_we rss_index rss_queue cfg_vlan vlan_we vlan_index vlan_bits"""


@cocotb.test()
async def it_says_what_it_has(dut):
    """Address width and table size as built, and none of the capabilities."""
    card = await start(dut, 30)
    assert await card.fw.read(regs.CAPABILITIES) == 32 << regs.CAPABILITIES_ADDR_W_SHIFT
    frame = await card.fw.read(regs.PARAM_FRAME)
    assert (frame & regs.PARAM_FRAME_MAC_TABLE) >> regs.PARAM_FRAME_MAC_TABLE_SHIFT == 4


@cocotb.test()
async def what_it_has_not_stays_off(dut):
    """Whatever firmware writes, the registers read 0 and the data path is told nothing; what is there still works."""
    card = await start(dut, 31)
    dut.rss_word.value, dut.vlan_word.value = 0xFF, 0xFFFFFFFF
    written = [*ABSENT, regs.ACTIVE_PAIRS, regs.ACTIVE_FEATURES_LO, regs.ACTIVE_FEATURES_HI]
    for offset in card.rng.sample(written, len(written)):
        await card.fw.write(offset, 0xFFFFFFFF)
    await card.cycles(3)
    assert [await card.fw.read(offset) for offset in ABSENT] == [0] * len(ABSENT)
    assert [name for name in OFF.split() if int(getattr(dut, name).value)] == []
    assert int(dut.cfg_pairs.value) == 1
    assert int(dut.cfg_event_idx.value) and int(dut.cfg_indirect.value) and int(dut.cfg_mrg_rxbuf.value)


@cocotb.test()
async def queue_sizes_are_those_of_split_rings(dut):
    """Only powers of two are taken, whatever firmware makes of RING_PACKED."""
    card = await start(dut, 32)
    await card.fw.write(regs.ACTIVE_FEATURES_HI, regs.ACTIVE_FEATURES_HI_RING_PACKED)
    await card.put("queue_select", 0)
    for size in (32, 48, 6, 16):
        await card.put("queue_size", size)
        assert await card.get("queue_size") == (size if not size & size - 1 else 32)
