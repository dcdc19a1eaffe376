# SPDX-License-Identifier: Apache-2.0
"""Hostile hosts, firmware and wires, generated from a seed and judged by rules: see docs/hostile.md."""
