# SPDX-License-Identifier: Apache-2.0
"""Codes of what can be wrong with a chain or its ring, as QUEUE_STATE and ERROR_LOG show them."""

HEAD, DESC_INDEX, CHAIN_LENGTH, BAD_INDIRECT, ZERO_LENGTH, DESC_DMA, RING_DMA, ORDER, AVAIL_INDEX = range(1, 10)
