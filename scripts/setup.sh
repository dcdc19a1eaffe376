#!/usr/bin/env bash
# SPDX-License-Identifier: Apache-2.0
# Set-up: Debian packages (as root, otherwise the list of what is missing), then a virtual environment from the lock file.
set -euo pipefail
cd "$(dirname "$0")/.."
started=$(date +%s)

# command:package - what the project calls and which Debian package brings it
needed="g++:g++ make:make perl:perl python3:python3-venv iverilog:iverilog curl:curl nginx:nginx-light tshark:tshark ethtool:ethtool ping:iputils-ping ccache:ccache"
# guests: their kernels and machines, and what runs in them
needed="$needed linux.uml:user-mode-linux qemu-system-x86_64:qemu-system-x86 busybox:busybox-static insmod:kmod ip:iproute2 iperf3:iperf3 dpdk-testpmd:dpdk-dev"
missing=""
for pair in $needed; do
    PATH="$PATH:/usr/sbin:/sbin" command -v "${pair%%:*}" >/dev/null || missing="$missing ${pair##*:}"
done
if [ -n "$missing" ]; then
    if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
        echo "set-up: installing Debian packages:$missing"
        mkdir -p build
        # services must not start by themselves: nginx is run by hand, in a namespace of its own
        [ -e /usr/sbin/policy-rc.d ] || { printf '#!/bin/sh\nexit 101\n' >/usr/sbin/policy-rc.d; chmod +x /usr/sbin/policy-rc.d; made_policy=1; }
        export DEBIAN_FRONTEND=noninteractive
        apt-get update -qq >build/apt.log 2>&1 || true
        # shellcheck disable=SC2086
        if ! apt-get install -y -qq --no-install-recommends $missing >>build/apt.log 2>&1; then
            tail -5 build/apt.log
            echo "set-up: apt-get could not install:$missing (see build/apt.log)" >&2
            [ "${made_policy:-0}" = 0 ] || rm -f /usr/sbin/policy-rc.d
            exit 2
        fi
        [ "${made_policy:-0}" = 0 ] || rm -f /usr/sbin/policy-rc.d
    else
        echo "set-up: these Debian packages are missing and you are not root:" >&2
        echo "    sudo apt-get install --no-install-recommends$missing" >&2
        for package in $missing; do
            case "$package" in g++ | make | perl | python3-venv) echo "set-up: cannot go on without $package" >&2; exit 2 ;; esac
        done
        echo "set-up: going on without them; what needs them says so when it runs" >&2
    fi
fi

if [ ! -x .venv/bin/python ]; then
    python3 -c 'import sys; sys.exit(sys.version_info < (3, 11))' || {
        echo "set-up: Python 3.11 or newer is needed, found $(python3 --version)" >&2
        exit 2
    }
    python3 -m venv .venv
fi
echo "set-up: installing Python packages from requirements.lock"
.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check -r requirements.lock
.venv/bin/python -m pip install --quiet --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
# the kernel of QEMU guests: unpacked into the cache, not installed, so that no machine gets another kernel to boot
.venv/bin/python -m ferrule.guest.kernel || echo "set-up: going on without it; QEMU guests say so when they start" >&2
touch .venv/ready
echo "set-up: done in $(($(date +%s) - started)) s"
