# SPDX-License-Identifier: Apache-2.0
"""Virtqueues, device side."""
