# SPDX-License-Identifier: Apache-2.0
"""ethtool's verbs on the driver; the shapes are those that ethtool 6.1 printed for a virtio_net interface."""

import re

import pytest
from virtio_device import FakeDevice, run

from host_driver import Feature, NetDevice, Options
from host_driver.errors import Unsupported
from host_driver.ethtool import Ethtool
from host_driver.ethtool_features import enabled
from host_driver.net.features import mask
from host_driver.net.stats import LINK_STATS

ALL = mask(Feature)

COALESCE = """\
Coalesce parameters for eth0:
Adaptive RX: n/a  TX: n/a
stats-block-usecs: n/a
sample-interval: n/a
pkt-rate-low: n/a
pkt-rate-high: n/a

rx-usecs: 0
rx-frames: 0
rx-usecs-irq: n/a
rx-frames-irq: n/a

tx-usecs: 0
tx-frames: 0
tx-usecs-irq: n/a
tx-frames-irq: n/a

rx-usecs-low: n/a
rx-frame-low: n/a
tx-usecs-low: n/a
tx-frame-low: n/a

rx-usecs-high: n/a
rx-frame-high: n/a
tx-usecs-high: n/a
tx-frame-high: n/a

CQE mode RX: n/a  TX: n/a

"""
RING = """\
Ring parameters for eth0:
Pre-set maximums:
RX:		128
RX Mini:	n/a
RX Jumbo:	n/a
TX:		128
Current hardware settings:
RX:		64
RX Mini:	n/a
RX Jumbo:	n/a
TX:		32
RX Buf Len:		2048
CQE Size:		n/a
TX Push:	n/a
TCP data split:	n/a
"""
CHANNELS = """\
Channel parameters for eth0:
Pre-set maximums:
RX:		n/a
TX:		n/a
Other:		n/a
Combined:	1
Current hardware settings:
RX:		n/a
TX:		n/a
Other:		n/a
Combined:	1
"""


def tool(features=ALL, **options):
    fake = FakeDevice(features)
    device = NetDevice(fake, options=Options(**options))
    run(device.probe())
    return fake, device, Ethtool(device, "eth0", "1.0.0")


def fields(text):
    return dict(line.strip().split(":", 1) for line in text.splitlines() if ":" in line)


def test_coalesce_ring_and_channels_have_ethtools_shape():
    _, _, ethtool = tool(rx_size=64, tx_size=32)
    assert run(ethtool.run("-c")) == COALESCE
    assert run(ethtool.run("-g")) == RING
    assert run(ethtool.run("-l")) == CHANNELS


def test_driver_information_has_every_line():
    _, _, ethtool = tool()
    info = fields(run(ethtool.run("-i")))
    assert list(info) == [
        "driver", "version", "firmware-version", "expansion-rom-version", "bus-info", "supports-statistics",
        "supports-test", "supports-eeprom-access", "supports-register-dump", "supports-priv-flags",
    ]  # fmt: skip
    assert info["firmware-version"] == " 1.0.0"
    assert "Speed: 25000Mb/s\n" in run(ethtool.run("")) and "Link detected: yes" in run(ethtool.run(""))


def test_offloads_are_switched_and_shown():
    _, device, ethtool = tool()
    shown = run(ethtool.run("-k"))
    assert "\nrx-checksumming: on [fixed]\ntx-checksumming: on\n" in shown
    assert "tcp-segmentation-offload: on\n\ttx-tcp-segmentation: on\n" in shown
    run(ethtool.run("-K", ["tx-tcp6-segmentation", "off"]))
    shown = run(ethtool.run("-k"))
    assert "tcp-segmentation-offload: on\n" in shown and "\ttx-tcp6-segmentation: off\n" in shown
    run(ethtool.run("-K", ["tso", "off"]))
    assert "tcp-segmentation-offload: off\n" in run(ethtool.run("-k"))
    run(ethtool.run("-K", ["tso", "on", "tx", "off"]))
    assert not enabled(device, "tx-tcp-segmentation"), "segmentation needs the checksum offload"
    run(ethtool.run("-K", ["tx", "on"]))
    assert enabled(device, "tx-tcp-segmentation")
    for words in (["lro", "on"], ["tso"], ["tso", "maybe"]):
        with pytest.raises(ValueError):
            run(ethtool.run("-K", words))
    _, _, plain = tool(ALL & ~mask([Feature.HOST_TSO4, Feature.HOST_TSO6, Feature.HOST_ECN]))
    assert "tcp-segmentation-offload: off [fixed]\n" in run(plain.run("-k"))
    with pytest.raises(Unsupported):
        run(plain.run("-K", ["tso", "on"]))


