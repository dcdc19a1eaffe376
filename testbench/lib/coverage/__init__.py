# SPDX-License-Identifier: Apache-2.0
"""Which states and transitions of the card's state machines a run visited."""
