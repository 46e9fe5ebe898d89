"""The thin HTTP provider, against a server of the standard library."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from tradewind.providers.http.hooks import HttpHook
from tradewind.providers.http.operators import HttpOperator, call_with_context
from tradewind.sdk.exceptions import AirflowException


class _Echo(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._answer(404 if self.path.startswith("/missing") else 200)

    do_POST = do_GET

    def _answer(self, status: int) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        told = {"path": self.path, "body": self.rfile.read(length).decode(), "auth": self.headers.get("Authorization")}
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps({**told, "x": self.headers.get("X-Team")}).encode())

    def log_message(self, *_: object) -> None:
        """Silence."""


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    server = HTTPServer(("127.0.0.1", 0), _Echo)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    extra = json.dumps({"X-Team": "blue"})
    connection = {"conn_type": "http", "host": "127.0.0.1", "port": server.server_port, "login": "me", "extra": extra}
    monkeypatch.setenv("AIRFLOW_CONN_HTTP_DEFAULT", json.dumps(connection))
    yield
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.usefixtures("service")
def test_an_operator_calls_the_endpoint_and_filters_the_answer() -> None:
    task = HttpOperator(
        task_id="call", endpoint="a/b", method="GET", data={"q": "1"}, response_filter=lambda r, ds: (r.json(), ds)
    )
    answer, day = task.execute({"ds": "2026-01-01"})
    assert answer["path"] == "/a/b?q=1"
    assert answer["x"] == "blue"
    assert answer["auth"].startswith("Basic ")
    assert day == "2026-01-01"


@pytest.mark.usefixtures("service")
def test_a_refusal_is_an_error_unless_it_is_wanted() -> None:
    hook = HttpHook("GET")
    with pytest.raises(AirflowException, match="404"):
        hook.run("missing")
    assert hook.run("missing", extra_options={"check_response": False}).status_code == 404


@pytest.mark.usefixtures("service")
def test_a_check_that_says_no_fails_the_task() -> None:
    with pytest.raises(AirflowException, match="Response check"):
        HttpOperator(task_id="call", endpoint="a", response_check=lambda _: False).execute({})


def test_a_function_gets_the_whole_context_when_it_takes_keywords() -> None:
    assert call_with_context(lambda r, **context: (r, context), 1, {"ds": "x"}) == (1, {"ds": "x"})
