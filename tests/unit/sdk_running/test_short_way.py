"""The short way of plain tasks says and reports what the long way does."""

from __future__ import annotations

import logging
import os
import re
import signal
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from tradewind.domain.messages import Finished, WorkOrder
from tradewind.sdk import lines, masking, short_way
from tradewind.sdk.context import get_current_context
from tradewind.sdk.dag import DAG
from tradewind.sdk.decorators import task
from tradewind.sdk.exceptions import AirflowFailException, AirflowSkipException
from tradewind.sdk.execution import execute
from tradewind.sdk.local_run import make_facts, make_order
from tradewind.sdk.memory_client import MemoryClient
from tradewind.sdk.operators.python import PythonOperator
from tradewind.sdk.variable import Variable

STARTED = datetime(2026, 1, 1, tzinfo=UTC)
_ODD = object()


def number(n: int = 3) -> int:
    return n


def text(word: str) -> str:
    return word * 2


def nothing() -> None:
    print("here")
    logging.getLogger("mine").info("logged")


def a_list() -> list[int]:
    return [1, 2, 3]


def a_dict() -> dict[str, Any]:
    return {"a": datetime(2026, 1, 1, tzinfo=UTC)}


def long_text() -> str:
    return "x" * 1000


def generator() -> Iterator[int]:
    yield from (1, 2)


async def coroutine() -> int:
    return 5


def asks_context() -> str:
    return str(get_current_context()["ts"]) + get_current_context()["task"].task_id


def asks_variable() -> str:
    return str(Variable.get("v"))


def environment() -> list[str]:
    return sorted(f"{key}={value}" for key, value in os.environ.items() if key.startswith("AIRFLOW_CTX"))


def fails() -> None:
    raise RuntimeError("no")


def fails_for_good() -> None:
    raise AirflowFailException("never")


def skips() -> None:
    raise AirflowSkipException


def exits() -> None:
    raise SystemExit(3)


def unkeepable() -> Any:
    return _ODD


def stopped() -> None:
    os.kill(os.getpid(), signal.SIGTERM)
    for _ in range(10**9):
        pass


def late() -> None:
    for _ in range(10**12):
        pass


CASES: dict[str, tuple[Callable[..., Any], dict[str, Any]]] = {
    "number": (number, {}),
    "nothing": (nothing, {}),
    "a list": (a_list, {}),
    "a dict": (a_dict, {}),
    "a long text": (long_text, {}),
    "a generator": (generator, {}),
    "a coroutine": (coroutine, {}),
    "asks for the context": (asks_context, {}),
    "asks for a variable": (asks_variable, {}),
    "environment": (environment, {}),
    "fails": (fails, {}),
    "fails for good": (fails_for_good, {}),
    "skips": (skips, {}),
    "exits": (exits, {}),
    "cannot be kept": (unkeepable, {}),
    "is stopped": (stopped, {}),
    "text": (text, {"op_args": ["ab"]}),
    "keyword": (number, {"op_kwargs": {"n": 7}}),
    "quiet": (number, {"show_return_value_in_logs": False}),
    "late": (late, {"execution_timeout": timedelta(seconds=0.05)}),
}


class Ears(logging.Handler):
    """Keeps what is said."""

    def __init__(self) -> None:
        super().__init__()
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(f"{record.levelname} {record.getMessage()}")


def both(
    dag: DAG, name: str, inputs: dict[str, dict[str, str]] | None = None
) -> tuple[tuple[Finished, list[str]], tuple[Finished, list[str]]]:
    """(report, lines) of the long way and of the short one."""
    found = dag.get_task(name)
    short = short_way.find([dag])[dag.dag_id, name]
    facts = make_facts(dag, STARTED, "r1")
    order: WorkOrder = msgspec.structs.replace(make_order(found, facts), inputs=inputs or {})
    answers = []
    for way in ("long", "short"):
        handler = Ears()
        logger = logging.getLogger("airflow.task")
        logger.addHandler(handler)
        logger.setLevel(logging.INFO)
        variables = os.environ.copy()
        client = MemoryClient(variables={"v": '"of the store"'})
        for task_id, values in (inputs or {}).items():
            for key, value in values.items():
                client.xcoms[dag.dag_id, "r1", task_id, key] = {-1: value}
        try:
            if way == "long":
                report: Finished | None = execute(found, order, client, wait_in_place=False)
            else:
                report = short_way.run(short, order, client, "host", STARTED)
        finally:
            logger.removeHandler(handler)
            os.environ.clear()
            os.environ.update(variables)
        assert report is not None
        plain = msgspec.structs.replace(report, at=STARTED, started_at=STARTED, host="host", pid=1)
        answers.append(
            (plain, [re.sub(r"(?s)Traceback.*?(?=\w+Error|\w+Exception|\Z)", "", line) for line in handler.said])
        )
    return answers[0], answers[1]


