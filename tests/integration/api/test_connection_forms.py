"""Connections by type: their forms, their secrets, and whether they work."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from tests.integration.api.conftest import PASSWORD, House
from tradewind.settings import load_settings

HTTP = {"connection_id": "movielens", "conn_type": "http", "host": "movielens", "schema": "http"}


@pytest.fixture
def greeter() -> Iterator[dict[str, Any]]:
    """A server that writes down who called."""
    seen: dict[str, Any] = {"calls": []}

    class Greeter(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            seen["calls"].append(self.headers.get("Authorization"))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Greeter)
    seen["port"] = server.server_port
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield seen
    server.shutdown()
    server.server_close()


def enable(house: House) -> None:
    env = {"TRADEWIND_HOME": str(house.settings.home), "TRADEWIND__CORE__TEST_CONNECTION": "Enabled"}
    house.client.app.state.door.settings = load_settings(env)  # type: ignore[attr-defined]


def test_the_forms_of_all_types_are_told_to_who_may_read_connections(house: House) -> None:
    told = house.client.get("/ui/connections/hook_meta", **house.as_("admin")).json()
    names = {each["hook_name"] for each in told["types"]}
    assert {"HTTP", "Postgres", "Amazon Web Services", "S3"} <= names
    by_type = {each["connection_type"]: each for each in told["types"]}
    assert by_type["postgres"]["standard_fields"]["schema"]["title"] == "Database"
    assert by_type["aws"]["standard_fields"]["host"]["hidden"] is True
    assert told["testable"] is False
    assert house.client.get("/ui/connections/hook_meta", **house.as_("viewer")).status_code == 403


def test_a_covered_secret_of_extra_that_comes_back_is_kept(house: House) -> None:
    op = house.as_("admin")
    body = {"connection_id": "c", "conn_type": "generic", "extra": json.dumps({"token": "s3cret", "zone": "a"})}
    made = house.client.post("/api/v1/connections", json=body, **op).json()
    shown = json.loads(made["extra"])
    assert shown == {"token": "***", "zone": "a"}

    house.client.patch("/api/v1/connections/c", json={"extra": json.dumps(shown | {"zone": "b"})}, **op)

    assert json.loads(stored(house, "c")["extra"]) == {"token": "s3cret", "zone": "b"}


def stored(house: House, conn_id: str) -> dict[str, Any]:
    from tradewind.store.reads import connections

    vault = house.client.app.state.door.vault  # type: ignore[attr-defined]
    with house.store.read() as conn:
        row = connections.one_connection(conn, conn_id)
    return row | {name: row[name] and vault.decrypt(row[name]) for name in ("password", "extra")}


def test_connections_are_not_tried_unless_the_settings_say_so(house: House, greeter: dict[str, Any]) -> None:
    body = HTTP | {"host": "127.0.0.1", "port": greeter["port"]}
    refused = house.client.post("/api/v1/connections/test", json=body, **house.as_("admin"))
    assert refused.status_code == 403
    assert "test_connection" in refused.json()["hint"]
    assert greeter["calls"] == []


def test_the_system_behind_a_connection_is_asked_and_nothing_is_kept(house: House, greeter: dict[str, Any]) -> None:
    enable(house)
    op = house.as_("admin")
    body = HTTP | {"host": "127.0.0.1", "port": greeter["port"], "login": "me", "password": "secret"}
    good = house.client.post("/api/v2/connections/test", json=body, **op).json()
    assert good == {"status": True, "message": "Connection successfully tested"}
    assert greeter["calls"] == ["Basic bWU6c2VjcmV0"]
    bad = house.client.post("/api/v2/connections/test", json=body | {"port": 1}, **op).json()
    assert bad["status"] is False
    assert "refused" in bad["message"]
    unknown = house.client.post("/api/v2/connections/test", json=body | {"conn_type": "aws"}, **op).json()
    assert unknown["status"] is False
    assert "apache-airflow-providers-amazon" in unknown["message"]
    assert house.client.get("/api/v1/connections", **op).json()["total_entries"] == 0


def test_a_stored_password_is_tried_at_its_own_address_only(house: House, greeter: dict[str, Any]) -> None:
    enable(house)
    op = house.as_("admin")
    body = HTTP | {"host": "127.0.0.1", "port": greeter["port"], "login": "me"}
    house.client.post("/api/v1/connections", json=body | {"password": "secret"}, **op)

    assert house.client.post("/api/v1/connections/test", json=body, **op).json()["status"] is True
    assert greeter["calls"] == ["Basic bWU6c2VjcmV0"]

    elsewhere = house.client.post("/api/v1/connections/test", json=body | {"host": "localhost"}, **op)
    assert (elsewhere.status_code, elsewhere.json()["field"]) == (422, "password")
    assert len(greeter["calls"]) == 1


def test_provider_packages_are_listed(house: House) -> None:
    told = house.client.get("/api/v1/providers", **house.as_("admin")).json()
    assert told["total_entries"] == len(told["providers"])


@pytest.mark.spec("1/RC-08")
def test_the_api_is_open_to_people_who_log_in_unless_it_is_closed(house: House) -> None:
    home = {"TRADEWIND_HOME": str(house.settings.home)}
    door = house.client.app.state.door  # type: ignore[attr-defined]
    old = "AIRFLOW__API__AUTH_BACKEND"

    door.settings = load_settings(home | {old: "airflow.api.auth.backend.basic_auth"})
    assert house.client.get("/api/v1/dags", **house.as_("admin")).status_code == 200
    assert house.client.get("/api/v1/dags", auth=("admin", "wrong")).status_code == 401

    door.settings = load_settings(home | {old: "airflow.api.auth.backend.deny_all"})
    closed = house.client.get("/api/v1/dags", **house.as_("admin"))
    assert closed.status_code == 403
    assert "auth_backends" in closed.json()["detail"]
    assert house.client.get("/api/v1/health").status_code == 200
    by_page = house.client.post("/auth/login", json={"username": "admin", "password": PASSWORD})
    assert by_page.status_code == 200
    assert house.client.get("/api/v1/dags").status_code == 200  # the page's own session
