"""Each mistake an author can make: one import error or one failed task, with file, line, name and what to write instead."""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.live_house import LiveHouse
from tradewind import compat
from tradewind.errors import DagFileError, TradewindError
from tradewind.sdk import configuration, limits
from tradewind.sdk.freeze import freeze
from tradewind.sdk.loading import load_file

HEAD = """from datetime import datetime, timedelta
from airflow import DAG
from airflow.decorators import task
from airflow.models.param import Param
from airflow.operators.bash import BashOperator
from airflow.operators.empty import EmptyOperator
from airflow.operators.python import BranchPythonOperator, PythonOperator
from airflow.sensors.filesystem import FileSensor
START = datetime(2024, 1, 1)
"""
LINE = HEAD.count("\n") + 3  # where the mistake stands

IN_DAG = [
    # what is written, the name that is said, what to write instead
    ('BashOperator(task_id="t", bash_comand="x")', "'t'", "'bash_command'"),
    ('EmptyOperator(task_id="t", retires=3)', "t", "'retries'"),
    ('EmptyOperator(task_id="t", retries="many")', "'t'", "int"),
    ('EmptyOperator(task_id="t", retry_delay="soon")', "retry_delay", "timedelta"),
    ('EmptyOperator(task_id="t", trigger_rule="all_sucess")', "'t'", "'all_success'"),
    ('EmptyOperator(task_id="t", weight_rule="downstrem")', "'t'", "'downstream'"),
    ('EmptyOperator(task_id="t", pool_slots=0)', "'t'", "at least 1"),
    ('EmptyOperator(task_id="t", priority_weight="high")', "'shop.t'", "priority_weight=1"),
    ('EmptyOperator(task_id="t", owner=5)', "'shop.t'", 'owner="name"'),
    ('EmptyOperator(task_id="t", depends_on_past="yes")', "'shop.t'", "depends_on_past=True"),
    ('EmptyOperator(task_id="t", pool=3)', "'shop.t'", 'pool="name"'),
    ('EmptyOperator(task_id="t", on_failure_callback="alarm")', "'shop.t'", "without quotes"),
    ('EmptyOperator(task_id="t", execution_timeout="5m")', "execution_timeout", "timedelta"),
    ('PythonOperator(task_id="t", python_callable="work")', "'t'", "without quotes"),
    ('FileSensor(task_id="t", filepath="/x", mode="pok")', "t", "'poke'"),
    ('FileSensor(task_id="t", filepath="/x", poke_interval=-1)', "'t'", "non-negative"),
    ('FileSensor(task_id="t", filepath="/x", timeout="never")', "'t'", "number"),
    ('BashOperator(bash_command="x")', "task_id", "required"),
    ('EmptyOperator(task_id="a b")', "'a b'", "letters, digits"),
    ('EmptyOperator(task_id="fine")', "'fine'", ""),
    ('EmptyOperator(task_id="t") >> "fine"', "'fine'", "between tasks"),
    ('PythonOperator.partial(task_id="t", python_callable=print).expand(op_args=5)', "'t'", "give a list"),
    ('PythonOperator.partial(task_id="t", python_callable=print).expand(op_arg=[[1]])', "'t'", "'op_args'"),
    ('PythonOperator.partial(task_id="t", python_callable=print).expand(op_args=[[1]] * 100_001)', "'t'", "max_map_length"),
]  # fmt: skip
OUTSIDE = [
    ('DAG("d", schedule="every day", start_date=START)', "'d'", "five fields"),
    ('DAG("d", shedule=None)', "'d'", "'schedule'"),
    ('DAG("d", schedule=5)', "'d'", "a timedelta"),
    ('DAG("a b")', "'a b'", "letters, digits"),
    ('DAG("d", start_date="yesterday")', "'d'", "datetime(2026, 1, 31)"),
    ('DAG("d", catchup="no")', "'d'", "catchup=False"),
    ('DAG("d", max_active_runs="x")', "'d'", "max_active_runs=1"),
    ('DAG("d", dagrun_timeout=5)', "'d'", "timedelta(minutes=5)"),
    ('DAG("d", default_args=["x"])', "'d'", "a dict"),
    ('DAG("d", tags="x")', "tags", "tags=['name']"),
    ('DAG("d", params={"n": Param("x", type="integer")}, schedule="@daily", start_date=START)', "'d'", "fits its schema"),
]  # fmt: skip


