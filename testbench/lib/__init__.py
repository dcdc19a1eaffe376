# SPDX-License-Identifier: Apache-2.0
"""What every bench shares: building, running, streams, seeds."""
