# SPDX-License-Identifier: Apache-2.0
"""The line and its far end."""
