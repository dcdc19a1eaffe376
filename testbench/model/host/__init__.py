# SPDX-License-Identifier: Apache-2.0
"""Host memory and the buses of driver and firmware."""
