# SPDX-License-Identifier: Apache-2.0
"""The register block as a driver written from the virtio standard meets it, and as firmware does."""

import random

import cocotb
from cocotb.clock import Clock
from cocotb.triggers import RisingEdge, with_timeout

from firmware import regs
from host_driver import vendor_regs
from testbench.unit.axil import AxilMaster, Recorder, reset

COMMON, NOTIFY, ISR, DEVICE, TABLE, VENDOR, PCI = 0, 0x1000, 0x2000, 0x3000, 0x4000, 0x6000, 0x10000
# struct virtio_pci_common_cfg: name -> (offset, size)
LAYOUT = {
    "device_feature_select": (0, 4), "device_feature": (4, 4),
    "driver_feature_select": (8, 4), "driver_feature": (12, 4),
    "config_msix_vector": (16, 2), "num_queues": (18, 2), "device_status": (20, 1), "config_generation": (21, 1),
    "queue_select": (22, 2), "queue_size": (24, 2), "queue_msix_vector": (26, 2), "queue_enable": (28, 2),
    "queue_notify_off": (30, 2), "queue_desc": (32, 8), "queue_driver": (40, 8), "queue_device": (48, 8),
    "queue_reset": (58, 2),
}  # fmt: skip
SIZE_MAX, STOP, START = 1024, 5, 4
FEATURES_OK, NEEDS_RESET = 8, 64
INPUTS = """q_busy_tx q_broken_tx q_busy_rx q_broken_rx err_tx_valid err_tx_queue err_tx_code err_rx_valid err_rx_queue
    err_rx_code dbg_avail_seen dbg_used coal_rd_packets coal_rd_usecs reg_rdata
    isr_queue isr_config ctl_pending ctl_too_long ctl_length ctl_capacity ctl_ram_rdata link_up fault stat_inc
    stat_amount busy rss_word vlan_word"""


class Card:
    """The block with a driver's port ``host`` and firmware's port ``fw``."""

    def __init__(self, dut, rng):
        self.dut, self.rng = dut, rng
        self.pairs = len(dut.q_busy_rx)
        self.queues = 2 * self.pairs + 1
        for name in INPUTS.split():
            getattr(dut, name).value = 0
        for name in ("dma_idle", "tx_idle", "rx_idle"):
            getattr(dut, name).value = 1
        stall = rng.random() * 0.5
        self.host = AxilMaster(dut, "s_axil_host", rng, stall)
        self.fw = AxilMaster(dut, "s_axil_mgmt", rng, stall)
        names = ["qcfg_queue", "qcfg_field", "qcfg_data"]
        self.tx_cfg = Recorder(dut, "qcfg_tx_valid", *names)
        self.rx_cfg = Recorder(dut, "qcfg_rx_valid", *names)
        self.tx_kick, self.rx_kick = (
            Recorder(dut, "kick_tx_valid", "kick_queue"),
            Recorder(dut, "kick_rx_valid", "kick_queue"),
        )
        self.config_irq, self.clears = Recorder(dut, "config_irq"), Recorder(dut, "clear")
        self.vectors = Recorder(dut, "vec_we", "vec_gq", "vec_value")
        self.coal_starts = Recorder(dut, "coal_start_valid", "coal_start_gq")

    async def cycles(self, count):
        for _ in range(count):
            await RisingEdge(self.dut.clk)

    async def get(self, name):
        """Read a common configuration field in accesses of its width (64 bits: two of 32)."""
        offset, size = LAYOUT[name]
        if size == 8:
            return await self.host.read(offset) | await self.host.read(offset + 4) << 32
        return await self.host.read(offset, size)

    async def put(self, name, value):
        """Write a common configuration field."""
        offset, size = LAYOUT[name]
        if size == 8:
            await self.host.write(offset, value & 0xFFFFFFFF)
            await self.host.write(offset + 4, value >> 32)
        else:
            await self.host.write(offset, value, size)

    def place(self, gq):
        """(recorder of configuration, of kicks, local queue) of a queue."""
        if gq == 2 * self.pairs or gq % 2:
            return self.tx_cfg, self.tx_kick, self.pairs if gq == 2 * self.pairs else gq // 2
        return self.rx_cfg, self.rx_kick, gq // 2

    async def set_up_queue(self, index):
        """What a driver does, with random places; returns (size, desc, driver, device)."""
        rng = self.rng
        size = 1 << rng.randrange(1, 11)
        places = [rng.getrandbits(64) & ~15 for _ in range(3)]
        await self.put("queue_select", index)
        await self.put("queue_size", size)
        for name, value in zip(("queue_desc", "queue_driver", "queue_device"), places, strict=True):
            await self.put(name, value)
        return size, *places

    async def answer(self, value=None):
        """Firmware answers the last status write."""
        host = await self.fw.read(regs.HOST_STATUS)
        value = host & 0xFF if value is None else value
        await self.fw.write(regs.DEVICE_STATUS, value | host & regs.DEVICE_STATUS_COUNT)

    async def events(self):
        """Take the event bits."""
        status = await self.fw.read(regs.EVENT_STATUS)
        await self.fw.write(regs.EVENT_STATUS, status)
        return status


