# SPDX-License-Identifier: Apache-2.0
"""Stock Linux kernels as guests of an ordinary user: User-Mode-Linux and QEMU, driven by commands."""
