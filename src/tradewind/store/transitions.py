"""The only writer of state columns.

Every move is a compare-and-swap: ``WHERE state = <what the caller read> AND attempt_id = <what it read>``: the state
alone will not do, since a task that was put back and started again is as "running" as it was. If another process moved
the row first the whole batch is refused with ``Overtaken``, the caller's transaction rolls back, and the caller reads
the run afresh. Each move leaves a journal row that says why, in the same transaction.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import DONE, MOVES, RUN_DONE, RUN_MOVES, RUN_VERB_MOVES, VERB_MOVES, RunState, TaskState
from tradewind.errors import Bug, Conflict
from tradewind.store.engine import Conn, as_json, run, us


class Overtaken(Conflict):
    """Somebody else moved one of these rows first; nothing was written."""

    code = "overtaken"


class Step(NamedTuple):
    """One move of one task instance."""

    before: TaskState
    after: TaskState
    why: str
    at: datetime
    attempt_id: str | None = None


class Change:
    """All moves of one task instance in one transaction.

    ``row_state`` and ``row_attempt`` are what its row holds before them: make the Change before either is altered.
    """

    __slots__ = ("map_label", "rendered", "row_attempt", "row_state", "steps", "ti")

    def __init__(self, ti: TaskView) -> None:
        self.ti = ti
        self.row_state = ti.state
        self.row_attempt = ti.attempt_id
        self.steps: list[Step] = []
        self.rendered: dict[str, Any] | None = None
        self.map_label: str | None = None

    def move(self, after: TaskState, why: str, at: datetime, *, verb: bool = False) -> None:
        """Note a move and make it in the view. Raises Bug for one that is not in MOVES (or VERB_MOVES)."""
        ti = self.ti
        before = ti.state
        if after not in MOVES[before] and not (verb and after in VERB_MOVES[before]):
            raise Bug(f"{before} -> {after} is not a move of {ti.task_id}[{ti.map_index}] ({why}).")
        self.steps.append(Step(before, after, why, at, ti.attempt_id))
        ti.state = after
        if after in DONE:
            ti.ended_at = at


_UPDATE = (
    "UPDATE task_instance SET state = ?, try_number = ?, max_tries = ?, attempt_id = ?, scheduled_at = ?, queued_at = ?,"
    " started_at = ?, ended_at = ?, next_try_at = ?, resume = ?, lost_count = ?, rendered = COALESCE(?, rendered),"
    " map_label = COALESCE(?, map_label) WHERE id = ? AND state = ? AND COALESCE(attempt_id, '') = ?"
)
_JOURNAL = (
    'INSERT INTO journal (at, run_pk, ti_id, "before", "after", why, actor, attempt_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)'
)


def save(conn: Conn, changes: Iterable[Change], *, actor: str = "scheduler") -> int:
    """Write all changes, or raise Overtaken and write none (the caller rolls back). How many rows moved."""
    rows: list[tuple[Any, ...]] = []
    steps: list[tuple[Any, ...]] = []
    for change in changes:
        ti = change.ti
        rows.append(
            (
                str(ti.state),
                ti.try_number,
                ti.max_tries,
                ti.attempt_id,
                us(ti.scheduled_at),
                us(ti.queued_at),
                us(ti.started_at),
                us(ti.ended_at),
                us(ti.next_try_at),
                as_json(ti.resume),
                ti.lost_count,
                as_json(change.rendered),
                change.map_label,
                ti.id,
                str(change.row_state),
                change.row_attempt or "",
            )
        )
        steps.extend(
            (us(step.at), ti.run_pk, ti.id, str(step.before), str(step.after), step.why, actor, step.attempt_id)
            for step in change.steps
        )
    if not rows:
        return 0
    moved = run(conn, _UPDATE, rows)
    if moved != len(rows):
        raise Overtaken(f"{len(rows) - moved} of {len(rows)} task instances were moved by somebody else first.")
    run(conn, _JOURNAL, steps)
    return moved


def move_run(
    conn: Conn,
    run_pk: int,
    before: RunState,
    after: RunState,
    *,
    why: str,
    at: datetime,
    actor: str = "scheduler",
    verb: bool = False,
) -> None:
    """Move a run that stands at ``before``; raises Overtaken when it does not, Bug when it is no move."""
    if after not in RUN_MOVES[before] and not (verb and after in RUN_VERB_MOVES[before]):
        raise Bug(f"{before} -> {after} is not a move of a run ({why}).")
    now = us(at)
    if after in RUN_DONE:
        columns, values = "ended_at = ?, owner = NULL, owner_until = NULL", [now]
    elif after is RunState.RUNNING:
        columns, values = "started_at = ?, ended_at = NULL", [now]
    else:
        columns, values = "queued_at = ?, started_at = NULL, ended_at = NULL", [now]
    text = f"UPDATE dag_run SET state = ?, {columns} WHERE id = ? AND state = ?"
    if run(conn, text, [(str(after), *values, run_pk, str(before))]) != 1:
        raise Overtaken(f"Run {run_pk} no longer stands at {before}.")
    journal_run(conn, run_pk, before, after, why=why, at=at, actor=actor)


def journal_run(
    conn: Conn, run_pk: int, before: str, after: str, *, why: str, at: datetime, actor: str = "scheduler"
) -> None:
    """A journal row of the run itself (also its birth, where ``before`` is "none")."""
    run(conn, _JOURNAL, [(us(at), run_pk, None, str(before), str(after), why, actor, None)])


def insert_run(conn: Conn, columns: dict[str, Any], state: RunState) -> None:
    """A new run row (times already in the tables' form). Raises IntegrityError when it exists."""
    names = ", ".join(columns)
    text = f"INSERT INTO dag_run ({names}, state) VALUES ({', '.join('?' * len(columns))}, ?)"
    run(conn, text, [(*columns.values(), str(state))])


_INSERT_TI = (
    "INSERT INTO task_instance (run_pk, dag_id, task_id, map_index, state, try_number, max_tries, operator, pool,"
    " pool_slots, priority, queue, limits, lost_count) VALUES (?, ?, ?, ?, 'none', 0, ?, ?, ?, ?, ?, ?, ?, 0)"
)


def insert_instances(conn: Conn, rows: Sequence[tuple[Any, ...]]) -> None:
    """New instances, all in state none: (run_pk, dag_id, task_id, map_index, max_tries, operator, pool, pool_slots,
    priority, queue, limits).
    """
    run(conn, _INSERT_TI, rows)


_INSERT_ATTEMPT = (
    "INSERT INTO attempt (id, ti_id, try_number, state, executor, host, worker, queued_at, lease_until, log_path)"
    " VALUES (?, ?, ?, 'queued', ?, ?, ?, ?, ?, ?)"
)


def insert_attempts(conn: Conn, rows: Sequence[tuple[Any, ...]]) -> None:
    """Attempts handed over: (id, ti_id, try_number, executor, host, worker, queued_at, lease_until, log_path)."""
    run(conn, _INSERT_ATTEMPT, rows)


_END_ATTEMPT = (
    "UPDATE attempt SET state = ?, host = COALESCE(?, host), pid = COALESCE(?, pid),"
    " started_at = COALESCE(?, started_at), ended_at = ?, lease_until = ?, error = ? WHERE id = ?"
)


def update_attempts(conn: Conn, rows: Sequence[tuple[Any, ...]]) -> None:
    """Attempts started or ended: (state, host, pid, started_at, ended_at, lease_until, error, id)."""
    run(conn, _END_ATTEMPT, rows)
