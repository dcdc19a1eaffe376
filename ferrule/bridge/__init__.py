# SPDX-License-Identifier: Apache-2.0
"""The way from a PC to a card on a board: firmware and driver run over it unchanged."""

from ferrule.bridge.board import Board, open_board
from ferrule.bridge.host import BoardHost
from ferrule.bridge.management import BoardManagement
from ferrule.bridge.options import board_options, board_settings

__all__ = ["Board", "BoardHost", "BoardManagement", "board_options", "board_settings", "open_board"]
