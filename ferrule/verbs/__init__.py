# SPDX-License-Identifier: Apache-2.0
"""The verbs of the command line and their options, by what they are for."""
