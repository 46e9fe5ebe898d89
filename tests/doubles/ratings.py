"""A movie-ratings service: ``GET /ratings`` with basic auth, a period, and pages. Counts what it was asked."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

LOGIN, PASSWORD = "airflow", "airflow"


def ratings(first: str = "2019-01-01", days: int = 3, per_day: int = 4) -> list[dict[str, Any]]:
    """So many ratings per day, in order of time."""
    start = datetime.fromisoformat(first).replace(tzinfo=UTC)
    return [
        {
            "userId": user,
            "movieId": user % 3,
            "rating": (day + user) % 5 + 1,
            "timestamp": int((start + timedelta(days=day, hours=user)).timestamp()),
        }
        for day in range(days)
        for user in range(per_day)
    ]


class _Pages(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        service: Any = self.server
        address = urlsplit(self.path)
        if address.path == "/":
            self._say(200, {"hello": "This is the movie rating service."})
            return
        service.asked.append(self.path)
        expected = "Basic " + base64.b64encode(f"{LOGIN}:{PASSWORD}".encode()).decode()
        if self.headers.get("Authorization") != expected:
            self._say(401, {"error": "log in first"})
            return
        query = {name: values[0] for name, values in parse_qs(address.query).items()}
        found = service.records
        for name, keep in (("start_date", lambda at, day: at >= day), ("end_date", lambda at, day: at < day)):
            if name in query:
                day = datetime.fromisoformat(query[name]).replace(tzinfo=UTC).timestamp()
                found = [record for record in found if keep(record["timestamp"], day)]
        offset, limit = int(query.get("offset", 0)), int(query.get("limit", 100))
        page = found[offset : offset + limit]
        self._say(200, {"result": page, "offset": offset, "limit": limit, "total": len(found)})

    def _say(self, status: int, what: dict[str, Any]) -> None:
        data = json.dumps(what).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_: object) -> None:
        """Silence."""


@contextmanager
def serving(records: list[dict[str, Any]] | None = None) -> Iterator[Any]:
    """The service on a free port: ``.port``, ``.asked`` (paths), ``.records``."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), _Pages)
    server.daemon_threads = True
    server.records, server.asked, server.port = records if records is not None else ratings(), [], server.server_port
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
