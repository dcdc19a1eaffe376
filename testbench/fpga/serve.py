# SPDX-License-Identifier: Apache-2.0
"""Entry inside the simulator of a board, which runs freely: serial line a pty, network a UDP socket, wire a socket."""

from __future__ import annotations

import json
import os
import socket
import tty
from typing import Any

from testbench.lib.sim_base import SimBase

POLL_CYCLES = 100  # between two looks at the pty while something moves; a byte takes 40
IDLE_CYCLES = 8192  # without news, before it sleeps; a request for 255 words takes 2,800


async def serve(sim: SimBase, args: dict[str, Any]) -> dict[str, Any]:
    """Tell the owner at ``control_fd`` where it is, then answer its questions until it says stop or is gone."""
    control = socket.socket(fileno=args["control_fd"])
    control.setblocking(False)
    # the slave stays open here, so that clients may come and go without an end of file
    line, slave = os.openpty()
    tty.setraw(slave)
    os.set_blocking(line, False)
    network = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    network.bind(("127.0.0.1", 0))
    sim.cell("uart.fd").value = line
    sim.cell("etherbone.fd").value = network.fileno()
    sim.cell("live.poll_cycles").value = POLL_CYCLES
    sim.cell("idle_cycles").value = IDLE_CYCLES
    if args["wire_fd"] >= 0:
        sim.wire.join(args["wire_fd"])
    sim.watch([control.fileno()])
    places = {"pty": os.ttyname(slave), "udp": "udp:{}:{}".format(*network.getsockname())}
    control.send(json.dumps(places).encode())
    try:
        while True:
            readable, _ = await sim.wait_live()
            if readable and not _answer(sim, control):
                break
    finally:
        control.detach()
        sim.cell("uart.fd").value = sim.cell("etherbone.fd").value = -1
        network.close()
        for fd in (line, slave):
            os.close(fd)
    return {"cycles": sim.cycles}


def _answer(sim: SimBase, control: socket.socket) -> bool:
    """One request of the owner; False: it wants an end, or is gone."""
    try:
        request = control.recv(4096)
    except BlockingIOError:
        return True
    if request == b"link up" or request == b"link down":
        sim.wire.link(request == b"link up")
        answer: dict[str, Any] = {}
    elif request == b"counters":
        answer = {**sim.counters(), "time_ns": sim.time_ns}
    else:
        return False
    control.send(json.dumps(answer).encode())
    return True
