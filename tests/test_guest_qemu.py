# SPDX-License-Identifier: Apache-2.0
"""QEMU guests without a card: they boot Debian's kernel and run commands; its package is unpacked, not installed."""

import os
from pathlib import Path

import pytest
from guest_needs import need_qemu, processes

from ferrule.guest import kernel, packages
from ferrule.guest.errors import CommandTimeout, GuestError, PackageMissing
from ferrule.guest.guest import GuestSettings
from ferrule.guest.qemu import QemuGuest


@pytest.fixture(autouse=True, scope="module")
def qemu_is_there():
    need_qemu()


@pytest.fixture(scope="module")
def guest(tmp_path_factory):
    with QemuGuest(
        GuestSettings(number=3), tmp_path_factory.mktemp("guest"), files={"/data": Path(__file__)}
    ) as booted:
        yield booted
    assert processes(str(booted.run_dir)) == []


def test_status_and_output_of_commands_come_back(guest):
    assert guest.run("echo out; echo err >&2") == (0, "out\nerr\n")
    assert guest.run("exit 77") == (77, "")
    assert guest.run("seq 5000").output == "".join(f"{number}\n" for number in range(1, 5001))
    with pytest.raises(CommandTimeout):
        guest.run("sleep 600", timeout_s=1)
    assert guest.run("pidof sleep").status == 1


def test_it_is_debians_kernel_with_programs_of_the_host(guest):
    assert guest.run("uname -r").output.strip().endswith("-cloud-amd64")
    assert guest.run("hostname").output == "guest3\n"
    for program in ("curl --version", "iperf3 --version", "ethtool --version"):
        assert guest.run(f"{program} >/dev/null").status == 0
    assert guest.run(["cat", "/data"]).output == Path(__file__).read_text()
    assert "virtio_net" in guest.run("lsmod").output
    assert "Run /init as init process" in guest.console()


def test_what_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(kernel, "installed_under", lambda root: None)
    with pytest.raises(GuestError, match=r"'python -m ferrule.guest.kernel' fetches Debian's linux-image-cloud-amd64"):
        QemuGuest(GuestSettings(), tmp_path).start()
    monkeypatch.setattr(packages, "find", lambda program: None)
    with pytest.raises(PackageMissing, match="install --no-install-recommends qemu-system-x86"):
        QemuGuest(GuestSettings(), tmp_path).start()


def test_a_kernel_is_found_only_with_its_modules(tmp_path):
    assert kernel.installed_under(tmp_path) is None
    for version in ("6.1.0-9", "6.1.0-56", "6.1.0-60"):
        image = tmp_path / "boot" / f"vmlinuz-{version}-cloud-amd64"
        image.parent.mkdir(exist_ok=True)
        image.touch()
        if version != "6.1.0-60":
            (tmp_path / "lib" / "modules" / f"{version}-cloud-amd64" / "kernel").mkdir(parents=True)
    found = kernel.installed_under(tmp_path)
    assert found.image.name == "vmlinuz-6.1.0-56-cloud-amd64" and os.path.basename(found.modules).startswith("6.1.0-56")
