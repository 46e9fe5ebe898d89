"""What the next run of a DAG hangs on, and how the processes stand, read from the rows."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from tradewind.domain.rules import assets as asset_rules
from tradewind.domain.rules import why
from tradewind.domain.rules.assets import Names
from tradewind.domain.rules.why_facts import House, Reason
from tradewind.domain.rules.why_runs import DagFacts, OpenRun
from tradewind.domain.spec import DagSpec
from tradewind.settings import Settings
from tradewind.store.engine import Conn, from_json, query, when
from tradewind.store.reads import assets
from tradewind.store.reads.processes import STUCK_SECONDS
from tradewind.store.reads.versions import Versions, the_dag


def house_of(conn: Conn, settings: Settings, now: datetime, owner: str | None = None) -> House:
    """Whether a scheduler (that of the run, where it lives) and a triggerer beat."""
    patience = settings.get_float("scheduler", "scheduler_health_check_threshold")
    silent: dict[str, float] = {}
    free: dict[str, int] | None = None
    stuck: list[float] = []
    text = (
        "SELECT id, kind, beat_at, details, progress_at FROM process WHERE kind IN ('scheduler', 'triggerer', 'parser')"
    )
    for name, kind, at, details, got_on in sorted(
        query(conn, text), key=lambda row: (row[0] == owner, row[2]), reverse=True
    ):
        beat, progress = when(at), when(got_on)
        assert beat is not None
        seconds = max(0.0, (now - beat).total_seconds())
        if kind == "scheduler" and seconds < patience:
            stuck.append((beat - progress).total_seconds() if progress else 0.0)
        if kind == "scheduler" and seconds < patience and free is None and owner in (None, name):
            free = (from_json(details) or {}).get("free_slots")
        silent[kind] = min(silent.get(kind, seconds), seconds)
    return House(
        silent.get("scheduler"),
        silent.get("triggerer"),
        free,
        patience,
        min(stuck) if stuck and min(stuck) >= STUCK_SECONDS else None,
        silent.get("parser"),
    )


def troubles(conn: Conn, settings: Settings, now: datetime) -> list[Reason]:
    """What is wrong with the house as a whole: no scheduler, nobody who reads DAG files."""
    return why.troubles(house_of(conn, settings, now))


def dag_facts(
    conn: Conn, settings: Settings, versions: Versions, now: datetime, dag_id: str, *, owner: str | None = None
) -> DagFacts:
    """Raises NotFound with a guess."""
    dag = the_dag(conn, dag_id)
    text = "SELECT next_run_after, next_interval_start, next_interval_end, has_import_errors FROM dag WHERE dag_id = ?"
    ((at, start, end, broken),) = query(conn, text, (dag_id,))
    spec = versions.get(conn, dag.version_id).plan.spec if dag.version_id is not None else None
    text = (
        "SELECT run_id, state, run_type, started_at FROM dag_run WHERE dag_id = ? AND state IN ('queued', 'running')"
        " ORDER BY started_at, id"
    )
    runs = [OpenRun(r[0], r[1], r[2], when(r[3])) for r in query(conn, text, (dag_id,))]
    began, over = when(start), when(end)
    catchup = spec.catchup if spec is not None and spec.catchup is not None else None
    return DagFacts(
        now=now,
        dag_id=dag_id,
        spec=spec,
        paused=dag.is_paused,
        active=dag.is_active,
        max_active_runs=dag.max_active_runs,
        next_run_after=when(at),
        next_interval=(began, over) if began is not None and over is not None else None,
        house=house_of(conn, settings, now, owner),
        running=[run for run in runs if run.state == "running"],
        queued=sum(run.state == "queued" and run.run_type != "backfill" for run in runs),
        import_error=_import_error(conn, dag.bundle, dag.fileloc) if broken else None,
        catchup=settings.get_bool("scheduler", "catchup_by_default") if catchup is None else catchup,
        has_run=bool(query(conn, "SELECT 1 FROM dag_run WHERE dag_id = ? LIMIT 1", (dag_id,))),
        assets=_assets(conn, dag_id, spec),
    )


def _import_error(conn: Conn, bundle: str, fileloc: str) -> str | None:
    text = "SELECT message, line FROM import_error WHERE bundle = ? AND fileloc = ?"
    rows = query(conn, text, (bundle, fileloc))
    if not rows:
        return None
    message, line = rows[0]
    return f"{fileloc}{f', line {line}' if line else ''}: {message}"


def _assets(conn: Conn, dag_id: str, spec: DagSpec | None) -> tuple[list[str], list[str]] | None:
    if spec is None or spec.asset_expression is None:
        return None
    wanted: dict[str, Any] = spec.asset_expression
    names = Names(
        assets.of_aliases(conn, asset_rules.alias_names(wanted)),
        assets.by_names(conn, asset_rules.reference_names(wanted)),
    )
    uris = sorted(asset_rules.uris(wanted, names))
    fresh = {event.uri for event in assets.new_events(conn, dag_id, uris)}
    missing = [] if asset_rules.holds(wanted, fresh, names) else [uri for uri in uris if uri not in fresh]
    return sorted(fresh), missing
