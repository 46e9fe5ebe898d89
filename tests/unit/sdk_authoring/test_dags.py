from __future__ import annotations

import subprocess
import sys
import warnings
from datetime import UTC, datetime, timedelta

import pytest

from tests.effort import calls_of
from tradewind.errors import CycleError
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.dag import DAG
from tradewind.sdk.edges import Label, chain, chain_linear, cross_downstream
from tradewind.sdk.exceptions import AirflowException, AirflowTimetableInvalid, DuplicateTaskIdFound
from tradewind.sdk.freeze import freeze
from tradewind.sdk.group import TaskGroup
from tradewind.sdk.operators.bash import BashOperator
from tradewind.sdk.operators.empty import EmptyOperator
from tradewind.sdk.operators.python import PythonOperator

START = datetime(2019, 1, 1)


def tasks(*names: str) -> list[EmptyOperator]:
    return [EmptyOperator(task_id=name) for name in names]


def edges(dag: DAG) -> set[tuple[str, str]]:
    return {(t.task_id, below) for t in dag.tasks for below in t.downstream_task_ids}


@pytest.mark.spec("1/AU-04", "1/AU-06", "1/AU-07", "1/DP-01", "1/DP-02", "1/DP-03", "1/DP-04", "1/DP-05", "1/DP-08")
def test_edges_are_drawn_through_lists_and_chains() -> None:
    with DAG("d", start_date=START, schedule=None) as dag:
        a, b, c, d = tasks("a", "b", "c", "d")
        assert (a >> [b, c] >> d) is d
    assert edges(dag) == {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}


@pytest.mark.spec("1/DP-07", "1/DP-10")
def test_the_reverse_operator_draws_the_same_edge_and_twice_is_once() -> None:
    with DAG("d", schedule=None) as dag:
        a, b = tasks("a", "b")
        b << a
        b.set_upstream(a)
        a.set_downstream(b)
    assert edges(dag) == {("a", "b")}


@pytest.mark.spec("1/DP-12")
def test_list_to_list_is_an_error_and_helpers_exist() -> None:
    with DAG("d", schedule=None) as dag:
        a, b, c, d, e, f = tasks(*"abcdef")
        with pytest.raises(TypeError):
            _ = [a, b] >> [c, d]  # type: ignore[operator]
        cross_downstream([a, b], [c, d])
        chain([c, d], [e, f])
    assert edges(dag) == {("a", "c"), ("a", "d"), ("b", "c"), ("b", "d"), ("c", "e"), ("d", "f")}
    with DAG("d2", schedule=None) as dag:
        a, b, c, d = tasks(*"abcd")
        chain_linear(a, [b, c], [], d)
    assert edges(dag) == {("a", "b"), ("a", "c"), ("b", "d"), ("c", "d")}


@pytest.mark.spec("1/DP-11")
def test_edges_across_dags_are_refused_with_both_names() -> None:
    a = EmptyOperator(task_id="a", dag=DAG("one", schedule=None))
    b = EmptyOperator(task_id="b", dag=DAG("two", schedule=None))
    with pytest.raises(AirflowException, match=r"more than one DAG.*'one'.*'two'"):
        _ = a >> b


def test_labels_stand_on_edges() -> None:
    with DAG("d", schedule=None) as dag:
        a, b, c = tasks("a", "b", "c")
        a >> Label("when late") >> [b, c]
    assert freeze(dag, fileloc="f.py").edge_labels == {"a>b": "when late", "a>c": "when late"}


@pytest.mark.spec("1/AU-02")
def test_a_cycle_is_named_with_its_tasks_and_line() -> None:
    with DAG("ring", schedule=None) as dag:
        a, b, c, out = tasks("a", "b", "c", "out")
        a >> b >> c >> a
        c >> out
    with pytest.raises(CycleError) as caught:
        freeze(dag, fileloc="ring.py")
    assert "'ring' has a cycle" in caught.value.message
    assert caught.value.line is not None
    assert caught.value.hint


@pytest.mark.spec("1/OP-01", "2/OP-18")
def test_a_task_id_is_taken_once() -> None:
    with DAG("d", schedule=None):
        EmptyOperator(task_id="a")
        with pytest.raises(DuplicateTaskIdFound, match="'a' has already been added"):
            EmptyOperator(task_id="a")