@pytest.mark.parametrize("case", CASES)
def test_both_ways_report_and_log_the_same(case: str) -> None:
    function, arguments = CASES[case]
    with DAG("d", start_date=STARTED, schedule=None) as dag:
        PythonOperator(task_id="a", python_callable=function, **arguments)
    long, short = both(dag, "a")
    assert short[0] == long[0]
    assert [line for line in short[1] if "\n" not in line] == [line for line in long[1] if "\n" not in line]
    assert len(short[1]) == len(long[1])


@pytest.mark.parametrize("value", ["1", '"text"', "[1, 2]", '{"a": 1}', '"' + "y" * 500 + '"', "null"])
def test_results_of_others_come_in_both_ways(value: str) -> None:
    with DAG("d", start_date=STARTED, schedule=None) as dag:

        @task
        def above() -> Any:
            return None

        @task
        def below(one: Any, *, two: Any) -> Any:
            return [one, two]

        below(above(), two=above())
    inputs = {name: {"return_value": value} for name in ("above", "above__1")}
    long, short = both(dag, "below", inputs)
    assert short == long
    assert short[0].rendered is not None


def test_what_it_cannot_know_goes_the_long_way() -> None:
    with DAG("d", start_date=STARTED, schedule=None) as dag:

        @task
        def above() -> Any:
            return None

        @task
        def below(one: Any) -> Any:
            return one

        below(above())
    short = short_way.find([dag])["d", "below"]
    order = make_order(dag.get_task("below"), make_facts(dag, STARTED, "r1"))
    assert short_way.run(short, order, MemoryClient(), "h", STARTED) is None
    far = msgspec.structs.replace(order, inputs={"above": {"return_value": '{"__type__": "stored", "path": "p"}'}})
    assert short_way.run(short, far, MemoryClient(), "h", STARTED) is None


def test_known_secrets_send_every_task_the_long_way(monkeypatch: pytest.MonkeyPatch) -> None:
    with DAG("d", start_date=STARTED, schedule=None) as dag:
        PythonOperator(task_id="a", python_callable=number)
    short = short_way.find([dag])["d", "a"]
    monkeypatch.setattr(masking, "_known", {"hush-hush"})
    monkeypatch.setattr(masking, "_pattern", None)
    order = make_order(dag.get_task("a"), make_facts(dag, STARTED, "r1"))
    assert short_way.run(short, order, MemoryClient(), "h", STARTED) is None


def wants_context(ti: Any) -> None:
    del ti


def swallows(**context: Any) -> None:
    del context


WANTING: dict[str, dict[str, Any]] = {
    "context": {"python_callable": wants_context},
    "everything": {"python_callable": swallows},
    "template": {"op_args": ["{{ ds }}"]},
    "secret by name": {"python_callable": lambda password: password, "op_kwargs": {"password": "x"}},
    "callback": {"on_success_callback": print},
    "before": {"on_execute_callback": print},
    "hook": {"pre_execute": print},
    "mail": {"email": "a@example.org"},
    "no value": {"do_xcom_push": False},
    "params": {"params": {"a": 1}},
    "container": {"op_args": [[1]]},
    "own class": {"python_callable": len, "op_args": ["x"]},
}


@pytest.mark.parametrize("case", WANTING)
def test_a_task_that_wants_more_is_not_plain(case: str) -> None:
    with DAG("d", start_date=STARTED, schedule=None) as dag:
        PythonOperator(task_id="a", **{"python_callable": number, **WANTING[case]})
    assert short_way.find([dag]) == {}


def test_subclasses_are_not_plain() -> None:
    class Own(PythonOperator):
        pass

    with DAG("d", start_date=STARTED, schedule=None) as dag:
        Own(task_id="a", python_callable=number)
    assert short_way.find([dag]) == {}


def test_lines_may_be_taken_directly() -> None:
    with DAG("d", start_date=STARTED, schedule=None) as dag:
        PythonOperator(task_id="a", python_callable=number)
    order = make_order(dag.get_task("a"), make_facts(dag, STARTED, "r1"))
    taken: list[str] = []
    logger = logging.getLogger("airflow.task")
    handlers, logger.handlers = logger.handlers, [logging.NullHandler()]
    level = logger.level
    logger.setLevel(logging.INFO)
    lines.give_to(lambda place, level, said: taken.append(f"{place} {level} {said}"))
    try:
        short_way.run(short_way.find([dag])["d", "a"], order, MemoryClient(), "h", STARTED)
    finally:
        lines.give_to(None)
        logger.handlers = handlers
        logger.setLevel(level)
    assert taken[0].startswith("execution.py:1 INFO Exporting env vars: AIRFLOW_CTX_DAG_OWNER='airflow'")
    assert taken[1] == "python.py:1 INFO Done. Returned value was: 3"
