"""Callbacks and mails about tasks: who is called, when, with what; and that trouble in them changes nothing."""

from __future__ import annotations

import logging
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from tests.doubles import mail
from tradewind.sdk import configuration
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.dag import DAG
from tradewind.sdk.exceptions import AirflowFailException
from tradewind.sdk.local_run import LocalRun
from tradewind.sdk.notifier import BaseNotifier
from tradewind.sdk.operators.bash import BashOperator
from tradewind.sdk.operators.python import PythonOperator

START = datetime(2020, 1, 1, 12, 30)


def fail() -> None:
    raise ValueError("<broken>")


def run(dag: DAG) -> LocalRun:
    made: LocalRun = dag.test(START, sleep=lambda _: None)
    return made


@pytest.mark.spec("3/AL-02", "3/AL-04", "3/AL-05", "1/FH-15")
def test_each_outcome_calls_its_own_callback_once() -> None:
    called: list[tuple[str, str, int]] = []

    def note(name: str) -> Any:
        return lambda context: called.append((name, context["ti"].task_id, context["ti"].try_number))

    defaults = {f"on_{name}_callback": note(name) for name in ("failure", "success", "retry")}
    with DAG("d", start_date=START, schedule=None, default_args=defaults) as dag:
        PythonOperator(task_id="good", python_callable=lambda: 1)
        PythonOperator(task_id="bad", python_callable=fail, retries=2, retry_delay=0)
        BashOperator(task_id="own", bash_command="exit 1", retries=0, on_failure_callback=note("own"))

        def never_again() -> None:
            raise AirflowFailException("no more")

        PythonOperator(task_id="final", python_callable=never_again, retries=2, retry_delay=0)
        PythonOperator(
            task_id="policy", python_callable=fail, retries=2, retry_delay=0, retry_policy=lambda error, context: False
        )
    run(dag)
    assert sorted(called) == [
        ("failure", "bad", 3),
        ("failure", "final", 1),
        ("failure", "policy", 1),
        ("own", "own", 1),
        ("retry", "bad", 1),
        ("retry", "bad", 2),
        ("success", "good", 1),
    ]


@pytest.mark.spec("3/AL-06")
def test_callbacks_take_nothing_or_the_context_and_may_break(caplog: pytest.LogCaptureFixture) -> None:
    seen: list[Any] = []

    class Notifier(BaseNotifier):
        template_fields = ("text",)

        def __init__(self, text: str) -> None:
            super().__init__()
            self.text = text

        def notify(self, context: Any) -> None:
            seen.append(self.text)

    class Method:
        def takes_itself_only(self) -> None:
            seen.append("method")

    def broken(context: Any) -> None:
        raise RuntimeError("in the callback")

    with DAG(
        "d",
        start_date=START,
        schedule=None,
        on_failure_callback=[lambda: seen.append("dag"), lambda c: seen.append(c["reason"])],
    ) as dag:
        PythonOperator(
            task_id="a",
            python_callable=fail,
            on_failure_callback=[
                lambda: seen.append("nothing"),
                broken,
                lambda context: seen.append(str(context["exception"])),
                lambda *args: seen.append(len(args)),
                lambda **context: seen.append(context["task_instance"].task_id),
                Method().takes_itself_only,
                Notifier("{{ ti.task_id }} of {{ ds }}"),
            ],
        )
    ended = run(dag)
    assert ended.states == {"a": "failed"}
    assert seen == ["nothing", "<broken>", 1, "a", "method", "a of 2020-01-01", "dag", "task_failure"]
    assert "in the callback" in caplog.text
    assert "Failed when executing on_failure_callback" in caplog.text


@pytest.mark.spec("3/AL-07", "3/AL-09", "3/AL-10", "1/FH-04")
def test_a_failure_is_mailed_to_all_addresses(smtp: mail.Mailbox, caplog: pytest.LogCaptureFixture) -> None:
    with DAG("d", start_date=START, schedule=None, default_args={"email": "bob@work.com"}) as dag:
        PythonOperator(task_id="one", python_callable=fail)
        PythonOperator(task_id="three", python_callable=fail, email=["a@x.org", "b@x.org"], retries=1, retry_delay=0)
        PythonOperator(task_id="text", python_callable=fail, email="c@x.org, d@x.org;e@x.org", email_on_retry=False)
        PythonOperator(task_id="quiet", python_callable=fail, email_on_failure=False)
        PythonOperator(task_id="nobody", python_callable=fail, email=[])
        PythonOperator(task_id="good", python_callable=lambda: 1)
    with caplog.at_level(logging.INFO):
        run(dag)
    by_subject = {message["Subject"]: (to, message) for to, message in smtp.mails}
    alert = "Airflow alert: <TaskInstance: d.{} 2020-01-01T12:30:00+00:00 [{}]>"
    assert {subject: to for subject, (to, _) in by_subject.items()} == {
        alert.format("one", "failed"): ["bob@work.com"],
        alert.format("three", "up_for_retry"): ["a@x.org", "b@x.org"],
        alert.format("three", "failed"): ["a@x.org", "b@x.org"],
        alert.format("text", "failed"): ["c@x.org", "d@x.org", "e@x.org"],
    }
    assert len(smtp.mails) == 4
    body = by_subject[alert.format("three", "failed")][1].get_content()
    for part in (
        "Try 2 out of 2",
        "ValueError: &lt;broken&gt;",
        "Log: <a href=",
        "Host: ",
        "Log file: ",
        "Mark success",
    ):
        assert part in body
    assert "/dags/d/runs/" in body
    assert "Sent an alert email to ['bob@work.com']" in caplog.text


@pytest.mark.spec("3/AL-11")
def test_without_a_server_nothing_leaves_and_the_log_says_why(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))
    configuration.settings.cache_clear()
    called: list[str] = []
    with DAG("d", start_date=START, schedule=None, default_args={"email": "bob@work.com"}) as dag:
        PythonOperator(
            task_id="a", python_callable=fail, retries=1, retry_delay=0,
            on_retry_callback=lambda: called.append("retry"), on_failure_callback=lambda: called.append("failure"),
        )  # fmt: skip
    try:
        assert run(dag).states == {"a": "failed"}
        assert called == ["retry", "failure"]
        assert "No e-mail is sent to ['bob@work.com']: neither [smtp] smtp_host" in caplog.text
        monkeypatch.setenv("AIRFLOW__SMTP__SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("AIRFLOW__SMTP__SMTP_PORT", "1")  # nobody listens there
        configuration.settings.cache_clear()
        assert run(dag).states == {"a": "failed"}
        assert "Failed to send an alert email to ['bob@work.com']" in caplog.text
    finally:
        configuration.settings.cache_clear()


def test_an_operator_of_ones_own_has_the_same_callbacks() -> None:
    called: list[str] = []

    class Mine(BaseOperator):
        def execute(self, context: Any) -> None:
            raise ValueError("x")

    with DAG("d", start_date=START, schedule=None) as dag:
        Mine(task_id="a", on_failure_callback=lambda context: called.append(type(context["exception"]).__name__))
    run(dag)
    assert called == ["ValueError"]
