"""When faults have stopped and time has passed: everything ended, nothing ran too often, nothing was lost or doubled."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from tests.simulation.findings import Broken
from tests.simulation.pipelines import FIVE, INTERVALS
from tests.simulation.waiting import DEFERS
from tradewind.domain.spec import DagSpec
from tradewind.store.engine import query, us

#: [scheduler] callback_tries
CALLBACK_TRIES = 3

if TYPE_CHECKING:
    from tests.simulation.auditor import Auditor

#: Within this every scheduler has looked round.
SOON = timedelta(seconds=60)


def check(audit: Auditor, conn: Any, *, faults: bool, failed_writes: int) -> None:
    """All of it."""
    stuck = [(pk, state) for pk, (_, state) in audit.runs.items() if state not in {"success", "failed"}]
    if stuck:
        detail = [f"{seen.task_id}={seen.state}" for seen in audit.seen.values() if seen.run_pk == stuck[0][0]]
        raise Broken(f"runs that never ended: {stuck}; the first, of {audit.runs[stuck[0][0]][0]}, has {detail}")
    _starts(audit, faults=faults)
    _intervals(audit, conn)
    _assets(audit, conn)
    _values(audit, conn)
    _acts(audit, conn)
    _callbacks(audit, conn, faults=faults)


def _starts(audit: Auditor, *, faults: bool) -> None:
    """The probe: no attempt began twice, no instance more often than its retries and what the journal calls lost."""
    starts = Counter(attempt for cluster in audit.clusters.values() for attempt in cluster.starts)
    twice = [attempt for attempt, count in starts.items() if count > 1]
    if twice:
        raise Broken(f"attempts that started twice: {twice}")
    for seen in audit.seen.values():
        if not faults and seen.put_back:
            raise Broken(f"{seen} was taken for lost, though nothing went wrong")
        if seen.run_pk in audit.touched:
            continue
        task = audit.task_of(seen)
        stretches = 1 + task.reschedules + (task.operator == DEFERS) + (task.start_trigger is not None)
        allowed = (1 + task.retries) * stretches + seen.put_back
        if seen.attempts > allowed:
            raise Broken(f"{seen} began {seen.attempts} times, {allowed} allowed")


def dates_of(spec: DagSpec) -> list[int]:
    """The logical dates a scheduled DAG must have in the end, counted by hand."""
    if spec.timetable.kind not in ("cron", "cron_trigger"):
        return []
    start = spec.start_date or datetime.min
    return [us(start + FIVE * number) or 0 for number in range(INTERVALS)]


def _made(conn: Any, dag_id: str) -> list[int]:
    text = "SELECT logical_date FROM dag_run WHERE dag_id = ? AND run_type = 'scheduled' ORDER BY logical_date"
    return [row[0] for row in query(conn, text, (dag_id,))]


def _deleted_dates(audit: Auditor, dag_id: str) -> set[int]:
    found = set()
    for dag, run_id in audit.deleted:
        if dag == dag_id and run_id.startswith("scheduled__"):
            found.add(us(datetime.fromisoformat(run_id.removeprefix("scheduled__"))) or 0)
    return found


def _last_due(spec: DagSpec) -> datetime:
    """When the last interval may have its run."""
    last = datetime.fromtimestamp(dates_of(spec)[-1] / 1_000_000, UTC)
    return last + FIVE if spec.timetable.kind == "cron" else last


def note_owed(audit: Auditor, conn: Any, specs: Iterable[DagSpec], now: datetime) -> None:
    """Without catch-up the last interval is owed to a DAG that had room for it while it was the newest.

    One that is full or paused until the next tick passes it over, as it does in Airflow, and so does one whose clock is
    set ahead over it. To be called in fair weather.
    """
    for spec in specs:
        if spec.catchup or spec.dag_id in audit.owed or not dates_of(spec):
            continue
        if _last_due(spec) <= now < _last_due(spec) + FIVE - SOON:
            text = (
                "SELECT d.is_paused, d.is_active, d.max_active_runs, (SELECT COUNT(*) FROM dag_run r"
                " WHERE r.dag_id = d.dag_id AND r.state IN ('queued', 'running')) FROM dag d WHERE d.dag_id = ?"
            )
            for paused, active, most, used in query(conn, text, (spec.dag_id,)):
                if active and not paused and used < most:
                    audit.owed.add(spec.dag_id)


def has_all_ticks(conn: Any, spec: DagSpec, audit: Auditor) -> bool:
    """Whether every interval has its run that must have one in the end."""
    wanted = set(dates_of(spec))
    if wanted and not spec.catchup:
        wanted = {max(wanted)} if spec.dag_id in audit.owed else set()
    return wanted <= set(_made(conn, spec.dag_id)) | _deleted_dates(audit, spec.dag_id)


def is_over(spec: DagSpec, now: datetime) -> bool:
    """Whether the schedule has nothing to come."""
    return not dates_of(spec) or now > _last_due(spec) + FIVE


def _intervals(audit: Auditor, conn: Any) -> None:
    """Each interval has exactly one run."""
    newest: dict[str, DagSpec] = {spec.dag_id: spec for spec in audit.specs.values()}
    for spec in newest.values():
        made, wanted = _made(conn, spec.dag_id), dates_of(spec)
        odd = [date for date in made if date not in wanted]
        if odd or any(one == two for one, two in pairwise(made)):
            raise Broken(f"{spec.dag_id}: runs for {made}, of which {odd} are no intervals; or one of them twice")
        if not has_all_ticks(conn, spec, audit):
            raise Broken(f"{spec.dag_id}: intervals left out: {sorted(set(wanted) - set(made))}")


def _assets(audit: Auditor, conn: Any) -> None:
    """Events are those of the tasks that succeeded, and each is used once by each DAG that waits for it."""
    rows = query(
        conn, "SELECT id, uri, source_dag_id, source_run_id, source_task_id, source_map_index FROM asset_event"
    )
    made: dict[tuple[str, str, str, int], int] = defaultdict(int)
    for _, _, dag_id, run_id, task_id, map_index in rows:
        made[dag_id, run_id, task_id, map_index] += 1
    for key in set(made) | set(audit.updates):
        if key[:2] not in audit.deleted and made[key] != audit.updates[key]:
            raise Broken(f"{key} updated assets {audit.updates[key]} times, {made[key]} events were written")
    used: dict[str, Counter[int]] = defaultdict(Counter)
    by_run: dict[int, set[int]] = defaultdict(set)
    text = "SELECT e.run_pk, e.event_id, r.dag_id FROM run_asset_event e JOIN dag_run r ON r.id = e.run_pk"
    for run_pk, event, dag_id in query(conn, text):
        used[dag_id][event] += 1
        by_run[run_pk].add(event)
    uris = {row[0]: row[1] for row in rows}
    for spec in {spec.dag_id: spec for spec in audit.specs.values()}.values():
        if spec.asset_expression is None:
            continue
        twice = [event for event, count in used[spec.dag_id].items() if count > 1]
        if twice:
            raise Broken(f"{spec.dag_id} used events {twice} more than once")
        (word, parts), *_ = spec.asset_expression.items()
        wanted = {part["asset"]["uri"] for part in parts}
        if not any(dag == spec.dag_id for dag, _ in audit.deleted):
            left = {uris[pk] for pk in uris if uris[pk] in wanted and not used[spec.dag_id][pk]}
            if left and (word == "any" or left == wanted):
                raise Broken(f"{spec.dag_id} waits for {word} of {wanted}, and never used events of {left}")
        for run_pk, events in by_run.items():
            if word == "all" and audit.runs[run_pk][0] == spec.dag_id and {uris[e] for e in events} != wanted:
                raise Broken(f"run {run_pk} of {spec.dag_id} was made too early, from {events} of {wanted}")


def _values(audit: Auditor, conn: Any) -> None:
    """A result seen downstream is that of the attempt that really ended so."""
    rows = query(
        conn,
        "SELECT x.run_pk, x.task_id, x.value, x.attempt_id, t.attempt_id, t.state FROM xcom x JOIN task_instance t"
        " ON t.run_pk = x.run_pk AND t.task_id = x.task_id AND t.map_index = x.map_index"
        " WHERE x.key = 'return_value'",
    )
    for run_pk, task_id, value, written_by, attempt, state in rows:
        if json.loads(value) != written_by:
            raise Broken(f"{task_id} of run {run_pk}: the value of {value} is stored as that of {written_by}")
        if state == "success" and run_pk not in audit.touched and attempt != written_by:
            raise Broken(f"{task_id} of run {run_pk} succeeded as {attempt}, its value is of {written_by}")


def _callbacks(audit: Auditor, conn: Any, *, faults: bool) -> None:
    """Whatever asks for a callback has it called, at least once; one that was lost each time says so."""
    text = (
        "SELECT c.id, c.dag_id, r.run_id, c.name, c.state, c.tries, c.attempt_id FROM callback c"
        " JOIN dag_run r ON r.id = c.run_pk ORDER BY c.id"
    )
    rows = [row for row in query(conn, text) if (row[1], row[2]) not in audit.deleted]
    written = Counter((dag_id, run_id, name) for _, dag_id, run_id, name, *_ in rows)
    wanted = Counter({key: count for key, count in audit.endings.items() if key[:2] not in audit.deleted})
    for kind in ("sla_miss_callback", "deadline"):
        written = Counter({key: count for key, count in written.items() if key[2] != kind})
    if written != wanted:
        raise Broken(
            f"callbacks asked for: {wanted - written} were never written, {written - wanted} were not asked for"
        )
    _deadlines(audit, conn)
    begun = {attempt for cluster in audit.clusters.values() for attempt in cluster.starts}
    for pk, dag_id, run_id, name, state, tries, attempt in rows:
        where = f"{name} {pk} of {dag_id} {run_id}"
        report = audit.report_of(attempt)
        if state in ("due", "running") or attempt not in begun:
            raise Broken(f"{where} was never called: {state} after {tries} tries")
        if state != "lost" and (report is None or report.outcome != state):
            raise Broken(f"{where} is called a {state}, but {attempt} ended as {report}")
        if state == "lost" and tries != CALLBACK_TRIES:
            raise Broken(f"{where} was given up after {tries} tries")
        if not faults and tries != 1:
            raise Broken(f"{where} was called {tries} times, though nothing went wrong")


def _deadlines(audit: Auditor, conn: Any) -> None:
    """Each was looked at, in its time; a late task of a scheduled run is written down, once, and somebody is called."""
    waiting = query(conn, "SELECT run_pk, kind, due_at FROM run_deadline WHERE state = 'waiting'")
    if waiting:
        raise Broken(f"nobody looked at {waiting}")
    told = {row[0] for row in query(conn, "SELECT id FROM callback WHERE name = 'sla_miss_callback'")}
    missed = {(row[0], row[1]): row[2] for row in query(conn, "SELECT run_pk, task_id, callback_id FROM sla_miss")}
    late = Counter(row[0] for row in query(conn, "SELECT run_pk FROM callback WHERE name = 'deadline'"))
    gone = {dag_id for dag_id, _ in audit.deleted}  # a message tells of several runs, and goes with the last of them
    for (run_pk, task_id), callback_id in missed.items():
        if callback_id not in told and audit.runs[run_pk][0] not in gone:
            raise Broken(f"nobody was told that {task_id} of run {run_pk} missed its SLA")
    for run_pk, (dag_id, state) in audit.runs.items():
        spec = audit.spec_of(run_pk)
        if run_pk in audit.touched:
            continue
        if spec.deadlines and state == "failed" and late[run_pk] != 1:
            raise Broken(f"run {run_pk} of {dag_id} failed its deadline, which was told {late[run_pk]} times")
        if not audit.run_ids[run_pk].startswith("scheduled__"):
            continue
        for task in spec.tasks:
            ends = {audit.seen[pk].state for pk in audit.by_run[run_pk][task.task_id]}
            if task.sla is not None and ends & {"failed", "upstream_failed"} and (run_pk, task.task_id) not in missed:
                raise Broken(f"{task.task_id} of run {run_pk} never succeeded, and its SLA was not missed")


def _acts(audit: Auditor, conn: Any) -> None:
    """What a person changed stands in the audit log."""
    told = {(row[0], row[1]) for row in query(conn, "SELECT dag_id, run_id FROM audit WHERE actor = 'ann'")}
    for run_pk in audit.touched & audit.runs.keys():
        if (audit.runs[run_pk][0], audit.run_ids[run_pk]) not in told:
            raise Broken(f"run {run_pk} was changed by hand, and the audit log does not know")
