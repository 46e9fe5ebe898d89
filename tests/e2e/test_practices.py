"""Operations of a running installation that authors rely on: credentials, configuration, re-runs, clearing, failing."""

from __future__ import annotations

import json
import os
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.house import House, until

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

CREDENTIALS = """
from datetime import datetime
from airflow import DAG
from airflow.hooks.base_hook import BaseHook
from airflow.operators.python import PythonOperator

def read(conn_id):
    known = BaseHook.get_connection(conn_id)
    print("got", known.login, known.host, known.port, known.schema, known.conn_type, known.extra_dejson.get("k"))
    return len(known.password)

with DAG("credentials", start_date=datetime(2026, 1, 1), schedule_interval=None) as dag:
    PythonOperator(task_id="stored", python_callable=read, op_kwargs={"conn_id": "movielens"}, retries=0)
"""
FACTORY = """
import json
from pathlib import Path
from datetime import datetime
from airflow import DAG
from airflow.operators.bash import BashOperator

settings = json.loads((Path(__file__).parent / "shared.yaml").read_text())  # JSON is YAML
for name in settings["datasets"]:
    with DAG(f"made_{name}", start_date=datetime(2026, 1, 1), schedule_interval=None) as made:
        previous = None
        for step in settings["steps"]:
            task = BashOperator(task_id=step, bash_command=f"echo {settings['path']}/{name}")
            if previous is not None:
                previous >> task
            previous = task
    globals()[f"made {name}"] = made
"""
PARTS = """
import json, logging, os
from pathlib import Path
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.python import PythonOperator
from numbers_of_the_team import crunch

OUT = Path(__file__).parent.parent / "out"
counter = []

def fetch(ds):
    counter.append(ds)
    OUT.mkdir(exist_ok=True)
    (OUT / f"raw-{ds}.json").write_text(json.dumps([ds, len(counter)]))
    with open(OUT / "calls", "a") as f:
        f.write(f"fetch {ds}\\n")

def clean(ds, next_ds):
    with open(OUT / "calls", "a") as f:
        f.write(f"clean {ds}\\n")
    crunch(ds)
    if (OUT / "break").exists():
        try:
            {}["cause"]
        except KeyError as cause:
            raise ValueError("the data is broken") from cause
    raw = json.loads((OUT / f"raw-{ds}.json").read_text())
    (OUT / f"clean-{ds}.json").write_text(json.dumps(raw + [next_ds]))

def export(ds):
    with open(OUT / "calls", "a") as f:
        f.write(f"export {ds}\\n")
    (OUT / f"export-{ds}.json").write_text((OUT / f"clean-{ds}.json").read_text())

with DAG("parts", start_date=datetime(2026, 1, 1), end_date=datetime(2026, 1, 3), schedule_interval="@daily",
         catchup=True) as dag:
    steps = [PythonOperator(task_id=f.__name__, python_callable=f, retries=0) for f in (fetch, clean, export)]
    steps[0] >> steps[1] >> steps[2]
"""
HELPER = """
import logging
log = logging.getLogger(__name__)

def crunch(ds):
    print("printed by a helper for", ds)
    log.info("logged by a helper for %s", ds)
"""
LONG = """
import os, time, subprocess
from pathlib import Path
from datetime import datetime
from airflow import DAG
from airflow.models import BaseOperator

OUT = Path(__file__).parent.parent / "out"

class Waits(BaseOperator):
    def execute(self, context):
        OUT.mkdir(exist_ok=True)
        tries = context["ti"].try_number
        (OUT / f"waiting-{tries}").write_text(str(os.getpid()))
        while not (OUT / "go").exists():
            time.sleep(0.02)
        return tries
    def on_kill(self):
        (OUT / "killed").write_text("on_kill ran")

with DAG("long", start_date=datetime(2026, 1, 1), schedule_interval=None) as dag:
    Waits(task_id="wait", retries=0)
"""
PLUGIN = """
from airflow.models import BaseOperator, BaseOperatorLink
from airflow.plugins_manager import AirflowPlugin

class Docs(BaseOperatorLink):
    name = "Docs"
    def get_link(self, operator, *, ti_key):
        return f"https://docs.example/{ti_key[1]}"

class Large(BaseOperator):
    operator_extra_links = (Docs(),)
    def execute(self, context):
        return ["x" * 100] * 5000

class Team(AirflowPlugin):
    name = "team"
    operators = [Large]
    macros = [len]
"""
PLUGGED = """
from datetime import datetime
from airflow import DAG
from airflow.decorators import task
from airflow.operators.team import Large

@task
def measure(items, number):
    return [len(items), int(number)]

with DAG("plugged", start_date=datetime(2026, 1, 1), schedule_interval=None) as dag:
    large = Large(task_id="large")
    measure(large.output, "{{ macros.team.len('four') }}")
"""


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    house = House(
        tmp_path_factory.mktemp("practices"),
        AIRFLOW_CONN_FROM_ENV="postgresql://e:envpass@wiki_results:5432/airflow",
        AIRFLOW__CORE__LOAD_DEFAULT_CONNECTIONS="False",
    )
    (house.dags / "shared.yaml").write_text(
        json.dumps({"datasets": ["sales", "customers"], "steps": ["a", "b"], "path": "/one"})
    )
    for name, text in (
        ("credentials", CREDENTIALS), ("factory", FACTORY), ("parts", PARTS), ("numbers_of_the_team", HELPER),
        ("long", LONG), ("plugged", PLUGGED),
    ):  # fmt: skip
        (house.dags / f"{name}.py").write_text(text)
    (house.home / "plugins").mkdir()
    (house.home / "plugins" / "team_plugin.py").write_text(PLUGIN)
    try:
        house.start()
        house.make_admin()
        for name in ("credentials", "made_sales", "parts", "long", "plugged"):
            house.wait_for_dag(name)
        yield house
    finally:
        house.stop()


