# SPDX-License-Identifier: Apache-2.0
"""A web server of one file, for the other end of a guest's wire: ``python file_server.py FILE``.

GET gives the file; PUT is answered with the SHA-256 of what came, in hexadecimal.
"""

from __future__ import annotations

import hashlib
import shutil
import socket
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PORT = 80
PIECE = 1 << 16  # bytes read at once
ANSWER_S = 60.0


class Handler(BaseHTTPRequestHandler):
    """One request."""

    protocol_version = "HTTP/1.1"
    timeout = ANSWER_S
    file = Path()

    def do_GET(self) -> None:
        """The file, whatever the path."""
        with self.file.open("rb") as content:
            self._head(self.file.stat().st_size)
            shutil.copyfileobj(content, self.wfile, PIECE)

    def do_PUT(self) -> None:
        """What the client's bytes hash to."""
        total, left = hashlib.sha256(), int(self.headers["Content-Length"])
        while left:
            part = self.rfile.read(min(left, PIECE))
            if not part:
                return
            total.update(part)
            left -= len(part)
        answer = total.hexdigest().encode()
        self._head(len(answer))
        self.wfile.write(answer)

    def _head(self, size: int) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(size))
        self.end_headers()


class Server(ThreadingHTTPServer):
    """IPv6, which by default takes IPv4 as well."""

    address_family = socket.AF_INET6


def main(file: str) -> None:
    """Serve until killed."""
    Handler.file = Path(file)
    Server(("::", PORT), Handler).serve_forever()


if __name__ == "__main__":
    main(sys.argv[1])