async def start(dut, seed=0):
    """The card after reset, queue tables filled."""
    cocotb.start_soon(Clock(dut.clk, 4, "ns").start())
    await reset(dut)
    dut.rst.value = 1  # what the test before left under way is gone now
    card = Card(dut, random.Random(cocotb.RANDOM_SEED + seed))
    await reset(dut)
    await card.cycles(20 * card.queues)
    return card


@cocotb.test()
async def capabilities_lead_to_every_structure(dut):
    """Walking the list as the standard says finds five virtio structures and MSI-X; the BAR can be sized."""
    card = await start(dut)
    assert await card.host.read(PCI) == 0x10411AF4
    assert await card.host.read(PCI + 6, 2) & 0x10
    at, found = await card.host.read(PCI + 0x34, 1), {}
    while at:
        ident, following = await card.host.read(PCI + at, 1), await card.host.read(PCI + at + 1, 1)
        if ident == 9:
            kind, length = await card.host.read(PCI + at + 3, 1), await card.host.read(PCI + at + 2, 1)
            assert length % 4 == 0
            found[kind] = [await card.host.read(PCI + at + offset) for offset in range(4, length, 4)]
        elif ident == 0x11:
            msix = [await card.host.read(PCI + at + offset) for offset in (0, 4, 8)]
            msix_at = PCI + at
        at = following
    assert {kind: words[1] for kind, words in found.items()} == {1: COMMON, 2: NOTIFY, 3: ISR, 4: DEVICE, 9: VENDOR}
    assert found[2][3] == 4 and found[2][2] >= 4 * card.queues
    assert found[1][2] >= 60 and found[4][2] >= 17
    assert found[9][0] & 0xFFFF == vendor_regs.CAP_VENDOR_ID != 0x1AF4
    assert (msix[0] >> 16) + 1 == 2 * card.pairs + 2 and msix[1:] == [0x4000, 0x5000]
    for value in (2, 3, 1, 0):
        await card.host.write(msix_at + 2, value << 14, 2)
        assert (int(dut.msix_enable.value), int(dut.msix_fmask.value)) == (value >> 1, value & 1)
    await card.host.write(PCI + 0x10, 0xFFFFFFFF)
    assert await card.host.read(PCI + 0x10) == 0xFFFF0000
    await card.host.write(PCI + 0x12, 0xFEB0, 2)
    assert await card.host.read(PCI + 0x10) == 0xFEB00000


@cocotb.test()
async def features_by_word(dut):
    """Offered and accepted features pass between the ports in 32-bit words; words beyond 1 read 0."""
    card = await start(dut, 1)
    offered, accepted = card.rng.getrandbits(64), card.rng.getrandbits(64)
    await card.fw.write(regs.DEVICE_FEATURES_LO, offered & 0xFFFFFFFF)
    await card.fw.write(regs.DEVICE_FEATURES_HI, offered >> 32)
    for word in (1, 0, 2, 0xFFFFFFFF):
        await card.put("device_feature_select", word)
        assert await card.get("device_feature") == (offered >> 32 * word & 0xFFFFFFFF if word < 2 else 0)
        await card.put("driver_feature_select", word)
        await card.put("driver_feature", accepted >> 32 * (word & 1) & 0xFFFFFFFF)
        assert await card.get("driver_feature") == (accepted >> 32 * word & 0xFFFFFFFF if word < 2 else 0)
    got = await card.fw.read(regs.DRIVER_FEATURES_LO) | await card.fw.read(regs.DRIVER_FEATURES_HI) << 32
    assert got == accepted
    for bit, signal in ((1, "cfg_guest_csum"), (15, "cfg_mrg_rxbuf"), (28, "cfg_indirect"), (29, "cfg_event_idx")):
        await card.fw.write(regs.ACTIVE_FEATURES_LO, 1 << bit)
        names = ("cfg_guest_csum", "cfg_mrg_rxbuf", "cfg_indirect", "cfg_event_idx")
        assert {name for name in names if int(getattr(dut, name).value)} == {signal}