@pytest.mark.spec("1/AU-09")
@pytest.mark.parametrize("bad", ["a b", "", "ü/x", "x" * 251])
def test_a_dag_id_is_made_of_plain_letters(bad: str) -> None:
    DAG("01_unscheduled", schedule=None)
    with pytest.raises(AirflowException, match="dag_id"):
        DAG(bad, schedule=None)


@pytest.mark.spec("1/AU-13", "2/OP-02", "2/OP-03", "2/OP-26")
def test_default_args_reach_every_argument_an_operator_knows() -> None:
    class Own(BaseOperator):
        def __init__(self, conn_id: str, **kwargs: object) -> None:
            super().__init__(**kwargs)  # type: ignore[arg-type]
            self.conn_id = conn_id

    defaults = {"retries": 3, "conn_id": "db", "retry_delay": timedelta(seconds=5), "unknown_to_all": 1}
    with DAG("d", schedule=None, default_args=defaults):
        a = Own(task_id="a")
        b = Own(task_id="b", retries=1, conn_id="other")
        with TaskGroup("g", default_args={"retries": 7}):
            c = Own(task_id="c")
    assert (a.retries, a.conn_id, a.retry_delay) == (3, "db", timedelta(seconds=5))
    assert (b.retries, b.conn_id) == (1, "other")
    assert c.retries == 7


@pytest.mark.spec("1/AU-25", "2/OP-04", "2/OP-05", "2/OP-06", "2/FX-06")
def test_wrong_arguments_are_named_with_a_guess() -> None:
    with pytest.raises(AirflowException, match=r"BashOperator.*task_id: a.*'retries'"):
        BashOperator(task_id="a", bash_command="x", retrys=2)
    with pytest.raises(AirflowException, match=r"Argument \['bash_command'\] is required") as caught:
        BashOperator(task_id="a")
    assert isinstance(caught.value, TypeError)
    with pytest.raises(AirflowException, match="Use keyword arguments"):
        BashOperator("a", "x")
    with pytest.raises(AirflowException, match="max_active_runs"):
        DAG("d", max_active_run=1)


@pytest.mark.spec("1/OP-11", "1/OP-05", "1/CF-05")
def test_arguments_of_older_releases_warn_and_work() -> None:
    with pytest.warns(DeprecationWarning, match="provide_context"):
        PythonOperator(task_id="a", python_callable=print, provide_context=True)
    with pytest.warns(DeprecationWarning, match="do_xcom_push"):
        task = BashOperator(task_id="b", bash_command="x", xcom_push=True)
    assert task.do_xcom_push is True
    with pytest.warns(DeprecationWarning, match="schedule"):
        dag = DAG("d", schedule_interval="@daily", concurrency=50, start_date=START)
    assert dag.max_active_tasks == 50
    assert dag.schedule_interval == "@daily"


@pytest.mark.spec("1/AU-19", "1/CF-01")
def test_naive_dates_are_utc_and_no_schedule_is_none() -> None:
    dag = DAG("d", start_date=datetime(2019, 1, 1))
    assert freeze(dag, fileloc="").start_date == datetime(2019, 1, 1, tzinfo=UTC)
    assert freeze(dag, fileloc="").timetable.kind == "none"


@pytest.mark.parametrize("bad", ["@dayly", "61 * * * *", "a b c", "0 0 30 2 *", object(), timedelta(0)])
@pytest.mark.spec("1/SC-06")
def test_a_wrong_schedule_says_what_to_write(bad: object) -> None:
    with pytest.raises(AirflowTimetableInvalid, match="'d'"):
        DAG("d", schedule=bad, start_date=START)


@pytest.mark.spec("1/EX-07")
def test_schedule_arithmetic_steps_from_tick_to_tick() -> None:
    dag = DAG("d", schedule="@daily", start_date=START)
    after = dag.following_schedule(datetime(2019, 1, 1, tzinfo=UTC))
    assert str(after) == "2019-01-02T00:00:00+00:00"
    assert dag.previous_schedule(after) == datetime(2019, 1, 1, tzinfo=UTC)
    assert DAG("n", schedule=None).following_schedule(after) is None
    assert DAG("t", schedule=timedelta(days=3)).following_schedule(after) == datetime(2019, 1, 5, tzinfo=UTC)


