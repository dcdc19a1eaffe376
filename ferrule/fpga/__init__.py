# SPDX-License-Identifier: Apache-2.0
"""From the card's RTL to a bitstream: boards, Yosys, nextpnr, ecppack, and what they said."""
