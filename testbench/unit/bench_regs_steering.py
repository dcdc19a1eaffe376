# SPDX-License-Identifier: Apache-2.0
"""Firmware's registers of multi-queue operation and the VLAN filter, and what the device configuration says of RSS."""

import cocotb

from firmware import regs
from testbench.unit.axil import Recorder
from testbench.unit.bench_regs import DEVICE, start

# register -> (bits, output level, value after reset); CLEAR resets them
CLEARED = {
    regs.STEERING: (2, "cfg_steering", 0), regs.ACTIVE_PAIRS: (8, "cfg_pairs", 1),
    regs.RSS_HASH_TYPES: (9, "cfg_hash_types", 0), regs.RSS_UNCLASSIFIED: (8, "cfg_unclassified", 0),
    regs.RSS_TABLE_MASK: (7, "cfg_table_mask", 0), regs.VLAN_CONTROL: (1, "cfg_vlan", 0),
}  # fmt: skip
KEPT = {regs.RSS_TABLE_INDEX: (7, "rss_index"), regs.VLAN_INDEX: (7, "vlan_index")}


async def levels(card) -> dict[str, int]:
    """The outputs of ``CLEARED``, once the last write has arrived."""
    await card.cycles(3)
    return {name: int(getattr(card.dut, name).value) for _, name, _ in CLEARED.values()}


@cocotb.test()
async def levels_follow_their_registers(dut):
    """Each register's bits, level and reset value; CLEAR resets a driver's settings and leaves key and indices."""
    card = await start(dut, 20)
    fw, rng = card.fw, card.rng
    reset = {name: value for _, name, value in CLEARED.values()}
    assert await levels(card) == reset
    for _ in range(3):
        values = {offset: rng.getrandbits(32) for offset in [*CLEARED, *KEPT]}
        for offset in rng.sample(list(values), len(values)):
            await fw.write(offset, values[offset])
        for offset, (bits, *_) in {**CLEARED, **KEPT}.items():
            assert await fw.read(offset) == values[offset] & ((1 << bits) - 1), hex(offset)
        wanted = {name: values[offset] & ((1 << bits) - 1) for offset, (bits, name, _) in CLEARED.items()}
        assert await levels(card) == wanted
        await fw.write(regs.STEERING, ~values[regs.STEERING] & 3, 2)  # half a register is no write
        assert await levels(card) == wanted
    key = rng.randbytes(40)
    for at in range(0, 40, 4):
        await fw.write(regs.RSS_KEY + at, int.from_bytes(key[at : at + 4], "little"))
    await fw.write(regs.DATAPATH, regs.DATAPATH_CLEAR)
    assert await levels(card) == reset
    assert [await fw.read(offset) for offset in CLEARED] == list(reset.values())
    assert [await fw.read(regs.RSS_KEY + at) for at in range(0, 40, 4)] == [
        int.from_bytes(key[at : at + 4], "little") for at in range(0, 40, 4)
    ]
    assert int(dut.cfg_hash_key.value) == int.from_bytes(key, "big")
    for offset, (bits, name) in KEPT.items():
        assert int(getattr(dut, name).value) == values[offset] & ((1 << bits) - 1)


@cocotb.test()
async def tables_are_written_and_read_by_their_index(dut):
    """The write of a word commits it at its index, once; a read shows what the table has there."""
    card = await start(dut, 21)
    fw, rng = card.fw, card.rng
    entries = Recorder(dut, "rss_we", "rss_index", "rss_queue")
    words = Recorder(dut, "vlan_we", "vlan_index", "vlan_bits")
    wanted: dict[str, list[tuple[int, int]]] = {"rss": [], "vlan": []}
    for _ in range(20):
        index, value = rng.randrange(128), rng.getrandbits(32)
        await fw.write(regs.RSS_TABLE_INDEX, index)
        await fw.write(regs.RSS_TABLE_ENTRY, value)
        wanted["rss"].append((index, value & 0xFF))
        index, value = rng.randrange(128), rng.getrandbits(32)
        await fw.write(regs.VLAN_INDEX, index)
        await fw.write(regs.VLAN_WORD, value)
        wanted["vlan"].append((index, value))
    await card.cycles(3)
    assert entries.take() == wanted["rss"] and words.take() == wanted["vlan"]
    dut.rss_word.value, dut.vlan_word.value = 0xA5, 0x8000_0001
    assert (await fw.read(regs.RSS_TABLE_ENTRY), await fw.read(regs.VLAN_WORD)) == (0xA5, 0x8000_0001)
    assert not entries.take() and not words.take()


@cocotb.test()
async def device_configuration_says_what_is_built(dut):
    """Key, table and hash types at the places of virtio_net_config, in accesses of their width and of a byte."""
    card = await start(dut, 22)
    await card.fw.write(regs.CONFIG_DUPLEX, 0xFF)
    assert [await card.host.read(DEVICE + at, 1) for at in (16, 17)] == [0xFF, 40]
    assert await card.host.read(DEVICE + 18, 2) == 128
    assert await card.host.read(DEVICE + 20) == 0x1FF
    whole = [await card.host.read(DEVICE + at, 1) for at in range(16, 24)]
    assert bytes(whole) == bytes([0xFF, 40, 128, 0, 0xFF, 1, 0, 0])


@cocotb.test()
async def the_hash_report_has_its_level(dut):
    """Of the upper features only VIRTIO_NET_F_HASH_REPORT makes the header longer."""
    card = await start(dut, 23)
    for bit in range(32):
        await card.fw.write(regs.ACTIVE_FEATURES_HI, 1 << bit)
        await card.cycles(2)
        assert int(dut.cfg_hash_report.value) == int(1 << bit == regs.ACTIVE_FEATURES_HI_HASH_REPORT) == int(bit == 25)
