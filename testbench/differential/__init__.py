# SPDX-License-Identifier: Apache-2.0
"""The same sequence of operations on the RTL and on the functional model, held equal."""
