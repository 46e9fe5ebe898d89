"""What people do with DAGs, runs and tasks, by REST."""

from __future__ import annotations

import pytest

from tradewind.domain.keys import TaskKey

from .conftest import House, rockets


@pytest.fixture(params=["v1", "v2"])
def base(request: pytest.FixtureRequest) -> str:
    return f"/api/{request.param}/dags/rockets"


def send(house: House, method: str, path: str, body: object = None, *, status: int = 200, who: str = "user") -> dict:
    answer = house.client.request(method, path, json=body, **house.as_(who))
    assert answer.status_code == status, answer.text
    return answer.json() if answer.content else {}


def states(house: House, run_id: str) -> dict[str, str | None]:
    tasks = send(house, "GET", f"/ui/dags/rockets/runs/{run_id}/tasks")["tasks"]
    return {t["task_id"] + ("" if t["map_index"] < 0 else f"[{t['map_index']}]"): t["state"] for t in tasks}


@pytest.mark.spec("1/RC-04")
def test_a_run_is_triggered_with_configuration(rocket_house: House, base: str) -> None:
    made = send(rocket_house, "POST", f"{base}/dagRuns", {"conf": {"size": 9}})
    assert made["conf"] == {"size": 9}
    assert made["external_trigger"] is True
    assert made["end_date"] is None
    assert made["state"] == "queued"
    assert made["dag_run_id"].startswith("manual__")
    assert made["triggered_by"] == "user"
    assert send(rocket_house, "GET", f"{base}/dagRuns/{made['dag_run_id']}")["conf"] == {"size": 9}


@pytest.mark.spec("1/RC-05")
def test_id_date_and_note_can_be_chosen(rocket_house: House, base: str) -> None:
    field = "execution_date" if "v1" in base else "logical_date"
    body = {"dag_run_id": "mine", field: "2026-03-01T00:00:00+01:00", "note": "a test"}
    made = send(rocket_house, "POST", f"{base}/dagRuns", body)
    assert (made["dag_run_id"], made["note"]) == ("mine", "a test")
    assert made["logical_date"] == "2026-02-28T23:00:00Z"


@pytest.mark.spec("1/RC-06")
def test_a_trigger_needs_a_body_that_may_be_empty(rocket_house: House, base: str) -> None:
    send(rocket_house, "POST", f"{base}/dagRuns", status=400)
    send(rocket_house, "POST", f"{base}/dagRuns", {})


@pytest.mark.spec("1/RC-07")
def test_a_trigger_says_what_is_wrong(rocket_house: House, base: str) -> None:
    taken = send(rocket_house, "POST", f"{base}/dagRuns", {"dag_run_id": "first"}, status=409)
    assert "'first'" in taken["detail"]
    unknown = send(rocket_house, "POST", f"{base[:-1]}/dagRuns", {}, status=404)
    assert "'rockets'" in unknown["hint"]
    naive = send(rocket_house, "POST", f"{base}/dagRuns", {"logical_date": "2026-01-01T00:00:00"}, status=422)
    assert naive["field"] == "logical_date"
    listed = send(rocket_house, "POST", f"{base}/dagRuns", {"conf": [1]}, status=422)
    assert listed["field"] == "conf"
    send(rocket_house, "POST", f"{base}/dagRuns", {}, status=403, who="viewer")


def test_the_links_a_task_left_are_on_its_page(rocket_house: House) -> None:
    with rocket_house.store.read() as conn:
        run_pk = conn.exec_driver_sql("SELECT id FROM dag_run WHERE run_id = 'second'").scalar_one()
    for name, url in (("Docs", "https://docs.example/x"), ("Evil", "javascript:alert(1)"), ("Here", "/dags/rockets")):
        rocket_house.push(run_pk, "download", f"_link_{name}", f'"{url}"')
    page = send(rocket_house, "GET", "/ui/dags/rockets/runs/second/tasks/download")
    assert page["links"] == [
        {"name": "Docs", "url": "https://docs.example/x"},
        {"name": "Here", "url": "/dags/rockets"},
    ]
    shown = send(rocket_house, "GET", "/ui/dags/rockets/runs/second/tasks/download/xcoms")["xcoms"]
    assert not [x for x in shown if x["key"].startswith("_link_")]


def test_a_conf_that_breaks_a_param_is_refused_by_name(rocket_house: House, base: str) -> None:
    wrong = send(rocket_house, "POST", f"{base}/dagRuns", {"conf": {"size": "large"}}, status=422)
    assert wrong["field"] == "conf.size"
    assert "'large' is not of type 'integer'" in wrong["detail"]
    send(rocket_house, "POST", f"{base}/dagRuns", {"conf": {"size": 4, "other": "x"}})


@pytest.mark.spec("1/RC-14", "1/UI-03")
def test_a_dag_is_switched_off_and_on(rocket_house: House, base: str) -> None:
    assert send(rocket_house, "PATCH", base, {"is_paused": True})["is_paused"] is True
    assert send(rocket_house, "GET", "/ui/dags/rockets")["is_paused"] is True
    assert send(rocket_house, "PATCH", base, {"is_paused": False})["is_paused"] is False


