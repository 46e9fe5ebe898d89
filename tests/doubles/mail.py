"""A mail server that keeps what it is given: plain SMTP, one mail after the other."""

from __future__ import annotations

import email
import email.policy
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.message import EmailMessage
from typing import Any


class _Talk(socketserver.StreamRequestHandler):
    def handle(self) -> None:
        self._say("220 here")
        to: list[str] = []
        while line := self.rfile.readline().decode().strip():
            word = line.split(":")[0].upper()
            if word == "RCPT TO":
                to.append(line.split("<")[1].split(">")[0])
            if word == "DATA":
                self._say("354 go on")
                data = b"".join(iter(self.rfile.readline, b".\r\n"))
                message = email.message_from_bytes(data, policy=email.policy.default)
                self.server.mails.append((to, message))  # type: ignore[attr-defined]
                to = []
            self._say("221 bye" if word == "QUIT" else "250 fine")
            if word == "QUIT":
                return

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())


class Mailbox(socketserver.ThreadingTCPServer):
    """``mails``: (recipients, message) in the order they came."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Talk)
        self.mails: list[tuple[list[str], EmailMessage]] = []
        self.port: Any = self.server_address[1]


@contextmanager
def receiving() -> Iterator[Mailbox]:
    """The server, on a free port."""
    box = Mailbox()
    thread = threading.Thread(target=box.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield box
    finally:
        box.shutdown()
        thread.join()
        box.server_close()