@pytest.mark.spec("1/AU-24", "1/AU-25")
@pytest.mark.parametrize(("text", "name", "instead"), IN_DAG + OUTSIDE, ids=lambda value: str(value)[:70])
def test_a_mistake_in_a_file_is_one_import_error(tmp_path: Path, text: str, name: str, instead: str) -> None:
    compat.install()
    inside = (text, name, instead) in IN_DAG
    body = '    EmptyOperator(task_id="fine")\n    ' if inside else '    EmptyOperator(task_id="fine")\nmade = '
    file = tmp_path / "shop.py"
    file.write_text(f'{HEAD}with DAG("shop", start_date=START, schedule=None):\n{body}{text}\n')
    with pytest.raises((DagFileError, TradewindError)) as caught:
        [freeze(dag, fileloc=str(file)) for dag in load_file(file, tmp_path).dags.values()]
    error: Any = caught.value
    said = f"{error.message} {error.hint or ''}"
    assert (error.file, error.line) == (str(file), LINE)
    assert name in said
    assert instead in said


AT_RUN = [
    # the task, its name, words of the error
    ('BashOperator(task_id="t", bash_command="echo {{ no_such_name }}")', ["no_such_name", "those of the context"]),
    ('BashOperator(task_id="t", bash_command="echo {{ exectuion_date }}")', ["Did you mean 'execution_date'"]),
    ('BashOperator(task_id="t", bash_command="gone.sh")', ["gone.sh", "HERE"]),
    ('BranchPythonOperator(task_id="t", python_callable=lambda: "nowhere")', ["nowhere"]),
    ('BranchPythonOperator(task_id="t", python_callable=lambda: "fine")', ["fine", "Downstream: nothing", "Write t >> fine"]),
    ('PythonOperator(task_id="t", python_callable=lambda: open("/dev/null"))', ["return_value", "TextIOWrapper", "Return"]),
    ('PythonOperator(task_id="t", python_callable=lambda: (lambda: 1))', ["return_value", "function"]),
    ('FileSensor(task_id="t", filepath="/no/such/file", timeout=0.01, poke_interval=0.02)', ["timed out"]),
]  # fmt: skip


def run_task(house: LiveHouse, tmp_path: Path, text: str, task_id: str = "t") -> tuple[str, str, dict[str, str]]:
    """Run a file with that task beside a fine one; its error, its log, all states."""
    file = tmp_path / "shop.py"
    file.write_text(
        f'{HEAD}with DAG("shop", start_date=START, schedule=None):\n    EmptyOperator(task_id="fine")\n    {text}\n'
    )
    house.load(file, tmp_path)
    run_id = house.trigger("shop")
    house.live()
    errors = house.rows(
        "SELECT a.error FROM attempt a JOIN task_instance t ON t.id = a.ti_id WHERE t.task_id = ? ORDER BY a.id DESC",
        task_id,
    )
    return errors[0][0] or "", house.logs.get(("shop", run_id, task_id), ""), house.states(run_id)


@pytest.fixture
def house(sqlite_store: Any, monkeypatch: pytest.MonkeyPatch) -> LiveHouse:
    monkeypatch.setenv("AIRFLOW_CONN_FS_DEFAULT", "fs://@?path=/")
    return LiveHouse(sqlite_store, datetime(2024, 1, 2, tzinfo=UTC))


