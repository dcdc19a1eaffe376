# SPDX-License-Identifier: Apache-2.0
"""A device that carries out sequence after sequence: the RTL in one simulator process, the model in this one."""

from __future__ import annotations

import json
import socket
import tempfile
import threading
from pathlib import Path
from typing import Any

from testbench.differential.operations import Sequence, from_json, to_json
from testbench.differential.runner import Runner
from testbench.lib.config import CardConfig, HostConfig, RunConfig, WireConfig
from testbench.lib.runtime import run_simulation
from testbench.lib.sim_base import SimBase

MEMORY_BYTES = 16 << 20
WALL_LIMIT_S = 24 * 3600.0
ANSWER_LIMIT_S = 300.0
START_LIMIT_S = 600.0  # the first start builds the simulator
MOST_QUEUE_SIZE = 64  # every chain offered is fetched at once by both devices, so that event indices are comparable


class DeviceError(Exception):
    """The device could not carry a sequence out; the message says why."""


async def serve(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Entry of the simulator process: one JSON line a sequence, one back with what was seen; ends with the socket."""
    done = 0
    with socket.socket(fileno=args["fd"]) as sock, sock.makefile("rw") as stream:
        for line in stream:
            request = json.loads(line)
            seen = await Runner(sim, from_json(request["sequence"]), request["salt"]).run()
            stream.write(json.dumps(seen) + "\n")
            stream.flush()
            done += 1
    return {"sequences": done}


def configs(pairs: int) -> dict[str, Any]:
    """Card, host and wire that sequences run on."""
    return {
        "card": CardConfig(queue_pairs=pairs), "host": HostConfig(memory_size=MEMORY_BYTES),
        "wire": WireConfig(capture="full"),
    }  # fmt: skip


class RtlDevice:
    """The RTL: a simulator process that is started when it is needed, and anew after it has failed."""

    def __init__(self, pairs: int) -> None:
        self._pairs = pairs
        self._sock: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self._error: BaseException | None = None
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def _start(self) -> None:
        ours, theirs = socket.socketpair()
        self._folder = tempfile.TemporaryDirectory(prefix="differential-")
        self._error = None

        def simulate() -> None:
            try:
                run_simulation(
                    "testbench.differential.server:serve", **configs(self._pairs), args={"fd": theirs.fileno()},
                    run_dir=Path(self._folder.name) if self._folder else None, wall_limit_s=WALL_LIMIT_S,
                    capture_file=False, pass_fds=[theirs.fileno()],
                )  # fmt: skip
            except BaseException as error:
                self._error = error
            finally:
                theirs.close()

        self._thread = threading.Thread(target=simulate, daemon=True)
        self._thread.start()
        self._sock = ours
        self._stream = ours.makefile("rw")
        ours.settimeout(START_LIMIT_S)

    def run(self, sequence: Sequence, salt: int) -> list[dict[str, Any]]:
        """What was seen. Raises DeviceError if the run ended, or says nothing within its limit."""
        if self._sock is None:
            self._start()
        assert self._sock is not None
        try:
            self._stream.write(json.dumps({"sequence": to_json(sequence), "salt": salt}) + "\n")
            self._stream.flush()
            line = self._stream.readline()
        except OSError as problem:
            line = ""
            self._error = self._error or problem
        if not line:
            self.close()
            raise DeviceError(f"rtl: {self._error or 'the simulator ended without a word'}")
        self._sock.settimeout(ANSWER_LIMIT_S)
        return json.loads(line)

    def close(self) -> None:
        """End the simulator."""
        if self._sock is not None:
            self._stream.close()
            self._sock.close()
            self._sock = None
        if self._thread is not None:
            self._thread.join(ANSWER_LIMIT_S)
            self._thread = None
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None


class ModelDevice:
    """The functional model: a fresh one for every sequence."""

    def __init__(self, pairs: int) -> None:
        self._pairs = pairs

    def run(self, sequence: Sequence, salt: int) -> list[dict[str, Any]]:
        """What was seen. Raises DeviceError if the run ended with an error."""
        from testbench.model.system.sim import ModelSim

        sim = ModelSim(RunConfig(wall_limit_s=ANSWER_LIMIT_S, **configs(self._pairs)))
        try:
            return json.loads(json.dumps(sim.run(Runner(sim, sequence, salt).run())))
        except Exception as error:
            raise DeviceError(f"model: {type(error).__name__}: {error}") from error

    def close(self) -> None:
        """Nothing stays."""
