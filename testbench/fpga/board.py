# SPDX-License-Identifier: Apache-2.0
"""A board in simulation, as its owner sees it: a serial port's path and a wire. ``python -m testbench.fpga.board``."""

from __future__ import annotations

import argparse
import contextlib
import json
import select
import socket
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from testbench.lib.config import BoardConfig, HostConfig, WireConfig
from testbench.lib.errors import SimulationError
from testbench.lib.runtime import new_run_dir, run_simulation
from testbench.lib.sim_build import build_simulator

START_LIMIT_S, ANSWER_LIMIT_S, STOP_LIMIT_S = 300.0, 60.0, 30.0
WALL_LIMIT_S = 7 * 24 * 3600.0
LARGEST_FRAME = 65536


class SimulatedBoard:
    """``with SimulatedBoard() as board``: open ``board.path`` or ``board.network``; its wire: ``send``, ``receive``."""

    def __init__(
        self, config: BoardConfig | None = None, run_dir: Path | None = None, loopback: bool = False,
        waves: bool = False, capture: bool = False,
    ) -> None:  # fmt: skip
        """``loopback``: what the board sends comes back to it, and ``receive`` gets none of it."""
        self.config, self.loopback, self.waves, self.capture = config or BoardConfig(), loopback, waves, capture
        self.run_dir = run_dir or new_run_dir("board")
        self.path = self.network = ""
        self._error: BaseException | None = None
        self._stack = contextlib.ExitStack()

    def __enter__(self) -> SimulatedBoard:
        try:
            self._start()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self.stop()
        if kind is None and self._error:
            raise self._error

    def _start(self) -> None:
        build_simulator(self.config, self.waves, lambda text: print(text, file=sys.stderr))
        self._control, control = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._wire, wire = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        wire.setblocking(False)
        for end in (self._control, self._wire):
            self._stack.enter_context(end)
        self._control.settimeout(START_LIMIT_S)
        self._thread = threading.Thread(target=self._simulate, args=(control, wire), daemon=True)
        self._thread.start()
        places = self._next()
        self.path, self.network = places["pty"], places["udp"]
        self._control.settimeout(ANSWER_LIMIT_S)

    def _simulate(self, control: socket.socket, wire: socket.socket) -> None:
        with control, wire:
            fds = {"control_fd": control.fileno(), "wire_fd": -1 if self.loopback else wire.fileno()}
            try:
                run_simulation(
                    "testbench.fpga.serve:serve",
                    self.config,
                    HostConfig(memory_size=0),
                    WireConfig(gbps=1, loopback=self.loopback, capture="full" if self.capture else "count"),
                    args=fds,
                    run_dir=self.run_dir,
                    waves=self.waves,
                    wall_limit_s=WALL_LIMIT_S,
                    capture_file=self.capture,
                    pass_fds=[fd for fd in fds.values() if fd >= 0],
                    own_session=True,
                )
            except BaseException as error:  # told to the thread that waits for the board
                self._error = error

    def _next(self) -> dict[str, Any]:
        try:
            data = self._control.recv(1 << 18)
        except TimeoutError:
            raise SimulationError(f"the simulated board says nothing; its run folder is {self.run_dir}") from None
        if not data:
            self._thread.join(STOP_LIMIT_S)
            raise self._error or SimulationError(f"the simulated board has ended; its run folder is {self.run_dir}")
        return json.loads(data)

    def counters(self) -> dict[str, int]:
        """Every counter of the harness, as it is now."""
        self._control.send(b"counters")
        return self._next()

    def link(self, up: bool) -> None:
        """Take the wire away from the card, or give it back."""
        self._control.send(b"link up" if up else b"link down")
        self._next()

    def send(self, frame: bytes) -> None:
        """A frame (without FCS) to the card."""
        self._wire.send(frame)

    def receive(self, limit_s: float) -> bytes | None:
        """The next frame from the card; None when the time is up."""
        if not select.select([self._wire], [], [], limit_s)[0]:
            return None
        return self._wire.recv(LARGEST_FRAME)

    def stop(self) -> None:
        """Switch it off."""
        if self.path:
            with contextlib.suppress(OSError):
                self._control.send(b"stop")
            self._thread.join(STOP_LIMIT_S)
            if self._thread.is_alive():
                self._error = SimulationError(f"the simulated board does not stop; its run folder is {self.run_dir}")
        self._stack.close()


def main(argv: Sequence[str] | None = None) -> int:
    """Print where it is, as JSON, and keep the board running until the input ends or Ctrl-C."""
    parser = argparse.ArgumentParser(prog="testbench.fpga.board", description=main.__doc__)
    parser.add_argument("--loopback", action="store_true", help="frames come back on the wire")
    parser.add_argument("--waves", action="store_true", help="write waves.fst to the run folder")
    parser.add_argument("--baud-div", type=int, default=BoardConfig.baud_div, help="core clocks a bit (default 4)")
    options = parser.parse_args(argv)
    config = BoardConfig(baud_div=options.baud_div)
    with SimulatedBoard(config, loopback=options.loopback, waves=options.waves, capture=True) as board:
        print(json.dumps({"pty": board.path, "udp": board.network, "run_dir": str(board.run_dir)}), flush=True)
        with contextlib.suppress(KeyboardInterrupt):
            while sys.stdin.readline():
                pass
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
