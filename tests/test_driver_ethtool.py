# SPDX-License-Identifier: Apache-2.0
"""ethtool's verbs on the card and on a third device, in the shapes that ethtool 6.1 printed for a virtio_net interface.

The third device is deliberately not our card: other limits, another speed, no vendor block.
"""

import re
from dataclasses import dataclass

import pytest
import virtio_device
from virtio_device import FakeDevice

from firmware import features as offer
from host_driver import Feature, NetDevice, Options
from host_driver.net.features import mask
from host_driver.net.stats import LINK_STATS
from testbench.lib.runtime import DEVICES, run_simulation
from testbench.system.driver_ethtool import play

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
RX:		{limit}
RX Mini:	n/a
RX Jumbo:	n/a
TX:		{limit}
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
TSO = [Feature.HOST_TSO4, Feature.HOST_TSO6, Feature.HOST_ECN]
OFFLOADS = ["tx-checksum-ip-generic", "tx-tcp-ecn-segmentation", "tx-tcp-segmentation", "tx-tcp6-segmentation"]


@dataclass
class OnCard:
    """Steps on the card, on one of its two devices."""

    device: str
    folder: object
    ring_limit, speed, counters, packed = 1024, 10_000, True, False

    def offers(self, feature):
        return feature in offer.OFFERED

    def __call__(self, *steps, without=(), options=None, deaf_from=None):
        args = {"steps": steps, "card": {"withheld": mask(without)}, "options": options or {}}
        if deaf_from is not None:
            args["deaf_from"] = deaf_from
        entry = "testbench.system.driver_ethtool:session"
        got = run_simulation(entry, args=args, run_dir=self.folder, capture_file=False, device=self.device)
        self.commands = [bytes.fromhex(command) for command in got["commands"]]
        return got["results"]


@dataclass
class OnThird:
    """The same steps on a device that is not our card."""

    packed: bool
    ring_limit, speed, counters = 128, 25_000, False

    def offers(self, feature):
        return True

    def __call__(self, *steps, without=(), options=None, deaf_from=None):
        without = [*without, *([] if self.packed else [Feature.RING_PACKED])]
        fake = FakeDevice(mask(Feature) & ~mask(without))
        device = NetDevice(fake, options=Options(**(options or {})))
        virtio_device.run(device.probe())
        fake.commands.clear()

        async def arrive(frame):
            assert fake.deliver(frame)

        cut = len(steps) if deaf_from is None else deaf_from
        results = virtio_device.run(play(device, steps[:cut], arrive))
        if cut < len(steps):
            fake.answers[(0, 0)] = b"\1"
            fake.change_config(status=0)
        self.commands = fake.commands
        return results + virtio_device.run(play(device, steps[cut:], arrive))


@pytest.fixture(params=[*DEVICES, "third split", "third packed"])
def on(request, tmp_path):
    """``on(step, ..., without=features, options={})``: what each step gives, see testbench/system/driver_ethtool.py."""
    if request.param.startswith("third"):
        return OnThird(request.param.endswith("packed"))
    return OnCard(request.param, tmp_path)


def fields(text):
    return dict(line.strip().split(":", 1) for line in text.splitlines() if ":" in line)


def test_coalesce_ring_and_channels_have_ethtools_shape(on):
    coalesce, ring, channels = on(["-c"], ["-g"], ["-l"], options={"rx_size": 64, "tx_size": 32})
    assert coalesce == COALESCE and ring == RING.format(limit=on.ring_limit) and channels == CHANNELS


def test_driver_information_has_every_line(on):
    text, settings = on(["-i"], [""])
    info = fields(text)
    assert list(info) == [
        "driver", "version", "firmware-version", "expansion-rom-version", "bus-info", "supports-statistics",
        "supports-test", "supports-eeprom-access", "supports-register-dump", "supports-priv-flags",
    ]  # fmt: skip
    assert info["firmware-version"] == " 1.0.0"
    assert f"Speed: {on.speed}Mb/s\n" in settings and "Link detected: yes" in settings


def test_offloads_are_switched_and_shown(on):
    first, _, second, _, third, _, dependent, _, again, *wrong = on(
        ["-k"], ["-K", "tx-tcp6-segmentation", "off"], ["-k"], ["-K", "tso", "off"], ["-k"],
        ["-K", "tso", "on", "tx", "off"], ["offloads"], ["-K", "tx", "on"], ["offloads"],
        ["-K", "lro", "on"], ["-K", "tso"], ["-K", "tso", "maybe"],
    )  # fmt: skip
    fixed = "" if on.offers(Feature.CTRL_GUEST_OFFLOADS) else " [fixed]"
    assert f"\nrx-checksumming: on{fixed}\ntx-checksumming: on\n" in first
    assert "tcp-segmentation-offload: on\n\ttx-tcp-segmentation: on\n" in first
    assert "tcp-segmentation-offload: on\n" in second and "\ttx-tcp6-segmentation: off\n" in second
    assert "tcp-segmentation-offload: off\n" in third
    assert dependent == [], "segmentation needs the checksum offload"
    assert again == OFFLOADS
    assert all(text.startswith("ValueError: ") for text in wrong)


