# SPDX-License-Identifier: Apache-2.0
"""RTL, firmware and driver use every register where the register source has it: read anew, not with the exporter."""

import shutil
from pathlib import Path

import pytest
from register_names import Names, read
from register_rtl import decode_problems, macro_problems
from register_users import literal_problems, map_problems, pci_problems, space_problems

from testbench.lib import tools

FIRMWARE, HOST_SIDE, DRIVER, MODEL = (
    Path("firmware/regs.py"),
    Path("firmware/bar_regs.py"),
    Path("host_driver/vendor_regs.py"),
    Path("testbench/model/registers/regs.py"),
)
SMALL = 0x10  # numbers below it mean too many things to be taken for addresses


@pytest.fixture(scope="module")
def names() -> Names:
    return read()


def problems(names, root):
    """Everything that is wrong in a checkout."""
    vendor = names.resets["PCI_CAP_VENDOR_ID"] & names.masks["PCI_CAP_VENDOR_ID_VENDOR_ID"]
    structures = {*names.of("VENDOR").addresses.values(), *names.of("BAR").addresses.values()}
    found = macro_problems(names, root / "hw") + decode_problems(names, root / "hw")
    found += map_problems(root / FIRMWARE, names.of("MGMT"), {"ID_VALUE": names.resets["MGMT_ID"]})
    identity = {"ID_VALUE": names.resets["VENDOR_ID"], "CAP_VENDOR_ID": vendor}
    found += map_problems(root / DRIVER, names.of("VENDOR"), identity)
    host_side = names.among("BAR", "PCI", "COMMON", "DEVCFG")
    found += space_problems(root / HOST_SIDE, host_side)
    if (root / MODEL).exists():
        found += space_problems(root / MODEL, names)
    found += pci_problems(root / "host_driver", names)
    reached = {*names.of("MGMT").addresses.values(), *host_side.addresses.values()}
    found += literal_problems(root / "firmware", {at for at in reached if at >= SMALL})
    found += literal_problems(root / "host_driver", {at for at in structures if at >= SMALL})
    return found


def test_everyone_has_every_register_where_the_source_has_it(names):
    assert len(names.addresses) > 100 and len(names.masks) > 80 and len(names.counters) == 71
    assert problems(names, tools.ROOT) == []


@pytest.fixture
def copy(tmp_path):
    """A copy of what is checked, to break."""
    for folder in ("hw", "firmware", "host_driver"):
        shutil.copytree(tools.ROOT / folder, tmp_path / folder, ignore=shutil.ignore_patterns("__pycache__"))
    return tmp_path


