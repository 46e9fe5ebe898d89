"""Callbacks of DAGs in a real installation: called in a worker process, with a log, through kill -9."""

from __future__ import annotations

import os
import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.doubles import mail
from tests.e2e.house import House, until
from tests.e2e.pages import log_in

pytestmark = [pytest.mark.slow, pytest.mark.timeout(240)]

DAG_FILE = """
import os
from datetime import datetime
from airflow import DAG
from airflow.models import Variable
from airflow.notifications.basenotifier import BaseNotifier
from airflow.operators.python import PythonOperator

def note(*words):
    with open(os.environ["PROBE"], "a") as f:
        f.write(" ".join(map(str, words)) + "\\n")

def error_without_arguments():
    print("ERROR!")
    note("no-arguments")

def error_with_context(context):
    note("context", context["reason"], context["ti"].task_id, context["ti"].state, context["dag_run"].state,
         context["run_id"], Variable.get("team", "nobody"), context["ti"].xcom_pull(task_ids="bad", key="why"))

def raises(context):
    raise ValueError("the pager is broken")

class Notifier(BaseNotifier):
    template_fields = ("message",)
    def __init__(self, message):
        super().__init__()
        self.message = message
    def notify(self, context):
        note("notifier", self.message)

def fail(ti):
    ti.xcom_push(key="why", value="because")
    raise RuntimeError("as planned")

with DAG("fails", start_date=datetime(2026, 1, 1), schedule=None,
         on_failure_callback=[error_without_arguments, raises, error_with_context,
                              Notifier("{{ dag.dag_id }} {{ ti.task_id }}")]):
    PythonOperator(task_id="bad", python_callable=fail, on_failure_callback=error_without_arguments)

with DAG("succeeds", start_date=datetime(2026, 1, 1), schedule=None,
         on_success_callback=lambda context: note("success", context["dag_run"].run_id)):
    PythonOperator(task_id="good", python_callable=lambda: None)

with DAG("no_tasks", start_date=datetime(2026, 1, 1), schedule=None, on_success_callback=error_without_arguments):
    pass
"""

SLOW_FILE = """
import os, time
from datetime import datetime
from airflow import DAG
from airflow.operators.python import PythonOperator

def told(context):
    open(os.environ["PROBE"] + ".pid", "w").write(str(os.getpid()))
    while not os.path.exists(os.environ["PROBE"] + ".go"):
        time.sleep(0.05)
    with open(os.environ["PROBE"], "a") as f:
        f.write(context["run_id"] + "\\n")

with DAG("slow", start_date=datetime(2026, 1, 1), schedule=None, on_success_callback=told):
    PythonOperator(task_id="a", python_callable=lambda: None)

def note(context):
    with open(os.environ["PROBE"], "a") as f:
        f.write(context["run_id"] + "\\n")

with DAG("many", start_date=datetime(2026, 1, 1), schedule=None, on_success_callback=note, max_active_runs=100):
    PythonOperator(task_id="a", python_callable=lambda: None)
"""


@pytest.fixture(scope="module")
def installation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[House, Path]]:
    home = tmp_path_factory.mktemp("home")
    probe = home / "probe.txt"
    house = House(home, PROBE=str(probe))
    (house.dags / "alerts.py").write_text(DAG_FILE)
    (house.dags / "slow.py").write_text(SLOW_FILE)
    house.start()
    house.make_admin()
    yield house, probe
    house.stop()


@pytest.fixture
def probed(installation: tuple[House, Path]) -> tuple[House, Path]:
    """The one installation of this module, with nothing said yet."""
    installation[1].unlink(missing_ok=True)
    return installation


def said(probe: Path) -> list[str]:
    return probe.read_text().splitlines() if probe.exists() else []


def callbacks_of(house: House, dag_id: str) -> list[dict[str, object]]:
    return house.rest("GET", f"/api/v1/dags/{dag_id}/callbacks")["callbacks"]


@pytest.mark.spec("3/AL-01", "3/AL-03", "3/AL-06", "3/FX-06", "3/FX-07")
def test_callbacks_of_a_dag_are_called_when_its_run_ends(probed: tuple[House, Path]) -> None:
    house, probe = probed
    house.cli("variables", "set", "team", "red")
    for dag_id in ("fails", "succeeds", "no_tasks"):
        house.wait_for_dag(dag_id)
    house.trigger("fails", "r1")
    assert house.wait_for_run("fails", "r1") == "failed"
    until("all were called", lambda: len(said(probe)) == 4)
    assert Counter(said(probe)) == Counter(
        {
            "no-arguments": 2,  # the task's, and the DAG's
            "context task_failure bad failed failed r1 red because": 1,
            "notifier fails bad": 1,
        }
    )
    (row,) = until("it is over", lambda: [c for c in callbacks_of(house, "fails") if c["ended_at"]])
    assert (row["name"], row["reason"], row["state"], row["tries"], row["dag_run_id"]) == (
        "on_failure_callback", "task_failure", "failed", 1, "r1",
    )  # fmt: skip
    assert "the pager is broken" in str(row["error"])
    log = house.cli("dags", "callback-logs", str(row["callback_id"])).stdout
    assert "ERROR!" in log
    assert "ValueError: the pager is broken" in log
    listed = house.cli("dags", "callbacks", "fails", "-o", "plain").stdout
    assert "on_failure_callback" in listed
    for dag_id, run_id in (("succeeds", "r2"), ("no_tasks", "r3")):
        house.trigger(dag_id, run_id)
        assert house.wait_for_run(dag_id, run_id) == "success"
        until(f"{dag_id} was told", lambda dag_id=dag_id: [c for c in callbacks_of(house, dag_id) if c["ended_at"]])
    assert said(probe)[-2:] == ["success r2", "no-arguments"]


