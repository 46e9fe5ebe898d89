"""``tradewind dags callbacks``, ``callback-logs``, ``sla-misses``: what DAGs told people, or tried to."""

from __future__ import annotations

import argparse

from tradewind.backends.logs.files import FileLogs
from tradewind.cli.door import open_act
from tradewind.cli.output import show
from tradewind.cli.shape import OUTPUT, Verb, arg
from tradewind.errors import NotFound
from tradewind.store.reads import callbacks as reads
from tradewind.store.reads import deadlines
from tradewind.store.reads.versions import the_dag


def list_callbacks(args: argparse.Namespace) -> None:
    """Callbacks, newest first."""
    with open_act().store.read() as conn:
        if args.dag_id:
            the_dag(conn, args.dag_id)
        _, rows = reads.listed(
            conn, dag_id=args.dag_id, run_id=args.run, states=[args.state] if args.state else [], limit=args.limit
        )
    columns = ("id", "dag_id", "run_id", "name", "reason", "state", "tries", "created_at", "ended_at", "error")
    show([row._asdict() for row in rows], columns, args.output)


def callback_logs(args: argparse.Namespace) -> None:
    """What its last try wrote."""
    act = open_act()
    with act.store.read() as conn:
        row = reads.the_callback(conn, args.callback_id)
    logs, offset = FileLogs(act.settings.log_folder), 0
    if row.log_path is None or not logs.size(row.log_path):
        raise NotFound(
            f"Callback {row.id} ({row.name} of {row.dag_id}) has written no log.",
            kind="log",
            name=str(row.id),
            hint=f"It is {row.state}; only what runs on this machine has its log here.",
        )
    while piece := logs.read(row.log_path, offset):
        print(piece.text, end="")
        offset = piece.next_offset
        if piece.is_last or not piece.text:
            return


def sla_misses(args: argparse.Namespace) -> None:
    """Tasks that missed their SLA, newest first."""
    with open_act().store.read() as conn:
        if args.dag_id:
            the_dag(conn, args.dag_id)
        _, rows = deadlines.sla_misses(conn, dag_id=args.dag_id, limit=args.limit)
    columns = ("dag_id", "task_id", "run_id", "logical_date", "due_at", "missed_at", "email_sent", "notification_sent")
    show(rows, columns, args.output)


VERBS = (
    Verb(
        "callbacks",
        "Show callbacks of DAGs and how they went, newest first.",
        list_callbacks,
        (
            arg("dag_id", nargs="?", help="id of the DAG (default: all)"),
            arg("run", nargs="?", metavar="RUN_ID", help="only those of this run"),
            arg("--state", choices=["due", "running", "success", "failed", "lost"], help="only these"),
            arg("--limit", type=int, default=100, help="at most so many"),
            OUTPUT,
        ),
    ),
    Verb(
        "sla-misses",
        "Show tasks that missed their SLA, newest first.",
        sla_misses,
        (
            arg("dag_id", nargs="?", help="id of the DAG (default: all)"),
            arg("--limit", type=int, default=100, help="at most so many"),
            OUTPUT,
        ),
    ),
    Verb(
        "callback-logs",
        "Print what a callback of a DAG wrote.",
        callback_logs,
        (arg("callback_id", type=int, help="its number, as `dags callbacks` shows it"),),
    ),
)
