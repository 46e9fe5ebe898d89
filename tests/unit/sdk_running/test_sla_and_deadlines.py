"""What handlers of missed SLAs and deadlines are told, in each of the forms they are written."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.doubles import mail
from tradewind.domain.messages import CallbackOrder, FileRef, Finished, RunFacts, WorkOrder
from tradewind.errors import DagFileError, InvalidArgument
from tradewind.sdk import dag_callbacks
from tradewind.sdk.dag import DAG
from tradewind.sdk.deadline import AsyncCallback, DeadlineAlert, DeadlineReference, SyncCallback
from tradewind.sdk.freeze import freeze
from tradewind.sdk.memory_client import MemoryClient
from tradewind.sdk.notifier import BaseNotifier
from tradewind.sdk.operators.python import PythonOperator

DATE = datetime(2020, 1, 1, 12, 30, tzinfo=UTC)
ISO = "2020-01-01T12:30:00+00:00"
MISS = {"task_id": "sleeptask", "run_id": "r", "logical_date": ISO, "due_at": ISO}
BLOCKING = [
    {"task_id": name, "map_index": -1, "state": state, "run_id": "r", "logical_date": ISO}
    for name, state in (("sleeptask", "running"), ("after", "none"))
]


def order_of(name: str, details: dict[str, Any], reason: str = "sla_miss") -> WorkOrder:
    facts = RunFacts(
        dag_id="d", run_id="r", run_type="scheduled", logical_date=DATE, data_interval_start=DATE,
        data_interval_end=DATE, run_after=DATE,
    )  # fmt: skip
    return WorkOrder(
        attempt_id="cb-1", task_id="", try_number=0, max_tries=1, run=facts, log_path="", execution_timeout=5.0,
        file=FileRef(bundle="", root="", path="", hash=""),
        callback=CallbackOrder(name=name, reason=reason, details=details, run_state="running"),
    )  # fmt: skip


def tell(dag: DAG) -> Finished:
    details = {"misses": [MISS], "blocking": BLOCKING, "at": ISO}
    return dag_callbacks.run(dag, order_of("sla_miss_callback", details), MemoryClient())


def dag_with(handler: Any, **task: Any) -> DAG:
    with DAG("d", start_date=DATE, schedule="@daily", sla_miss_callback=handler) as dag:
        PythonOperator(task_id="sleeptask", python_callable=print, sla=timedelta(seconds=1), **task)
    return dag


@pytest.mark.spec("3/SL-08")
def test_a_handler_may_take_five_arguments_or_one_or_none() -> None:
    told: list[Any] = []

    def five(dag: Any, task_list: str, blocking_task_list: str, slas: list[Any], blocking_tis: list[Any]) -> None:
        told.append((dag.dag_id, task_list, blocking_task_list, slas[0].task_id, [ti.task_id for ti in blocking_tis]))

    def one(context: Any) -> None:
        five(*(context[n] for n in ("dag", "task_list", "blocking_task_list", "slas", "blocking_tis")))

    def none() -> None:
        told.append("none")

    class Object:
        def __call__(self, *args: Any, **kwargs: Any) -> None:
            told.append(len(args))

    done = tell(dag_with([five, one, none, Object()]))
    blocking = f"sleeptask on {ISO}\nafter on {ISO}"
    expected = ("d", f"sleeptask on {ISO}", blocking, "sleeptask", ["sleeptask", "after"])
    assert told == [expected, expected, "none", 5]
    assert (done.outcome, done.rendered) == ("success", {"notification_sent": True})


@pytest.mark.spec("3/SL-08")
def test_an_exception_in_a_handler_is_logged_and_the_next_one_is_called(caplog: pytest.LogCaptureFixture) -> None:
    told: list[str] = []

    def broken(context: Any) -> None:
        raise ValueError("no pager")

    done = tell(dag_with([broken, lambda context: told.append("second")]))
    assert told == ["second"]
    assert (done.outcome, done.error, done.retryable) == ("failed", "ValueError: no pager", False)
    assert "no pager" in caplog.text


def test_a_notifier_may_be_the_handler() -> None:
    told: list[str] = []

    class Note(BaseNotifier):
        template_fields = ("text",)

        def __init__(self) -> None:
            super().__init__()
            self.text = "{{ task_list }} of {{ dag.dag_id }}"

        def notify(self, context: Any) -> None:
            told.append(self.text)

    tell(dag_with(Note()))
    assert told == [f"sleeptask on {ISO} of d"]


def test_a_handler_that_takes_too_long_is_stopped() -> None:
    import threading

    def waits(context: Any) -> None:
        threading.Event().wait(60)

    with DAG("d", start_date=DATE, schedule=None, sla_miss_callback=waits) as dag:
        pass
    order = order_of("sla_miss_callback", {})
    import msgspec

    done = dag_callbacks.run(dag, msgspec.structs.replace(order, execution_timeout=0.2), MemoryClient())
    assert done.outcome == "failed"
    assert "callback_timeout" in str(done.error)


@pytest.mark.spec("3/SL-07")
def test_one_mail_names_late_and_blocking_tasks(smtp: mail.Mailbox) -> None:
    done = tell(dag_with(None, email=["bob@work.com", "ann@work.com"]))
    ((to, message),) = smtp.mails
    assert to == ["bob@work.com", "ann@work.com"]
    assert message["subject"] == "[airflow] SLA miss on DAG=d"
    text = message.get_content()
    late, _, blocking = text.partition("Blocking tasks:")
    assert f"sleeptask on {ISO}" in late
    assert f"after on {ISO}" in blocking
    assert done.rendered == {"email_sent": True}


@pytest.mark.spec("3/SL-01", "3/SL-07")
def test_the_sla_and_addresses_of_a_dag_are_those_of_its_tasks() -> None:
    with DAG(
        "d", start_date=DATE, schedule="@daily", default_args={"sla": timedelta(hours=2)}, email="bob@work.com"
    ) as dag:
        PythonOperator(task_id="a", python_callable=print)
        PythonOperator(task_id="b", python_callable=print, sla=timedelta(hours=3), email=None)
    spec = freeze(dag, fileloc="d.py")
    assert [(task.task_id, task.sla) for task in spec.tasks] == [("a", 7200.0), ("b", 10800.0)]
    assert spec.callbacks == ["sla_email"]
    assert dag.get_task("a").email == "bob@work.com"


def test_without_a_task_that_has_an_sla_the_handler_is_never_asked_for() -> None:
    with DAG("d", start_date=DATE, schedule="@daily", sla_miss_callback=print) as dag:
        PythonOperator(task_id="a", python_callable=print, email="a@b.c")
    assert freeze(dag, fileloc="d.py").callbacks == []


# -- deadlines ----------------------------------------------------------------------------------------------------


def missed(dag: DAG, number: int = 0) -> Finished:
    order = order_of("deadline", {"number": number, "due_at": ISO}, "deadline_missed")
    return dag_callbacks.run(dag, order, MemoryClient())


def alert(callback: Any, reference: Any = DeadlineReference.DAGRUN_QUEUED_AT) -> DeadlineAlert:
    return DeadlineAlert(reference=reference, interval=timedelta(minutes=5), callback=callback)


TOLD: list[Any] = []


def plain(text: str, context: Any) -> None:
    TOLD.append(
        (text, context["dag_run"].run_id, context["dag_run"]["dag_run_id"], context["deadline"]["deadline_time"])
    )


async def later(text: str) -> None:
    TOLD.append(text)


class Says(BaseNotifier):
    template_fields = ("text",)

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text

    async def async_notify(self, context: Any) -> None:
        TOLD.append(self.text)


@pytest.mark.parametrize(
    ("callback", "told"),
    [
        (SyncCallback(plain, kwargs={"text": "late"}), ("late", "r", "r", ISO)),
        (AsyncCallback(later, kwargs={"text": "late"}), "late"),
        (AsyncCallback(f"{__name__}.later", {"text": "by name"}), "by name"),
        (AsyncCallback(Says, kwargs={"text": "{{ dag_run.dag_id }} is late"}), "d is late"),
    ],
)
def test_the_callback_of_the_deadline_is_called(callback: Any, told: Any) -> None:
    TOLD.clear()
    dag = DAG("d", start_date=DATE, schedule=None, deadline=[alert(SyncCallback(print)), alert(callback)])
    assert missed(dag, 1).outcome == "success"
    assert [told] == TOLD


def test_deadlines_become_plain_values_for_the_scheduler() -> None:
    references = [
        DeadlineReference.DAGRUN_LOGICAL_DATE,
        DeadlineReference.DAGRUN_QUEUED_AT,
        DeadlineReference.FIXED_DATETIME(datetime(2026, 1, 1, tzinfo=UTC)),
        DeadlineReference.AVERAGE_RUNTIME(max_runs=5, min_runs=2),
    ]
    dag = DAG("d", schedule=None, deadline=[alert(SyncCallback(print), one) for one in references])
    specs = freeze(dag, fileloc="d.py").deadlines
    assert [spec.reference for spec in specs] == ["logical_date", "queued_at", "fixed", "average_runtime"]
    assert {spec.interval for spec in specs} == {300.0}
    assert specs[2].at == datetime(2026, 1, 1, tzinfo=UTC)
    assert (specs[3].max_runs, specs[3].min_runs) == (5, 2)


@pytest.mark.parametrize(
    ("make", "word"),
    [
        (lambda: DeadlineAlert("tomorrow", timedelta(1), SyncCallback(print)), "DeadlineReference"),  # type: ignore[arg-type]
        (lambda: DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, 300, SyncCallback(print)), "timedelta"),  # type: ignore[arg-type]
        (lambda: DeadlineAlert(DeadlineReference.DAGRUN_QUEUED_AT, timedelta(1), print), "SyncCallback"),  # type: ignore[arg-type]
        (lambda: SyncCallback("notify"), "dotted path"),
        (lambda: SyncCallback(print, {"context": 1}), "context"),
        (lambda: DeadlineReference.FIXED_DATETIME("2026-01-01"), "datetime"),  # type: ignore[arg-type]
        (lambda: DeadlineReference.AVERAGE_RUNTIME(0), "max_runs"),
    ],
)
def test_what_is_no_deadline_is_refused_where_it_is_written(make: Any, word: str) -> None:
    with pytest.raises(InvalidArgument, match=word):
        make()


def test_a_dag_whose_deadline_is_something_else_names_file_and_line() -> None:
    dag = DAG("d", schedule=None, deadline=timedelta(minutes=5))
    with pytest.raises(DagFileError, match="DeadlineAlert") as caught:
        freeze(dag, fileloc="d.py")
    assert caught.value.line == dag.line


def test_airflow_3_names_are_the_same_things() -> None:
    from tradewind import compat

    compat.install()
    from airflow.sdk import AsyncCallback as theirs
    from airflow.sdk.definitions.deadline import DeadlineAlert as alert_there

    assert theirs is AsyncCallback
    assert alert_there is DeadlineAlert