def test_a_callback_whose_process_is_killed_is_called_again(probed: tuple[House, Path]) -> None:
    house, probe = probed
    house.wait_for_dag("slow")
    house.trigger("slow", "r1")
    pid_file = Path(f"{probe}.pid")
    first = int(until("it is called", lambda: pid_file.exists() and pid_file.read_text()))
    house.trigger("many", "r2")  # what is slow holds nothing up
    assert house.wait_for_run("many", "r2") == "success"
    until("the other DAG is told", lambda: said(probe) == ["r2"])
    os.kill(house.pid_of("tradewind.scheduler.main"), signal.SIGKILL)
    os.kill(first, signal.SIGKILL)
    until("it is called again", lambda: pid_file.read_text() not in ("", str(first)), 60)
    Path(f"{probe}.go").touch()
    until("it says so", lambda: said(probe) == ["r2", "r1"])
    (row,) = until("it is over", lambda: [c for c in callbacks_of(house, "slow") if c["ended_at"]])
    assert (row["state"], row["tries"]) == ("success", 2)


def test_kill_9_of_the_scheduler_loses_no_callback(probed: tuple[House, Path]) -> None:
    house, probe = probed
    house.wait_for_dag("many")
    runs = [f"k{number}" for number in range(60)]
    for number, run_id in enumerate(runs):
        house.trigger("many", run_id)
        if number % 15 == 7:
            os.kill(house.pid_of("tradewind.scheduler.main"), signal.SIGKILL)
    until("every run was told of", lambda: set(runs) <= set(said(probe)), 120)


LATE_FILE = """
import os, time
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.python import PythonOperator
from airflow.sdk import DeadlineAlert, DeadlineReference, SyncCallback

def note(*words):
    with open(os.environ["PROBE"], "a") as f:
        f.write(" ".join(map(str, words)) + "\\n")

def sleep(**context):
    while not os.path.exists(os.environ["PROBE"] + ".enough"):
        time.sleep(0.05)

def sla_missed(context):
    note("sla", context["task_list"].split(" on ")[0], context["blocking_task_list"].split(" on ")[0])

def too_late(text, context):
    note(text, context["dag_run"].run_id)

with DAG("sla", start_date=datetime(2020, 1, 1), schedule_interval=timedelta(hours=12), catchup=False,
         default_args={"sla": timedelta(seconds=1), "email": "bob@work.com"}, sla_miss_callback=sla_missed):
    PythonOperator(task_id="sleeptask", python_callable=sleep)

with DAG("deadline", schedule=None, deadline=DeadlineAlert(
        reference=DeadlineReference.DAGRUN_QUEUED_AT, interval=timedelta(seconds=1),
        callback=SyncCallback(too_late, kwargs={"text": "late"}))):
    PythonOperator(task_id="slow", python_callable=sleep)
"""


@pytest.mark.spec("3/SL-06", "3/FX-05", "3/FX-09", "3/AL-12")
def test_missed_slas_and_deadlines_are_told_while_the_tasks_still_run(tmp_path: Path, browser: Any) -> None:
    probe = tmp_path / "probe.txt"
    with mail.receiving() as box:
        house = House(
            tmp_path, PROBE=str(probe), AIRFLOW__SMTP__SMTP_HOST="127.0.0.1", AIRFLOW__SMTP__SMTP_PORT=str(box.port),
            AIRFLOW__SMTP__SMTP_STARTTLS="False",
        )  # fmt: skip
        (house.dags / "late.py").write_text(LATE_FILE)
        house.start()
        try:
            house.make_admin()
            house.wait_for_dag("sla")
            house.cli("dags", "unpause", "sla")
            until("the SLA is told", lambda: "sla sleeptask sleeptask" in said(probe))
            (miss,) = until("it is listed as told", lambda: _told(house))
            assert (miss["dag_id"], miss["task_id"], miss["email_sent"]) == ("sla", "sleeptask", True)
            ((to, message),) = box.mails
            assert (to, message["subject"]) == (["bob@work.com"], "[airflow] SLA miss on DAG=sla")
            _on_the_page(browser, house)
            house.trigger("deadline", "r1")
            until("the deadline is told", lambda: "late r1" in said(probe))
            kept = house.rest("GET", "/api/v1/dags/deadline/dagRuns/r1/deadlines")["deadlines"]
            assert [one["state"] for one in kept] == ["missed"]
            Path(f"{probe}.enough").touch()
            assert house.wait_for_run("deadline", "r1") == "success"
            assert "sleeptask" in house.cli("dags", "sla-misses", "sla").stdout
        finally:
            house.stop()
    assert len(box.mails) == 1


def _on_the_page(browser: Any, house: House) -> None:
    page = browser.new_page(viewport={"width": 1400, "height": 800})
    page.set_default_timeout(30_000)
    page.goto(f"{house.url}/browse/sla-misses")
    log_in(page)
    page.get_by_role("link", name="Browse").click()
    row = page.get_by_role("row").filter(has_text="sleeptask")
    row.wait_for()
    assert "sent" in row.inner_text()
    assert "called" in row.inner_text()
    page.get_by_role("tab", name="Callbacks").click()
    page.get_by_role("button", name="sla_miss_callback").click()
    page.get_by_role("dialog").get_by_text("Calling SLA miss callback sla_missed").wait_for()
    page.close()


def _told(house: House) -> list[dict[str, object]]:
    found = house.rest("GET", "/api/v1/slaMisses")["sla_misses"]
    return [one for one in found if one["notification_sent"]]
