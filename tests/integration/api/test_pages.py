"""What the page asks, answered from rows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tradewind.domain.keys import TaskKey
from tradewind.domain.spec import DagSpec
from tradewind.store.tables import dags as dag_tables

from .conftest import T0, House, rockets


def ask(house: House, path: str, **params: object) -> dict:
    answer = house.client.get(path, params=params, **house.as_("viewer"))
    assert answer.status_code == 200, answer.text
    return answer.json()


@pytest.mark.spec("1/UI-02")
def test_the_list_of_dags_shows_facts_counts_and_newest_runs(rocket_house: House) -> None:
    rocket_house.add_dag(DagSpec(dag_id="tides", fileloc="tides.py", tags=["sea"]), paused=True)
    rocket_house.add_run("tides", "t1", "failed")

    found = ask(rocket_house, "/ui/dags")

    assert found["total"] == 2
    assert found["counts"] == {"all": 2, "active": 1, "paused": 1, "running": 1, "failed": 1}
    assert found["tags"] == ["demo", "sea", "space"]
    first = found["dags"][0]
    assert first["dag_id"] == "rockets"
    assert first["display_name"] == "rockets"
    assert first["timetable_summary"] == "@daily"
    assert [run["run_id"] for run in first["recent_runs"]] == ["first", "second"]
    assert first["recent_runs"][0]["seconds"] == 5.0


@pytest.mark.spec("1/UI-02")
@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ({"search": "ROCK"}, ["rockets"]),
        ({"search": "%"}, []),
        ({"tag": "sea"}, ["tides"]),
        ({"paused": "true"}, ["tides"]),
        ({"paused": "false"}, ["rockets"]),
        ({"state": "running"}, ["rockets"]),
        ({"state": "failed"}, ["tides"]),
        ({"order_by": "-dag_id"}, ["tides", "rockets"]),
        ({"limit": 1, "offset": 1}, ["tides"]),
    ],
)
def test_the_list_of_dags_can_be_filtered(rocket_house: House, filter_: dict, expected: list[str]) -> None:
    rocket_house.add_dag(DagSpec(dag_id="tides", fileloc="tides.py", tags=["sea"]), paused=True)
    rocket_house.add_run("tides", "t1", "failed")
    found = ask(rocket_house, "/ui/dags", **filter_)
    assert [dag["dag_id"] for dag in found["dags"]] == expected


def test_dags_without_a_next_run_come_after_those_that_are_due(rocket_house: House) -> None:
    rocket_house.add_dag(DagSpec(dag_id="by_hand", fileloc="by_hand.py"))
    with rocket_house.store.write() as conn:
        by_hand = dag_tables.dag.c.dag_id == "by_hand"
        conn.execute(dag_tables.dag.update().where(by_hand).values(next_run_after=None))
    found = ask(rocket_house, "/ui/dags", order_by="next_run_after")
    assert [dag["dag_id"] for dag in found["dags"]] == ["rockets", "by_hand"]


def test_at_most_fourteen_recent_runs_are_shown_oldest_first(house: House) -> None:
    house.add_dag(rockets())
    for day in range(20):
        house.add_run("rockets", f"r{day}", "success", day=day)
    runs = ask(house, "/ui/dags")["dags"][0]["recent_runs"]
    assert [run["run_id"] for run in runs] == [f"r{day}" for day in range(6, 20)]


def test_the_page_of_a_dag_shows_its_version_and_parameters(rocket_house: House) -> None:
    found = ask(rocket_house, "/ui/dags/rockets")
    assert found["doc_md"] == "# Rockets"
    assert found["params"]["size"]["value"] == 3
    assert found["version"]["number"] == 1


@pytest.mark.spec("1/UI-16")
def test_the_code_comes_from_the_store_and_by_version(rocket_house: House) -> None:
    rocket_house.add_dag(rockets(), source="# second\n")
    assert ask(rocket_house, "/ui/dags/rockets/source")["source"] == "# second\n"
    assert ask(rocket_house, "/ui/dags/rockets/source", version=1)["source"] == "# the file\n"


@pytest.mark.spec("1/UI-05")
def test_the_structure_holds_groups_tasks_and_edges(rocket_house: House) -> None:
    found = ask(rocket_house, "/ui/dags/rockets/structure")
    nodes = {node["id"]: node for node in found["nodes"]}
    assert nodes["pictures"]["kind"] == "group"
    assert nodes["pictures.fetch"]["parent"] == "pictures"
    assert nodes["pictures.fetch"]["label"] == "fetch"
    assert nodes["pictures.fetch"]["is_mapped"]
    assert {"from": "pictures.count", "to": "notify", "label": "then"} in found["edges"]
    assert len(found["edges"]) == 3


@pytest.mark.spec("1/UI-07")
def test_the_grid_has_a_letter_per_cell_in_the_order_of_work(rocket_house: House) -> None:
    found = ask(rocket_house, "/ui/dags/rockets/grid")
    assert [row["id"] for row in found["rows"]] == [
        "download",
        "pictures",
        "pictures.fetch",
        "pictures.count",
        "notify",
    ]
    assert [row["depth"] for row in found["rows"]] == [0, 0, 1, 1, 0]
    assert [run["run_id"] for run in found["runs"]] == ["first", "second"]
    assert found["cells"] == {"first": "sssss", "second": "sffn."}
    assert found["mapped"]["second"] == {"pictures.fetch": {"failed": 1, "running": 1}}
    assert found["runs"][0]["version"] == 1


@pytest.mark.spec("1/UI-07")
def test_the_grid_shows_25_runs_by_default_and_pages_back(house: House) -> None:
    house.add_dag(rockets())
    for day in range(30):
        house.add_run("rockets", f"r{day}", "success", day=day)
    newest = ask(house, "/ui/dags/rockets/grid")["runs"]
    assert [run["run_id"] for run in newest] == [f"r{day}" for day in range(5, 30)]
    older = ask(house, "/ui/dags/rockets/grid", before=newest[0]["run_after"])["runs"]
    assert [run["run_id"] for run in older] == [f"r{day}" for day in range(5)]


@pytest.mark.spec("1/UI-08")
def test_the_grid_tells_how_a_run_started(house: House) -> None:
    house.add_dag(rockets())
    house.add_run("rockets", "scheduled__1", "success", day=1, run_type="scheduled")
    house.add_run("rockets", "manual__1", "failed", day=2)
    runs = ask(house, "/ui/dags/rockets/grid")["runs"]
    assert [run["run_type"] for run in runs] == ["scheduled", "manual"]
    only = ask(house, "/ui/dags/rockets/grid", run_type="manual", state="failed")["runs"]
    assert [run["run_id"] for run in only] == ["manual__1"]


@pytest.mark.spec("1/UI-18")
def test_tasks_of_older_versions_are_not_drawn(rocket_house: House) -> None:
    run = rocket_house.add_run("rockets", "third", "success", day=3)
    rocket_house.add_task(run, TaskKey("rockets", "third", "gone"), "success")
    found = ask(rocket_house, "/ui/dags/rockets/grid")
    assert found["cells"]["third"] == "....."


def test_the_page_of_a_run_counts_its_tasks(rocket_house: House) -> None:
    found = ask(rocket_house, "/ui/dags/rockets/runs/second")
    assert found["counts"] == {"success": 1, "failed": 1, "running": 1, "none": 1}
    assert found["conf"] == {"size": 1}
    assert found["triggered_by"] == "ada"
    tasks = ask(rocket_house, "/ui/dags/rockets/runs/second/tasks")["tasks"]
    assert [(t["task_id"], t["map_index"], t["state"]) for t in tasks][-1] == ("pictures.count", -1, None)


@pytest.mark.spec("1/UI-12")
def test_the_page_of_a_task_has_tries_templates_journal_and_spec(rocket_house: House) -> None:
    found = ask(rocket_house, "/ui/dags/rockets/runs/second/tasks/download")
    assert found["state"] == "success"
    assert found["rendered"] == {"bash_command": "echo 1"}
    assert found["attempts"][0]["host"] == "here"
    assert found["journal"][0]["why"] == "because"
    assert found["spec"]["owner"] == "ada"


def test_the_page_of_a_mapped_task_lists_its_instances(rocket_house: House) -> None:
    found = ask(rocket_house, "/ui/dags/rockets/runs/second/tasks/pictures.fetch")
    assert [(m["map_index"], m["state"]) for m in found["mapped"]] == [(0, "failed"), (1, "running")]
    one = ask(rocket_house, "/ui/dags/rockets/runs/second/tasks/pictures.fetch", map_index=1)
    assert one["state"] == "running"


@pytest.mark.spec("1/UI-13")
def test_xcoms_are_shown_as_values(rocket_house: House) -> None:
    found = ask(rocket_house, "/ui/dags/rockets/runs/second/tasks/download/xcoms")
    assert found["xcoms"][0]["value"] == {"rows": [1, 2]}


@pytest.mark.spec("1/UI-21")
def test_import_errors_tell_file_line_and_hint(house: House) -> None:
    with house.store.write() as conn:
        conn.execute(
            dag_tables.import_error.insert().values(
                bundle="dags-folder", fileloc="bad.py", code="syntax", message="invalid syntax", line=3,
                hint="Mend line 3.", stacktrace="Traceback", at=T0,
            )
        )  # fmt: skip
    error = ask(house, "/ui/import_errors")["errors"][0]
    assert (error["fileloc"], error["line"], error["hint"]) == ("bad.py", 3, "Mend line 3.")


def test_health_counts_this_process_and_says_what_is_missing(house: House) -> None:
    found = ask(house, "/ui/health")
    assert found["status"] == "unhealthy"
    assert [p["kind"] for p in found["processes"]] == ["api"]
    plain = house.client.get("/health").json()
    assert plain["metadatabase"]["status"] == "healthy"
    assert plain["scheduler"]["status"] == "unhealthy"
    assert [one["code"] for one in found["troubles"]] == ["no_scheduler", "no_parser"]
    assert plain["troubles"][0] == "no scheduler is running: none has been heard of"


def test_the_grid_takes_three_statements_whatever_its_size(rocket_house: House) -> None:
    from sqlalchemy import event

    def statements() -> int:
        seen: list[str] = []

        def note(_conn: object, _cursor: object, statement: str, *_rest: object) -> None:
            seen.append(statement)

        event.listen(rocket_house.store.engine, "before_cursor_execute", note)
        ask(rocket_house, "/ui/dags/rockets/grid")
        event.remove(rocket_house.store.engine, "before_cursor_execute", note)
        return len([s for s in seen if s.startswith("SELECT")])

    ask(rocket_house, "/ui/dags/rockets/grid")
    before = statements()
    for day in range(5, 25):
        run = rocket_house.add_run("rockets", f"more{day}", "success", day=day)
        rocket_house.add_task(run, TaskKey("rockets", f"more{day}", "download"), "success")
    assert statements() == before
    assert before <= 5  # who asks, the DAG, the runs, the cells


def test_times_are_iso_8601_in_utc(rocket_house: House) -> None:
    run = ask(rocket_house, "/ui/dags/rockets/runs/first")
    assert run["ended_at"] == (T0 + timedelta(seconds=5)).strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.spec("3/PO-08")
def test_the_page_of_a_task_has_the_command_that_runs_it_with_its_pool(rocket_house: House) -> None:
    page = ask(rocket_house, "/ui/dags/rockets/runs/first/tasks/notify")
    assert page["command"] == "tradewind tasks run rockets notify first --local --pool default_pool"
    mapped = ask(rocket_house, "/ui/dags/rockets/runs/second/tasks/pictures.fetch", map_index=0)
    assert mapped["command"].endswith("--pool default_pool --map-index 0")