@pytest.mark.spec("1/TP-10", "1/TP-08", "1/BR-11", "1/XC-09")
@pytest.mark.parametrize(("text", "words"), AT_RUN, ids=lambda value: str(value)[:60])
def test_a_mistake_at_run_time_is_one_failed_task(
    house: LiveHouse, tmp_path: Path, text: str, words: list[str]
) -> None:
    error, log, states = run_task(house, tmp_path, text)
    assert states == {"fine": "success", "t": "failed"}
    for word in words:
        assert (str(tmp_path) if word == "HERE" else word) in error
    assert f"Task t is written in {tmp_path / 'shop.py'}, line {LINE}." in log


def test_names_of_templates_are_lenient_where_the_dag_says_so(house: LiveHouse, tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    file.write_text(
        f"import jinja2\n{HEAD}with DAG('shop', start_date=START, schedule=None, template_undefined=jinja2.Undefined):\n"
        "    BashOperator(task_id='t', bash_command='echo [{{ no_such_name }}]')\n"
    )
    house.load(file, tmp_path)
    run_id = house.trigger("shop")
    house.live()
    assert house.states(run_id) == {"t": "success"}
    assert "[]" in house.log("shop", run_id, "t")


MAPPED = """
    @task
    def numbers(): return {value}
    @task
    def each(x): return x
    each.expand(x=numbers())
"""


@pytest.mark.parametrize(
    ("value", "failed", "words"), [('"text"', "each", "no list"), ("list(range(50))", "numbers", "max_map_length")]
)
def test_mapping_over_no_list_or_too_long_a_list(
    house: LiveHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, value: str, failed: str, words: str
) -> None:
    monkeypatch.setenv("TRADEWIND__CORE__MAX_MAP_LENGTH", "49")
    configuration.settings.cache_clear()
    limits.map_limit.cache_clear()
    try:
        file = tmp_path / "shop.py"
        file.write_text(f'{HEAD}with DAG("shop", start_date=START, schedule=None):{MAPPED.format(value=value)}')
        house.load(file, tmp_path)
        run_id = house.trigger("shop")
        house.live()
    finally:
        configuration.settings.cache_clear()
        limits.map_limit.cache_clear()
    states = house.states(run_id)
    assert [task_id for task_id, state in states.items() if state == "failed"] == [failed]
    journal = " ".join(str(row[0]) for row in house.rows("SELECT why FROM journal"))
    assert words in journal + house.logs.get(("shop", run_id, failed), "")


def test_a_value_that_breaks_its_schema_is_refused_with_its_name(house: LiveHouse, tmp_path: Path) -> None:
    file = tmp_path / "shop.py"
    file.write_text(
        f'{HEAD}with DAG("shop", start_date=START, schedule=None, params={{"size": Param(3, type="integer", minimum=1)}}):\n'
        '    BashOperator(task_id="t", bash_command="echo {{ params.size }}")\n'
    )
    house.load(file, tmp_path)
    with pytest.raises(TradewindError, match="size") as caught:
        house.trigger("shop", conf={"size": "many"})
    assert "integer" in f"{caught.value.message} {caught.value.hint}"
    assert house.runs("shop") == []
    run_id = house.trigger("shop", conf={"size": 5})
    house.live()
    assert house.states(run_id) == {"t": "success"}


def test_a_secret_never_reaches_the_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tradewind.sdk import masking
    from tradewind.sdk.connection import Connection

    monkeypatch.setenv("AIRFLOW_CONN_SHOP", "postgres://ann:open-sesame-77@db/shop")
    Connection.get_connection_from_secrets("shop")
    try:
        assert "open-sesame-77" not in str(masking.redact("the password is open-sesame-77, said ann"))
        assert masking.redact({"password": "x1y2z3"}) == {"password": "***"}
    finally:
        masking.forget()


def test_one_mistake_harms_no_other_file(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    compat.install()
    caplog.set_level(logging.ERROR)
    (tmp_path / "bad.py").write_text(HEAD + 'DAG("d", shedule=None)\n')
    (tmp_path / "good.py").write_text(HEAD + 'good = DAG("good", schedule=None)\n')
    with pytest.raises(TradewindError):
        load_file(tmp_path / "bad.py", tmp_path)
    assert list(load_file(tmp_path / "good.py", tmp_path).dags) == ["good"]