@cocotb.test()
async def queues_start_with_what_the_driver_wrote(dut):
    """Bad sizes are ignored; the engine gets every field, then START; fields are read-only then; early kicks arrive."""
    card = await start(dut, 2)
    multi = card.pairs > 1
    if multi:
        assert await card.get("num_queues") == 3
        await card.fw.write(regs.DATAPATH, regs.DATAPATH_MULTI_PAIR)
    assert await card.get("num_queues") == card.queues
    order = card.rng.sample(range(card.queues), card.queues)
    card.tx_cfg.take(), card.rx_cfg.take()
    for index in order:
        size, *places = await card.set_up_queue(index)
        for bad in (0, 3, 1023, 2048, 0x8000, 0xFFFF):
            await card.put("queue_size", bad)
        assert await card.get("queue_size") == size
        assert await card.get("queue_desc") == places[0]
        assert await card.get("queue_device") == places[2]
        assert await card.get("queue_notify_off") == index
        vector = card.rng.randrange(2 * card.pairs + 2)
        for wanted, read in ((2 * card.pairs + 2, 0xFFFF), (vector, vector)):
            card.vectors.take()
            await card.put("queue_msix_vector", wanted)
            assert await card.get("queue_msix_vector") == read
            assert card.vectors.take() == [(index, read)]
        first = card.rng.choice([0, 0, 65535])
        if first:
            await card.fw.write(regs.QUEUE_SELECT, index)
            await card.fw.write(regs.QUEUE_START_INDEX, first)
        cfg, kick, local = card.place(index)
        card.coal_starts.take()
        enabled = card.host.post(LAYOUT["queue_enable"][0], 1, 2)
        kicked = card.host.post(NOTIFY + 4 * index, index, 2)
        await enabled.wait()
        await kicked.wait()
        assert await card.get("queue_enable") == 1
        await card.cycles(30)
        assert cfg.take() == [(local, field, value) for field, value in enumerate([size, *places, first])]
        assert kick.take() == [(local,)]
        assert card.coal_starts.take() == [(index,)]
        assert not (card.tx_cfg.entries or card.rx_cfg.entries or card.tx_kick.entries or card.rx_kick.entries)
        await card.put("queue_size", 2 if size != 2 else 4)
        await card.put("queue_driver", 0)
        await card.put("queue_enable", 0)
        assert (await card.get("queue_size"), await card.get("queue_driver")) == (size, places[1])
        assert await card.get("queue_enable") == 1
        await card.fw.write(regs.QUEUE_SELECT, index)
        assert await card.fw.read(regs.QUEUE_STATE) == regs.QUEUE_STATE_ENABLED
        assert await card.fw.read(regs.QUEUE_START_INDEX) == 0
    assert await card.events() & regs.EVENT_STATUS_QUEUE_ENABLE
    for index in (card.queues, 0xFFFF):
        await card.put("queue_select", index)
        await card.put("queue_enable", 1)
        for name in ("queue_size", "queue_enable", "queue_notify_off", "queue_desc", "queue_reset"):
            assert await card.get(name) == 0
        await card.host.write(NOTIFY + 4 * card.queues, card.queues, 2)
    assert not (card.tx_cfg.entries or card.rx_cfg.entries or card.tx_kick.entries or card.rx_kick.entries)


@cocotb.test()
async def a_packed_ring_has_any_size(dut):
    """With RING_PACKED active any size from 2 is taken, and START has 16 bits of index; without, powers of two."""
    card = await start(dut, 12)
    assert not dut.cfg_packed.value
    await card.put("queue_select", 0)
    await card.put("queue_size", 1000)
    assert await card.get("queue_size") == SIZE_MAX
    await card.fw.write(regs.ACTIVE_FEATURES_HI, regs.ACTIVE_FEATURES_HI_RING_PACKED)
    assert dut.cfg_packed.value
    for index in range(3):
        gq = 2 * card.pairs if index == 2 else index
        _, *places = await card.set_up_queue(index)
        size = card.rng.choice((2, 3, 5, 1000, 1023, 1024, card.rng.randint(2, SIZE_MAX)))
        await card.put("queue_size", size)
        for bad in (0, 1, 1025, 0x8000, 0xFFFF):
            await card.put("queue_size", bad)
        assert await card.get("queue_size") == size
        first = card.rng.randrange(size) | 0x8000
        await card.fw.write(regs.QUEUE_SELECT, gq)
        await card.fw.write(regs.QUEUE_START_INDEX, first)
        cfg, _, local = card.place(gq)
        cfg.take()
        await card.put("queue_enable", 1)
        await card.cycles(30)
        assert cfg.take() == [(local, field, value) for field, value in enumerate([size, *places, first])]
    await card.put("queue_select", 0)
    await card.put("queue_reset", 1)
    await card.cycles(100)
    await card.fw.write(regs.ACTIVE_FEATURES_HI, 0)
    await card.put("queue_size", 1000)
    assert await card.get("queue_size") == SIZE_MAX


