"""Over every route there is: who may use it, and how it refuses."""

from __future__ import annotations

import logging
import re
import tempfile
from typing import Any, NamedTuple

import pytest
from starlette.testclient import TestClient

from tradewind.api.app import create_app
from tradewind.domain.access import ROLES, Thing, Verb, may
from tradewind.settings import load_settings
from tradewind.store.engine import Store

from .conftest import PASSWORD, House

#: No log-in needed.
OPEN = re.compile(r"^(/auth/.*|/health|/api/v\d/(health|monitor/health|version))$")
#: What a path speaks of: the first match counts.
THINGS: tuple[tuple[str, Thing], ...] = (
    (r"^/ui/(me|health)$|^/api/v\d/me$", Thing.WEBSITE),
    (r"import_?[eE]rrors", Thing.IMPORT_ERRORS),
    (r"eventLogs", Thing.AUDIT_LOGS),
    (r"/(config|providers)$", Thing.CONFIGURATIONS),
    (r"/(users|roles)", Thing.USERS),
    (r"/variables", Thing.VARIABLES),
    (r"/(assets|datasets)", Thing.ASSETS),
    (r"/connections", Thing.CONNECTIONS),
    (r"/pools", Thing.POOLS),
    (r"/xcom", Thing.XCOMS),
    (r"/logs/|/callbacks/\{callback_id\}/logs$", Thing.TASK_LOGS),
    (r"taskInstances|/runs/\{run_id\}/tasks|clearTaskInstances", Thing.TASK_INSTANCES),
    (r"dagRuns|/runs/|/backfills|/callbacks|/slaMisses", Thing.DAG_RUNS),
    (r"/dags|/dagSources|/dagTags|/ui/stream", Thing.DAGS),
)
VERBS = {"get": Verb.READ, "post": Verb.CREATE, "patch": Verb.EDIT, "put": Verb.EDIT, "delete": Verb.DELETE}
#: Posts that change something that is there.
EDITS_BY_POST = re.compile(r"clearTaskInstances|/clear$|/run$")
SHAPE = {"type", "title", "status", "detail", "hint"}


class Way(NamedTuple):
    method: str
    path: str
    operation: dict[str, Any]

    @property
    def needs(self) -> tuple[Verb, Thing]:
        thing = next(thing for pattern, thing in THINGS if re.search(pattern, self.path))
        return (Verb.EDIT if EDITS_BY_POST.search(self.path) else VERBS[self.method]), thing

    def url(self) -> str:
        """With made-up names, none of which exist."""
        text = re.sub(
            r"\{(map_index|try_number|import_error_id|event_log_id|backfill_id|callback_id)\}", "99", self.path
        )
        return re.sub(r"\{\w+\}", "nope", text)


def _ways() -> list[Way]:
    home = tempfile.mkdtemp()
    document = create_app(load_settings({"TRADEWIND_HOME": home})).openapi()
    return [Way(m, path, op) for path, methods in document["paths"].items() for m, op in methods.items()]


WAYS = _ways()
CLOSED = [way for way in WAYS if not OPEN.match(way.path)]


def names(way: Way) -> str:
    return f"{way.method} {way.path}"


def problem(answer: Any) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json", answer.text
    document = answer.json()
    assert set(document) >= SHAPE, document
    assert document["status"] == answer.status_code
    assert document["detail"].strip()
    assert "Traceback" not in answer.text
    return document


@pytest.fixture(scope="module")
def client(template_home: Any) -> Any:
    """One app for all routes: nothing here changes anything."""
    settings = load_settings({"TRADEWIND_HOME": str(template_home)})
    with TestClient(create_app(settings), base_url="http://tradewind.test") as made:
        yield made


def send(client: Any, way: Way, username: str | None, **more: Any) -> Any:
    auth = (username, PASSWORD) if username else None
    return client.request(way.method.upper(), way.url(), auth=auth, **more)


def test_there_are_routes() -> None:
    assert len(WAYS) > 80


@pytest.mark.spec("3/RB-06", "3/RB-17", "1/RC-07")
@pytest.mark.parametrize("way", CLOSED, ids=names)
def test_without_a_log_in_every_closed_route_is_401(client: Any, way: Way) -> None:
    assert problem(send(client, way, None))["status"] == 401


