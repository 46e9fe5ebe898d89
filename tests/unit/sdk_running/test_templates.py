"""What a template may say: fields per operator, macros, values of other tasks; and what is no template."""

from __future__ import annotations

import datetime as dt
import random
import time
import uuid
from typing import Any

import pytest

from tradewind import compat
from tradewind.clock import SystemClock
from tradewind.sdk import macros
from tradewind.sdk.dag import DAG
from tradewind.sdk.decorators import task
from tradewind.sdk.freeze import freeze
from tradewind.sdk.operators.bash import BashOperator
from tradewind.sdk.operators.branch import BranchPythonOperator
from tradewind.sdk.operators.python import PythonOperator
from tradewind.sdk.operators.trigger_dagrun import TriggerDagRunOperator
from tradewind.sdk.sensors.external_task import ExternalTaskSensor
from tradewind.sdk.sensors.filesystem import FileSensor
from tradewind.sdk.sensors.python import PythonSensor

EXEC = dt.datetime(2019, 1, 1)
DAYS: dict[str, Any] = {"start_date": dt.datetime(2018, 1, 1), "schedule": "@daily"}


def rendered(text: str, **more: Any) -> str:
    """What a template becomes in a task of 2019-01-01."""
    with DAG("d", **DAYS, **more) as dag:
        BashOperator(task_id="t", bash_command='echo "$TEXT"', env={"TEXT": text})
    run = dag.test(EXEC)
    assert run.state == "success", run.finished["t", -1].error
    return str(run.xcom("t"))


@pytest.mark.spec("1/TP-04")
def test_each_operator_renders_its_fields_in_the_order_of_the_book() -> None:
    compat.install()
    from airflow.providers.postgres.operators.postgres import PostgresOperator

    @task
    def f() -> None: ...

    with DAG("d", **DAYS):
        decorated = f().operator
    book = {
        BashOperator: ["bash_command", "env"],
        PythonOperator: ["templates_dict", "op_args", "op_kwargs"],
        BranchPythonOperator: ["templates_dict", "op_args", "op_kwargs"],
        PythonSensor: ["templates_dict", "op_args", "op_kwargs"],
        PostgresOperator: ["sql"],
        FileSensor: ["filepath"],
        TriggerDagRunOperator: ["trigger_dag_id", "logical_date", "conf"],
        ExternalTaskSensor: ["external_dag_id", "external_task_id"],
    }
    for kind, names in book.items():
        ours = [name for name in kind.template_fields if name in names]
        assert ours == names, kind
    # Fields that later releases added may follow; see the decisions.
    assert set(BashOperator.template_fields) - {"bash_command", "env"} == {"cwd"}
    assert list(PythonOperator.template_fields) == ["templates_dict", "op_args", "op_kwargs"]
    assert [name for name in decorated.template_fields if name != "templates_dict"] == ["op_args", "op_kwargs"]


@pytest.mark.spec("1/TP-14", "1/XC-06")
def test_values_are_pulled_in_templates_and_an_absent_one_reads_none() -> None:
    with DAG("d", **DAYS) as dag:
        push = PythonOperator(task_id="train", python_callable=lambda ti: ti.xcom_push("model_id", 17))
        text = "{{task_instance.xcom_pull(task_ids='train', key='model_id')}} {{ ti.xcom_pull('train', key='gone') }}"
        push >> BashOperator(task_id="deploy", bash_command="echo " + text)
    assert dag.test(EXEC).xcom("deploy") == "17 None"


@pytest.mark.spec("1/TP-17")
def test_braces_inside_a_function_stay_as_they_are() -> None:
    def braces(ds: str) -> str:
        return "{{ ds }} {% if %} " + ds

    with DAG("d", **DAYS) as dag:
        PythonOperator(task_id="classic", python_callable=braces)
        task(braces)()
    run = dag.test(EXEC)
    assert run.xcom("classic") == run.xcom("braces") == "{{ ds }} {% if %} 2019-01-01"


@pytest.mark.spec("1/MC-01", "1/MC-02", "1/MC-03", "1/MC-04", "1/MC-05", "1/MC-06", "1/MC-07")
@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{ macros.ds_add('2015-01-06', -5) }}", "2015-01-01"),
        ("{{ macros.ds_add(ds, 40) }}", "2019-02-10"),
        ("{{ macros.ds_format('2015-01-01', '%Y-%m-%d', '%m-%d-%y') }}", "01-01-15"),
        ("{{ macros.datetime(2020, 2, 29) + macros.timedelta(days=1) }}", "2020-03-01 00:00:00"),
        ("{{ macros.dateutil.parser.parse('2020-02-29').year }}", "2020"),
        ("{{ execution_date + macros.dateutil.relativedelta.relativedelta(months=1) }}", "2019-02-01T00:00:00+00:00"),
        ("{{ macros.time.strftime('%Y', macros.time.gmtime(0)) }}", "1970"),
        ("{{ macros.uuid.UUID(int=5) }}", "00000000-0000-0000-0000-000000000005"),
        ("{{ 0 <= macros.random() < 1 }}", "True"),
        ("{{ macros.datetime_diff_for_humans(execution_date, execution_date.add(days=3)) }}", "3 days before"),
    ],
)
def test_macros_of_templates(text: str, value: str) -> None:
    assert rendered(text) == value


