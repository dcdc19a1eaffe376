# SPDX-License-Identifier: Apache-2.0
"""What the card does with frames beyond carrying them."""
