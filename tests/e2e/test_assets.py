"""Assets in a real installation: outlets, metadata, aliases, @asset, and an update from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.house import House, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

FILE = """
import json, os
from datetime import datetime
from airflow import DAG, Dataset
from airflow.sdk import Asset, AssetAlias, Metadata, asset, task
from airflow.operators.bash import BashOperator

HERE = os.environ["PROBE"]
sales, stock = Asset("sales", "s3://sales"), Dataset("s3://stock")

with DAG("maker", start_date=datetime(2026, 1, 1), schedule=None):
    @task(outlets=[sales])
    def sell():
        yield Metadata(sales, {"rows": 7})

    @task(outlets=[AssetAlias("reports")])
    def report(*, outlet_events):
        outlet_events[AssetAlias("reports")].add(Asset("s3://report-1"), {"page": 1})

    sell() >> report()

with DAG("both", start_date=datetime(2026, 1, 1), schedule=(sales & stock), is_paused_upon_creation=False):
    @task(inlets=[sales])
    def look(*, triggering_asset_events, inlet_events, run_id):
        events = triggering_asset_events[sales]
        said = {
            "uris": sorted(str(k) for k in triggering_asset_events),
            "rows": events[0].extra["rows"],
            "from": events[0].source_dag_run.run_id,
            "inlet": inlet_events[sales][-1].extra["rows"],
        }
        with open(HERE + "/both.json", "w") as f:
            json.dump(said, f)
    look()
    BashOperator(
        task_id="jinja",
        bash_command="echo {{ (triggering_dataset_events.values() | first | first).source_task_id }} > "
        + HERE + "/jinja.txt",
    )

with DAG("reader", start_date=datetime(2026, 1, 1), schedule=AssetAlias("reports"), is_paused_upon_creation=False):
    BashOperator(task_id="read", bash_command="true")

@asset(schedule=sales, is_paused_upon_creation=False)
def cleaned():
    return 1

@asset(schedule=Asset.ref(name="cleaned"), is_paused_upon_creation=False)
def published(cleaned):
    return 2
"""


@pytest.fixture
def assets(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Path]]:
    home = tmp_path_factory.mktemp("home")
    house = House(home, PROBE=str(home))
    (house.dags / "assets.py").write_text(FILE)
    house.start()
    house.make_admin()
    yield house, home
    house.stop()


def runs(house: House, dag_id: str) -> list[tuple[str, str]]:
    answer = house.rest("GET", f"/api/v1/dags/{dag_id}/dagRuns")
    return [(run["run_type"], run["state"]) for run in answer["dag_runs"]]


def test_updated_assets_start_the_dags_that_wait_for_them(assets: tuple[House, Path]) -> None:
    house, home = assets
    for dag_id in ("maker", "both", "reader", "cleaned", "published"):
        house.wait_for_dag(dag_id)
    house.trigger("maker", "m1")
    done = [("asset_triggered", "success")]
    for dag_id in ("reader", "cleaned", "published"):
        until(f"{dag_id} ran", lambda dag_id=dag_id: runs(house, dag_id) == done)
    assert runs(house, "both") == []
    house.rest("POST", "/api/v1/datasets/events", {"dataset_uri": "s3://stock", "extra": {"by": "hand"}})
    until("both ran", lambda: runs(house, "both") == done)
    said = json.loads((home / "both.json").read_text())
    assert said == {"uris": ["s3://sales", "s3://stock"], "rows": 7, "from": "m1", "inlet": 7}
    assert (home / "jinja.txt").read_text().strip() == "sell"
    events = house.rest("GET", "/api/v2/assets/events?uri=s3://sales")["asset_events"]
    assert {made["dag_id"] for made in events[0]["created_dagruns"]} == {"both", "cleaned"}
    house.trigger("maker", "m2")
    until("reader ran again", lambda: len(runs(house, "reader")) == 2)
    assert len(runs(house, "both")) == 1
