# SPDX-License-Identifier: Apache-2.0
"""Block benches: cocotb tests of single modules, one file a module."""
