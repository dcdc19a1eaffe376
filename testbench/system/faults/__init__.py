# SPDX-License-Identifier: Apache-2.0
"""Driver and firmware through faults of host memory, wire, firmware and interrupts, with every frame accounted for."""