@pytest.mark.spec("1/MC-03", "1/MC-05", "1/MC-06", "1/MC-07", "1/MC-08")
def test_macros_are_the_modules_and_classes_everybody_knows() -> None:
    compat.install()
    import airflow.macros as door
    from dateutil import relativedelta

    assert door.ds_add("2015-01-06", -5) == "2015-01-01"
    for module in (macros, door):
        assert (module.datetime, module.timedelta) == (dt.datetime, dt.timedelta)
        assert (module.time, module.uuid) == (time, uuid)
        assert module.dateutil.relativedelta is relativedelta
        assert 0 <= module.random() < 1
    random.seed(4)
    first = macros.random()
    random.seed(4)
    assert macros.random() == first  # it is random.random itself
    now = SystemClock().now()
    assert macros.datetime_diff_for_humans(now - dt.timedelta(hours=2, seconds=5)) == "2 hours ago"
    with pytest.raises(AttributeError, match="Hive"):
        macros.hive  # noqa: B018
    with DAG("d", **DAYS) as dag:
        BashOperator(task_id="t", bash_command="echo {{ macros.hive.max_partition('t') }}")
    run = dag.test(EXEC)
    assert run.states == {"t": "failed"}
    assert "hive" in run.finished["t", -1].error.lower()


@pytest.mark.spec("1/CF-08")
def test_templates_dict_is_there_for_functions_given_or_not() -> None:
    seen: dict[str, Any] = {}
    with DAG("d", **DAYS) as dag:
        PythonOperator(
            task_id="without",
            python_callable=lambda **c: seen.update(without=("templates_dict" in c, c["templates_dict"])),
        )
        PythonOperator(
            task_id="named", python_callable=lambda templates_dict: seen.update(named=templates_dict),
            templates_dict={"day": "{{ ds }}"},
        )  # fmt: skip
        PythonOperator(
            task_id="named_without", python_callable=lambda templates_dict: seen.update(nothing=templates_dict)
        )
    assert dag.test(EXEC).state == "success"
    assert seen == {"without": (True, None), "named": {"day": "2019-01-01"}, "nothing": None}


@pytest.mark.spec("1/CF-07")
def test_pendulum_offers_the_name_the_book_prints() -> None:
    compat.install()
    import pendulum

    now = pendulum.utcnow()
    assert now.timezone_name == "UTC"
    assert abs((pendulum.now("UTC") - now).total_seconds()) < 60


@pytest.mark.spec("1/TF-07", "1/TF-13")
def test_a_decorated_function_tells_its_type_and_its_documentation() -> None:
    with DAG("d", **DAYS) as dag:

        @task
        def train() -> None:
            """Fits the model.

            Every **night**.
            """

        @task(doc_md="mine")
        def deploy() -> None:
            """Not this."""

        train() >> deploy()
        PythonOperator(task_id="classic", python_callable=print)
    spec = {t.task_id: t for t in freeze(dag, fileloc="d.py").tasks}
    assert spec["train"].operator != spec["classic"].operator == "PythonOperator"
    assert spec["train"].operator in {"@task", "_PythonDecoratedOperator"}
    assert spec["train"].doc_md == "Fits the model.\n\nEvery **night**."
    assert spec["deploy"].doc_md == "mine"


@pytest.mark.spec("1/OP-21")
def test_every_argument_of_the_book_is_accepted_by_every_operator() -> None:
    hour = dt.timedelta(hours=1)
    given: dict[str, Any] = {
        "owner": "ada", "email": ["a@example.com"], "email_on_retry": False, "email_on_failure": False, "retries": 3,
        "retry_delay": hour, "retry_exponential_backoff": True, "max_retry_delay": hour, "start_date": EXEC,
        "end_date": EXEC, "depends_on_past": True, "wait_for_downstream": True, "params": {"x": 1},
        "default_args": {"owner": "nobody"}, "priority_weight": 7, "weight_rule": "absolute", "queue": "big",
        "pool": "p", "pool_slots": 2, "sla": hour, "execution_timeout": hour, "on_execute_callback": print,
        "on_failure_callback": print, "on_success_callback": print, "on_retry_callback": print,
        "trigger_rule": "all_done", "run_as_user": "nobody", "executor_config": {"a": 1}, "do_xcom_push": False,
        "inlets": [], "outlets": [], "task_concurrency": 4, "resources": None,
    }  # fmt: skip
    dag = DAG("d", **DAYS)
    for kind, own in ((BashOperator, {"bash_command": "true"}), (PythonOperator, {"python_callable": print})):
        with pytest.warns(DeprecationWarning, match="task_concurrency"):
            kind(task_id=kind.__name__, dag=dag, **own, **given)
    with pytest.warns(DeprecationWarning, match="task_concurrency"):
        FileSensor(task_id="sensor", filepath="/x", dag=dag, **given)
    for spec in freeze(dag, fileloc="d.py").tasks:
        assert (spec.owner, spec.retries, spec.retry_delay, spec.max_retry_delay) == ("ada", 3, 3600.0, 3600.0)
        assert (spec.pool, spec.pool_slots, spec.queue, spec.priority, spec.trigger_rule) == (
            "p",
            2,
            "big",
            7,
            "all_done",
        )
        assert spec.depends_on_past
        assert spec.wait_for_downstream
        assert spec.max_active_tis_per_dag == 4
        assert set(spec.callbacks) == {"on_execute", "on_failure", "on_success", "on_retry"}
        assert spec.execution_timeout == spec.sla == 3600.0
    with DAG("plain", **DAYS) as plain:
        PythonOperator(task_id="t", python_callable=print)
    [spec] = freeze(plain, fileloc="d.py").tasks
    assert (spec.owner, spec.retries, spec.retry_delay, spec.priority_weight) == ("airflow", 0, 300.0, 1)
    assert (spec.pool, spec.pool_slots, spec.weight_rule) == ("default_pool", 1, "downstream")
    assert spec.trigger_rule == "all_success"
    assert plain.task_dict["t"].email_on_failure is True