@cocotb.test()
async def indices_outlive_their_queue(dut):
    """QUEUE_INDICES gives what the queue's engine says while it runs, after queue_reset and while QUIESCE is set."""
    card = await start(dut, 13)

    async def check():
        for gq in range(card.queues):
            avail, used = (card.rng.getrandbits(16) for _ in range(2))
            dut.dbg_avail_seen.value = avail
            dut.dbg_used.value = used
            await card.fw.write(regs.QUEUE_SELECT, gq)
            cfg, _, local = card.place(gq)
            assert await card.fw.read(regs.QUEUE_INDICES) == used << regs.QUEUE_INDICES_USED_SHIFT | avail
            assert dut.dbg_queue.value == local and dut.dbg_rx.value == (cfg is card.rx_cfg)

    for index in range(3):
        await card.set_up_queue(index)
        await card.put("queue_enable", 1)
    await check()
    await card.put("queue_select", 1)
    await card.put("queue_reset", 1)
    await card.cycles(100)
    assert await card.get("queue_enable") == 0
    await check()
    await card.fw.write(regs.DATAPATH, regs.DATAPATH_QUIESCE)
    await card.cycles(100)
    await check()


@cocotb.test()
async def control_queue_is_number_two(dut):
    """Without MQ index 2 is the control queue however many pairs there are: the last queue of the TX engine."""
    card = await start(dut, 3)
    size, *places = await card.set_up_queue(2)
    card.tx_cfg.take(), card.rx_cfg.take()
    await card.put("queue_enable", 1)
    await card.cycles(30)
    assert card.tx_cfg.take() == [(card.pairs, field, value) for field, value in enumerate([size, *places, 0])]
    await card.host.write(NOTIFY + 8, 2, 2)
    await card.cycles(2)
    assert card.tx_kick.take() == [(card.pairs,)] and not card.rx_kick.entries


@cocotb.test()
async def queue_reset_ends_when_the_engine_is_quiet(dut):
    """queue_reset reads 1 while the queue is busy, then 0 with queue_enable 0 and reset values; others run on."""
    card = await start(dut, 4)
    for index in range(3):
        await card.set_up_queue(index)
        await card.put("queue_enable", 1)
    await card.cycles(40)
    for index, busy in ((0, dut.q_busy_rx), (1, dut.q_busy_tx)):
        await card.events()
        cfg, _, local = card.place(index)
        cfg.take()
        await card.put("queue_select", index)
        await card.put("queue_reset", 1)
        while not cfg.entries:
            await RisingEdge(dut.clk)
        await card.cycles(3)  # as long as an engine may need to say that it is busy
        busy.value = 1
        await card.cycles(card.rng.randrange(100))
        assert (await card.get("queue_reset"), await card.get("queue_enable")) == (1, 1)
        assert [entry[:2] for entry in cfg.take()] == [(local, STOP)]
        assert not await card.events() & regs.EVENT_STATUS_QUEUE_RESET
        await card.put("queue_size", 4)
        busy.value = 0
        await card.cycles(60)
        assert (await card.get("queue_reset"), await card.get("queue_enable")) == (0, 0)
        assert (await card.get("queue_size"), await card.get("queue_desc")) == (SIZE_MAX, 0)
        assert await card.get("queue_msix_vector") == 0xFFFF
        assert await card.events() & regs.EVENT_STATUS_QUEUE_RESET
    await card.put("queue_select", 2)
    assert await card.get("queue_enable") == 1 and not dut.ctl_stop.value
    await card.put("queue_select", 1)
    size, *places = await card.set_up_queue(1)
    card.tx_cfg.take()
    await card.put("queue_enable", 1)
    await card.cycles(30)
    assert card.tx_cfg.take() == [(0, field, value) for field, value in enumerate([size, *places, 0])]


