# SPDX-License-Identifier: Apache-2.0
"""The command: a network card in simulation, from the terminal."""
