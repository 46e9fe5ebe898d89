"""``tradewind dags``: list, show, trigger, test, pause DAGs."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from tradewind.actions.create_run import create_run
from tradewind.actions.delete_dag import delete_dag
from tradewind.actions.pause_dag import pause_dag
from tradewind.cli import alerts, dags_check, simulate
from tradewind.cli.backfill import DAGS_BACKFILL
from tradewind.cli.door import confirmed, find_run, json_object, looks_like_date, moment, open_act
from tradewind.cli.output import covers, show, show_one
from tradewind.cli.shape import OUTPUT, SUBDIR, YES, Verb, arg
from tradewind.cli.why import VERB_OF_DAGS, warn_of_wait
from tradewind.domain.states import RunState
from tradewind.errors import Conflict, NotFound
from tradewind.store.reads import dags, import_errors, run_pages
from tradewind.store.reads.layouts import Layouts

_EVERYTHING = 1_000_000


def list_dags(args: argparse.Namespace) -> None:
    """All DAGs that a file declares."""
    wanted = dags.DagFilter(tags=args.tags or [])
    with open_act().store.read() as conn:
        _, rows = dags.list_dags(conn, Layouts(), wanted, limit=_EVERYTHING, offset=0, with_runs=False)
        broken = import_errors.list_import_errors(conn)
    show(rows, ("dag_id", "fileloc", "owners", "is_paused"), args.output)
    if broken and args.output == "table":
        print(f"{len(broken)} DAG files do not load: `tradewind dags list-import-errors` shows them.")


def list_runs(args: argparse.Namespace) -> None:
    """Runs of one DAG, newest first."""
    wanted = run_pages.RunFilter(
        dag_id=args.dag_id or args.dag,
        states=[args.state] if args.state else [],
        run_types=["manual", "scheduled", "asset_triggered"] if args.no_backfill else [],
        logical_from=moment(args.start_date) if args.start_date else None,
        logical_to=moment(args.end_date) if args.end_date else None,
        order_by="-run_after",
    )
    with open_act().store.read() as conn:
        _, rows = run_pages.list_runs(conn, wanted, limit=args.limit, offset=0)
    shown = [
        row
        | {"execution_date": row["logical_date"], "start_date": row["started_at"], "end_date": row["ended_at"]}
        | {"covers": covers(row["interval_start"], row["interval_end"], row["run_after"])}
        for row in rows
    ]
    show(shown, ("dag_id", "run_id", "state", "execution_date", "start_date", "end_date", "covers"), args.output)


def show_dag(args: argparse.Namespace) -> None:
    """The graph as DOT, for graphviz and for people."""
    with open_act().store.read() as conn:
        row = dags.dag_row(conn, args.dag_id)
        spec = Layouts().get(conn, row.version_id).spec
    lines = [f'digraph "{spec.dag_id}" {{', f'  graph [rankdir={spec.orientation} label="{spec.dag_id}"]']
    lines += [f'  "{task.task_id}" [label="{task.task_id}" tooltip="{task.operator}"]' for task in spec.tasks]
    lines += [f'  "{task.task_id}" -> "{after}"' for task in spec.tasks for after in task.downstream]
    text = "\n".join([*lines, "}"])
    if args.save:
        Path(args.save).write_text(text + "\n", encoding="utf-8")
        print(f"File {args.save} saved")
    else:
        print(text)


def details(args: argparse.Namespace) -> None:
    """Everything known of one DAG."""
    with open_act().store.read() as conn:
        page = dags.dag_page(conn, Layouts(), args.dag_id)
    page.pop("recent_runs", None)
    show_one(page, args.output)


def _known(error: NotFound, dag_id: str) -> NotFound:
    """Airflow's words for an unknown DAG: scripts look for them."""
    return NotFound(
        f"Dag id {dag_id} not found",
        kind="dag",
        name=dag_id,
        hint=error.hint or "`tradewind dags list` shows those there are; a new file needs a running parser.",
    )


def trigger(args: argparse.Namespace) -> None:
    """A run now, or for a given date."""
    conf = json_object(args.conf, "--conf")
    act = open_act()
    now = act.clock.now()
    at = moment(args.exec_date) if args.exec_date else now if args.keep_microseconds else now.replace(microsecond=0)
    try:
        with act.store.read() as conn:
            dags.dag_row(conn, args.dag_id)
    except NotFound as error:
        raise _known(error, args.dag_id) from None
    try:
        made = create_run(act, args.dag_id, run_id=args.run_id, logical_date=at, conf=conf, note=args.note)
    except Conflict:
        if args.exec_date:
            raise
        at = now  # the second trigger within a second: its date keeps the fraction (an id that is taken is refused again)
        made = create_run(act, args.dag_id, run_id=args.run_id, logical_date=at, conf=conf, note=args.note)
    if args.output == "table":
        print(f"Created <DagRun {args.dag_id} @ {at.isoformat()}: {made.run_id}, externally triggered: True>")
        warn_of_wait(act, args.dag_id, made.run_id)
        return
    with act.store.read() as conn:
        run = run_pages.one_run(conn, args.dag_id, made.run_id)
    show_one({k: run[k] for k in ("dag_id", "run_id", "state", "logical_date", "conf")}, args.output)
    warn_of_wait(act, args.dag_id, made.run_id)


def state(args: argparse.Namespace) -> None:
    """The state of one run, and the configuration it was given."""
    run = find_run(open_act().store, args.dag_id, args.run)
    print(f"{run['state']}, {run['conf']}" if run["conf"] else run["state"])


def _switch(args: argparse.Namespace, paused: bool) -> None:
    act = open_act()
    try:
        pause_dag(act, args.dag_id, paused)
    except NotFound as error:
        raise _known(error, args.dag_id) from None
    print(f"Dag: {args.dag_id}, paused: {paused}")