def out(house: House, name: str) -> Path:
    return house.home / "out" / name


def calls(house: House) -> list[str]:
    return out(house, "calls").read_text().splitlines()


@pytest.mark.spec("2/CN-06", "2/CN-11", "2/CN-14", "1/HK-01", "1/HK-03", "3/BP-06", "3/BP-07")
def test_a_credential_is_stored_sealed_used_and_moved_to_the_environment(running: House) -> None:
    assert json.loads(running.cli("connections", "list", "-o", "json").stdout) == []
    words = ["connections", "add", "--conn-type", "http", "--conn-host", "localhost", "--conn-login", "me",
             "--conn-password", "mysecretpassword", "--conn-port", "5000", "--conn-schema", "http",
             "--conn-extra", '{"k": "hidden-extra"}', "movielens"]  # fmt: skip
    said = running.cli(*words)
    assert "mysecretpassword" not in said.stdout + said.stderr
    assert "movielens" in said.stdout
    again = running.cli(*words, check=False)
    assert again.returncode != 0
    assert "movielens" in again.stderr
    nothing = running.cli("connections", "add", "empty", check=False)
    assert nothing.returncode != 0
    assert "conn-uri" in nothing.stderr
    assert "conn-type" in nothing.stderr
    mixed = running.cli("connections", "add", "m", "--conn-uri", "http://x", "--conn-host", "y", check=False)
    assert mixed.returncode != 0
    assert "envpass" in running.cli("connections", "get", "from_env").stdout
    listed = running.rest("GET", "/api/v1/connections")["connections"]
    assert [c["connection_id"] for c in listed] == ["movielens"]
    assert "mysecretpassword" not in json.dumps(listed)
    with sqlite3.connect(running.home / "tradewind.db") as raw:
        row = raw.execute("SELECT password, extra FROM connection WHERE conn_id = 'movielens'").fetchone()
    assert "mysecretpassword" not in row[0]
    assert "hidden-extra" not in row[1]

    running.trigger("credentials", "stored")
    assert running.wait_for_run("credentials", "stored") == "success"
    log = running.log("credentials", "stored", "stored")
    assert "got me localhost 5000 http http" in log
    assert "mysecretpassword" not in log
    value = "/api/v1/dags/credentials/dagRuns/stored/taskInstances/stored/xcomEntries/return_value"
    assert running.rest("GET", value)["value"] == len("mysecretpassword")
    running.cli("connections", "delete", "movielens")
    running.trigger("credentials", "gone")
    assert running.wait_for_run("credentials", "gone") == "failed"
    assert "The conn_id `movielens` isn't defined" in running.log("credentials", "gone", "stored")
    env = dict(running.env)
    running.env["AIRFLOW_CONN_MOVIELENS"] = "http://moved:pw@elsewhere:80/https"
    try:
        moved = running.cli("tasks", "test", "credentials", "stored", "2026-01-01")
    finally:
        running.env.clear()
        running.env.update(env)
    assert "got moved elsewhere 80 https http" in moved.stdout


