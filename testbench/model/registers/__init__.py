# SPDX-License-Identifier: Apache-2.0
"""What driver and firmware read and write."""
