"""Months of a schedule in seconds: ``simulate(dag, start=..., end=...)`` plays DAGs with the real scheduler.

No task runs: each lasts as long as ``durations`` says, or as drawn from ``seed``. The report tells runs, overlaps,
lateness, pressure on pools, and tasks that never ran::

    report = simulate(etl, reports, start="2026-01-01", end="2026-04-01", durations={"load": 1800}, pools={"db": 2})
    assert report.of("etl").overlaps == 0
    assert report.pool("db").full < 0.5
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from tradewind.domain.spec import DagSpec
from tradewind.scheduler.rehearsal import Durations, Plan, Report, rehearse
from tradewind.sdk.freeze import freeze
from tradewind.settings import Settings, load_settings

__all__ = ["Report", "simulate"]


def simulate(
    *dags: Any,
    start: datetime | str,
    end: datetime | str,
    durations: Mapping[str, Any] | None = None,
    slots: int | None = None,
    pools: Mapping[str, int] | None = None,
    failures: float = 0.0,
    lengths: Mapping[str, int] | None = None,
    catchup: bool = False,
    seed: int = 0,
    settings: Settings | None = None,
) -> Report:
    """Play the DAGs together from ``start`` to ``end`` (naive means UTC).

    ``durations``: seconds per ``dag.task``, ``task`` or ``*`` (see ``Durations``). ``slots``: tasks the workers run at
    once. ``pools``: their slots. ``failures``: how many of all attempts fail. ``lengths``: of the lists that tasks return
    for mapping. ``catchup``: begin at the start dates; without, what was due before ``start`` is taken as done.
    """
    specs = [dag if isinstance(dag, DagSpec) else freeze(dag, fileloc=dag.fileloc or "dag.py") for dag in dags]
    plan = Plan(
        specs=specs,
        start=_moment(start),
        end=_moment(end),
        durations=Durations(durations, seed=seed),
        slots=slots,
        pools=dict(pools or {}),
        failures=failures,
        lengths=dict(lengths or {}),
        catchup=catchup,
        seed=seed,
    )
    return rehearse(plan, settings or load_settings({}))


def _moment(value: datetime | str) -> datetime:
    moment = datetime.fromisoformat(value) if isinstance(value, str) else value
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
