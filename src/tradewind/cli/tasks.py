"""``tradewind tasks``: list, test, run, clear tasks; read their logs."""

from __future__ import annotations

import argparse
import os
import re
import sys
import time

from tradewind.actions.clear_tasks import clear_tasks
from tradewind.actions.mark_task import mark_task
from tradewind.backends.logs.files import FileLogs
from tradewind.cli.door import confirmed, find_run, json_object, moment, open_act
from tradewind.cli.output import show
from tradewind.cli.shape import OUTPUT, SUBDIR, YES, Verb, arg
from tradewind.cli.why import verbs_of_tasks, warn_of_troubles
from tradewind.domain.spec import DagSpec
from tradewind.domain.states import DONE
from tradewind.errors import InvalidArgument, NotFound, not_found
from tradewind.store.engine import Store
from tradewind.store.reads import dags, pools, run_pages, task_pages
from tradewind.store.reads.layouts import Layouts


def _spec(store: Store, dag_id: str) -> DagSpec:
    with store.read() as conn:
        return Layouts().get(conn, dags.version_id_of(conn, dag_id, None)).spec


def list_tasks(args: argparse.Namespace) -> None:
    """The ids of a DAG's tasks, or its tree."""
    spec = _spec(open_act().store, args.dag_id)
    if not args.tree:
        print("\n".join(sorted(task.task_id for task in spec.tasks)))
        return
    tasks = {task.task_id: task for task in spec.tasks}
    todo = [(task.task_id, 0) for task in reversed(spec.tasks) if not task.upstream]
    while todo:
        task_id, depth = todo.pop()
        print(f"{'    ' * depth}<Task({tasks[task_id].operator}): {task_id}>")
        todo += [(after, depth + 1) for after in reversed(tasks[task_id].downstream)]


def state(args: argparse.Namespace) -> None:
    """The state of one task of one run."""
    store = open_act().store
    run = find_run(store, args.dag_id, args.run)
    with store.read() as conn:
        row = task_pages.one_task(conn, args.dag_id, run["run_id"], args.task_id, args.map_index)
    print(row["state"])


def states_for_dag_run(args: argparse.Namespace) -> None:
    """Every task of one run with its state."""
    store = open_act().store
    run = find_run(store, args.dag_id, args.run)
    with store.read() as conn:
        _, rows = task_pages.list_tasks(conn, args.dag_id, run["run_id"])
    shown = [
        row | {"execution_date": row["logical_date"], "start_date": row["started_at"], "end_date": row["ended_at"]}
        for row in rows
    ]
    columns = ["dag_id", "execution_date", "task_id", "state", "start_date", "end_date"]
    if any(row["map_index"] >= 0 for row in rows):
        columns.insert(3, "map_index")
    show(shown, columns, args.output)


def _attempt(args: argparse.Namespace, store: Store, run_id: str) -> tuple[str | None, bool]:
    """Where the log of the wanted try rests (None before there is one), and whether that try has ended."""
    with store.read() as conn:
        row = task_pages.task_row(conn, args.dag_id, run_id, args.task_id, args.map_index)
        number = args.try_number or row.try_number
        found = (
            task_pages.attempt_of(conn, args.dag_id, run_id, args.task_id, args.map_index, number) if number else None
        )
    over = row.state in {str(s) for s in DONE}
    return (found["log_path"] if found else None), over if found is None else found["ended_at"] is not None


def logs(args: argparse.Namespace) -> None:
    """The log of one try; ``-f`` goes on until the try ends."""
    act = open_act()
    run = find_run(act.store, args.dag_id, args.run)
    reader = FileLogs(act.settings.log_folder)
    offset = 0
    while True:
        # Asked before reading: whatever is written before the end is then read after it.
        path, ended = _attempt(args, act.store, run["run_id"])
        while path is not None:
            piece = reader.read(path, offset)
            sys.stdout.write(piece.text)
            offset = piece.next_offset
            if piece.is_last or not piece.text:
                break
        sys.stdout.flush()
        if ended or not args.follow:
            break
        time.sleep(0.2)
    if path is None and not offset:
        raise NotFound(
            f"Task {args.task_id!r} of run {run['run_id']!r} has no log: it has not started.",
            kind="log",
            hint="Wait for it with -f." if not ended else "It ended without being run.",
        )


