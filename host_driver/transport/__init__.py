# SPDX-License-Identifier: Apache-2.0
"""How the driver reaches a device's registers."""
