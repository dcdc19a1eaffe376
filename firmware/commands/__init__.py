# SPDX-License-Identifier: Apache-2.0
"""The control queue's commands, a module for what belongs together: each reads and checks bytes that nobody trusts."""

from .coalescing import CoalescingCommands
from .command import Command, Table
from .multiqueue import MultiqueueCommands
from .offloads import OffloadCommands
from .receive import ReceiveCommands

__all__ = ["CoalescingCommands", "Command", "MultiqueueCommands", "OffloadCommands", "ReceiveCommands", "Table"]