def pause(args: argparse.Namespace) -> None:
    """No new scheduled runs; running ones go on."""
    _switch(args, True)


def unpause(args: argparse.Namespace) -> None:
    """Scheduled runs again."""
    _switch(args, False)


def delete(args: argparse.Namespace) -> int:
    """Forget a DAG and its history; its file stays."""
    act = open_act()
    with act.store.read() as conn:
        dags.dag_row(conn, args.dag_id)
    if not confirmed(f"This deletes every run of {args.dag_id}, not its file. Go on?", yes=args.yes):
        print("Nothing was deleted.")
        return 1
    delete_dag(act, args.dag_id)
    print(f"Deleted DAG {args.dag_id} and its history. Its file stays, and is read again when it changes.")
    return 0


def list_import_errors(args: argparse.Namespace) -> int:
    """Files that do not load; 1 when there are any."""
    with open_act().store.read() as conn:
        rows = import_errors.list_import_errors(conn)
    show(rows, ("fileloc", "line", "message", "hint"), args.output)
    return 1 if rows else 0


def reserialize(_: argparse.Namespace) -> int:
    """Read the DAG files that changed, now, whether or not a parser runs."""
    done = subprocess.run([sys.executable, "-m", "tradewind.parser.main", "--once"], check=False)
    if done.returncode == 0:
        with open_act().store.read() as conn:
            total, _rows = dags.list_dags(conn, Layouts(), dags.DagFilter(), limit=0, offset=0, with_runs=False)
            broken = len(import_errors.list_import_errors(conn))
        print(f"{total} DAGs are published; {broken} files do not load.")
    return done.returncode


def next_execution(args: argparse.Namespace) -> int:
    """The logical date of the next scheduled run; 1 when there is none."""
    with open_act().store.read() as conn:
        row = dags.dag_row(conn, args.dag_id)
    if row.next_run_after is None:
        print("None")
        return 1
    print((row.next_logical_date or row.next_run_after).isoformat())
    said = covers(row.next_interval_start, row.next_interval_end, row.next_run_after)
    print(f"The next run {said}.", file=sys.stdout if args.verbose else sys.stderr)
    return 0


def test(args: argparse.Namespace) -> int:
    """The whole DAG in this process; nothing is remembered."""
    from tradewind.cli.local import test_dag  # noqa: PLC0415  loads user code; the other verbs never do

    conf = json_object(args.conf, "--conf")
    date = args.execution_date if args.execution_date and looks_like_date(args.execution_date) else None
    return test_dag(args.dag_id, moment(date) if date else None, conf, args.subdir)


_DAG = arg("dag_id", help="id of the DAG")
_RUN = arg("run", nargs="?", metavar="DATE_OR_RUN_ID", help="logical date or run id (default: the newest run)")
_TRIGGER = (
    _DAG,
    arg("-c", "--conf", help="configuration of the run, a JSON object"),
    arg("-r", "--run-id", help="id of the run (default: manual__ and the date)"),
    arg(
        "-e", "--exec-date", "--logical-date", "--execution-date", dest="exec_date", help="logical date (default: now)"
    ),
    arg("--note", help="a note for people"),
    arg("--no-replace-microseconds", dest="keep_microseconds", action="store_true", help="keep the date's fractions"),
    SUBDIR,
    OUTPUT,
)
_LIST_RUNS = (
    arg("dag", nargs="?", metavar="DAG_ID", help="id of the DAG (default: all)"),
    arg("-d", "--dag-id", help="the same, as Airflow 2 spells it"),
    arg("--state", choices=[str(s) for s in RunState], help="only these"),
    arg("--no-backfill", action="store_true", help="without backfill runs"),
    arg("-s", "--start-date", help="from this logical date on"),
    arg("-e", "--end-date", help="up to this logical date"),
    arg("--limit", type=int, default=1000, help="at most so many"),
    OUTPUT,
)
VERBS = (
    Verb(
        "list",
        "Show every DAG.",
        list_dags,
        (OUTPUT, arg("-t", "--tags", action="append", help="only DAGs with this tag"), SUBDIR),
    ),
    Verb("list-runs", "Show the runs of a DAG, newest first.", list_runs, _LIST_RUNS),
    Verb("show", "Print a DAG's graph as DOT.", show_dag, (_DAG, arg("--save", help="write it to this file"), SUBDIR)),
    Verb("details", "Show everything known of a DAG.", details, (_DAG, OUTPUT)),
    Verb("trigger", "Make a run of a DAG.", trigger, _TRIGGER),
    DAGS_BACKFILL,
    Verb(
        "test",
        "Run a whole DAG in this terminal, without a trace.",
        test,
        (
            _DAG,
            arg("execution_date", nargs="?", help="logical date (default: now)"),
            arg("-c", "--conf", help="configuration of the run, a JSON object"),
            SUBDIR,
        ),
    ),
    Verb("state", "Print the state of a run.", state, (_DAG, _RUN, SUBDIR)),
    Verb("pause", "Switch a DAG off.", pause, (_DAG, SUBDIR, YES)),
    Verb("unpause", "Switch a DAG on.", unpause, (_DAG, SUBDIR, YES)),
    Verb("delete", "Forget a DAG and its history.", delete, (_DAG, YES)),
    Verb("list-import-errors", "Show DAG files that do not load.", list_import_errors, (OUTPUT, SUBDIR)),
    Verb("reserialize", "Read the DAG files that changed, now.", reserialize, (SUBDIR,)),
    VERB_OF_DAGS,
    dags_check.VERB,
    simulate.VERB,
    *alerts.VERBS,
    Verb("next-execution", "Print when a DAG runs next.", next_execution, (_DAG, SUBDIR)),
)
