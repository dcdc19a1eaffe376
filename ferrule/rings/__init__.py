# SPDX-License-Identifier: Apache-2.0
"""A guest's rings in words: taken from its memory, decoded, shown."""
