"""Assets over REST, under their new name and their old one."""

from __future__ import annotations

import pytest

from tradewind.clock import SystemClock
from tradewind.store.reads.versions import the_dag
from tradewind.store.writes import assets as writes
from tradewind.store.writes import runs as run_writes
from tradewind.store.writes.assets import Source

from .conftest import House


@pytest.fixture
def updated(rocket_house: House) -> House:
    """Two events of one asset, the first of which made a run."""
    now = SystemClock().now()
    with rocket_house.store.write() as conn:
        source = Source("rockets", "first", "download", -1)
        writes.start_cursors(conn, "rockets", ["s3://sales"], now)
        writes.add_events(
            conn, [({"uri": "s3://sales", "name": "sales", "extra": {"n": 1}, "alias": "all"}, source, now)]
        )
        pk = run_writes.insert(
            conn, dag_id="rockets", run_id="by_asset", run_type="asset_triggered",
            version_id=the_dag(conn, "rockets").version_id or 0, now=now, run_after=now, logical_date=now,
            interval=(now, now), conf={}, triggered_by="asset",
        )  # fmt: skip
        writes.consume(conn, "rockets", pk, [(1, "s3://sales")])
        writes.add_events(conn, [({"uri": "s3://sales", "extra": {"n": 2}}, Source(), now)])
    return rocket_house


def ask(house: House, path: str, **params: object) -> dict:
    answer = house.client.get(path, params=params, **house.as_("viewer"))
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.parametrize(("base", "key"), [("/api/v2/assets", "assets"), ("/api/v1/datasets", "datasets")])
def test_assets_are_listed_with_who_waits_for_them(updated: House, base: str, key: str) -> None:
    (asset,) = ask(updated, base)[key]
    assert (asset["uri"], asset["name"]) == ("s3://sales", "sales")
    assert asset["consuming_dags"] == [{"dag_id": "rockets"}]
    assert asset["aliases"] == [{"name": "all"}]
    assert ask(updated, base, uri_pattern="nothing")["total_entries"] == 0
    assert ask(updated, f"{base}/s3://sales")["uri"] == "s3://sales"


def test_events_tell_what_made_them_and_what_they_made(updated: House) -> None:
    answer = ask(updated, "/api/v2/assets/events")
    assert answer["total_entries"] == 2
    second, first = answer["asset_events"]
    assert (first["source_task_id"], first["extra"]) == ("download", {"n": 1})
    assert first["created_dagruns"] == [{"dag_id": "rockets", "run_id": "by_asset", "state": "queued"}]
    assert (second["source_dag_id"], second["created_dagruns"]) == (None, [])
    assert ask(updated, "/api/v2/assets/events", source_dag_id="rockets")["total_entries"] == 1
    assert ask(updated, "/api/v1/datasets/events")["dataset_events"][1]["dataset_uri"] == "s3://sales"
    (used,) = ask(updated, "/api/v2/dags/rockets/dagRuns/by_asset/upstreamAssetEvents")["asset_events"]
    assert used["id"] == first["id"]


def test_an_event_can_be_made_from_outside(updated: House) -> None:
    def say(username: str, **body: object) -> object:
        return updated.client.post("/api/v2/assets/events", json=body, **updated.as_(username))

    made = say("user", asset_name="sales", extra={"n": 3})
    assert made.status_code == 200, made.text
    assert made.json()["extra"] == {"n": 3, "from_rest_api": True}
    assert ask(updated, "/api/v2/assets/events")["total_entries"] == 3
    assert say("viewer", asset_uri="s3://sales").status_code == 403
    unknown = say("user", asset_uri="s3://sale")
    assert unknown.status_code == 404
    assert "s3://sales" in unknown.json()["hint"]
    assert say("user").json()["hint"].startswith("Give its address")
