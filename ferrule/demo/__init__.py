# SPDX-License-Identifier: Apache-2.0
"""The demonstration: a web server behind the card, fetched with four settings of card and driver."""
