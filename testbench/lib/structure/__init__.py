# SPDX-License-Identifier: Apache-2.0
"""The card's structure as pyverilog sees it (modules, hierarchy, state machines), and drawings of it."""
