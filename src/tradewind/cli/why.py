"""``tradewind tasks why``, ``tradewind dags why`` and Airflow's ``tasks failed-deps``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from typing import Any

from tradewind.actions.context import Act
from tradewind.cli.door import find_run, open_act
from tradewind.cli.output import show
from tradewind.cli.shape import Arg, Verb, arg
from tradewind.domain.rules.why import stalled
from tradewind.domain.rules.why_facts import Reason
from tradewind.domain.states import RunState
from tradewind.store.engine import Conn
from tradewind.store.reads.versions import versions_of
from tradewind.store.reads.why import Asker
from tradewind.store.reads.why_dag import house_of

#: Reasons that say that nothing is in the way.
_FREE = ("soon", "turn", "queued", "running", "success")
_OUTPUT = arg("-o", "--output", choices=("text", "json", "yaml"), default="text", help="form of the answer")
_DAG = arg("dag_id", metavar="DAG", help="id of the DAG")


def _ask(args: argparse.Namespace, *, of_task: bool) -> dict[str, Any]:
    act = open_act()

    def asker(conn: Conn) -> Asker:
        return Asker(conn, act.settings, versions_of(act.store), act.clock.now())

    if not of_task and args.run is None:
        with act.store.read() as conn:
            return asker(conn).dag(args.dag_id)
    run_id = find_run(act.store, args.dag_id, args.run)["run_id"]
    with act.store.read() as conn:
        if of_task:
            return asker(conn).task(args.dag_id, run_id, args.task_id, args.map_index)
        return asker(conn).run(args.dag_id, run_id)


def _tell(answer: dict[str, Any], output: str) -> None:
    if output != "text":
        show([answer], list(answer), output)
        return
    for reason in answer["reasons"]:
        print(reason["text"])
        if reason["hint"]:
            print(f"  hint: {reason['hint']}")


def warn_of_troubles(act: Act) -> None:
    """On stderr, after a verb whose work somebody else must do: what is wrong with the house, if anything is."""
    with act.store.read() as conn:
        _warn(stalled(house_of(conn, act.settings, act.clock.now())))


def warn_of_wait(act: Act, dag_id: str, run_id: str) -> None:
    """On stderr, after a run was made: what keeps it from its start, beside the house a pause or other runs."""
    with act.store.read() as conn:
        answer = Asker(conn, act.settings, versions_of(act.store), act.clock.now()).run(dag_id, run_id)
    if answer["state"] == RunState.QUEUED:
        _warn(
            [Reason(code=r["code"], text=r["text"], hint=r["hint"]) for r in answer["reasons"] if r["code"] != "soon"]
        )


def _warn(reasons: Sequence[Reason]) -> None:
    for one in reasons:
        hint = f" hint: {one.hint}." if one.hint else ""
        print(f"Warning: {one.text}.{hint}", file=sys.stderr)


def why_task(args: argparse.Namespace) -> None:
    """Why one task does not run, or how it ended."""
    _tell(_ask(args, of_task=True), args.output)


def why_dag(args: argparse.Namespace) -> None:
    """Why a DAG, or one run of it, does not run."""
    _tell(_ask(args, of_task=False), args.output)


def failed_deps(args: argparse.Namespace) -> None:
    """What the task waits for, in the form of Airflow's command."""
    found = [r for r in _ask(args, of_task=True)["reasons"] if r["code"] not in _FREE]
    if not found:
        print("Task instance dependencies are all met.")
        return
    print("Task instance dependencies not met:")
    for reason in found:
        print(f"{reason['code'].replace('_', ' ').capitalize()}: {reason['text']}")


def verbs_of_tasks(*args: Arg) -> tuple[Verb, ...]:
    """The verbs of ``tradewind tasks``, with the arguments that name a task."""
    return (
        Verb("why", "Say why a task does not run, or how it ended.", why_task, (*args, _OUTPUT)),
        Verb("failed-deps", "Show what a task waits for, as Airflow does.", failed_deps, args),
    )


VERB_OF_DAGS = Verb(
    "why",
    "Say why a DAG or a run does not run, and when it runs next.",
    why_dag,
    (_DAG, arg("run", nargs="?", metavar="RUN", help="run id or logical date"), _OUTPUT),
)
