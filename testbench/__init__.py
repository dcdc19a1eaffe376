# SPDX-License-Identifier: Apache-2.0
"""Everything that surrounds the card in simulation: servants, wire, benches."""
