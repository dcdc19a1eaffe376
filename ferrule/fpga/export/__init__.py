# SPDX-License-Identifier: Apache-2.0
"""Projects for vendors' tools, written by Edalize without those tools."""