def test_a_connection_made_by_the_pages_door_is_used_at_once_and_hides_its_password(running: House) -> None:
    fields = {"connection_id": "movielens", "conn_type": "http", "host": "movielens", "schema": "http",
              "login": "airflow", "password": "first-secret", "port": 5000, "description": "ratings"}  # fmt: skip
    running.rest("POST", "/api/v1/connections", fields)
    running.trigger("credentials", "by_page")
    assert running.wait_for_run("credentials", "by_page") == "success"
    assert "got airflow movielens 5000 http http None" in running.log("credentials", "by_page", "stored")
    running.rest("PATCH", "/api/v1/connections/movielens?update_mask=login", fields | {"login": "changed"})
    shown = running.rest("GET", "/api/v1/connections/movielens")
    assert shown["login"] == "changed"
    assert shown["description"] == "ratings"
    assert "first-secret" not in json.dumps(shown)
    running.trigger("credentials", "changed")
    assert running.wait_for_run("credentials", "changed") == "success"
    assert "got changed movielens" in running.log("credentials", "changed", "stored")
    running.rest("DELETE", "/api/v1/connections/movielens")
    running.rest("GET", "/api/v1/connections/movielens", expect=404)


@pytest.mark.spec("3/BP-10", "3/BP-17")
def test_editing_the_shared_settings_alone_changes_every_dag(running: House) -> None:
    def steps(name: str) -> list[str]:
        return sorted(t["task_id"] for t in running.rest("GET", f"/api/v1/dags/{name}/tasks")["tasks"])

    assert steps("made_sales") == steps("made_customers") == ["a", "b"]
    (running.dags / "shared.yaml").write_text(
        json.dumps({"datasets": ["sales", "customers", "new"], "steps": ["a", "b", "c"], "path": "/two"})
    )
    running.wait_for_dag("made_new")
    until("both have the step", lambda: steps("made_sales") == steps("made_customers") == ["a", "b", "c"])
    running.trigger("made_customers", "two")
    assert running.wait_for_run("made_customers", "two") == "success"
    assert "/two/customers" in running.log("made_customers", "two", "c")


