"""The same questions on PostgreSQL."""

from __future__ import annotations

from typing import Any

import pytest

from .conftest import House, fill
from .test_live import live, opened


def ask(house: House, path: str, **params: object) -> Any:
    answer = house.client.get(path, params=params, **house.as_("op"))
    assert answer.status_code == 200, (path, answer.text)
    return answer.json()


def test_every_page_answers_as_on_sqlite(postgres_house: House, house: House) -> None:
    fill(house)
    run, v1 = "/ui/dags/rockets/runs/second", "/api/v1/dags/rockets/dagRuns/second"
    for path in (
        "/ui/dags",
        "/ui/dags?search=rock&tag=space&paused=false&state=running&order_by=-next_run_after",
        "/ui/dags/rockets",
        "/ui/dags/rockets/source",
        "/ui/dags/rockets/structure",
        "/ui/dags/rockets/versions",
        "/ui/dags/rockets/grid?state=running&run_type=manual&before=2026-02-01T00:00:00Z",
        "/ui/dags/rockets/grid",
        run,
        f"{run}/tasks",
        f"{run}/tasks/download",
        f"{run}/tasks/pictures.fetch",
        f"{run}/tasks/download/xcoms",
        "/ui/import_errors",
        "/api/v1/dags",
        "/api/v1/dags/~/dagRuns?order_by=-start_date&end_date_gte=2026-01-01T00:00:00Z",
        f"{v1}/taskInstances?state=failed&pool=default_pool",
        f"{v1}/taskInstances/download/xcomEntries",
        "/api/v1/pools",
        "/api/v1/variables",
        "/api/v1/connections",
        "/api/v1/dagTags",
    ):
        assert ask(postgres_house, path) == ask(house, path), path


@pytest.mark.spec("1/RC-04")
def test_verbs_work(postgres_house: House) -> None:
    user = postgres_house.as_("user")
    base = "/api/v1/dags/rockets"
    client = postgres_house.client
    made = client.post(f"{base}/dagRuns", json={"conf": {"size": 2}}, **user)
    assert made.json()["state"] == "queued"
    assert client.post(f"{base}/dagRuns", json={"dag_run_id": "first"}, **user).status_code == 409
    body = {"dag_run_id": "second", "dry_run": False}
    assert client.post(f"{base}/clearTaskInstances", json=body, **user).json()["total_entries"] == 1
    assert client.delete(f"{base}/dagRuns/second", **user).status_code == 204
    variable = {"key": "a", "value": "b"}
    assert client.post("/api/v1/variables", json=variable, **postgres_house.as_("op")).status_code == 200
    assert client.post("/api/v1/variables", json=variable, **postgres_house.as_("op")).status_code == 409
    assert client.post("/api/v1/pools", json={"name": "p", "slots": 1}, **postgres_house.as_("op")).status_code == 200


def test_a_notice_from_another_machine_reaches_the_page(postgres_house: House) -> None:
    async def work(app: Any) -> None:
        async with opened(app, "/ui/stream") as stream:
            await stream.next("ping")
            run = postgres_house.add_run("rockets", "third", day=3)
            from tradewind.domain.keys import TaskKey

            postgres_house.add_task(run, TaskKey("rockets", "third", "download"), "running")
            with postgres_house.store.write() as conn:
                conn.exec_driver_sql("NOTIFY tradewind_api")
            change = await stream.next("change")
            assert change["tasks"] == [["rockets", "third", "download", -1, "running"]]

    live(postgres_house, work)


def test_lines_that_appear_late_are_not_lost(postgres_house: House) -> None:
    from tradewind.store.reads.changes import changes_since

    with postgres_house.store.read() as conn:
        first = changes_since(conn, 0)
        assert first.tasks
        again = changes_since(conn, first.last_id, first.ids)
        assert (again.tasks, again.runs) == ([], [])
        late = changes_since(conn, first.last_id, first.ids - {min(first.ids)})
        assert len(late.tasks) == 1
        assert late.last_id == first.last_id