# file, text in it, what becomes of it, what is said
REGS, TRANSPORT = "hw/nic/regs/", "host_driver/transport/"
BREAKS = {
    "address in the header": (
        REGS + "ferrule_regs.vh", "MGMT_DATAPATH                                17'h00070",
        "MGMT_DATAPATH                                17'h00078",
        "mgmt_core.v: `MGMT_DATAPATH is 120, the register source has 0x70",
    ),
    "mask in the header": (
        REGS + "ferrule_regs.vh", "MGMT_MAC_TABLE_HI_STEER                      32'h20000",
        "MGMT_MAC_TABLE_HI_STEER 32'h40000", "mgmt_config.v: `MGMT_MAC_TABLE_HI_STEER",
    ),
    "unknown macro": (
        REGS + "mgmt_core.v", "`MGMT_SCRATCH:            scratch ", "`MGMT_SCRATCHY: scratch ",
        "mgmt_core.v: `MGMT_SCRATCHY is no name",
    ),
    "literal case label": (
        REGS + "mgmt_core.v", "`MGMT_SCRATCH:            scratch", "17'd24: scratch", "17'd24, which names no register",
    ),
    "literal comparison": (
        REGS + "bar_vendor.v", "off == `VENDOR_STATS_SNAPSHOT", "off == 17'd12", "17'd12, which names no register",
    ),
    "literal behind a constant": (
        REGS + "bar_common.v", "W_STATUS = `COMMON_DEVICE_STATUS & 17'h1fffc", "W_STATUS = 17'd20",
        "W_STATUS, which names no register",
    ),
    "macro of another place": (
        REGS + "pci_config.v", "`PCI_CAP_ISR + 17'd8:", "`PCI_CAP_ISR + 17'd48:", "outside of PCI_CAP_ISR",
    ),
    "address in a capability": (
        REGS + "pci_config.v", "{15'd0, `PCI_CAP_NOTIFY} << 8", "32'h50 << 8",
        "'h50 is the address of PCI_CAP_NOTIFY",
    ),
    "firmware's address": ("firmware/regs.py", "CTRL_DONE = 0x118", "CTRL_DONE = 0x11C", "CTRL_DONE is 0x11c"),
    "firmware's mask": ("firmware/regs.py", "LINK_FAULT = 0x6", "LINK_FAULT = 0xE", "LINK_FAULT is 0xe"),
    "firmware's shift": ("firmware/regs.py", "LINK_FAULT_SHIFT = 1", "LINK_FAULT_SHIFT = 2", "LINK_FAULT_SHIFT is 0x2"),
    "firmware lacks one": ("firmware/regs.py", "HEARTBEAT = ", "HEART_BEAT = ", "HEARTBEAT is missing"),
    "order of the counters": ("firmware/regs.py", '    "tx_frames",', '    "tx_bytes", "tx_frames",', "STATS are not"),
    "driver's address": (
        "host_driver/vendor_regs.py", "STATS_WINDOW = 0x800", "STATS_WINDOW = 0x808", "STATS_WINDOW is 0x808",
    ),
    "driver's common layout": (
        TRANSPORT + "pci.py", '"queue_notify_off": (30, 2)', '"queue_notify_off": (28, 2)', "queue_notify_off is",
    ),
    "driver's PCI offset": (
        TRANSPORT + "capabilities.py", "PCI_CAPABILITIES = 0x34", "PCI_CAPABILITIES = 0x38",
        "PCI_CAPABILITIES is 56",
    ),
    "host side's address": (
        "firmware/bar_regs.py", "COMMON_QUEUE_RESET = 0x03A", "COMMON_QUEUE_RESET = 0x038",
        "COMMON_QUEUE_RESET is 0x38",
    ),
    "host side's size": (
        "firmware/bar_regs.py", "BAR_DEVICE_SIZE = 0x18", "BAR_DEVICE_SIZE = 0x14", "BAR_DEVICE_SIZE is 0x14",
    ),
    "host side's mask": (
        "firmware/bar_regs.py", "PCI_CAP_MSIX_ENABLE = 0x8000", "PCI_CAP_MSIX_ENABLE = 0x4000",
        "PCI_CAP_MSIX_ENABLE is 0x40000000",
    ),
    "host side lacks one": (
        "firmware/bar_regs.py", "BAR_NOTIFY = ", "BAR_DOORBELLS = ", "bar_regs.py: BAR_NOTIFY is missing",
    ),
    "host side's literal": (
        "firmware/vhost/port.py", "bar.BAR_NOTIFY + 4 * index", "4096 + 4 * index", "address without a name",
    ),
    "host side's hexadecimal literal": (
        "firmware/vhost/port.py", "POLL_NS = ", "ELSEWHERE = 0x3000\nPOLL_NS = ", "0x3000 is the address of a register",
    ),
    "firmware's literal": ("firmware/link.py", "regs.CONFIG_MTU,", "140,", "140 gives a bus an address without a name"),
    "literal behind a name": (
        "firmware/coalescing.py", "for register in (regs.COAL_RX_PACKETS,", "for register in (204,",
        "register gives a bus an address without a name",
    ),
    "offset from another register": (
        "firmware/stats.py", "write32(regs.STATS_SNAPSHOT,", "write32(regs.ID + 304,", "regs.ID + 304 adds 304",
    ),
    "hexadecimal literal": (
        "firmware/link.py", "FULL_DUPLEX = ", "ELSEWHERE = 0x94\nFULL_DUPLEX = ", "0x94 is the address of a register",
    ),
    "driver's literal": (
        "host_driver/net/stats.py", "region.offset + vendor_regs.STATS_SNAPSHOT, 1", "region.offset + 0x800, 1",
        "adds 2048",
    ),
}  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS)
def test_each_disagreement_is_found(names, copy, broken):
    file, old, new, said = BREAKS[broken]
    text = (copy / file).read_text()
    assert text.count(old) >= 1, f"{file} has no {old!r} to break"
    (copy / file).write_text(text.replace(old, new, 1))
    found = problems(names, copy)
    assert any(said in problem for problem in found), found


def test_a_register_moved_in_the_source_is_missed_by_everyone(copy):
    source = copy / "hw" / "nic" / "regs" / "ferrule.rdl"
    source.write_text(source.read_text().replace("} DATAPATH @0x070", "} DATAPATH @0x06c", 1))
    moved = read(source)
    assert moved.addresses["MGMT_DATAPATH"] == 0x6C
    found = problems(moved, copy)
    assert any(problem.startswith("mgmt_core.v: `MGMT_DATAPATH is 112") for problem in found)
    assert "regs.py: DATAPATH is 0x70, the register source has 0x6c" in found
