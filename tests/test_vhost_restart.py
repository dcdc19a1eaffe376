# SPDX-License-Identifier: Apache-2.0
"""A back end that ends under a running guest, and another that comes in its place."""

import os
import signal
import time

import pytest
from guest_needs import need_qemu, need_uml
from vhost_traffic import missing, short_folder
from wire_host import WireHost

from ferrule.guest.guest import GuestSettings
from ferrule.guest.qemu import QemuCard, QemuGuest
from ferrule.guest.uml import UmlGuest
from ferrule.vhost.process import VhostCard
from ferrule.vhost.settings import VhostSettings
from testbench.interop import testpmd
from testbench.interop.testpmd import Testpmd

LIMIT_S = 20.0
OTHER = "10.78.0.2"


@pytest.fixture
def folder():
    with short_folder() as path:
        yield path


def kill(card):
    """End a card's process as a crash does."""
    os.kill(card.record()["pid"], signal.SIGKILL)
    with pytest.raises(Exception, match="ended"):
        for _ in range(100):
            card.check()
            time.sleep(0.05)
    card.stop()


def until(condition, what):
    end = time.monotonic() + LIMIT_S
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.1)


@pytest.mark.parametrize("packed", [False, True], ids=["split", "packed"])
def test_dpdk_as_server_goes_on_with_the_next_card(folder, device, packed):
    try:
        testpmd.program()
    except testpmd.TestpmdMissingError as error:
        missing(error)
    settings = VhostSettings(device=device, client=True, loopback=True)
    driver = testpmd.virtio_user(folder / "card", packed=packed, server=True)
    pmd = Testpmd([driver], log=folder / "log").launch()
    first = VhostCard(folder / "card", settings, folder)
    first.start()
    with pmd:
        pmd.start("io", tx_first=True)
        until(lambda: pmd.stats()[0].rx_packets > 200, "frames come back")
        kill(first)
        pmd.wait_link(up=False)
        pmd.stop_forwarding()
        with VhostCard(folder / "card", settings, folder) as second:
            pmd.wait_link()
            pmd.clear_stats()
            pmd.start("io", tx_first=True)
            until(lambda: pmd.stats()[0].rx_packets > 200, "frames come back through the next card")
            pmd.stop_forwarding()
            assert second.record()["connections"] == 1


def ping(guest, count=3):
    return guest.run(f"ping -c {count} -W 5 -i 0.2 {OTHER}", timeout_s=LIMIT_S)


def test_qemu_connects_to_the_next_card(folder, tmp_path):
    need_qemu()
    settings = VhostSettings(device="model")
    with WireHost(OTHER) as far:
        first = VhostCard(folder / "card", settings, folder, far.fd, joined=True)
        first.start()
        with QemuGuest(GuestSettings(number=1, card=folder / "card"), tmp_path, QemuCard(mac=settings.mac)) as guest:
            assert ping(guest).status == 0
            kill(first)
            assert guest.run("ip link show eth0").status == 0
            with VhostCard(folder / "card", settings, folder, far.fd, joined=True):
                until(lambda: ping(guest, 1).status == 0, "pings are answered through the next card")
                assert ping(guest).status == 0


def test_user_mode_linux_loses_its_interface_and_is_told(folder, tmp_path):
    need_uml()
    with WireHost(OTHER) as far:
        card = VhostCard(folder / "card", VhostSettings(device="model"), folder, far.fd, joined=True)
        card.start()
        with UmlGuest(GuestSettings(number=1, card=folder / "card"), tmp_path) as guest:
            assert ping(guest).status == 0
            kill(card)
            until(lambda: guest.run("ip link show eth0").status != 0, "the interface is gone")
            assert "vu_conn_broken" in guest.console()
