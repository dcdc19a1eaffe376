# SPDX-License-Identifier: Apache-2.0
"""The network device built on transport and virtqueues."""
