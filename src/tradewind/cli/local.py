"""Verbs that run the author's code in this process: ``dags test``, ``tasks test``, ``tasks run``, ``tasks render``.

The DAG is read from its file as it is now. Variables and connections come from the environment and the database;
XComs live in memory, or for ``tasks run`` are those of the run. Nothing is written to the database.
"""

from __future__ import annotations

import copy
import logging
import re
import signal
import sys
import types
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

from tradewind import compat
from tradewind.backends.bundles.contract import Bundle
from tradewind.backends.bundles.discover import Discovery
from tradewind.backends.bundles.local import LocalBundle, bundles_of
from tradewind.backends.values.opening import open_values
from tradewind.cli.home_client import HomeClient, store_of_home
from tradewind.cli.output import show
from tradewind.domain.messages import Finished, RunFacts, WorkOrder
from tradewind.errors import DagFileError, InvalidArgument, NotFound, not_found
from tradewind.sdk import current, exchange
from tradewind.sdk.context import Context
from tradewind.sdk.execution import execute
from tradewind.sdk.loading import load_file
from tradewind.sdk.local_run import make_facts, make_order, run_dag
from tradewind.sdk.masking import redact
from tradewind.sdk.memory_client import MemoryClient
from tradewind.sdk.rendered import rendered_fields
from tradewind.sdk.task_instance import DagRun, TaskInstance
from tradewind.sdk.template import field_names
from tradewind.settings import load_settings
from tradewind.store.engine import Store
from tradewind.store.reads import dags as dag_reads
from tradewind.store.reads import task_pages

log = logging.getLogger("airflow.task")


class _OutOfTime(BaseException):
    """No ``except Exception`` of the file may take it for its own."""


@contextmanager
def time_limit(seconds: float, path: Path) -> Iterator[None]:
    """[core] dagbag_import_timeout for a file that is imported here. Raises DagFileError with the line it stood at."""

    def ring(_number: int, frame: types.FrameType | None) -> None:
        line = None
        while frame is not None and line is None:
            line = frame.f_lineno if frame.f_code.co_filename == str(path) else None
            frame = frame.f_back
        raise _OutOfTime(line)

    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    except (_OutOfTime, DagFileError) as error:
        late = error if isinstance(error, _OutOfTime) else error.__cause__
        if not isinstance(late, _OutOfTime):
            raise
        raise DagFileError(
            f"Importing it took longer than {seconds:g} s ([core] dagbag_import_timeout).",
            file=str(path),
            line=late.args[0],
            hint="Move slow work (downloads, queries, waiting) from the top level of the file into a task.",
        ) from None
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)