@cocotb.test()
async def device_reset_waits_for_quiet(dut):
    """Status 0 stops all queues at once; QUIET needs queues and DMA idle; CLEAR resets tables; queues start again."""
    card = await start(dut, 5)
    for _ in range(2):
        await card.put("config_msix_vector", 1)
        for index in range(3):
            await card.set_up_queue(index)
            await card.put("queue_msix_vector", 1)
            await card.put("queue_enable", 1)
        await card.cycles(40)
        card.tx_cfg.take(), card.rx_cfg.take()
        dut.q_busy_tx.value, dut.dma_idle.value = 1, 0
        await card.put("device_status", 0)
        await card.cycles(60)
        assert dut.ctl_stop.value == 1
        assert sorted(entry[:2] for entry in card.tx_cfg.take()) == [(queue, STOP) for queue in range(card.pairs + 1)]
        assert sorted(entry[:2] for entry in card.rx_cfg.take()) == [(queue, STOP) for queue in range(card.pairs)]
        assert await card.get("queue_enable") == 0
        await card.put("queue_enable", 1)
        assert await card.get("queue_enable") == 0, "a queue started while quiescing"
        assert await card.fw.read(regs.DATAPATH) & regs.DATAPATH_QUIESCE
        for signal, value in ((dut.q_busy_tx, 0), (dut.dma_idle, 1)):
            assert not await card.fw.read(regs.DATAPATH_STATUS) & regs.DATAPATH_STATUS_QUIET
            signal.value = value
            await card.cycles(2)
        assert await card.fw.read(regs.DATAPATH_STATUS) & regs.DATAPATH_STATUS_QUIET
        card.clears.take(), card.vectors.take()
        await card.fw.write(regs.DATAPATH, regs.DATAPATH_QUIESCE | regs.DATAPATH_CLEAR)
        while await card.fw.read(regs.DATAPATH) & regs.DATAPATH_CLEAR:
            pass
        assert len(card.clears.take()) == 1
        assert sorted(card.vectors.take()) == [(gq, 0xFFFF) for gq in range(card.queues)]
        await card.fw.write(regs.DATAPATH, 0)
        await card.answer()
        assert await card.get("device_status") == 0
        assert (await card.get("config_msix_vector"), await card.get("queue_select")) == (0xFFFF, 0)
        for index in range(3):
            await card.put("queue_select", index)
            assert (await card.get("queue_size"), await card.get("queue_desc")) == (SIZE_MAX, 0)
            assert (await card.get("queue_msix_vector"), await card.get("queue_enable")) == (0xFFFF, 0)


@cocotb.test()
async def held_read_waits_for_the_right_answer(dut):
    """A read after a status write returns firmware's answer to that write, whenever it comes; other accesses go on."""
    card = await start(dut, 6)
    for round_ in range(12):
        wanted = card.rng.randrange(1, 256)
        await card.put("device_status", wanted)
        read = cocotb.start_soon(card.get("device_status"))
        await card.cycles(card.rng.randrange(150))
        assert not read.done()
        await card.put("queue_select", round_ % 3)
        if round_ % 2:
            host = await card.fw.read(regs.HOST_STATUS)
            stale = (host >> 16) - 1 & 0xFFFF
            await card.fw.write(regs.DEVICE_STATUS, 0x81 | stale << 16)
            assert await card.fw.read(regs.DEVICE_STATUS) == 0x81
            await card.cycles(30)
            assert not read.done(), "an old answer released the read"
        assert await card.fw.read(regs.HOST_STATUS) & 0xFF == wanted
        await card.answer(wanted ^ 0x30)
        assert await with_timeout(read, 2000, "ns") == wanted ^ 0x30
        assert await card.get("device_status") == wanted ^ 0x30
    assert (await card.fw.read(regs.HOST_STATUS)) >> 16 == 12


@cocotb.test()
async def unanswered_read_ends(dut):
    """After HOLD_LIMIT_US the read returns without FEATURES_OK and with DEVICE_NEEDS_RESET; the next is not held."""
    card = await start(dut, 7)
    await card.fw.write(regs.HOLD_LIMIT_US, 40)
    await card.put("device_status", 3)
    await card.answer(0x0F)
    await card.events()
    card.config_irq.take()
    await card.put("device_status", 11)
    begin = cocotb.utils.get_sim_time("ns")
    value = await card.get("device_status")
    took = (cocotb.utils.get_sim_time("ns") - begin) / 4 / 10
    assert value == 0x0F & ~FEATURES_OK | NEEDS_RESET and 39 <= took <= 50, (value, took)
    assert await with_timeout(cocotb.start_soon(card.get("device_status")), 1000, "ns") == value
    assert await card.events() & regs.EVENT_STATUS_HOLD_TIMEOUT
    assert len(card.config_irq.take()) == 1
    await card.answer(0)
    assert await card.get("device_status") == 0