@pytest.mark.spec("3/BP-23", "3/BP-24", "3/BP-25", "3/BP-26", "1/FH-07", "1/FH-10", "2/OP-27")
def test_one_part_is_run_again_and_the_others_are_left_alone(running: House) -> None:
    running.cli("dags", "unpause", "parts")

    def ended() -> bool:
        runs = running.rest("GET", "/api/v1/dags/parts/dagRuns")["dag_runs"]
        return [run["state"] for run in runs] == ["success"] * 3

    until("three parts ran", ended, 60)
    assert sorted(calls(running)) == sorted(
        f"{step} 2026-01-0{day}" for step in ("fetch", "clean", "export") for day in (1, 2, 3)
    )
    second = "scheduled__2026-01-02T00:00:00+00:00"
    before = {day: out(running, f"export-2026-01-0{day}.json").read_bytes() for day in (1, 2, 3)}
    assert json.loads(before[2]) == ["2026-01-02", 1, "2026-01-03"]  # each try is a process: the list was empty

    log = running.log("parts", second, "clean")
    assert "printed by a helper for 2026-01-02" in log
    assert "logged by a helper for 2026-01-02" in log

    body = {"dag_run_id": second, "task_ids": ["clean"], "only_failed": False, "include_downstream": True}
    told = running.rest("POST", "/api/v1/dags/parts/clearTaskInstances", body)["task_instances"]
    assert sorted((t["task_id"], t["state"]) for t in told) == [("clean", "success"), ("export", "success")]
    assert len(calls(running)) == 9
    running.rest("POST", "/api/v1/dags/parts/clearTaskInstances", body | {"dry_run": False})
    until("it ran again", lambda: len(calls(running)) == 11)
    until("all parts ended", ended)
    assert calls(running)[9:] == ["clean 2026-01-02", "export 2026-01-02"]
    assert {day: out(running, f"export-2026-01-0{day}.json").read_bytes() for day in (1, 2, 3)} == before

    running.rest("POST", f"/api/v1/dags/parts/dagRuns/{second}/clear".replace("+", "%2B"), {"dry_run": False})
    until("the whole run ran again", lambda: len(calls(running)) == 14)
    until("all parts ended", ended)
    assert {day: out(running, f"export-2026-01-0{day}.json").read_bytes() for day in (1, 2, 3)} == before
    assert running.log("parts", second, "fetch", 2)


@pytest.mark.spec("1/FH-05", "1/FH-06", "1/FH-07", "1/FH-08", "1/FH-11")
def test_a_failure_shows_its_cause_blocks_what_follows_and_is_mended(running: House) -> None:
    second = "scheduled__2026-01-02T00:00:00+00:00"
    out(running, "break").write_text("")
    clear = ["tasks", "clear", "parts", "-s", "2026-01-02", "-e", "2026-01-02", "-t", "^clean$", "-d"]
    asked = running.cli(*clear, check=False, stdin="n\n")
    assert asked.returncode == 1
    assert "clean" in asked.stdout
    running.cli(*clear, "-y")
    assert until("it fails", lambda: running.run_state("parts", second.replace("+", "%2B")) == "failed")
    assert running.states("parts", second.replace("+", "%2B")) == {
        "fetch": "success",
        "clean": "failed",
        "export": "upstream_failed",
    }
    log = running.log("parts", second, "clean", 4)
    assert "KeyError: 'cause'" in log
    assert "The above exception was the direct cause" in log
    assert "ValueError: the data is broken" in log

    task = f"/api/v1/dags/parts/dagRuns/{second}/taskInstances".replace("+", "%2B")
    number = len(calls(running))
    out(running, "break").unlink()
    running.cli("tasks", "clear", "parts", "-r", second, "-f", "-d", "-y")
    until("mended", lambda: running.run_state("parts", second.replace("+", "%2B")) == "success")
    assert calls(running)[number:] == ["clean 2026-01-02", "export 2026-01-02"]

    assert running.cli("tasks", "clear", "parts", "-r", "-y").stdout == "Nothing to clear.\n"  # nothing runs
    asked = running.cli("tasks", "clear", "^par.s$", "-R", "-x", "-X", "-t", "^clean$", "-u", check=False, stdin="n\n")
    assert asked.returncode == 1
    assert "Clear these 6 task instances?" in asked.stdout + asked.stderr
    running.rest("PATCH", f"{task}/fetch", {"new_state": "failed", "dry_run": False})
    assert running.rest("GET", f"{task}/fetch")["state"] == "failed"
    running.rest("PATCH", f"{task}/fetch", {"new_state": "success", "dry_run": False})
    assert running.rest("GET", f"{task}/fetch")["state"] == "success"
    assert len(calls(running)) == number + 2


