# SPDX-License-Identifier: Apache-2.0
"""From rings to the wire and back."""
