from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.differential import answers, compare
from tests.differential.cases import creation as cases
from tests.scheduling import House
from tradewind.actions.pause_dag import pause_dag
from tradewind.domain.spec import DagSpec
from tradewind.sdk.dag import DAG
from tradewind.sdk.freeze import freeze
from tradewind.sdk.operators.empty import EmptyOperator
from tradewind.settings import load_settings
from tradewind.store import migrate
from tradewind.store.engine import open_store, when

TOLD = answers("creation")
#: D-08: a length of time is counted from the start date with and without catch-up; without, 2.11 counts from 1970.
KNOWN = dict.fromkeys(
    (
        "spring|6 hours|UTC|2024-03-30T05:17|None|False",
        "spring|6 hours|Europe/Amsterdam|2024-03-30T00:00|None|False",
        "spring|90 minutes|UTC|2024-03-30T05:17|2024-03-31T06:00|False",
        "spring|90 minutes|Europe/Amsterdam|2024-03-30T05:17|None|False",
        "spring|1 day|Europe/Amsterdam|2024-03-30T00:00|None|False",
        "spring|90 minutes|Europe/Amsterdam|2024-03-30T05:17|None|False|then 6 hours",
        "spring|1 day|Europe/Amsterdam|2024-03-30T00:00|None|False|then 30 2 * * *",
        "spring|0 */6 * * *|Europe/Amsterdam|2024-03-30T00:00|2024-03-31T06:00|False|then 6 hours",
        "autumn|6 hours|America/New_York|2024-11-02T00:00|None|False",
        "autumn|90 minutes|UTC|2024-11-02T05:17|2024-11-03T06:00|False",
        "autumn|90 minutes|America/St_Johns|2024-11-02T05:17|None|False",
        "autumn|90 minutes|America/St_Johns|2024-11-02T00:00|None|False",
        "autumn|1 day|America/St_Johns|2024-11-02T05:17|2024-11-03T06:00|False|then 6 hours",
        "autumn|90 minutes|UTC|2024-11-02T05:17|2024-11-03T06:00|False|off 2-5",
        "months|7 days|Europe/Amsterdam|2023-12-28T00:00|2024-01-05T00:00|False",
        "months|7 days|Asia/Kathmandu|2023-12-30T14:45|2024-02-01T00:00|False",
        "months|1 day|Pacific/Auckland|2023-12-28T00:00|None|False",
        "months|1 day|Europe/Amsterdam|2024-01-11T00:00|2024-02-01T00:00|False",
    ),
    "D-08",
)
#: D-20: months are counted from the start date, so that the 30th comes back after February.
KNOWN["months|1 month|Pacific/Auckland|2023-12-30T14:45|None|True"] = "D-20"


def spec_of(dag_id: str, case: cases.Case, look: int) -> DagSpec:
    zone = ZoneInfo(case.zone)
    with DAG(
        dag_id, schedule=cases.schedule_at(case, look), catchup=case.catchup, max_active_runs=100_000,
        start_date=datetime.fromisoformat(case.start).replace(tzinfo=zone),
        end_date=datetime.fromisoformat(case.end).replace(tzinfo=zone) if case.end else None,
    ) as dag:  # fmt: skip
        EmptyOperator(task_id="t")
    return freeze(dag, fileloc=f"{dag_id}.py")


@pytest.fixture(scope="module", params=list(cases.WORLDS))
def played(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> list[tuple[str, Any, Any]]:
    """(case, Airflow's runs, ours) of a world: our scheduler on a store of its own, woken at the moments of the world."""
    world = request.param
    folder = tmp_path_factory.mktemp("creation")
    store = open_store(load_settings({"TRADEWIND__DATABASE__SQL_ALCHEMY_CONN": f"sqlite:///{folder}/t.db"}))
    migrate.upgrade(store)
    mine = {cases.dag_id(n): (key, case) for n, (key, case) in enumerate(cases.CASES.items()) if case.world == world}
    moments = [datetime.fromisoformat(moment).replace(tzinfo=UTC) for moment in cases.WORLDS[world].moments]
    house = House(store, now=moments[0])
    ours: dict[str, list[list[Any]]] = {key: [] for key, _ in mine.values()}
    seen = 0
    for look, moment in enumerate(moments):
        house.clock.advance((moment - house.clock.now()).total_seconds())
        for dag_id, (_, case) in mine.items():
            if look == 0 or (case.edited and case.edited[0] == look):
                house.publish(spec_of(dag_id, case, look), max_active_runs=100_000)
            if case.off and look in case.off:
                pause_dag(house.act, dag_id, look == case.off[0])
        house.scheduler.wake()
        house.settle(1000)
        text = (
            "SELECT id, dag_id, logical_date, interval_start, interval_end FROM dag_run"
            " WHERE run_type = 'scheduled' AND id > ? ORDER BY id"
        )
        for pk, dag_id, *dates in house.rows(text, seen):
            seen = pk
            ours[mine[dag_id][0]].append([look, *(cases.text(when(at)) for at in dates)])  # type: ignore[arg-type]
    store.close()
    return [(key, TOLD[key], ours[key]) for key, _ in mine.values()]


@pytest.mark.spec("1/SC-28", "1/BF-01", "1/BF-02")
def test_the_scheduler_makes_the_runs_airflow_makes(played: list[tuple[str, Any, Any]]) -> None:
    mine = {key for key, _, _ in played}
    compare(played, {key: why for key, why in KNOWN.items() if key in mine})


def test_two_hundred_cases_were_asked() -> None:
    assert sorted(TOLD) == sorted(cases.CASES)
    assert len(TOLD) >= 200
