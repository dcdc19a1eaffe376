# SPDX-License-Identifier: Apache-2.0
"""System benches: the whole card with driver and firmware."""
