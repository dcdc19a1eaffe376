# SPDX-License-Identifier: Apache-2.0
"""What answers in a board's place: a thread that speaks uartbone or Etherbone over a dictionary, or does worse."""

import os
import socket
import struct
import threading
import tty

from ferrule.bridge import regs

RAM_BASE, RAM_SIZE = 0x1000_0000, 16384
READS = (2, 4)


class FakeBoard:
    """``with FakeBoard() as fake``: a client opens ``fake.path``. ``words`` are what it reads, by address.

    ``answer(data)`` makes of an answer what is sent instead; None ends the line.
    """

    def __init__(self, answer=lambda data: data, **words):
        self.words = {
            regs.ID: regs.ID_VALUE, regs.VERSION: regs.VERSION_VALUE, regs.RAM_BASE: RAM_BASE, regs.RAM_SIZE: RAM_SIZE,
            **{getattr(regs, name): value for name, value in words.items()},
        }  # fmt: skip
        self.written = []
        self.answer = answer

    def __enter__(self):
        self._line, self._slave = os.openpty()
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def _take(self, count):
        data = b""
        while len(data) < count:
            data += os.read(self._line, count - len(data))
        return data

    def _serve(self):
        try:
            while True:
                command, length, address = struct.unpack(">BBI", self._take(6))
                places = [4 * (address + (at if command < 3 else 0)) for at in range(length)]
                if command in READS:
                    data = self.answer(b"".join(self.read(place).to_bytes(4, "big") for place in places))
                    if data is None:
                        self.hang_up()
                        return
                    os.write(self._line, data)
                else:
                    for place in places:
                        self.write(place, int.from_bytes(self._take(4), "big"))
        except OSError:
            pass

    def read(self, address):
        """A word."""
        return self.words.get(address, 0)

    def write(self, address, value):
        """The same, written."""
        self.words[address] = value
        self.written.append((address, value))

    def hang_up(self):
        """The line is gone, as when the adapter is pulled out."""
        for name in ("_slave", "_line"):
            fd, _ = getattr(self, name), setattr(self, name, -1)
            if fd >= 0:
                os.close(fd)

    def __exit__(self, *_):
        if self._slave >= 0:
            os.close(self._slave)  # the client has closed its own: the thread's read ends
            self._slave = -1
        self._thread.join(10)
        if self._line >= 0:
            os.close(self._line)


class FakeNetworkBoard(FakeBoard):
    """The same by Etherbone. It has forgotten every request when that comes again; an answer of no bytes is lost."""

    def __enter__(self):
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.path = f"udp:127.0.0.1:{self._socket.getsockname()[1]}"
        self._thread = threading.Thread(target=self._serve, daemon=True)
        self._thread.start()
        return self

    def _serve(self):
        while True:
            request, client = self._socket.recvfrom(2048)
            if not request:
                return
            if data := self.answer(self._carry_out(request)):
                self._socket.sendto(data, client)

    def _carry_out(self, request):
        result, at = request[:8], 8
        while at < len(request):
            _, enables, writes, reads, base = struct.unpack_from(">BBBBI", request, at)
            words = struct.unpack_from(f">{writes + reads}I", request, at + 8)
            for number, word in enumerate(words[:writes]):
                self.write(base + 4 * number, word)
            if reads:
                result += struct.pack(">BBBBI", 0, enables, reads, 0, base)
                result += b"".join(self.read(place).to_bytes(4, "big") for place in words[writes:])
            at += 8 + 4 * len(words)
        return result

    def __exit__(self, *_):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
            last.sendto(b"", self._socket.getsockname())
        self._thread.join(10)
        self._socket.close()