class Home:
    """Where DAG files, variables and connections come from; works without a database too."""

    def __init__(self) -> None:
        self.settings = load_settings()
        self.store = store_of_home(self.settings)
        self.client = HomeClient(self.settings, self.store)
        compat.install()
        current.set_client(self.client)
        exchange.use_store(lambda: open_values(self.settings), None)  # runs in this process keep their own inline
        handler = logging.StreamHandler(sys.stdout)
        handler.setFormatter(logging.Formatter("[%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s"))
        logging.basicConfig(level=self.settings.get_str("logging", "logging_level").upper(), handlers=[handler])

    def _candidates(self, dag_id: str, subdir: str | None) -> list[tuple[Path, Bundle]]:
        """Files that may declare the DAG, the likeliest first."""
        bundles: list[Bundle] = list(bundles_of(self.settings))
        if subdir is not None:
            folder = str(self.settings.get_path("core", "dags_folder"))
            place = Path(re.sub(r"^DAGS_FOLDER(?=/|$)", lambda _: folder, subdir)).expanduser().absolute()
            if not place.exists():
                raise InvalidArgument(f"{subdir} does not exist.", field="--subdir", hint="Look at the path.")
            if place.is_file():
                return [(place, LocalBundle("command-line", place.parent))]
            bundles = [LocalBundle("command-line", place)]
        known = self._known_place(dag_id) if subdir is None else None
        found: list[tuple[Path, Bundle]] = []
        for bundle in bundles:
            if not bundle.root.is_dir():
                continue
            if known is not None and known[0] == bundle.name and (bundle.root / known[1]).is_file():
                return [(bundle.root / known[1], bundle)]
            discovery = Discovery(
                self.settings.get_str("core", "dag_ignore_file_syntax"),
                self.settings.get_bool("core", "dag_discovery_safe_mode"),
            )
            found += [(path, bundle) for path in discovery.look(bundle.root).values()]
        text = dag_id.encode()
        return sorted(found, key=lambda pair: text not in pair[0].read_bytes())

    def _known_place(self, dag_id: str) -> tuple[str, str] | None:
        if self.store is None:
            return None
        with self.store.read() as conn:
            try:
                row = dag_reads.dag_row(conn, dag_id)
            except NotFound:
                return None
        return row.bundle, row.fileloc

    def load(self, dag_id: str, subdir: str | None) -> Any:
        """The author's DAG object. A file that does not load is told and passed over."""
        known: list[str] = []
        troubles: list[DagFileError] = []
        for path, bundle in self._candidates(dag_id, subdir):
            try:
                with time_limit(self.settings.get_float("core", "dagbag_import_timeout"), path):
                    loaded = load_file(path, bundle.root, bundle.name)
            except DagFileError as error:
                troubles.append(error)
                sys.stderr.write(f"tradewind: skipped {error}\n")
                continue
            if dag_id in loaded.dags:
                return loaded.dags[dag_id]
            known += loaded.dags
        if troubles and not known:
            raise troubles[0]
        raise not_found("DAG", dag_id, known)


def _task(dag: Any, task_id: str) -> Any:
    task = dag.task_dict.get(task_id)
    if task is None:
        raise not_found(f"task of DAG {dag.dag_id!r}", task_id, dag.task_dict)
    return task


def _finish(
    task: Any, order: WorkOrder, client: MemoryClient, *, test_mode: bool, raised: list[BaseException] | None = None
) -> Finished:
    client.become(order.run.dag_id, order.run.run_id, order.task_id, order.map_index)
    return execute(task, order, client, test_mode=test_mode, raised=raised)


def _told(order: WorkOrder, done: Finished) -> int:
    for pushed in done.xcoms:
        print(f"XCom {pushed.key}: {pushed.value}")
    print(f"Task {order.task_id}: {done.outcome}" + (f" ({done.error})" if done.error else ""))
    return 0 if done.outcome not in ("failed", "up_for_retry") else 1


def test_dag(dag_id: str, at: datetime | None, conf: dict[str, Any], subdir: str | None) -> int:
    """The whole DAG, task after task; 0 when the run succeeds."""
    home = Home()
    dag = home.load(dag_id, subdir)
    facts = make_facts(dag, at, conf=conf)
    result = run_dag(dag, facts=facts, client=home.client)
    show(
        [{"task_id": str(task_id), "state": str(state)} for task_id, state in result.states.items()],
        ("task_id", "state"),
        "table",
    )
    print(f"Run {facts.run_id}: {result.state}")
    return 0 if str(result.state) == "success" else 1


def test_task(
    dag_id: str,
    task_id: str,
    at: datetime | None,
    params: dict[str, Any],
    subdir: str | None,
    map_index: int,
    *,
    dry_run: bool,
    post_mortem: bool,
) -> int:
    """One task by itself, in this process and thread, told in the words of Airflow's log."""
    home = Home()
    dag = home.load(dag_id, subdir)
    task = _task(dag, task_id)
    facts = make_facts(dag, at, conf=params)
    order = make_order(task, facts, map_index)
    if dry_run:
        _rendered(home, task, order).dry_run()
        return 0
    place = f"{dag_id}.{task_id}" + (f" map_index={map_index}" if map_index >= 0 else "")
    date = facts.logical_date.isoformat() if facts.logical_date is not None else facts.run_id
    log.info("Dependencies all met for <TaskInstance: %s %s [None]>", place, date)
    log.info("Starting attempt 1 of %s", order.max_tries)
    log.info("Executing %r on %s", task, date)
    raised: list[BaseException] = []
    done = _finish(task, order, home.client, test_mode=True, raised=raised)
    _marking(order, done)
    if post_mortem and raised:
        import pdb  # noqa: PLC0415  the person asked for it

        pdb.post_mortem(raised[-1].__traceback__)
    return _told(order, done)


