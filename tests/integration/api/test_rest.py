"""The REST API in Airflow's shapes: reading, variables, connections, pools, people."""

from __future__ import annotations

import pytest

from tradewind.api.schemas import answers
from tradewind.domain.keys import TaskKey

from .conftest import House


@pytest.fixture(params=["v1", "v2"])
def base(request: pytest.FixtureRequest) -> str:
    return f"/api/{request.param}"


def ask(house: House, path: str, username: str = "viewer", **params: object) -> dict:
    answer = house.client.get(path, params=params, **house.as_(username))
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.spec("1/RC-13")
def test_runs_and_task_instances_are_listed_under_both_versions(rocket_house: House, base: str) -> None:
    runs = ask(rocket_house, f"{base}/dags/rockets/dagRuns", order_by="-execution_date")
    assert runs["total_entries"] == 2
    assert [run["dag_run_id"] for run in runs["dag_runs"]] == ["second", "first"]
    one = ask(rocket_house, f"{base}/dags/rockets/dagRuns/first")
    assert one["state"] == "success"
    assert one["external_trigger"] is True
    assert one["execution_date"] == one["logical_date"] == "2026-01-01T00:00:00Z"
    tasks = ask(rocket_house, f"{base}/dags/rockets/dagRuns/second/taskInstances")
    assert tasks["total_entries"] == 4
    failed = ask(rocket_house, f"{base}/dags/rockets/dagRuns/second/taskInstances", state="failed")
    assert [(t["task_id"], t["map_index"]) for t in failed["task_instances"]] == [("pictures.fetch", 0)]


@pytest.mark.spec("1/RC-13")
def test_runs_can_be_filtered_and_asked_over_all_dags(rocket_house: House, base: str) -> None:
    assert ask(rocket_house, f"{base}/dags/~/dagRuns", state="running")["total_entries"] == 1
    late = ask(rocket_house, f"{base}/dags/rockets/dagRuns", execution_date_gte="2026-01-02T00:00:00Z")
    assert [run["dag_run_id"] for run in late["dag_runs"]] == ["second"]
    assert ask(rocket_house, f"{base}/dags/rockets/dagRuns", limit=1)["total_entries"] == 2


def test_dags_have_airflows_fields(rocket_house: House, base: str) -> None:
    dag = ask(rocket_house, f"{base}/dags")["dags"][0]
    assert dag["dag_id"] == "rockets"
    assert dag["tags"] == [{"name": "space"}, {"name": "demo"}]
    assert dag["schedule_interval"]["value"] == "@daily"
    assert dag["is_paused"] is False
    assert ask(rocket_house, f"{base}/dags/rockets")["owners"] == ["ada"]
    assert ask(rocket_house, f"{base}/dags/rockets/details")["params"]["size"]["value"] == 3
    tasks = ask(rocket_house, f"{base}/dags/rockets/tasks")["tasks"]
    assert {t["task_id"] for t in tasks} == {"download", "pictures.fetch", "pictures.count", "notify"}
    assert ask(rocket_house, f"{base}/dagSources/rockets")["content"] == "# the file\n"


def test_mapped_instances_tries_and_xcoms(rocket_house: House, base: str) -> None:
    run = f"{base}/dags/rockets/dagRuns/second/taskInstances"
    assert ask(rocket_house, f"{run}/pictures.fetch/listMapped")["total_entries"] == 2
    assert ask(rocket_house, f"{run}/pictures.fetch/1")["state"] == "running"
    one = ask(rocket_house, f"{run}/download")
    assert (one["hostname"], one["pid"], one["max_tries"]) == ("here", 7, 2)
    assert ask(rocket_house, f"{run}/download/tries")["total_entries"] == 1
    assert ask(rocket_house, f"{run}/download/xcomEntries")["xcom_entries"][0]["key"] == "return_value"
    assert ask(rocket_house, f"{run}/download/xcomEntries/return_value")["value"] == {"rows": [1, 2]}


def test_logs_come_as_json_or_as_text(rocket_house: House, base: str) -> None:
    path = f"{base}/dags/rockets/dagRuns/second/taskInstances/download/logs/1"
    text = rocket_house.client.get(path, headers={"Accept": "text/plain"}, **rocket_house.as_("viewer"))
    assert text.text == "one\ntwo\n"
    found = rocket_house.client.get(
        path, params={"full_content": "true"}, headers={"Accept": "application/json"}, **rocket_house.as_("viewer")
    ).json()
    assert found == {"content": "one\ntwo\n", "continuation_token": None}


def test_a_variable_lives_its_life(house: House, base: str) -> None:
    op = house.as_("op")
    body = {"key": "city", "value": "Kiel", "description": "where"}
    assert house.client.post(f"{base}/variables", json=body, **op).json() == body
    twice = house.client.post(f"{base}/variables", json=body, **op)
    assert twice.status_code == 409
    assert "'city'" in twice.json()["detail"]
    changed = house.client.patch(f"{base}/variables/city", json={"key": "city", "value": "Bonn"}, **op)
    assert changed.json()["value"] == "Bonn"
    assert changed.json()["description"] == "where"
    assert ask(house, f"{base}/variables", "op")["total_entries"] == 1
    assert house.client.delete(f"{base}/variables/city", **op).status_code == 204
    assert house.client.get(f"{base}/variables/city", **op).status_code == 404


