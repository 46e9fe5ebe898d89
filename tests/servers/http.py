"""An HTTP server of the standard library that does what a provider's operators ask of a service."""

from __future__ import annotations

import base64
import collections
import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit


@dataclass
class Http:
    """Where it answers, and what it was asked (method, path, headers, body), in order."""

    port: int
    seen: list[dict[str, Any]] = field(default_factory=list)
    asked: collections.Counter[str] = field(default_factory=collections.Counter)
    host: str = "127.0.0.1"

    @property
    def uri(self) -> str:
        """As a connection."""
        return f"http://captain:ahoy@{self.host}:{self.port}"


@contextlib.contextmanager
def running() -> Iterator[Http]:
    """``/echo`` says what it was asked, ``/later/KEY`` is 404 twice and then 200, ``/page?cursor=N`` pages, ``/status/N`` is N."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    server.daemon_threads = True
    server.known = Http(server.server_port)  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield server.known  # type: ignore[attr-defined]
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


class _Handler(BaseHTTPRequestHandler):
    def log_message(self, *_: Any) -> None:
        """Quiet."""

    def _any(self) -> None:
        known: Http = self.server.known  # type: ignore[attr-defined]
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0)).decode()
        request = {"method": self.command, "path": parts.path, "query": dict(parse_qsl(parts.query)), "body": body}
        request["headers"] = {name.lower(): value for name, value in self.headers.items()}
        kind, _, scheme = str(request["headers"].get("authorization", "")).partition(" ")
        request["user"] = base64.b64decode(scheme).decode().partition(":")[0] if kind == "Basic" else None
        known.seen.append(request)
        known.asked[parts.path] += 1
        status, answer = self._answer(request, known.asked[parts.path])
        data = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data if self.command != "HEAD" else b"")

    @staticmethod
    def _answer(request: dict[str, Any], count: int) -> tuple[int, Any]:
        first, _, rest = request["path"].strip("/").partition("/")
        if first == "status":
            return int(rest), {"status": int(rest)}
        if first == "later":
            return (200, {"asked": count}) if count > 2 else (404, {"asked": count})
        if first == "page":
            cursor = int(request["query"].get("cursor", "0"))
            return 200, {"items": [cursor * 2, cursor * 2 + 1], "next": cursor + 1 if cursor < 2 else None}
        return 200, request

    do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = do_PATCH = _any