def _marking(order: WorkOrder, done: Finished) -> None:
    retry = done.outcome == "failed" and done.retryable and order.try_number < order.max_tries
    state = "UP_FOR_RETRY" if retry else done.outcome.upper()
    moments = (order.run.logical_date, done.started_at, done.at)
    log.info(
        "Marking task as %s. dag_id=%s, task_id=%s, execution_date=%s, start_date=%s, end_date=%s",
        state, order.run.dag_id, order.task_id, *(f"{m:%Y%m%dT%H%M%S}" if m else "" for m in moments),
    )  # fmt: skip


class RunClient(HomeClient):
    """As HomeClient, and XComs that this process did not push are those of an existing run."""

    def xcom_get(self, *, dag_id: str, run_id: str, task_id: str, key: str | None, map_index: int | None) -> str | None:
        """Mine, else the run's."""
        mine = super().xcom_get(dag_id=dag_id, run_id=run_id, task_id=task_id, key=key, map_index=map_index)
        if mine is not None or self.store is None:
            return mine
        with self.store.read() as conn:
            rows = task_pages.list_xcoms(conn, dag_id, run_id, task_id, map_index)
        values = {row["map_index"]: row["value"] for row in rows if row["key"] == key}
        if map_index is None and -1 not in values and values:
            return "[" + ", ".join(values[index] for index in sorted(values)) + "]"
        return values.get(-1 if map_index is None else map_index)

    store: Store | None = None


def run_task(
    dag_id: str, task_id: str, run: dict[str, Any], subdir: str | None, map_index: int, pool: str | None = None
) -> int:
    """One task with the facts and XComs of an existing run; neither its state nor its XComs are written."""
    home = Home()
    client = RunClient(home.settings, home.store)
    client.store = home.store
    dag = home.load(dag_id, subdir)
    task = _task(dag, task_id)
    facts = RunFacts(
        dag_id=dag_id, run_id=run["run_id"], run_type=run["run_type"], logical_date=run["logical_date"],
        data_interval_start=run["interval_start"], data_interval_end=run["interval_end"], run_after=run["run_after"],
        started_at=run["started_at"], conf=run["conf"] or {},
    )  # fmt: skip
    order = make_order(task, facts, map_index, pool=pool or task.pool, pool_slots=task.pool_slots)
    return _told(order, _finish(task, order, client, test_mode=False))


def render_task(dag_id: str, task_id: str, at: datetime | None, subdir: str | None, form: str) -> int:
    """The templated fields of a task as they would be."""
    home = Home()
    dag = home.load(dag_id, subdir)
    task = _task(dag, task_id)
    work = _rendered(home, task, make_order(task, make_facts(dag, at)))
    if form == "blocks":
        line = "# " + "-" * 58
        for name in field_names(work):
            print(f"{line}\n# property: {name}\n{line}\n{redact(getattr(work, name, None), name)}\n")
        return 0
    fields = rendered_fields(work)
    show([{"property": name, "value": value} for name, value in fields.items()], ("property", "value"), form)
    return 0


def _rendered(home: Home, task: Any, order: WorkOrder) -> Any:
    """A copy of the task, its templates rendered."""
    dag = task.get_dag()
    run = DagRun(order.run, dag)
    context = Context(dag, task, TaskInstance(task, order, run), run)
    work = copy.copy(task)
    with current.running(context, home.client):
        work.render_template_fields(context)
    return work
