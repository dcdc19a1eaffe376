# SPDX-License-Identifier: Apache-2.0
"""Blocks of the card as an ECP5's cells, to be simulated in place of their RTL."""
