# SPDX-License-Identifier: Apache-2.0
"""Programs of others at the other end of our interfaces."""