@pytest.mark.spec("1/TR-01")
def test_an_unknown_trigger_rule_is_a_load_error_with_a_guess() -> None:
    with pytest.raises(AirflowException, match="all_success"):
        EmptyOperator(task_id="a", trigger_rule="all_sucess")


@pytest.mark.spec("1/TR-09", "1/CF-10")
def test_older_names_of_rules_mean_the_new_ones() -> None:
    assert (
        EmptyOperator(task_id="a", trigger_rule="none_failed_or_skipped").trigger_rule == "none_failed_min_one_success"
    )
    assert EmptyOperator(task_id="a", trigger_rule="dummy").trigger_rule == "always"


@pytest.mark.spec("2/OP-16")
def test_an_operator_lives_outside_of_dags() -> None:
    task = EmptyOperator(task_id="a")
    with pytest.raises(AirflowException, match="not been assigned to a DAG"):
        _ = task.dag


def test_groups_prefix_ids_and_stand_in_for_their_ends() -> None:
    with DAG("d", schedule=None) as dag:
        first, last = tasks("first", "last")
        with TaskGroup("g") as group:
            a, b = tasks("a", "b")
            a >> b
            with TaskGroup("inner", prefix_group_id=False):
                EmptyOperator(task_id="c")
        first >> group >> last
    assert edges(dag) == {
        ("first", "g.a"),
        ("g.a", "g.b"),
        ("g.b", "last"),
        ("first", "g.c"),
        ("g.c", "last"),
    } or edges(dag) == {("first", "g.a"), ("g.a", "g.b"), ("g.b", "last"), ("first", "c"), ("c", "last")}
    spec = freeze(dag, fileloc="")
    assert [g.group_id for g in spec.groups] == ["", "g", "g.inner"]
    assert spec.groups[0].children == ["first", "g", "last"]


def test_priority_follows_the_weight_rule() -> None:
    with DAG("d", schedule=None) as dag:
        a, b, c = tasks("a", "b", "c")
        d = EmptyOperator(task_id="d", weight_rule="upstream", priority_weight=5)
        e = EmptyOperator(task_id="e", weight_rule="absolute", priority_weight=9)
        a >> [b, c] >> d >> e
    weights = {t.task_id: t.priority for t in freeze(dag, fileloc="").tasks}
    assert weights == {"a": 1 + 1 + 1 + 5 + 9, "b": 1 + 5 + 9, "c": 1 + 5 + 9, "d": 5 + 1 + 1 + 1, "e": 9}


def test_ten_times_the_tasks_are_ten_times_the_work_to_freeze() -> None:
    def calls(number: int) -> int:
        with DAG("big", schedule=None) as dag:
            before = None
            for at in range(number):
                task = EmptyOperator(task_id=f"t{at}")
                if before is not None and at % 10:
                    before >> task
                before = task
        assert len(freeze(dag, fileloc="").tasks) == number
        return calls_of(lambda: freeze(dag, fileloc=""))

    assert calls(3000) < 11 * calls(300)


@pytest.mark.spec("1/OP-15")
def test_an_empty_operator_needs_no_worker_unless_somebody_listens() -> None:
    with DAG("d", schedule=None) as dag:
        tasks("quiet")
        EmptyOperator(task_id="heard", on_success_callback=print)
    assert {t.task_id: t.no_work for t in freeze(dag, fileloc="").tasks} == {"quiet": True, "heard": False}


def test_tasks_know_their_line() -> None:
    with DAG("d", schedule=None) as dag:
        EmptyOperator(task_id="a")
        EmptyOperator(task_id="b")
    first, second = (t.line for t in freeze(dag, fileloc="").tasks)
    assert first is not None
    assert second == first + 1


def test_the_door_is_light() -> None:
    code = (
        "import sys\nfrom tradewind import DAG, task\n"
        "print([m for m in ('sqlalchemy','fastapi','pandas','pendulum','jinja2','jsonschema','cryptography') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_deprecations_point_at_the_authors_line() -> None:
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        DAG("d", schedule_interval=None)
    assert caught[0].filename == __file__
