"""P15: asset events that start nothing, or start two runs."""

from __future__ import annotations

from typing import Any

import pytest

from tests.pains.several import START, Several
from tests.scheduling import dag, publish
from tradewind.actions.create_run import create_run
from tradewind.domain.spec import TimetableSpec

ASSET = TimetableSpec(kind="asset", summary="Asset")
MADE = 60


def updates(order: Any) -> dict[str, Any]:
    return {"asset_events": [{"uri": "s3://sales"}] if order.task_id == "make" else []}


@pytest.mark.timeout(120)
def test_three_schedulers_use_every_event_once_for_each_consumer(shared_url: str) -> None:
    several = Several(shared_url, 3, updates)
    wanted = {"any": [{"asset": {"name": "s3://sales", "uri": "s3://sales", "group": "asset"}}]}
    publish(several.store, dag("maker", "make"), START)
    for name in ("one", "two"):
        publish(several.store, dag(name, f"use_{name}", timetable=ASSET, asset_expression=wanted), START)
    for one in several.schedulers:
        one.tick()  # the consumers are known: what came before a DAG is not for it
    for _ in range(MADE):
        create_run(several.act, "maker")
    text = (
        "SELECT r.dag_id, COUNT(*), COUNT(DISTINCT x.event_id), COUNT(DISTINCT r.id) FROM run_asset_event x"
        " JOIN dag_run r ON r.id = x.run_pk GROUP BY r.dag_id ORDER BY r.dag_id"
    )
    with several.running():
        several.until("every event is written", lambda: several.rows("SELECT COUNT(*) FROM asset_event")[0][0] >= MADE)
        several.until("and used", lambda: sum(row[1] for row in several.rows(text)) >= 2 * MADE)
        several.until("all runs ended", lambda: several.open_runs() == 0)
        used = several.rows(text)
        events = several.rows("SELECT COUNT(*) FROM asset_event")[0][0]
    assert events == MADE
    assert [tuple(row[:3]) for row in used] == [("one", MADE, MADE), ("two", MADE, MADE)]
    handed = several.handed_over()
    assert set(handed.values()) == {1}
    assert len(handed) == MADE + sum(row[3] for row in used)
