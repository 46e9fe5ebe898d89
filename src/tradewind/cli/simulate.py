"""``tradewind dags simulate``: months of schedule on a clock that runs ahead. No task runs."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from tradewind.cli.door import moment
from tradewind.cli.output import show
from tradewind.cli.shape import Verb, arg
from tradewind.errors import InvalidArgument

_DURATIONS = """{"load": 120, "etl.join": [60, 300], "*": {"median": 30}}"""


def simulate(args: argparse.Namespace) -> int:
    """Play and report; 1 when some task never ran."""
    from tradewind.cli.local import Home  # noqa: PLC0415  loads user code; other verbs never do
    from tradewind.scheduler.rehearsal import Durations, Plan, rehearse  # noqa: PLC0415  heavy
    from tradewind.sdk.freeze import freeze  # noqa: PLC0415  user code

    home = Home()
    dags = [home.load(dag_id, args.file) for dag_id in args.dag_id]
    plan = Plan(
        specs=[freeze(dag, fileloc=Path(dag.fileloc or "dag.py").name) for dag in dags],
        start=moment(args.start),
        end=moment(args.end),
        durations=Durations(_object(args.durations, "--durations"), seed=args.seed),
        slots=args.slots,
        pools=_pools_of(home) | _numbers(args.pool, "--pool"),
        failures=args.failures,
        lengths=_numbers(args.length, "--length"),
        catchup=args.catchup,
        seed=args.seed,
    )
    report = rehearse(plan, home.settings)
    if args.json:
        print(json.dumps(report.as_dict(), indent=2))
    else:
        _print(report)
    return 1 if any(dag.never_ran for dag in report.dags) else 0


def _object(text: str | None, field: str) -> dict[str, Any]:
    """A JSON object, typed or in a file."""
    if not text:
        return {}
    try:
        value = json.loads(text if text.lstrip().startswith("{") else Path(text).read_text(encoding="utf-8"))
    except (OSError, ValueError) as trouble:
        raise InvalidArgument(
            f"{field} is neither JSON nor a file with JSON: {trouble}.",
            field=field,
            hint=f"Write it like '{_DURATIONS}'.",
        ) from None
    if not isinstance(value, dict):
        raise InvalidArgument(f"{field} must be a JSON object.", field=field, hint=f"Write it like '{_DURATIONS}'.")
    return value


def _numbers(pairs: list[str] | None, field: str) -> dict[str, int]:
    found = {}
    for pair in pairs or []:
        name, _, number = pair.rpartition("=")
        if not name or not number.isdecimal():
            raise InvalidArgument(f"{field} {pair!r} is no NAME=NUMBER.", field=field, hint=f"Write {field} db=5.")
        found[name] = int(number)
    return found


def _pools_of(home: Any) -> dict[str, int]:
    """The pools of the home's database, if there is one."""
    if home.store is None:
        return {}
    from tradewind.store.reads.pools import list_pools  # noqa: PLC0415  needs a database

    with home.store.read() as conn:
        return {row["name"]: row["slots"] for row in list_pools(conn, limit=100_000, offset=0)[1]}


def _print(report: Any) -> None:
    days = (report.end - report.start).total_seconds() / 86400
    print(f"{report.start:%Y-%m-%d %H:%M} to {report.end:%Y-%m-%d %H:%M} ({days:g} days), {report.attempts} attempts\n")
    show(
        [
            {
                "dag_id": dag.dag_id, "schedule": dag.schedule, "runs": dag.runs,
                "states": " ".join(f"{state}:{count}" for state, count in dag.states.items()),
                "lasts": _times(dag.seconds), "late": _times(dag.late),
                "overlaps": dag.overlaps, "most_active": dag.most_active, "left_out": dag.left_out,
            }
            for dag in report.dags
        ],
        ("dag_id", "schedule", "runs", "states", "lasts", "late", "overlaps", "most_active", "left_out"),
        "table",
    )  # fmt: skip
    print()
    show(
        [
            {
                "pool": pool.name, "slots": pool.slots, "used": f"{pool.used:.1%}", "full": f"{pool.full:.1%}",
                "most": pool.most, "tasks": pool.tasks, "waited": _times(pool.waited),
            }
            for pool in (*report.pools, report.workers)
        ],
        ("pool", "slots", "used", "full", "most", "tasks", "waited"),
        "table",
    )  # fmt: skip
    print("\nlasts, late, waited: median / 95 % / longest")
    for dag in report.dags:
        for late in dag.latest[:3]:
            if late["late"] >= 1:
                print(f"late: {dag.dag_id} {late['run_id']} started {_time(late['late'])} after it was due")
        for task_id, why in dag.never_ran.items():
            print(f"never ran: {dag.dag_id}.{task_id}: {why}")


def _times(spread: dict[str, float]) -> str:
    return " / ".join(_time(spread[key]) for key in ("median", "p95", "longest")) if spread else "-"


def _time(seconds: float) -> str:
    if seconds < 60:
        return f"{seconds:.3g}s"
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days}d{hours:02d}h"
    return f"{hours}h{minutes:02d}m" if hours else f"{minutes}m{rest:02d}s"


VERB = Verb(
    "simulate",
    "Play months of a schedule on a clock that runs ahead, and tell what would happen. No task runs.",
    simulate,
    (
        arg("dag_id", nargs="+", help="ids of the DAGs; several share pools and workers"),
        arg("--from", dest="start", required=True, metavar="DATE", help="where the clock starts"),
        arg("--to", dest="end", required=True, metavar="DATE", help="where it ends"),
        arg("--file", "-S", "--subdir", metavar="PATH", help="DAG file or folder to read instead of the DAGs folder"),
        arg("--durations", metavar="JSON", help=f"seconds per task, as JSON or a file with it: {_DURATIONS}"),
        arg("--seed", type=int, default=0, help="draws the durations that are not given (default: 0)"),
        arg("--slots", type=int, help="tasks the workers run at once (default: [core] parallelism)"),
        arg("--pool", action="append", metavar="NAME=SLOTS", help="slots of a pool (default: as in the database)"),
        arg("--failures", type=float, default=0.0, metavar="SHARE", help="share of all attempts that fail, 0 to 1"),
        arg(
            "--length",
            action="append",
            metavar="TASK=N",
            help="length of the list a task returns for mapping (default: 3)",
        ),
        arg("--catchup", action="store_true", help="begin at the start date, as a DAG that is switched on now"),
        arg("--json", action="store_true", help="the whole report as JSON, each run included"),
    ),
)