@cocotb.test()
async def status_write_storm(dut):
    """Many status writes while firmware answers late: every read ends, the last read is the last answer."""
    card = await start(dut, 8)
    stop = False

    async def firmware():
        while not stop:
            await card.cycles(card.rng.randrange(60))
            await card.answer()

    cocotb.start_soon(firmware())
    for _ in range(25):
        writes = [card.host.post(20, card.rng.randrange(1, 256), 1) for _ in range(card.rng.randrange(1, 6))]
        final = card.rng.randrange(1, 256)
        writes.append(card.host.post(20, final, 1))
        reads = [cocotb.start_soon(card.get("device_status")) for _ in range(2)]
        for write in writes:
            await write.wait()
        for read in reads:
            await with_timeout(read, 20, "us")
        assert await card.get("device_status") == final
    stop = True


@cocotb.test()
async def watchdog_bites_once_and_is_fed(dut):
    """A heartbeat in time keeps it quiet; silence sets DEVICE_NEEDS_RESET once, with a configuration interrupt."""
    card = await start(dut, 9)
    await card.answer(0x0F)
    await card.fw.write(regs.WATCHDOG_US, 30)
    for _ in range(5):
        await card.cycles(250)
        await card.fw.write(regs.HEARTBEAT, 1)
    assert not await card.events() & regs.EVENT_STATUS_WATCHDOG
    card.config_irq.take()
    await card.cycles(1000)
    assert await card.events() & regs.EVENT_STATUS_WATCHDOG
    assert await card.fw.read(regs.DEVICE_STATUS) == 0x0F | NEEDS_RESET
    assert len(card.config_irq.take()) == 1
    await card.fw.write(regs.HEARTBEAT, 1)
    await card.cycles(1000)
    assert await card.events() & regs.EVENT_STATUS_WATCHDOG
    await card.fw.write(regs.WATCHDOG_US, 0)
    await card.cycles(1000)
    assert not await card.events() & regs.EVENT_STATUS_WATCHDOG


@cocotb.test()
async def device_configuration_generation_and_isr(dut):
    """virtio_net_config shows firmware's values, its generation moves with them, a read clears the ISR."""
    card = await start(dut, 10)
    await card.fw.write(regs.CONFIG_MAC_LO, 0x04030201)
    await card.fw.write(regs.CONFIG_MAC_HI, 0x0605)
    await card.fw.write(regs.CONFIG_STATUS, 3)
    await card.fw.write(regs.CONFIG_MTU, 9000)
    await card.fw.write(regs.CONFIG_SPEED, 25000)
    await card.fw.write(regs.CONFIG_DUPLEX, 1)
    await card.fw.write(regs.CONFIG_NOTIFY, 1)
    assert [await card.host.read(DEVICE + lane, 1) for lane in range(6)] == [1, 2, 3, 4, 5, 6]
    assert [await card.host.read(DEVICE + offset, 2) for offset in (6, 8, 10)] == [3, card.pairs, 9000]
    assert (await card.host.read(DEVICE + 12), await card.host.read(DEVICE + 16, 1)) == (25000, 1)
    assert int(dut.cfg_mac.value) == 0x060504030201
    assert len(card.config_irq.take()) == 1
    assert await card.host.read(ISR, 1) == 2 and await card.host.read(ISR, 1) == 0
    before = await card.get("config_generation")
    assert await card.get("config_generation") == before
    await card.fw.write(regs.CONFIG_STATUS, 1)
    assert await card.host.read(DEVICE + 6, 2) == 1
    assert await card.get("config_generation") != before, "a new value was seen under the old generation"
    before = await card.get("config_generation")
    await card.fw.write(regs.CONFIG_NOTIFY, 1)
    assert await card.get("config_generation") == (before + 1) % 256
    dut.isr_queue.value = 1
    await RisingEdge(dut.clk)
    dut.isr_queue.value = 0
    assert await card.host.read(ISR, 1) == 3 and await card.host.read(ISR, 1) == 0


