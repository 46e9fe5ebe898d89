from __future__ import annotations

import copy
import re
from collections.abc import Iterator
from datetime import datetime
from importlib.util import find_spec
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tests.differential import answers, compare
from tests.differential.cases import answer
from tests.differential.cases import templates as cases
from tradewind.domain.messages import RunFacts
from tradewind.sdk import current
from tradewind.sdk.context import Context, take_dag_params
from tradewind.sdk.dag import DAG
from tradewind.sdk.local_run import make_order
from tradewind.sdk.memory_client import MemoryClient
from tradewind.sdk.operators.empty import EmptyOperator
from tradewind.sdk.task_instance import DagRun, TaskInstance
from tradewind.sdk.template import render_value
from tradewind.sdk.values import encode

TOLD = answers("templates")
#: D-02: the text of a date has a "T", as with Airflow 1.10 to 2.7 (Pendulum 2); 2.11 with Pendulum 3 writes a blank.
BLANK = re.compile(r"^(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d)$")
KNOWN = {
    # D-03: macros take what they can read; 2.11 is stricter by accident of its parsing.
    "{{ macros.ds_add('2015-01-06T10:00:00', 1) }}": "D-03",
    "{{ macros.ds_add('20150106', 1) }}": "D-03",
    "{{ macros.datetime_diff_for_humans(macros.datetime*": "D-03",
    # D-04: pulling from several tasks gives a list with a place for each task, as in 1.10 and 3.x.
    "{{ ti.xcom_pull(task_ids=['up'*": "D-04",
    # The book's table (CX-24, CF-08): always there, None outside of Python operators.
    "{{ templates_dict }}": "CF-08",
}
if find_spec("yaml") is None:
    KNOWN["{{ macros.yaml.*"] = "D-05: macros.yaml needs PyYAML, which is not a dependency"


def context_of(name: str, run: cases.Run, *, native: bool = False) -> tuple[Any, Context, MemoryClient]:
    """The task, and its context as the scheduler's facts make it."""
    told = TOLD[name]["run"]
    with DAG(
        f"{name}_native" if native else name, schedule=run.schedule, params=dict(cases.PARAMS),
        start_date=cases.START.replace(tzinfo=ZoneInfo(run.zone)), render_template_as_native_obj=native,
        user_defined_macros={"my_macro": cases.my_macro, "my_constant": 42},
        user_defined_filters={"my_filter": cases.my_filter},
    ) as dag:  # fmt: skip
        EmptyOperator(task_id="up") >> EmptyOperator(task_id="t")
        EmptyOperator(task_id="up2")
    start, end = datetime.fromisoformat(told["start"]), datetime.fromisoformat(told["end"])
    logical = datetime.fromisoformat(run.logical_date).astimezone(ZoneInfo("UTC"))
    facts = RunFacts(
        dag_id=dag.dag_id, run_id=told["run_id"], run_type=run.run_type, logical_date=logical, run_after=end,
        data_interval_start=start, data_interval_end=end, conf=dict(run.conf),
        next_logical_date=end if run.run_type == "scheduled" else None,
    )  # fmt: skip
    client = MemoryClient()
    client.become(dag.dag_id, facts.run_id, "up")
    for key, value in cases.PUSHED.items():
        text, length = encode(value)
        client.xcom_push(key=key, value=text, length=length)
    task, dag_run = copy.copy(dag.get_task("t")), DagRun(facts, dag)
    take_dag_params(task, dag)
    client.become(dag.dag_id, facts.run_id, "t")
    return task, Context(dag, task, TaskInstance(task, make_order(task, facts), dag_run), dag_run), client


@pytest.fixture(autouse=True)
def values(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in cases.VARIABLES.items():
        monkeypatch.setenv(f"AIRFLOW_VAR_{name}", value)
    for name, value in cases.CONNECTIONS.items():
        monkeypatch.setenv(f"AIRFLOW_CONN_{name}", value)


def rendered(name: str, told: dict[str, Any], *, native: bool = False) -> Iterator[tuple[str, Any, Any]]:
    task, context, client = context_of(name, cases.RUNS[name], native=native)
    with current.running(context, client):
        for text, theirs in told.items():
            ours = answer(lambda t=text: render_value(task, t, context))
            if isinstance(theirs, str) and BLANK.match(theirs):
                theirs = BLANK.sub(r"\1T\2", theirs)  # noqa: PLW2901  D-02
            yield text, theirs, ours


@pytest.mark.spec("1/TP-01", "1/TP-02", "1/TP-06", "1/TP-15", "1/TP-16", "1/CF-02", "1/CF-03", "1/MC-01", "1/MC-02")
@pytest.mark.spec("1/MC-03", "1/MC-04", "1/MC-05", "1/MC-06", "1/MC-07", "1/CF-08", "1/EX-06")
@pytest.mark.parametrize("name", list(cases.RUNS))
def test_a_template_renders_as_in_airflow(name: str) -> None:
    told = TOLD[name]["texts"]
    assert set(told) == set(cases.asked(name))
    compare(rendered(name, told), KNOWN if name == "daily" else {})


@pytest.mark.spec("1/TP-05")
def test_nested_values_render_as_in_airflow() -> None:
    task, context, client = context_of("daily", cases.RUNS["daily"])
    with current.running(context, client):
        compare(
            [
                (name, TOLD["structures"][name], answer(lambda v=value: render_value(task, v, context)))
                for name, value in cases.STRUCTURES.items()
            ],
            {},
        )


def test_native_values_render_as_in_airflow() -> None:
    compare(rendered("daily", TOLD["native"], native=True), {})


@pytest.mark.spec("1/CF-09")
def test_a_date_prints_with_a_t() -> None:
    task, context, client = context_of("daily", cases.RUNS["daily"])
    with current.running(context, client):
        assert render_value(task, "{{ logical_date }}", context) == "2024-03-05T00:00:00+00:00"
