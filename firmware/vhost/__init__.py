# SPDX-License-Identifier: Apache-2.0
"""The card as a vhost-user back end."""