@pytest.mark.spec("1/UI-11")
def test_clearing_first_tells_and_then_does(rocket_house: House, base: str) -> None:
    body = {"dag_run_id": "second", "task_ids": ["pictures.fetch"]}
    told = send(rocket_house, "POST", f"{base}/clearTaskInstances", body)["task_instances"]
    assert [(t["task_id"], t["map_index"], t["state"]) for t in told] == [("pictures.fetch", 0, "failed")]
    whole = {"dag_run_id": "second", "task_ids": ["download"], "only_failed": False}
    told = send(rocket_house, "POST", f"{base}/clearTaskInstances", whole)["task_instances"]
    assert [(t["map_index"], t["state"]) for t in told] == [(-1, "success")]
    assert states(rocket_house, "second")["pictures.fetch[0]"] == "failed"
    send(rocket_house, "POST", f"{base}/clearTaskInstances", body | {"dry_run": False})
    assert states(rocket_house, "second")["pictures.fetch[0]"] is None
    assert states(rocket_house, "second")["download"] == "success"


def test_clearing_can_name_one_mapped_instance_and_all_runs(rocket_house: House, base: str) -> None:
    one = {"dag_run_id": "first", "task_ids": [["pictures.fetch", 1]], "only_failed": False}
    told = send(rocket_house, "POST", f"{base}/clearTaskInstances", one)["task_instances"]
    assert [(t["task_id"], t["map_index"]) for t in told] == [("pictures.fetch", 1)]
    every = {"task_ids": ["download"], "only_failed": False}
    told = send(rocket_house, "POST", f"{base}/clearTaskInstances", every)["task_instances"]
    assert {t["dag_run_id"] for t in told} == {"first", "second"}
    past = every | {"dag_run_id": "first", "include_past": True}
    told = send(rocket_house, "POST", f"{base}/clearTaskInstances", past)["task_instances"]
    assert {t["dag_run_id"] for t in told} == {"first"}
    wrong = {"dag_run_id": "first", "task_ids": ["downlod"]}
    assert "'download'" in send(rocket_house, "POST", f"{base}/clearTaskInstances", wrong, status=404)["hint"]


def test_a_task_is_marked(rocket_house: House, base: str) -> None:
    task = f"{base}/dagRuns/second/taskInstances/pictures.fetch"
    send(rocket_house, "PATCH", f"{task}/0", {"new_state": "success"})
    assert states(rocket_house, "second")["pictures.fetch[0]"] == "success"
    send(rocket_house, "PATCH", f"{base}/dagRuns/second/taskInstances/download", {"new_state": "failed"})
    assert states(rocket_house, "second")["download"] == "failed"
    wrong = send(rocket_house, "PATCH", f"{task}/0", {"new_state": "great"}, status=422)
    assert wrong["field"] == "new_state"
    journal = send(rocket_house, "GET", "/ui/dags/rockets/runs/second/tasks/download")["journal"]
    assert (journal[-1]["after"], journal[-1]["actor"]) == ("failed", "user")


def test_a_run_is_marked_noted_cleared_and_deleted(rocket_house: House, base: str) -> None:
    run = f"{base}/dagRuns/second"
    assert send(rocket_house, "PATCH", run, {"state": "failed"})["state"] == "failed"
    assert send(rocket_house, "PATCH", run, {"note": "why?"})["note"] == "why?"
    assert send(rocket_house, "PATCH", f"{run}/setNote", {"note": None})["note"] is None
    assert send(rocket_house, "POST", f"{run}/clear", {"dry_run": True})["total_entries"] == 4
    assert send(rocket_house, "POST", f"{run}/clear", {"dry_run": False})["state"] == "queued"
    send(rocket_house, "DELETE", run, status=204)
    send(rocket_house, "GET", run, status=404)
    send(rocket_house, "DELETE", run, status=404)


def test_every_change_is_in_the_audit_log_with_its_person(rocket_house: House, base: str) -> None:
    send(rocket_house, "PATCH", base, {"is_paused": True})
    send(rocket_house, "POST", f"{base}/dagRuns", {"dag_run_id": "mine"})
    send(rocket_house, "DELETE", f"{base}/dagRuns/mine", status=204)
    version = base.split("/")[2]
    lines = send(rocket_house, "GET", f"/api/{version}/eventLogs?dag_id=rockets")["event_logs"]
    assert [line["event"] for line in lines] == ["delete_run", "create_run", "pause_dag"]
    assert {line["owner"] for line in lines} == {"user"}


def test_a_dag_is_forgotten_unless_it_runs(rocket_house: House, base: str) -> None:
    busy = send(rocket_house, "DELETE", base, status=409)
    assert "not ended" in busy["detail"]
    send(rocket_house, "PATCH", f"{base}/dagRuns/second", {"state": "failed"})
    send(rocket_house, "DELETE", base, status=204)
    send(rocket_house, "GET", base, status=404)


@pytest.mark.parametrize("who", ["viewer", "public"])
@pytest.mark.spec("3/RB-17")
def test_a_forged_request_changes_nothing(house: House, who: str) -> None:
    house.add_dag(rockets())
    run = house.add_run("rockets", "only", "running")
    house.add_task(run, TaskKey("rockets", "only", "download"), "running")
    for method, path, body in (
        ("PATCH", "/api/v1/dags/rockets", {"is_paused": True}),
        ("POST", "/api/v1/dags/rockets/dagRuns", {}),
        ("DELETE", "/api/v1/dags/rockets/dagRuns/only", None),
        ("PATCH", "/api/v1/dags/rockets/dagRuns/only", {"state": "failed"}),
        ("PATCH", "/api/v1/dags/rockets/dagRuns/only/taskInstances/download", {"new_state": "success"}),
    ):
        send(house, method, path, body, status=403, who=who)
    assert send(house, "GET", "/api/v1/dags/rockets")["is_paused"] is False
    assert states(house, "only") == {"download": "running"}
    assert send(house, "GET", "/api/v1/dags/rockets/dagRuns")["total_entries"] == 1