def test_coalescing_is_set_and_what_is_not_named_stays():
    fake, _, ethtool = tool()
    run(ethtool.run("-C", ["rx-usecs", "50", "rx-frames", "32"]))
    run(ethtool.run("-C", ["rx-usecs", "0x10"]))
    assert [command[:2] for command in fake.commands] == [b"\6\1", b"\6\1"]
    assert "\nrx-usecs: 16\nrx-frames: 32\n" in run(ethtool.run("-c"))
    for words in (["rx-usecs"], [], ["bogus", "1"], ["rx-usecs", "soon"], ["rx-usecs", "-1"]):
        with pytest.raises(ValueError):
            run(ethtool.run("-C", words))
    _, _, plain = tool(ALL & ~mask([Feature.NOTF_COAL]))
    assert "rx-usecs: n/a" in run(plain.run("-c"))


@pytest.mark.parametrize("features", [ALL, ALL & ~mask([Feature.RING_RESET])])
def test_rings_are_resized_with_or_without_queue_reset(features):
    fake, device, ethtool = tool(features)
    run(ethtool.run("-G", ["rx", "16", "tx", "64"]))
    assert (fake.queue[0]["size"], fake.queue[1]["size"]) == (16, 64)
    assert device.transmit(bytes(60)) and fake.deliver(bytes(60)) and len(device.poll()) == 1
    for words in (["rx", "100"], ["tx", "256"], ["rx", "0"]):
        with pytest.raises(ValueError):
            run(ethtool.run("-G", words))
    run(ethtool.run("-L", ["combined", "1"]))
    with pytest.raises(Unsupported):
        run(ethtool.run("-L", ["combined", "2"]))


def test_statistics_carry_linux_names_and_survive_a_reprobe():
    fake, device, ethtool = tool()
    for _ in range(3):
        device.transmit(bytes(100))
        fake.deliver(bytes(200))
    device.poll()
    for _ in range(2):
        text = run(ethtool.run("-S"))
        assert text.startswith("NIC statistics:\n") and re.fullmatch(r"(     \w+: \d+\n)+", text.partition("\n")[2])
        stats = {name: int(value) for name, value in fields(text).items() if value}
        assert set(LINK_STATS) <= set(stats)
        assert (stats["tx_packets"], stats["tx_bytes"], stats["rx_packets"], stats["rx_bytes"]) == (3, 300, 3, 600)
        run(device.recover())
    assert stats["tx_queue_0_packets"] == 0 and not any(name.startswith("hw_") for name in stats)


def test_self_test_passes_on_a_sound_device_and_names_what_fails():
    fake, _, ethtool = tool()
    text = run(ethtool.run("-t"))
    assert text.startswith("The test result is PASS\nThe test extra info:\n") and text.count("\t 0\n") == 4
    fake.answers[(0, 0)] = b"\1"
    fake.change_config(status=0)
    text = run(ethtool.run("-t"))
    assert text.startswith("The test result is FAIL\n")
    assert (
        "Control queue  (online)\t 1\n" in text
        and "Link test      (online)\t 1\n" in text
        and text.count("\t 0\n") == 2
    )


def test_an_unknown_verb_is_refused():
    with pytest.raises(ValueError, match="-S -t"):
        run(tool()[2].run("--frobnicate"))
