"""Run a DAG, or one task of it, in a test."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tradewind.domain.rules.retry import retry_delay
from tradewind.errors import InvalidArgument, did_you_mean
from tradewind.sdk import current, local_run, moments
from tradewind.sdk.connection import Connection
from tradewind.sdk.dag import DAG
from tradewind.sdk.freeze import freeze
from tradewind.sdk.loading import load_file
from tradewind.sdk.memory_client import MemoryClient
from tradewind.sdk.order import subset
from tradewind.testing.seen import DagResult, Ears
from tradewind.testing.still_time import StillTime


def run_dag(
    dag: Any,
    logical_date: datetime | str | None = None,
    *,
    variables: Mapping[str, Any] | None = None,
    connections: Mapping[str, Any] | None = None,
    conf: Mapping[str, Any] | None = None,
    stubs: Mapping[str, Any] | None = None,
    now: datetime | str | None = None,
    run_id: str | None = None,
) -> DagResult:
    """Run every task of the DAG and tell what became of them. A failed task is no exception: look at ``states``.

    ``variables`` and ``connections`` (objects, URIs, or dicts of fields) are all there is besides the environment.
    ``stubs`` are tasks that are not run: task id -> the value they return, or a function of the context that gives it.
    The clock starts at ``now`` (the end of the run's interval) and moves only where something waits: between the
    checks of a sensor, before a retry, in ``time.sleep``.
    """
    dag = _dag_of(dag)
    copied = subset(dag, set(dag.task_dict), downstream=False, upstream=False)
    for task_id, answer in (stubs or {}).items():
        _stub(copied, task_id, answer)
    return _run(copied, logical_date, variables, connections, conf, now, run_id)


def run_task(
    task: Any,
    logical_date: datetime | str | None = None,
    *,
    variables: Mapping[str, Any] | None = None,
    connections: Mapping[str, Any] | None = None,
    conf: Mapping[str, Any] | None = None,
    now: datetime | str | None = None,
) -> DagResult:
    """Run one task as a run of its DAG would: templates rendered, callbacks called, retries taken. The result holds
    that task only. A task without a DAG gets one for the purpose.
    """
    dag = task.get_dag() if hasattr(task, "get_dag") else None
    if dag is None:
        dag = DAG("a_test", start_date=datetime(2024, 1, 1, tzinfo=UTC), schedule=None)
        dag.add_task(task)
    copied = subset(dag, {task.task_id}, downstream=False, upstream=False)
    return _run(copied, logical_date, variables, connections, conf, now, None)


@contextlib.contextmanager
def given(
    *, variables: Mapping[str, Any] | None = None, connections: Mapping[str, Any] | None = None
) -> Iterator[MemoryClient]:
    """Inside, these variables and connections are known, by whatever name ``Variable`` and ``BaseHook`` were imported."""
    client = _client(variables, connections)
    before = current.set_client(client)
    try:
        yield client
    finally:
        current.set_client(before)


def load_dags(path: Path | str) -> dict[str, Any]:
    """The DAGs of a file, by id. What is wrong with the file is raised, with its line."""
    file = Path(path).resolve()
    return dict(load_file(file, file.parent).dags)


def _dag_of(given: Any) -> Any:
    if hasattr(given, "task_dict"):
        return given
    what = "a function under @dag: call it, run_dag(my_dag())" if callable(given) else f"{given!r}"
    raise InvalidArgument(f"run_dag takes a DAG, not {what}.")


def _client(variables: Mapping[str, Any] | None, connections: Mapping[str, Any] | None) -> MemoryClient:
    texts = {key: one if isinstance(one, str) else json.dumps(one) for key, one in (variables or {}).items()}
    return MemoryClient(
        variables=texts, connections={name: _fields(name, one) for name, one in (connections or {}).items()}
    )


def _fields(conn_id: str, one: Any) -> dict[str, Any]:
    if isinstance(one, str):
        return Connection.from_text(one, conn_id).as_dict()
    if isinstance(one, Mapping):
        return Connection(**{"conn_id": conn_id, **one}).as_dict()
    if hasattr(one, "as_dict"):
        return {**one.as_dict(), "conn_id": conn_id}
    raise InvalidArgument(f"Connection {conn_id!r}: a URI, a dict of fields or a Connection is expected, not {one!r}.")


def _stub(dag: Any, task_id: str, answer: Any) -> None:
    task = dag.task_dict.get(task_id)
    if task is None:
        hint = did_you_mean(task_id, list(dag.task_dict)) or f"It has: {', '.join(dag.task_dict)}."
        raise InvalidArgument(f"DAG {dag.dag_id!r} has no task {task_id!r} to stub. {hint}")
    if task.is_mapped:
        raise InvalidArgument(f"Task {task_id!r} is mapped and cannot be stubbed: stub what it is mapped over.")
    task.execute = answer if callable(answer) else lambda context: answer


def _moment(given: datetime | str | None) -> datetime | None:
    return moments.utc(moments.parse(given) if isinstance(given, str) else given)


def _run(
    dag: Any, logical_date: Any, variables: Any, connections: Any, conf: Any, now: Any, run_id: str | None
) -> DagResult:
    client = _client(variables, connections)
    date = _moment(logical_date) or _moment(dag.start_date) or datetime.fromisoformat("2024-01-01T00:00:00+00:00")
    facts = local_run.make_facts(dag, date, run_id, conf)
    began = _moment(now) or facts.data_interval_end or date
    time = StillTime(began)
    ears = Ears(lambda: client.whoami)
    with ears.listening(), time.ruling():
        facts = local_run.make_facts(dag, date, run_id, conf, started_at=began)
        run = local_run.run_dag(
            dag, facts=facts, client=client, sleep=time.sleep, before_retry=_waiting_for_retries(dag, time)
        )
    return DagResult(run, time, began, ears.lines)


def _waiting_for_retries(dag: Any, time: StillTime) -> Callable[[Any, Any, int], None]:
    specs: dict[str, Any] = {}

    def wait(task: Any, finished: Any, try_number: int) -> None:
        if not specs:
            specs.update(
                {one.task_id: one for one in freeze(dag, fileloc=str(dag.fileloc or ""), bundle="local").tasks}
            )
        chosen = finished.retry_delay
        time.sleep(chosen if chosen is not None else retry_delay(specs[task.task_id], try_number, task.task_id))

    return wait