def clear(args: argparse.Namespace) -> int:
    """Have tasks run again: in one run, or in all runs between two dates."""
    act = open_act()
    options = {
        "upstream": args.upstream, "downstream": args.downstream, "only_failed": args.only_failed,
        "only_running": args.run_id == _NO_ID,
    }  # fmt: skip
    named = [args.dag_id] if not args.dag_regex else _dags_that_match(act.store, args.dag_id)
    chosen = [
        (dag_id, run_id, tasks)
        for dag_id in named
        for tasks in [_tasks_that_match(act.store, dag_id, args.task_regex)]
        for run_id in _runs_meant(act.store, dag_id, args)
    ]
    would = [
        key for dag, run_id, tasks in chosen for key in clear_tasks(act, dag, run_id, tasks, dry_run=True, **options)
    ]
    if not would:
        print("Nothing to clear.")
        return 0
    if not args.yes:
        print("\n".join(str(key) for key in would))
    if not confirmed(f"Clear these {len(would)} task instances?", yes=args.yes):
        print("Nothing was cleared.")
        return 1
    for dag_id, run_id, tasks in chosen:
        clear_tasks(act, dag_id, run_id, tasks, dry_run=False, **options)
    print(f"Cleared {len(would)} task instances of {len(chosen)} runs.")
    warn_of_troubles(act)
    return 0


def _dags_that_match(store: Store, pattern: str) -> list[str]:
    with store.read() as conn:
        _, rows = dags.list_dags(conn, Layouts(), dags.DagFilter(), limit=100_000, offset=0, with_runs=False)
    known = [str(row["dag_id"]) for row in rows]
    found = [dag_id for dag_id in known if _matches(pattern, dag_id, "--dag-regex")]
    if not found:
        raise not_found("DAG that matches", pattern, known)
    return found


def _tasks_that_match(store: Store, dag_id: str, pattern: str | None) -> list[str]:
    known = [task.task_id for task in _spec(store, dag_id).tasks]
    found = [task_id for task_id in known if _matches(pattern or "", task_id, "--task-regex")]
    if not found:
        raise not_found("task that matches", pattern or "", known)
    return found


def _matches(pattern: str, name: str, option: str) -> bool:
    try:
        return re.search(pattern, name) is not None
    except re.error as error:
        raise InvalidArgument(f"{option} is not a regular expression: {error}.", field=option) from None


def _runs_meant(store: Store, dag_id: str, args: argparse.Namespace) -> list[str]:
    """The run named, or all runs between the dates."""
    if args.run_id and args.run_id != _NO_ID:
        return [find_run(store, dag_id, args.run_id)["run_id"]]
    wanted = run_pages.RunFilter(
        dag_id=dag_id,
        logical_from=moment(args.start_date) if args.start_date else None,
        logical_to=moment(args.end_date) if args.end_date else None,
        order_by="run_after",
    )
    with store.read() as conn:
        return [run["run_id"] for run in run_pages.list_runs(conn, wanted, limit=100_000, offset=0)[1]]


def test(args: argparse.Namespace) -> int:
    """One task in this process; nothing is remembered, upstream tasks do not matter."""
    from tradewind.cli.local import test_task  # noqa: PLC0415  loads user code; most verbs never do

    params = json_object(args.task_params, "--task-params")
    os.environ.update({name: str(value) for name, value in json_object(args.env_vars, "--env-vars").items()})
    at = moment(args.execution_date) if args.execution_date else None
    return test_task(
        args.dag_id, args.task_id, at, params, args.subdir, args.map_index, dry_run=args.dry_run,
        post_mortem=args.post_mortem,
    )  # fmt: skip


def run(args: argparse.Namespace) -> int:
    """One task of an existing run in this process, with the run's facts and XComs; its state is left alone."""
    from tradewind.cli.local import run_task  # noqa: PLC0415  loads user code; most verbs never do

    act = open_act()
    found = find_run(act.store, args.dag_id, args.run)
    if args.pool is not None:
        with act.store.read() as conn:
            pools.one_pool(conn, args.pool)
    if args.mark_success:
        index = args.map_index if args.map_index >= 0 else None
        marked = mark_task(act, args.dag_id, found["run_id"], args.task_id, "success", map_index=index)
        if not marked:
            with act.store.read() as conn:
                task_pages.task_row(conn, args.dag_id, found["run_id"], args.task_id, args.map_index)
        print("\n".join(f"{key} marked success" for key in marked) or "It is marked success already.")
        return 0
    return run_task(args.dag_id, args.task_id, found, args.subdir, args.map_index, args.pool)


def render(args: argparse.Namespace) -> int:
    """What the templates of a task become."""
    from tradewind.cli.local import render_task  # noqa: PLC0415  loads user code; most verbs never do

    at = moment(args.execution_date) if args.execution_date else None
    return render_task(args.dag_id, args.task_id, at, args.subdir, args.output)


