"""The command line of one DAG: what ``dag.cli()`` at the end of a DAG file gives (``python my_dag.py list``)."""

from __future__ import annotations

import argparse
import json
import logging
import sys
from typing import Any

from tradewind.sdk import bench, moments
from tradewind.sdk.order import check_cycle, in_order


def main(dag: Any, words: list[str] | None = None) -> None:
    """Do what the command line says; leaves with a code other than 0 when something failed."""
    check_cycle(dag)
    given = _parser(dag).parse_args(words)
    if not logging.getLogger().handlers:
        form = "[%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s"
        logging.basicConfig(level=logging.INFO, format=form, stream=sys.stdout)
    given.verb(dag, given)


def _parser(dag: Any) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=f"DAG {dag.dag_id}: look at it, run it or one of its tasks here.")
    verbs = parser.add_subparsers(required=True, metavar="VERB")

    def verb(name: str, does: Any, help: str, *, old: str = "") -> argparse.ArgumentParser:
        made = verbs.add_parser(name, aliases=[old] if old else [], help=help, description=help)
        made.set_defaults(verb=does)
        return made

    def dated(made: argparse.ArgumentParser) -> None:
        made.add_argument("execution_date", nargs="?", help="logical date (default: now)")

    verb("list", _list, "the ids of its tasks, in their order", old="list_tasks")
    made = verb("test", _test, "one task, or without TASK_ID the whole DAG; nothing is remembered")
    made.add_argument("task_id", nargs="?")
    dated(made)
    made.add_argument("-c", "--conf", help="configuration of the run, a JSON object")
    made = verb("render", _render, "what the templates of a task become")
    made.add_argument("task_id")
    dated(made)
    made = verb("run", _run, "the whole DAG, for each date of its schedule in a period", old="backfill")
    made.add_argument("-s", "--start-date", required=True)
    made.add_argument("-e", "--end-date")
    return parser


def _list(dag: Any, _given: argparse.Namespace) -> None:
    _say(*(task.task_id for task in in_order(dag)))


def _date(text: str | None) -> Any:
    return moments.aware(text) if text else None


def _test(dag: Any, given: argparse.Namespace) -> None:
    conf = json.loads(given.conf) if given.conf else None
    if given.task_id in dag.task_dict:
        facts = dag.bench.facts(_date(given.execution_date), conf=conf, run_type="manual")
        _say(f"{given.task_id}: {bench.run_instance(dag.get_task(given.task_id), facts, dag.bench, test_mode=True)}")
        return
    if given.task_id and given.task_id[:1].isdigit():  # a date in place of a task: the whole DAG
        given.execution_date = given.task_id
    elif given.task_id:
        dag.get_task(given.task_id)
    run = dag.test(_date(given.execution_date), conf)
    _say(*(f"{name}: {state}" for name, state in run.states.items()), f"run {run.run_id}: {run.state}")
    if run.state != "success":
        sys.exit(1)


def _render(dag: Any, given: argparse.Namespace) -> None:
    from tradewind.sdk.task_instance import TaskInstance  # noqa: PLC0415  only for this verb

    task = dag.get_task(given.task_id)
    made = TaskInstance(task, execution_date=_date(given.execution_date)).render_templates()
    _say(*(f"{name}: {getattr(made, name, None)}" for name in task.template_fields))


def _run(dag: Any, given: argparse.Namespace) -> None:
    for run in dag.run(_date(given.start_date), _date(given.end_date)):
        _say(f"{run.run_id}: {run.state}")


def _say(*lines: str) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)