@pytest.mark.spec("3/RB-05", "3/RB-07", "3/RB-08", "3/RB-09", "3/RB-10", "3/RB-17")
@pytest.mark.parametrize("role", list(ROLES))
def test_every_route_lets_in_exactly_the_roles_with_its_permission(client: Any, role: str) -> None:
    wrong = []
    for way in CLOSED:
        allowed = may([role], *way.needs)
        if allowed and (way.path == "/ui/stream" or way.method != "get"):
            continue  # endless, or would change the house that all routes share here
        answer = send(client, way, role.lower(), json={} if way.method != "get" else None)
        if (answer.status_code != 403) != allowed:
            wrong.append((names(way), answer.status_code))
        elif not allowed:
            problem(answer)
    assert not wrong


@pytest.mark.spec("3/RB-07")
@pytest.mark.parametrize("way", [w for w in CLOSED if w.method != "get"], ids=names)
def test_a_viewer_cannot_write_anywhere(client: Any, way: Way) -> None:
    document = problem(send(client, way, "viewer", json={}))
    assert document["status"] == 403
    assert "viewer may not" in document["detail"]


@pytest.mark.parametrize("way", [w for w in CLOSED if "{" in w.path and w.method in ("get", "delete")], ids=names)
def test_names_that_do_not_exist_are_404(client: Any, way: Way) -> None:
    document = problem(send(client, way, "admin"))
    assert document["status"] == 404
    assert "nope" in document["detail"] or "99" in document["detail"]


@pytest.mark.parametrize("way", [w for w in WAYS if "requestBody" in w.operation], ids=names)
def test_bad_bodies_are_refused_with_the_place(client: Any, way: Way) -> None:
    broken = send(client, way, "admin", content=b"{", headers={"Content-Type": "application/json"})
    assert problem(broken)["status"] == 400
    if way.operation["requestBody"].get("required"):  # a body may be left out where every field of it may
        assert problem(send(client, way, "admin"))["status"] == 400, "no body at all"
    misspelt = problem(send(client, way, "admin", json={"nonsense": 1}))
    assert misspelt["status"] == 422
    assert misspelt["field"]


@pytest.mark.parametrize(
    "way", [w for w in CLOSED if any(p["name"] == "limit" for p in w.operation.get("parameters", ()))], ids=names
)
def test_bad_numbers_are_refused_with_their_field(client: Any, way: Way) -> None:
    document = problem(send(client, way, "admin", params={"limit": "many"}))
    assert (document["status"], document["field"]) == (422, "limit")


@pytest.mark.parametrize("path", ["/api/v1/nothing", "/ui/nothing", "/auth/nothing", "/assets/nothing.js"])
def test_an_unknown_path_of_programs_is_a_404_document(client: Any, path: str) -> None:
    assert problem(client.get(path))["status"] == 404


def test_a_wrong_method_is_a_405_document(client: Any) -> None:
    assert problem(client.put("/auth/login"))["status"] == 405


def test_a_crash_of_ours_has_an_id_that_stands_in_the_log(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_args: Any) -> None:
        raise RuntimeError("the secret is xyzzy")

    with caplog.at_level(logging.ERROR, logger="tradewind.api"):
        monkeypatch.setattr(Store, "read", broken)
        answer = house.client.get("/ui/me", **house.as_("admin"))
    document = problem(answer)
    assert document["status"] == 500
    assert "xyzzy" not in answer.text
    assert document["id"] in caplog.text
    assert "the secret is xyzzy" in caplog.text


def test_unknown_names_are_answered_with_a_guess(rocket_house: House) -> None:
    for path, guess in (
        ("/ui/dags/rocket", "'rockets'"),
        ("/ui/dags/rockets/runs/secnd", "'second'"),
        ("/ui/dags/rockets/runs/second/tasks/downlod", "'download'"),
        ("/api/v1/dags/rockets/tasks/notfy", "'notify'"),
        ("/api/v1/pools/default_poo", "'default_pool'"),
    ):
        document = problem(rocket_house.client.get(path, **rocket_house.as_("viewer")))
        assert document["status"] == 404
        assert guess in document["hint"], path


def test_every_answer_carries_security_headers(client: Any) -> None:
    for path in ("/", "/health", "/api/v1/dags", "/api/docs"):
        headers = client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert "default-src 'self'" in headers["content-security-policy"]


def test_the_description_and_the_docs_need_no_network(client: Any) -> None:
    assert client.get("/api/openapi.json").json()["info"]["title"] == "Tradewind REST API"
    page = client.get("/api/docs").text
    assert "/api/v1/dags/{dag_id}" in page
    assert "//cdn" not in page
    assert "<script" not in page