def test_offloads_that_were_not_offered_stay_off(on):
    shown, refused = on(["-k"], ["-K", "tso", "on"], without=TSO)
    assert "tcp-segmentation-offload: off [fixed]\n" in shown and refused.startswith("Unsupported: ")


def test_coalescing_is_set_and_what_is_not_named_stays(on):
    *done, shown = on(["-C", "rx-usecs", "50", "rx-frames", "32"], ["-C", "rx-usecs", "0x10"], ["-c"])
    assert [command[:2] for command in on.commands] == [b"\6\1", b"\6\1"]
    assert done == ["", ""] and "\nrx-usecs: 16\nrx-frames: 32\n" in shown and "\ntx-usecs: 0\ntx-frames: 0\n" in shown
    words = (["rx-usecs"], [], ["bogus", "1"], ["rx-usecs", "soon"], ["rx-usecs", "-1"])
    assert all(text.startswith("ValueError: ") for text in on(*(["-C", *wrong] for wrong in words)))
    (shown,) = on(["-c"], without=[Feature.NOTF_COAL])
    assert "rx-usecs: n/a" in shown


def test_coalescing_reaches_the_cards_queues(device, tmp_path):
    on = OnCard(device, tmp_path)
    results = on(
        ["-C", "rx-usecs", "50", "rx-frames", "32"], ["coalescing", 0], ["-C", "rx-usecs", "0x10"], ["coalescing", 0],
        ["coalescing", 1], ["-C", "tx-frames", "9", "tx-usecs", "8"], ["coalescing", 1], ["-C", "rx-frames", "65536"],
        ["coalescing", 0],
    )  # fmt: skip
    assert results[1::2] == [[32, 50], [32, 16], "", "ControlError: the device refused control command 6.1 (ack 0x1)"]
    assert results[4::2] == [[0, 0], [9, 8], [32, 16]]


@pytest.mark.parametrize("without", [[], [Feature.RING_RESET]], ids=["queue by queue", "the whole device"])
def test_rings_are_resized_with_or_without_queue_reset(on, without):
    limit = on.ring_limit
    done, ring, sizes, sent, received, odd, *wrong = on(
        ["-G", "rx", "16", "tx", "64"], ["-g"], ["sizes"], ["send", 60], ["receive", 60], ["-G", "rx", "100"],
        ["-G", "tx", str(2 * limit)], ["-G", "rx", "0"], ["-G", "tx", "1"], without=without,
    )  # fmt: skip
    assert done == "" and "Current hardware settings:\nRX:\t\t16\n" in ring and "TX:\t\t64\n" in ring
    assert sizes == [16, 64]
    assert sent and received
    wanted = "a number" if on.packed else "a power of two"
    assert odd == ("" if on.packed else f"ValueError: rx: 100 is not a power of two from 2 to {limit}")
    assert wrong[0] == f"ValueError: tx: {2 * limit} is not {wanted} from 2 to {limit}"
    assert all(text.startswith("ValueError: ") for text in wrong)


def test_the_number_of_channels_is_fixed_without_mq(on):
    same, other = on(["-L", "combined", "1"], ["-L", "combined", "2"], without=[Feature.MQ, Feature.RSS])
    assert same == "" and other == "Unsupported: 2 channels: the device has 1 and no MQ to change that"


def test_statistics_carry_linux_names_and_survive_a_reprobe(on):
    traffic = [["send", 100], ["receive", 200]] * 3
    *moved, first, _, second = on(*traffic, ["-S"], ["recover"], ["-S"])
    assert moved == [True] * 6
    for text in (first, second):
        assert text.startswith("NIC statistics:\n") and re.fullmatch(r"(     \w+: \d+\n)+", text.partition("\n")[2])
        stats = {name: int(value) for name, value in fields(text).items() if value}
        assert set(LINK_STATS) <= set(stats)
        assert (stats["tx_packets"], stats["tx_bytes"], stats["rx_packets"], stats["rx_bytes"]) == (3, 300, 3, 600)
    assert stats["tx_queue_0_packets"] == 0
    assert any(name.startswith("hw_") for name in stats) == on.counters, "the vendor block's, where there is one"


def test_self_test_passes_on_a_sound_device_and_names_what_fails(on):
    sound, broken = on(["-t"], ["-t"], deaf_from=1)
    assert sound.startswith("The test result is PASS\nThe test extra info:\n") and sound.count("\t 0\n") == 4
    assert broken.startswith("The test result is FAIL\n")
    assert (
        "Control queue  (online)\t 1\n" in broken
        and "Link test      (online)\t 1\n" in broken
        and broken.count("\t 0\n") == 2
    )


def test_an_unknown_verb_is_refused(on):
    (text,) = on(["--frobnicate"])
    assert text.startswith("ValueError: ") and "-S -t" in text
