# SPDX-License-Identifier: Apache-2.0
"""Live serving: real kernels and real servers on both sides of the simulated card."""
