# SPDX-License-Identifier: Apache-2.0
"""The launcher of dpdk-testpmd, on testpmd itself: one drives the device that another offers."""

import os
import signal
import time
from pathlib import Path

import pytest
from vhost_traffic import missing, short_folder

from testbench.interop import testpmd
from testbench.interop.testpmd import PortStats, Testpmd, TestpmdError, TestpmdMissingError, vhost, virtio_user

TEXT = """
  ######################## NIC statistics for port 0  ########################
  RX-packets: 12         RX-missed: 1          RX-bytes:  768
  RX-errors: 2
  RX-nombuf:  3
  TX-packets: 4294967297 TX-errors: 5          TX-bytes:  99

  Throughput (since last show)
  Rx-pps:            0          Rx-bps:            0
  ############################################################################
  ######################## NIC statistics for port 1  ########################
  RX-packets: 0          RX-missed: 0          RX-bytes:  0
  RX-errors: 0
  RX-nombuf:  0
  TX-packets: 7          TX-errors: 0          TX-bytes:  448
"""


@pytest.fixture
def folder():
    try:
        testpmd.program()
    except TestpmdMissingError as error:
        missing(error)
    with short_folder() as path:
        yield path


def test_statistics_are_read():
    assert testpmd.parse_stats(TEXT) == {
        0: PortStats(12, 1, 768, 2, 3, 4294967297, 5, 99), 1: PortStats(0, 0, 0, 0, 0, 7, 0, 448),
    }  # fmt: skip
    with pytest.raises(TestpmdError, match="no RX-errors in the statistics of port 0"):
        testpmd.parse_stats(TEXT.replace("RX-errors: 2", ""))
    with pytest.raises(TestpmdError, match="no statistics of any port"):
        testpmd.parse_stats("")


def test_arguments():
    assert vhost(Path("/s"), pairs=3, client=True, number=1) == "net_vhost1,iface=/s,queues=3,client=1,tso=0"
    assert virtio_user(Path("/s")) == "net_virtio_user0,path=/s,queues=1,queue_size=256"
    assert (
        virtio_user(Path("/s"), 2, packed=True, server=True, mac="02:00:00:00:00:07", in_order=0)
        == "net_virtio_user0,path=/s,queues=2,queue_size=256,packed_vq=1,server=1,mac=02:00:00:00:00:07,in_order=0"
    )
    with pytest.raises(ValueError, match="topology"):
        Testpmd([], topology="star")


def test_a_program_that_is_not_there_is_named_with_its_package(monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(TestpmdMissingError, match=r"Debian package dpdk-dev \(apt-get install"):
        testpmd.program()


@pytest.mark.parametrize("packed", [False, True], ids=["split", "packed"])
@pytest.mark.parametrize("server", [False, True], ids=["device listens", "driver listens"])
def test_one_drives_the_device_of_another(folder, packed, server):
    socket = folder / "vhost"
    device = Testpmd([vhost(socket, pairs=2, client=server)], pairs=2, topology="loop", log=folder / "device")
    driver = Testpmd(
        [virtio_user(socket, pairs=2, packed=packed, server=server)], pairs=2, topology="loop", log=folder / "driver"
    )
    if server:
        driver.launch()
    with device, driver:
        device.wait_link()
        driver.wait_link()
        with device.forwarding("rxonly"):
            driver.command("set txpkts 100")
            with driver.forwarding("txonly"):
                time.sleep(0.1)
            sent = driver.stats()[0]
            deadline = time.monotonic() + 5
            while device.stats()[0].rx_packets < sent.tx_packets:
                assert time.monotonic() < deadline, (device.stats(), sent)
        got = device.stats()[0]
        assert sent.tx_packets > 1000 and sent.tx_bytes == 100 * sent.tx_packets
        assert (got.rx_packets, got.rx_bytes) == (sent.tx_packets, sent.tx_bytes)
        device.clear_stats()
        assert device.stats()[0].rx_packets == 0


def test_what_goes_wrong_is_named(folder):
    with pytest.raises(TestpmdError, match="testpmd has ended where an answer to 'start' was expected"):
        Testpmd([virtio_user(folder / "nobody")], log=folder / "log").__enter__()
    assert "nobody" in (folder / "log").read_text()
    pmd = Testpmd([vhost(folder / "vhost")], log=folder / "log")
    with pytest.raises(TestpmdError, match="not running"):
        pmd.stats()
    with pytest.raises(KeyError), pmd:
        pid = pmd.pid
        for command in ("make coffee", "set fwd"):
            with pytest.raises(TestpmdError, match=f"does not understand '{command}'"):
                pmd.command(command)
        with pytest.raises(ValueError, match="none of: io, mac"):
            pmd.start("faster")
        with pytest.raises(TestpmdError, match="port 0 is not up after"):
            pmd.wait_link(limit_s=0.2)
        os.kill(pid, signal.SIGSTOP)
        with pytest.raises(TestpmdError, match="has not answered 'show port stats all' within"):
            pmd.command("show port stats all", limit_s=0.2)
        os.kill(pid, signal.SIGCONT)
        raise KeyError("whatever happens in its block, it ends")
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


def test_one_that_does_not_end_is_killed(folder):
    pmd = Testpmd([vhost(folder / "vhost")])
    with pmd:
        pid = pmd.pid
        os.kill(pid, signal.SIGSTOP)
        started = time.monotonic()
        assert pmd.quit(0.3) == -signal.SIGKILL
        assert time.monotonic() - started < 3
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)
