# SPDX-License-Identifier: Apache-2.0
"""Small things to learn from and to copy; nothing in the project needs them."""