@cocotb.test()
async def management_registers(dut):
    """Identity, plain registers, events with their enable, tables, error log, the control queue's handshake."""
    card = await start(dut, 11)
    fw = card.fw
    assert await fw.read(regs.ID) == regs.ID_VALUE
    assert await fw.read(regs.PARAM_QUEUES) == card.pairs | SIZE_MAX << 16
    assert await fw.read(regs.CORE_HZ) == 10_000_000
    plain = {
        regs.SCRATCH: 32, regs.HOLD_LIMIT_US: 32, regs.CONFIG_MTU: 16, regs.RX_MODE: 6, regs.RX_MTU: 16,
        regs.RX_STEER: 8,
        regs.RX_WAIT_CYCLES: 16, regs.COAL_QUEUE: 8, regs.COAL_RX_PACKETS: 16, regs.COAL_RX_USECS: 16,
        regs.COAL_TX_PACKETS: 16, regs.COAL_TX_USECS: 16, regs.MAC_CONTROL: 2, regs.EVENT_ENABLE: 8,
        regs.ACTIVE_FEATURES_HI: 32,
    }  # fmt: skip
    values = {offset: card.rng.getrandbits(32) for offset in plain}
    for offset, value in values.items():
        await fw.write(offset, value)
    for offset, bits in plain.items():
        assert await fw.read(offset) == values[offset] & ((1 << bits) - 1), hex(offset)
    low = await fw.read(regs.CYCLES_LO)
    assert await fw.read(regs.CYCLES_LO) > low and await fw.read(regs.CYCLES_HI) == 0
    await card.events()
    await fw.write(regs.EVENT_ENABLE, regs.EVENT_ENABLE_LINK)
    assert dut.mgmt_irq.value == 0
    dut.link_up.value, dut.fault.value = 1, 2
    await card.cycles(3)
    assert dut.mgmt_irq.value == 1
    assert await fw.read(regs.LINK) == regs.LINK_UP | 2 << regs.LINK_FAULT_SHIFT
    assert await card.events() == regs.EVENT_STATUS_LINK and dut.mgmt_irq.value == 0
    table = Recorder(dut, "tab_we", "tab_index", "tab_mac", "tab_valid", "tab_steer", "tab_queue")
    for offset, value in ((regs.MAC_TABLE_INDEX, 5), (regs.MAC_TABLE_LO, 0xDDCCBBAA), (regs.MAC_TABLE_HI, 0x703FFEE)):
        await fw.write(offset, value)
    await card.cycles(3)
    assert table.take() == [(5, 0xFFEEDDCCBBAA, 1, 1, 7)]
    coal = Recorder(dut, "coal_we", "coal_gq", "coal_max_packets", "coal_max_usecs")
    for offset, value in ((regs.COAL_QUEUE, 2), (regs.COAL_PACKETS, 300), (regs.COAL_USECS, 77)):
        await fw.write(offset, value)
    await card.cycles(3)
    assert coal.take() == [(2, 300, 77)]
    dut.coal_rd_packets.value, dut.coal_rd_usecs.value = 12, 34
    assert (await fw.read(regs.COAL_PACKETS), await fw.read(regs.COAL_USECS)) == (12, 34)
    await card.events()
    dut.ctl_length.value, dut.ctl_capacity.value, dut.ctl_too_long.value, dut.ctl_pending.value = 66, 1000, 1, 1
    await card.cycles(2)
    assert await fw.read(regs.CTRL_STATE) == 3 | 66 << 16 and await fw.read(regs.CTRL_CAPACITY) == 1000
    assert await card.events() == regs.EVENT_STATUS_CTRL_COMMAND
    done = Recorder(dut, "ctl_done_valid", "ctl_done_length")
    await fw.write(regs.CTRL_DONE, 9)
    assert done.take() == [(9,)]
    dut.ctl_ram_rdata.value = 0x12345678
    assert await fw.read(regs.CTRL_RAM + 8) == 0x12345678