@pytest.mark.spec("1/UI-14")
def test_a_connection_never_shows_its_password(house: House, base: str) -> None:
    op = house.as_("op")
    body = {
        "connection_id": "pg", "conn_type": "postgres", "host": "db", "login": "ada", "password": "hush-hush",
        "port": 5432, "schema": "s", "extra": '{"token": "hush-hush", "mode": "fast"}',
    }  # fmt: skip
    made = house.client.post(f"{base}/connections", json=body, **op)
    assert made.status_code == 200, made.text
    assert house.client.post(f"{base}/connections", json=body, **op).status_code == 409
    changed = house.client.patch(f"{base}/connections/pg", json={"host": "other"}, **op)
    assert changed.json()["host"] == "other"
    assert changed.json()["schema"] == "s"
    listed = house.client.get(f"{base}/connections", **op)
    assert "hush" not in made.text + changed.text + listed.text
    assert '"mode":"fast"' in changed.json()["extra"]
    assert b"hush" not in (house.settings.home / "tradewind.db").read_bytes()
    assert house.client.delete(f"{base}/connections/pg", **op).status_code == 204


def test_bad_connections_and_pools_name_the_field(house: House) -> None:
    op = house.as_("op")
    for path, body, field in (
        ("connections", {"connection_id": "a b;c", "conn_type": "http"}, "connection_id"),
        ("connections", {"connection_id": "a", "conn_type": "http", "port": 99999}, "port"),
        ("connections", {"connection_id": "a", "conn_type": "http", "extra": "{"}, "extra"),
        ("pools", {"name": "p", "slots": -2}, "slots"),
        ("pools", {"name": "p", "slots": "many"}, "slots"),
    ):
        answer = house.client.post(f"/api/v1/{path}", json=body, **op)
        assert answer.status_code == 422, answer.text
        assert answer.json()["field"] == field


@pytest.mark.spec("1/UI-15")
def test_a_pool_counts_its_slots_and_the_default_one_stays(rocket_house: House, base: str) -> None:
    op = rocket_house.as_("op")
    made = rocket_house.client.post(f"{base}/pools", json={"name": "db", "slots": 2}, **op)
    assert made.json()["open_slots"] == 2
    assert rocket_house.client.patch(f"{base}/pools/db", json={"slots": 5}, **op).json()["slots"] == 5
    default = ask(rocket_house, f"{base}/pools/default_pool")
    assert (default["occupied_slots"], default["running_slots"], default["open_slots"]) == (1, 1, 127)
    assert rocket_house.client.delete(f"{base}/pools/default_pool", **op).status_code == 409
    assert rocket_house.client.delete(f"{base}/pools/db", **op).status_code == 204


def test_people_are_made_and_every_change_is_in_the_audit_log(house: House, base: str) -> None:
    admin = house.as_("admin")
    body = {"username": "bob", "password": "topsecret", "roles": [{"name": "User"}], "email": "bob@example.com"}
    made = house.client.post(f"{base}/users", json=body, **admin)
    assert made.json()["roles"] == [{"name": "User"}]
    assert "topsecret" not in made.text
    assert house.client.post(f"{base}/users", json=body, **admin).status_code == 409
    wrong = house.client.post(f"{base}/users", json=body | {"roles": [{"name": "Usr"}]}, **admin)
    assert wrong.status_code == 422
    assert "'User'" in wrong.json()["hint"]
    logged = house.client.get(f"{base}/eventLogs", params={"event": "create_user", "owner": "admin"}, **admin)
    assert logged.json()["total_entries"] == 1
    assert "topsecret" not in logged.text


def test_the_configuration_shows_sources_and_hides_secrets(house: House, base: str) -> None:
    sections = {s["name"]: s["options"] for s in ask(house, f"{base}/config", "op")["sections"]}
    port = next(o for o in sections["api"] if o["key"] == "port")
    assert (port["value"], port["source"]) == ("8080", "default")
    database = next(o for o in sections["database"] if o["key"] == "sql_alchemy_conn")
    assert database["value"] == "***"


def test_long_answers_are_compressed(rocket_house: House) -> None:
    answer = rocket_house.client.get("/api/v1/config", **rocket_house.as_("op"))
    assert answer.headers["content-encoding"] == "gzip"


def test_a_note_is_kept(rocket_house: House) -> None:
    from tradewind.actions.edit_note import set_run_note, set_task_note

    set_run_note(rocket_house.act(), "rockets", "first", "look here")
    set_task_note(rocket_house.act(), "rockets", "first", "download", -1, "and here")
    assert ask(rocket_house, "/api/v1/dags/rockets/dagRuns/first")["note"] == "look here"
    key = TaskKey("rockets", "first", "download")
    path = f"/api/v1/dags/{key.dag_id}/dagRuns/{key.run_id}/taskInstances/{key.task_id}"
    assert ask(rocket_house, path)["note"] == "and here"


def test_answers_are_as_the_description_says(rocket_house: House, base: str) -> None:
    run = f"{base}/dags/rockets/dagRuns"
    for path, model in (
        (f"{base}/dags", answers.DagCollection),
        (f"{base}/dags/rockets", answers.Dag),
        (run, answers.DagRunCollection),
        (f"{run}/second", answers.DagRun),
        (f"{run}/second/taskInstances", answers.TaskInstanceCollection),
        (f"{run}/second/taskInstances/download", answers.TaskInstance),
    ):
        model.model_validate(ask(rocket_house, path), strict=False)
    listed = {"dag_run_id": "second", "only_failed": False}
    told = rocket_house.client.post(f"{base}/dags/rockets/clearTaskInstances", json=listed, **rocket_house.as_("user"))
    assert len(answers.TouchedTasks.model_validate(told.json()).task_instances) == 4
    answers.Problem.model_validate(rocket_house.client.get(f"{base}/dags/nope", **rocket_house.as_("user")).json())
