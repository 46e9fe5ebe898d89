"""Backfills by REST."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.scheduling import dag, publish
from tradewind.domain.spec import TimetableSpec

from .conftest import House
from .test_verbs import send

DAILY = TimetableSpec(kind="cron", args={"expression": "0 0 * * *", "timezone": "UTC"}, summary="@daily")


@pytest.fixture(params=["v1", "v2"])
def base(request: pytest.FixtureRequest) -> str:
    return f"/api/{request.param}/backfills"


@pytest.fixture
def filled(house: House) -> House:
    spec = dag("daily", "a>b", timetable=DAILY, start_date=datetime(2025, 1, 1, tzinfo=UTC))
    publish(house.store, spec, house.clock.now())
    return house


def body(**more: Any) -> dict[str, Any]:
    given = {"dag_id": "daily", "from_date": "2025-12-01T00:00:00Z", "to_date": "2025-12-03T00:00:00Z"}
    return given | more


def test_a_backfill_from_its_start_to_its_end(filled: House, base: str) -> None:
    made = send(filled, "POST", base, body(max_active_runs=2, dag_run_conf={"x": 1}))
    assert (made["dag_id"], made["state"], made["max_active_runs"]) == ("daily", "running", 2)
    assert made["dag_run_conf"] == {"x": 1}
    assert made["reprocess_behavior"] == "none"
    assert made["progress"]["total"] == made["progress"]["planned"] == 3
    one = f"{base}/{made['id']}"
    assert send(filled, "PUT", f"{one}/pause")["is_paused"] is True
    assert send(filled, "GET", one)["state"] == "paused"
    assert send(filled, "PUT", f"{one}/unpause")["state"] == "running"
    assert send(filled, "PATCH", one, {"max_active_runs": 5})["max_active_runs"] == 5
    assert send(filled, "GET", base, who="viewer")["total_entries"] == 1
    runs = send(filled, "GET", f"{one}/runs")
    assert [run["logical_date"] for run in runs["runs"]] == [f"2025-12-0{n}T00:00:00Z" for n in (1, 2, 3)]
    ended = send(filled, "PUT", f"{one}/cancel")
    assert ended["state"] == "cancelled"
    assert ended["completed_at"] is not None
    assert send(filled, "GET", f"{base}?active=true&dag_id=daily")["backfills"] == []
    again = send(filled, "PUT", f"{one}/cancel", status=409)
    assert "cancelled already" in again["detail"]


def test_a_dry_run_tells_all_and_writes_nothing(filled: House, base: str) -> None:
    told = send(filled, "POST", f"{base}/dry_run", body(task_regex="a"))
    assert told["total_entries"] == 3
    assert told["backfills"][0] == {
        "run_id": "backfill__2025-12-01T00:00:00+00:00", "logical_date": "2025-12-01T00:00:00Z",
        "data_interval_start": "2025-12-01T00:00:00Z", "data_interval_end": "2025-12-02T00:00:00Z", "intervals": 1,
        "action": "make", "reason": None,
    }  # fmt: skip
    story = told["preview"]
    assert (story["runs"], story["tasks_per_run"], story["task_ids"]) == (3, 1, ["a"])
    assert "nobody knows how long" in story["basis"]
    assert send(filled, "GET", base)["total_entries"] == 0


def test_what_is_wrong_is_said(filled: House, base: str) -> None:
    send(filled, "POST", base, body())
    taken = send(filled, "POST", base, body(), status=409)
    assert "is at work" in taken["detail"]
    unknown = send(filled, "POST", base, body(dag_id="dayly"), status=404)
    assert "'daily'" in unknown["hint"]
    send(filled, "POST", base, body(from_date="2025-12-01"), status=422)
    send(filled, "POST", base, body(reprocess_behavior="all"), status=422)
    send(filled, "POST", base, body(max_active_runs=0), status=422)
    send(filled, "GET", f"{base}/99", status=404)
    send(filled, "POST", base, body(), status=403, who="viewer")
    send(filled, "PUT", f"{base}/1/cancel", status=403, who="viewer")