@pytest.mark.spec("1/FH-09")
def test_clearing_a_running_task_ends_it_and_runs_it_anew(running: House) -> None:
    running.trigger("long", "cleared")
    until("it waits", lambda: out(running, "waiting-1").exists() and out(running, "waiting-1").read_text())
    pid = int(out(running, "waiting-1").read_text())
    body = {"dag_run_id": "cleared", "task_ids": ["wait"], "only_failed": False, "dry_run": False}
    running.rest("POST", "/api/v1/dags/long/clearTaskInstances", body)
    until("the second try waits", lambda: out(running, "waiting-2").exists())
    until("the first is gone", lambda: not Path(f"/proc/{pid}").exists())
    assert out(running, "killed").read_text() == "on_kill ran"
    out(running, "go").write_text("")
    assert running.wait_for_run("long", "cleared") == "success"
    value = "/api/v1/dags/long/dagRuns/cleared/taskInstances/wait/xcomEntries/return_value"
    assert running.rest("GET", value)["value"] == 2


@pytest.mark.spec("3/BP-22")
def test_breaking_changes_keep_history_and_disturb_nobody(running: House) -> None:
    path = running.dags / "changing.py"
    text = (
        "from datetime import datetime\nfrom airflow import DAG\nfrom airflow.operators.bash import BashOperator\n"
        "with DAG({id!r}, start_date=datetime({year}, 1, 1), schedule_interval={every!r}, catchup=False) as dag:\n"
        "    for name in {names!r}:\n        BashOperator(task_id=name, bash_command='echo hi')\n"
    )
    path.write_text(text.format(id="x_v1", year=2025, every=None, names=["old", "kept"]))
    running.wait_for_dag("x_v1")
    running.trigger("x_v1", "first")
    assert running.wait_for_run("x_v1", "first") == "success"
    scheduler = running.pid_of("tradewind.scheduler.main")
    path.write_text(text.format(id="x_v1", year=2020, every="@monthly", names=["kept", "renamed"]))

    def now() -> list[str]:
        return sorted(t["task_id"] for t in running.rest("GET", "/api/v1/dags/x_v1/tasks")["tasks"])

    until("the new tasks", lambda: now() == ["kept", "renamed"])
    running.trigger("x_v1", "second")
    assert running.wait_for_run("x_v1", "second") == "success"
    assert sorted(running.states("x_v1", "first")) == ["kept", "old"]
    assert sorted(running.states("x_v1", "second")) == ["kept", "renamed"]
    path.write_text(text.format(id="x_v2", year=2020, every=None, names=["kept"]))
    running.wait_for_dag("x_v2")
    assert {r["dag_run_id"] for r in running.rest("GET", "/api/v1/dags/x_v1/dagRuns")["dag_runs"]} >= {
        "first",
        "second",
    }
    assert running.pid_of("tradewind.scheduler.main") == scheduler
    os.kill(scheduler, 0)


def test_a_large_value_and_a_plugin_work_in_every_process(running: House) -> None:
    running.trigger("plugged", "big")
    assert running.wait_for_run("plugged", "big") == "success", running.log("plugged", "big", "measure")
    task = "/api/v1/dags/plugged/dagRuns/big/taskInstances"
    assert running.rest("GET", f"{task}/measure/xcomEntries/return_value")["value"] == [5000, 4]
    stored = [path for path in (running.home / "values").rglob("*") if path.is_file()]
    assert [path.stat().st_size > 500_000 for path in stored] == [True]
    assert running.rest("GET", f"{task}/large/xcomEntries/return_value")["value"] == ["x" * 100] * 5000
    page = running.rest("GET", "/ui/dags/plugged/runs/big/tasks/large")
    assert page["links"] == [{"name": "Docs", "url": "https://docs.example/large"}]
    running.rest("DELETE", "/api/v1/dags/plugged/dagRuns/big")
    assert not any(path.is_file() for path in (running.home / "values").rglob("*"))