_NO_ID = " "  # -r without a run
_DAG = arg("dag_id", help="id of the DAG")
_TASK = arg("task_id", help="id of the task")
_RUN = arg("run", nargs="?", metavar="DATE_OR_RUN_ID", help="logical date or run id (default: the newest run)")
_DATE = arg("execution_date", nargs="?", help="logical date (default: now)")
_INDEX = arg("-m", "--map-index", type=int, default=-1, help="which instance of a mapped task")
_HERE = "accepted and ignored: it runs here and now, whatever it waits for"
_RUN_OPTIONS = (
    arg("--map-index", type=int, default=-1, help="which instance of a mapped task"),
    arg("--pool", help="the pool it is told to be in (default: its own)"),
    arg("-m", "--mark-success", action="store_true", help="do not run it: mark it success"),
    arg("-l", "--local", action="store_true", help=_HERE),
    arg("-r", "--raw", action="store_true", help=_HERE),
    arg("-f", "--force", action="store_true", help=_HERE),
    arg("-A", "--ignore-all-dependencies", action="store_true", help=_HERE),
    arg("-i", "--ignore-dependencies", action="store_true", help=_HERE),
    arg("-I", "--ignore-depends-on-past", action="store_true", help=_HERE),
    arg("-N", "--interactive", action="store_true", help=_HERE),
    arg("-d", "--depends-on-past", choices=("check", "ignore", "wait"), help=_HERE),
    arg("-p", "--pickle", help="accepted and ignored: the DAG is read from its file"),
    arg("--ship-dag", action="store_true", help="accepted and ignored: the DAG is read from its file"),
    arg("--read-from-db", action="store_true", help="accepted and ignored: the DAG is read from its file"),
    arg("--cfg-path", help="accepted and ignored: the settings are those of the home"),
    arg("-j", "--job-id", help="accepted and ignored: it leaves no row"),
    arg("--external-executor-id", help="accepted and ignored: it leaves no row"),
    arg("--error-file", help="accepted and ignored: errors are shown here"),
    arg("--no-shut-down-logging", action="store_true", help="accepted and ignored: the log is this terminal"),
)
_CLEAR = (
    _DAG,
    arg("-t", "--task-regex", help="only tasks whose id matches (default: all)"),
    arg(
        "-r",
        "--run-id",
        "--only-running",
        nargs="?",
        const=_NO_ID,
        help="only this run (id or logical date); without one: only running tasks, as Airflow 2 meant it",
    ),
    arg("-s", "--start-date", help="runs from this logical date on"),
    arg("-e", "--end-date", help="runs up to this logical date"),
    arg("-d", "--downstream", action="store_true", help="and everything after them"),
    arg("-u", "--upstream", action="store_true", help="and everything before them"),
    arg("-f", "--only-failed", action="store_true", help="only failed ones"),
    arg("-R", "--dag-regex", action="store_true", help="DAG_ID is a regular expression"),
    arg("-x", "--exclude-subdags", action="store_true", help="accepted and ignored: there are no SubDAGs"),
    arg("-X", "--exclude-parentdag", action="store_true", help="accepted and ignored: there are no SubDAGs"),
    YES,
    SUBDIR,
)
_RENDERED = arg(
    "-o", "--output", choices=("blocks", "table", "json", "yaml", "plain"), default="blocks",
    help="form of the answer (default: blocks, one per field)",
)  # fmt: skip
VERBS = (
    Verb(
        "list",
        "Print the ids of a DAG's tasks.",
        list_tasks,
        (_DAG, arg("-t", "--tree", action="store_true", help="indented by their order"), SUBDIR),
    ),
    Verb(
        "test",
        "Run one task in this terminal, without a trace.",
        test,
        (
            _DAG, _TASK, _DATE, arg("-t", "--task-params", help="params for this run, a JSON object"),
            arg("--map-index", type=int, default=-1, help="which instance of a mapped task"), SUBDIR,
            arg("-n", "--dry-run", action="store_true", help="only log what the templates become"),
            arg("--env-vars", help="environment variables for it, a JSON object"),
            arg("-m", "--post-mortem", action="store_true", help="open the debugger where it failed"),
        ),
    ),
    Verb(
        "run",
        "Run one task of an existing run in this terminal; its state is left alone.",
        run,
        (_DAG, _TASK, _RUN, *_RUN_OPTIONS, SUBDIR),
    ),
    Verb("state", "Print the state of a task in a run.", state, (_DAG, _TASK, _RUN, _INDEX, SUBDIR)),
    Verb(
        "logs",
        "Print the log of a task in a run.",
        logs,
        (
            _DAG, _TASK, _RUN, _INDEX, arg("-n", "--try-number", type=int, help="which try (default: the newest)"),
            arg("-f", "--follow", action="store_true", help="go on until the try ends"),
        ),
    ),
    Verb("states-for-dag-run", "Show every task of a run with its state.", states_for_dag_run, (_DAG, _RUN, OUTPUT)),
    Verb("clear", "Have tasks run again.", clear, _CLEAR),
    *verbs_of_tasks(_DAG, _TASK, _RUN, _INDEX, SUBDIR),
    Verb("render", "Show what a task's templates become.", render, (_DAG, _TASK, _DATE, SUBDIR, _RENDERED)),
)  # fmt: skip