@cocotb.test()
async def queue_errors_are_logged_and_counted(dut):
    """Errors of both engines in the same cycle reach log, last code and counters; the log keeps 16."""
    card = await start(dut, 12)
    await card.events()
    sent = []
    for number in range(12):
        tx, rx = card.rng.randrange(1, 10), card.rng.randrange(1, 10)
        queue = card.rng.randrange(card.pairs + 1)
        dut.err_tx_valid.value, dut.err_tx_queue.value, dut.err_tx_code.value = 1, queue, tx
        dut.err_rx_valid.value, dut.err_rx_queue.value, dut.err_rx_code.value = 1, card.pairs - 1, rx
        await RisingEdge(dut.clk)
        dut.err_tx_valid.value, dut.err_rx_valid.value = 0, 0
        await card.cycles(card.rng.randrange(2, 6))
        gq = 2 * card.pairs if queue == card.pairs else 2 * queue + 1
        sent += [(gq, tx), (2 * card.pairs - 2, rx)]
        if number == 1:
            assert await card.events() == regs.EVENT_STATUS_QUEUE_ERROR
    for gq, code in sent[:16]:
        assert await card.fw.read(regs.ERROR_LOG) == regs.ERROR_LOG_VALID | code << 8 | gq
    assert await card.fw.read(regs.ERROR_LOG) == 0
    last = dict(sent)
    for gq, code in last.items():
        await card.fw.write(regs.QUEUE_SELECT, gq)
        assert (await card.fw.read(regs.QUEUE_STATE) & regs.QUEUE_STATE_ERROR) >> regs.QUEUE_STATE_ERROR_SHIFT == code
    await card.fw.write(regs.STATS_SNAPSHOT, 1)
    while await card.fw.read(regs.STATS_SNAPSHOT):
        pass
    base = regs.STATS.index("vq_err_head")
    for code in range(1, 10):
        expected = sum(entry[1] == code for entry in sent)
        assert await card.fw.read(regs.STATS_WINDOW + 8 * (base + code - 1)) == expected


@cocotb.test()
async def counters_by_both_ports(dut):
    """Counters from outside and of the block itself, by firmware's window and the vendor block, each with its copy."""
    card = await start(dut, 13)
    where = {name: number for number, name in enumerate(regs.STATS)}
    dut.stat_inc.value = 1 << where["tx_frames"] | 1 << where["rx_bytes"]
    dut.stat_amount.value = 1500 << 16
    await card.cycles(100)
    dut.stat_inc.value = 0
    dut.busy.value = 1
    await card.cycles(77)
    dut.busy.value = 0
    await card.set_up_queue(0)
    await card.put("queue_enable", 1)
    for _ in range(5):
        await card.host.write(NOTIFY, 0, 2)
    await card.host.write(VENDOR + vendor_regs.STATS_SNAPSHOT, 1)
    while await card.host.read(VENDOR + vendor_regs.STATS_SNAPSHOT):
        pass
    window = VENDOR + vendor_regs.STATS_WINDOW
    assert await card.host.read(VENDOR + vendor_regs.ID) == vendor_regs.ID_VALUE
    assert await card.host.read(VENDOR + vendor_regs.STATS_COUNT) == len(regs.STATS)
    for name, value in (
        ("tx_frames", 100),
        ("rx_bytes", 150_000),
        ("busy_cycles", 77),
        ("vq_kicks", 5),
        ("tx_bytes", 0),
    ):
        assert await card.host.read(window + 8 * where[name]) == value, name
        assert await card.host.read(window + 8 * where[name] + 4) == 0
        assert await card.fw.read(regs.STATS_WINDOW + 8 * where[name]) == 0, "firmware took no snapshot"


@cocotb.test()
async def reads_see_the_writes_before_them(dut):
    """Posted writes and reads started at once on both ports: a read never overtakes a write offered before it."""
    card = await start(dut, 14)
    shadow = dict.fromkeys(range(32, 56, 4), 0)
    scratch = 0
    card.host.b.stall = card.fw.b.stall = 0.9  # a write waits while the answer to the one before is not taken
    for _ in range(200):
        offset = card.rng.choice(list(shadow))
        lane, size = card.rng.choice([(0, 4), (0, 2), (2, 2), (0, 1), (1, 1), (3, 1)])
        value = card.rng.getrandbits(8 * size)
        mask = ((1 << 8 * size) - 1) << 8 * lane
        card.host.post(offset + lane, value, size)
        shadow[offset] = shadow[offset] & ~mask | value << 8 * lane
        if card.rng.random() < 0.5:
            scratch = card.rng.getrandbits(32)
            card.fw.post(regs.SCRATCH, scratch)
        if card.rng.random() < 0.4:
            while not (card.host.aw.idle and card.host.w.idle and card.fw.aw.idle and card.fw.w.idle):
                await RisingEdge(dut.clk)
            other = card.rng.choice([*shadow, offset, offset, offset, offset])
            mine, theirs = cocotb.start_soon(card.host.read(other)), cocotb.start_soon(card.fw.read(regs.SCRATCH))
            assert (await mine, await theirs) == (shadow[other], scratch)
