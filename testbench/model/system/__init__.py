# SPDX-License-Identifier: Apache-2.0
"""Simulated time, and the system that a bench entry is given."""
