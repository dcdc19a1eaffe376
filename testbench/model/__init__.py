# SPDX-License-Identifier: Apache-2.0
"""Functional model of the card and its surroundings: transactions in simulated time, no simulator and no compiler."""
