# SPDX-License-Identifier: Apache-2.0
"""A host at the far end of a card's wire that answers ARP and ping, and nothing else."""

from __future__ import annotations

import select
import socket
import threading

from scapy.layers.inet import ICMP, IP
from scapy.layers.l2 import ARP, Ether

MAC = "02:fe:00:00:00:99"
LONGEST = 65536


class WireHost:
    """``fd`` is the card's end of the wire; it may be given to one card after another. A context."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._ours, self._theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._theirs.setblocking(False)
        self.fd = self._theirs.fileno()
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._answer, daemon=True)

    def __enter__(self) -> WireHost:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join(5)
        self._ours.close()
        self._theirs.close()

    def _answer(self) -> None:
        while not self._over.is_set():
            if select.select([self._ours], [], [], 0.1)[0]:
                reply = self._reply(Ether(self._ours.recv(LONGEST)))
                if reply is not None:
                    self._ours.send(bytes(reply))

    def _reply(self, frame: Ether) -> Ether | None:
        to = Ether(src=MAC, dst=frame.src)
        if ARP in frame and frame[ARP].op == 1 and frame[ARP].pdst == self._address:
            asked = frame[ARP]
            return to / ARP(op=2, hwsrc=MAC, psrc=self._address, hwdst=asked.hwsrc, pdst=asked.psrc)
        if ICMP in frame and frame[ICMP].type == 8 and frame[IP].dst == self._address:
            ping = frame[ICMP]
            return to / IP(src=self._address, dst=frame[IP].src) / ICMP(type=0, id=ping.id, seq=ping.seq) / ping.payload
        return None
