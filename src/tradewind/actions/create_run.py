"""Make a run of a DAG now."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from tradewind.actions.context import Act
from tradewind.domain.param_check import first_breach
from tradewind.domain.timetables import build
from tradewind.errors import Conflict, InvalidArgument
from tradewind.settings import Settings
from tradewind.store.engine import Conn, IntegrityError
from tradewind.store.reads import runs as reads
from tradewind.store.reads.versions import the_dag, versions_of
from tradewind.store.writes import deadlines
from tradewind.store.writes import runs as writes
from tradewind.telemetry import RunCreated, emit


class CreatedRun(NamedTuple):
    """The run as it was made."""

    run_pk: int
    dag_id: str
    run_id: str
    run_type: str
    state: str
    logical_date: datetime | None
    interval_start: datetime | None
    interval_end: datetime | None
    run_after: datetime
    queued_at: datetime
    conf: dict[str, Any]
    note: str | None
    triggered_by: str
    created: bool = True


def create_run(
    act: Act,
    dag_id: str,
    *,
    run_id: str | None = None,
    logical_date: datetime | None = None,
    conf: dict[str, Any] | None = None,
    run_type: str = "manual",
    note: str | None = None,
    run_after: datetime | None = None,
    interval: tuple[datetime, datetime] | None = None,
    backfill_id: int | None = None,
) -> CreatedRun:
    """A queued run; the scheduler hears of it at once.

    Raises NotFound for an unknown DAG, Conflict when the run id (or logical date, as in Airflow) is taken,
    InvalidArgument for a conf that is no mapping or a naive date.
    """

    def work(conn: Conn) -> CreatedRun:
        made = make(
            conn,
            act,
            act.actor,
            dag_id,
            run_id=run_id,
            logical_date=logical_date,
            conf=conf,
            run_type=run_type,
            note=note,
            run_after=run_after,
            interval=interval,
            backfill_id=backfill_id,
        )
        act.audit(conn, "create_run", dag_id=dag_id, run_id=made.run_id, run_type=run_type, conf=made.conf)
        return made

    try:
        made = act.store.retry(work)
    except IntegrityError:
        # On a database with many writers somebody else made the same run between our look and our write.
        if run_id is not None or logical_date is not None:
            raise Conflict(
                f"DAG {dag_id!r} has just got a run {run_id or logical_date} from somebody else.",
                hint="Choose another run id, or clear that run.",
            ) from None
        made = act.store.retry(work)
    act.wake("scheduler", "api")
    emit(RunCreated(dag_id, made.run_id, run_type))
    return made


def check_run_id(settings: Settings, run_id: str) -> None:
    """Refuse an id that could not stand in an address or in the path of a log.

    Raises InvalidArgument; also when [scheduler] allowed_run_id_pattern is no regular expression.
    """
    pattern = settings.get_str("scheduler", "allowed_run_id_pattern")
    place = "[scheduler] allowed_run_id_pattern"
    if not run_id.strip() or len(run_id) > 250:
        raise InvalidArgument("A run id has 1 to 250 characters.", field="dag_run_id")
    try:
        allowed = re.fullmatch(pattern, run_id) is not None
    except re.error as error:
        raise InvalidArgument(
            f"{place} is not a regular expression: {error}.", field=place, hint="Mend it, or remove it for the default."
        ) from None
    if run_id in (".", "..") or any(letter in "/\\" or not letter.isprintable() for letter in run_id) or not allowed:
        raise InvalidArgument(
            f"The run id {run_id!r} has characters that are not allowed.",
            field="dag_run_id",
            hint="Use letters, digits and _.~:+- only (a slash could not stand in an address), or widen"
            f" {place}, which is {pattern} now.",
        )


def make(
    conn: Conn,
    act: Act,
    actor: str,
    dag_id: str,
    *,
    run_id: str | None = None,
    logical_date: datetime | None = None,
    conf: dict[str, Any] | None = None,
    run_type: str = "manual",
    note: str | None = None,
    run_after: datetime | None = None,
    interval: tuple[datetime, datetime] | None = None,
    backfill_id: int | None = None,
) -> CreatedRun:
    """As ``create_run``, inside a transaction, without audit and bells."""
    now = act.clock.now()
    dag = the_dag(conn, dag_id)
    if dag.version_id is None or not dag.is_active:
        raise Conflict(f"DAG {dag_id!r} is in no file any more.", hint="Put its file back into the DAGs folder.")
    if conf is not None and not isinstance(conf, dict):
        raise InvalidArgument("conf must be a JSON object.", field="conf", hint='For example {"day": "2026-01-31"}.')
    if logical_date is not None and logical_date.tzinfo is None:
        raise InvalidArgument("logical_date needs a zone.", field="logical_date", hint="Append Z or +00:00.")
    at = logical_date or _free_moment(conn, dag_id, now)
    run_after = run_after or now
    spec = versions_of(act.store).get(conn, dag.version_id).plan.spec
    if run_type == "manual":
        check_conf(spec.params, conf or {})
    if interval is None:
        interval = tuple(build(spec.timetable).manual_interval(at))  # type: ignore[assignment]
    if run_id is not None:
        check_run_id(act.settings, run_id)
    name = run_id or f"{run_type}__{at.isoformat()}"
    taken = reads.find(conn, dag_id, name)
    if taken is not None and run_id is None and logical_date is None:
        # Somebody named a run like this one without having its date.
        name, taken = f"{name}_{taken.id}", None
    if taken is not None:
        raise Conflict(f"DAG {dag_id!r} has a run {name!r} already.", hint="Choose another run id, or clear that run.")
    if logical_date is not None and reads.by_logical_date(conn, dag_id, logical_date) is not None:
        raise Conflict(
            f"DAG {dag_id!r} has a run for {logical_date.isoformat()} already.",
            hint="Choose another logical date, or clear that run.",
        )
    pk = writes.insert(
        conn,
        dag_id=dag_id,
        run_id=name,
        run_type=run_type,
        version_id=dag.version_id,
        now=now,
        run_after=run_after,
        logical_date=at,
        interval=interval,
        conf=conf or {},
        triggered_by=actor,
        note=note,
        backfill_id=backfill_id,
    )
    if spec.deadlines:
        deadlines.set_up(conn, pk, spec, logical_date=at, now=now)
    start, end = interval if interval else (None, None)
    return CreatedRun(pk, dag_id, name, run_type, "queued", at, start, end, run_after, now, conf or {}, note, actor)


def _free_moment(conn: Conn, dag_id: str, now: datetime) -> datetime:
    """Now, or the first microsecond after it that no run of the DAG has: triggers of one instant are runs apart."""
    while reads.by_logical_date(conn, dag_id, now) is not None:
        now += timedelta(microseconds=1)
    return now


def check_conf(params: dict[str, Any], conf: dict[str, Any]) -> None:
    """Raise InvalidArgument when a param, as the conf or its default gives it, breaks its schema."""
    found = first_breach(params, conf)
    if found is not None:
        name, problem = found
        raise InvalidArgument(
            f"The param {name!r} does not fit: {problem}.",
            field=f"conf.{name}",
            hint=f'Give it in the conf, for example {{"{name}": ...}}; the DAG says which values it takes.',
        )
