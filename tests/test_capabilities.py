# SPDX-License-Identifier: Apache-2.0
"""A card built with less: its parameters are checked wherever they are given, and firmware offers what it has."""

import subprocess

import pytest
from register_card import RegisterCard, run

from firmware import Firmware, features, regs
from firmware.errors import ParameterError
from testbench.lib import tools
from testbench.lib.config import CardConfig
from testbench.lib.sources import card_sources

EVERYTHING = 64 << regs.CAPABILITIES_ADDR_W_SHIFT | 0xF
SMALL = {
    "addr_w": 32, "packed_rings": False, "steering": False, "vlan_filter": False, "rx_checksum": False, "mac_table": 4,
    "rx_store": 16384, "prefetch": 8, "command_ram": 1024, "tx_store": 16384,
}  # fmt: skip


def offer(capabilities, pairs=1):
    """What firmware offers on such a card, as names."""
    bus = RegisterCard()
    bus.words[regs.CAPABILITIES] = capabilities
    bus.words[regs.PARAM_QUEUES] = 1024 << 16 | pairs
    firmware = Firmware(bus)
    run(firmware.boot())
    return set(features.names(firmware.offer))


@pytest.mark.parametrize(
    "bit, missing",
    [
        (regs.CAPABILITIES_PACKED_RINGS, {"RING_PACKED"}),
        (regs.CAPABILITIES_STEERING, {"RSS", "HASH_REPORT", "MQ"}),
        (regs.CAPABILITIES_VLAN_FILTER, {"CTRL_VLAN"}),
        (regs.CAPABILITIES_RX_CHECKSUM, {"GUEST_CSUM", "CTRL_GUEST_OFFLOADS"}),
    ],
)
def test_what_a_card_has_not_is_not_offered(bit, missing):
    full = offer(EVERYTHING, pairs=4)
    assert full == {features.NAMES[feature] for feature in features.OFFERED}
    assert offer(EVERYTHING & ~bit, pairs=4) == full - missing


def test_a_card_with_one_pair_has_no_multiqueue():
    assert offer(EVERYTHING, pairs=4) - offer(EVERYTHING, pairs=1) == {"MQ"}


@pytest.mark.parametrize("width", [0, 31, 65])
def test_addresses_that_cannot_be_are_named(width):
    bus = RegisterCard()
    bus.words[regs.CAPABILITIES] = width << regs.CAPABILITIES_ADDR_W_SHIFT | 0xF
    with pytest.raises(ParameterError, match="ADDR_W"):
        run(Firmware(bus).boot())


def test_parameters_reach_verilog_under_their_names():
    given = CardConfig(**SMALL).parameters()
    assert {name: given[name.upper()] for name in SMALL} == {name: int(value) for name, value in SMALL.items()}
    full = CardConfig().parameters()
    assert (full["ADDR_W"], full["PREFETCH"], full["MAC_TABLE"], full["RX_STORE"]) == (64, 64, 32, 32768)


@pytest.mark.parametrize(
    "wrong",
    [
        {"addr_w": 31}, {"addr_w": 65}, {"mac_table": 5}, {"mac_table": 256}, {"rx_store": 8192}, {"prefetch": 2},
        {"prefetch": 128}, {"command_ram": 300}, {"tx_store": 8192}, {"tx_store": 16400},
        {"steering": False, "queue_pairs": 2},
    ],
    ids=str,
)  # fmt: skip
def test_a_configuration_that_cannot_be_is_refused_everywhere(wrong, tmp_path):
    name = next(iter(wrong))
    with pytest.raises(ValueError, match=name.replace("steering", "queue_pairs")):
        CardConfig(**wrong)
    command = ["iverilog", "-g2005", "-s", "ferrule_nic", *(f"-I{folder}" for folder in tools.INCLUDES)]
    command += [f"-Pferrule_nic.{key.upper()}={int(value)}" for key, value in wrong.items()]
    command += ["-o", str(tmp_path / "card"), *map(str, card_sources())]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    said = subprocess.run(["vvp", str(tmp_path / "card")], capture_output=True, text=True, timeout=60).stdout
    assert f"ferrule_nic: {name.upper().replace('STEERING', 'QUEUE_PAIRS')} " in said
