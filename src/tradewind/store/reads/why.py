"""The facts behind "why is it not running?", read from the rows; ``domain.rules.why`` makes the sentences."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec

from tradewind.domain.keys import NOT_MAPPED
from tradewind.domain.rules import keyed, why, why_runs
from tradewind.domain.rules.limits import Budgets, Wish
from tradewind.domain.rules.past import asked_of
from tradewind.domain.rules.views import TaskPlan, TaskView
from tradewind.domain.rules.why_facts import LISTED, Attempt, Holder, Move, Reason, TaskFacts
from tradewind.domain.states import DONE, RunState, TaskState
from tradewind.errors import not_found
from tradewind.settings import Settings
from tradewind.store import claims
from tradewind.store.engine import Conn, query, when
from tradewind.store.reads import backfills, runs, task_pages, tasks
from tradewind.store.reads.run_pages import run_row
from tradewind.store.reads.runs import RunRow
from tradewind.store.reads.versions import Version, Versions, find_dag
from tradewind.store.reads.why_dag import dag_facts, house_of

S = TaskState
#: Of a run's tasks, how many are told of.
TOLD = 5
#: Which of a run's tasks are told of first: those that wait for something that is not a task.
_FIRST = (S.SCHEDULED, S.UP_FOR_RETRY, S.DEFERRED, S.UP_FOR_RESCHEDULE, S.QUEUED, S.RUNNING)
_MOVES = 'SELECT at, "before", "after", why, actor FROM journal WHERE run_pk = ?'
_HOLDERS = (
    "SELECT t.dag_id, r.run_id, t.task_id, t.map_index, t.state, COALESCE(t.started_at, t.queued_at), t.limits"
    " FROM task_instance t JOIN dag_run r ON r.id = t.run_pk WHERE t.state IN ('queued', 'running')"
)


class Asker:
    """Answers for one moment, from one reading connection."""

    def __init__(self, conn: Conn, settings: Settings, versions: Versions, now: datetime) -> None:
        self._conn = conn
        self._settings = settings
        self._versions = versions
        self._now = now

    # -- what people ask ------------------------------------------------------------------------------------------------

    def dag(self, dag_id: str) -> dict[str, Any]:
        """Why does the DAG not run, and when does it run next? Raises NotFound with a guess."""
        facts = dag_facts(self._conn, self._settings, self._versions, self._now, dag_id)
        state = "inactive" if not facts.active else "paused" if facts.paused else "active"
        return _answer(why_runs.of_dag(facts), state, dag_id=dag_id)

    def run(self, dag_id: str, run_id: str) -> dict[str, Any]:
        """Why does the run not run, or not end? Raises NotFound with a guess."""
        run = self._run(dag_id, run_id)
        return _answer(self._of_run(run, with_tasks=True), run.state, dag_id=dag_id, run_id=run_id)

    def task(self, dag_id: str, run_id: str, task_id: str, map_index: int = NOT_MAPPED) -> dict[str, Any]:
        """Why does the task not run, or how did it end? Raises NotFound with a guess.

        Of an expanded task without a map index: the first instance that is not done.
        """
        run = self._run(dag_id, run_id)
        version = self._versions.of_run(self._conn, run.version_id, run.options)
        views = tasks.of_run(self._conn, run.id)
        ti = self._instance(run, version, views, task_id, map_index)
        facts = self._facts(run, version, views, ti)
        state = None if ti.state is S.NONE else str(ti.state)
        return _answer(why.of_task(facts), state, dag_id=dag_id, run_id=run_id, task_id=task_id, map_index=ti.map_index)

    # -- a task ---------------------------------------------------------------------------------------------------------

    def _run(self, dag_id: str, run_id: str) -> RunRow:
        run_row(self._conn, dag_id, run_id)  # raises with a guess
        run = runs.find(self._conn, dag_id, run_id)
        if run is None:
            raise not_found(f"run of DAG {dag_id!r}", run_id)
        return run

    def _instance(
        self, run: RunRow, version: Version, views: Sequence[TaskView], task_id: str, map_index: int
    ) -> TaskView:
        found = [ti for ti in views if ti.task_id == task_id]
        for ti in found:
            if ti.map_index == map_index:
                return ti
        if found and map_index == NOT_MAPPED:
            return next((ti for ti in found if ti.state not in DONE), found[0])
        if not found and task_id in version.plan.index and map_index == NOT_MAPPED:
            return TaskView(0, run.id, task_id, NOT_MAPPED, S.NONE, 0, 1)  # the run has not begun
        if not found:
            raise not_found(f"task of DAG {run.dag_id!r}", task_id, version.plan.index)
        task_pages.task_row(self._conn, run.dag_id, run.run_id, task_id, map_index)  # raises and says which there are
        raise not_found(f"task of DAG {run.dag_id!r}", task_id)

    def _facts(self, run: RunRow, version: Version, views: Sequence[TaskView], ti: TaskView) -> TaskFacts:
        conn, plan = self._conn, version.plan
        instances: list[list[TaskView]] = [[] for _ in plan.tasks]
        for view in views:
            at = plan.index.get(view.task_id)
            if at is not None:
                view.task = plan.tasks[at]
                instances[at].append(view)
        at = plan.index.get(ti.task_id)
        ti.task = plan.tasks[at] if at is not None else None
        dag = find_dag(conn, run.dag_id)
        facts: dict[str, Any] = {}
        if ti.state is S.NONE and ti.task is not None:
            facts["before"] = self._before(run, version, ti.task)
        if ti.state is S.SCHEDULED and ti.task is not None:
            facts |= self._limits(run, version, ti.task, dag.max_active_tasks if dag else 0)
        if ti.state is S.UPSTREAM_FAILED:
            facts["causes"] = self._causes(run)
        return TaskFacts(
            now=self._now,
            dag_id=run.dag_id,
            ti=ti,
            plan=plan,
            run_state=run.state,
            run_reasons=self._of_run(run) if run.state == RunState.QUEUED else [],
            paused=dag is not None and dag.is_paused and self._backfill(run) is None,
            instances=instances,
            house=house_of(conn, self._settings, self._now, run.owner),
            moves=self._moves(run.id, ti.id) if ti.id else [],
            attempt=self._attempt(ti),
            **facts,
        )

    def _before(
        self, run: RunRow, version: Version, task: TaskPlan
    ) -> tuple[str, str, list[tuple[str, int, str]]] | None:
        names = asked_of(version.plan, task)
        earlier = runs.previous(self._conn, run) if names else None
        if earlier is None:
            return None
        return earlier.run_id, earlier.state, tasks.states_of_tasks(self._conn, earlier.id, names)

    def _limits(self, run: RunRow, version: Version, task: TaskPlan, dag_limit: int) -> dict[str, Any]:
        conn, spec = self._conn, task.spec
        limits = keyed.resolve(version.plan.spec, spec, run.run_id, run.logical_date, run.conf)
        pools = {
            name: (slots, bool(d)) for name, slots, d in query(conn, "SELECT name, slots, include_deferred FROM pool")
        }
        parallelism = self._settings.get_int("core", "parallelism")
        held = claims.held_slots(conn, by_task=True, deferred=any(deferred for _, deferred in pools.values()))
        ((live,),) = query(
            conn,
            "SELECT COUNT(*) FROM task_instance t JOIN dag_run r ON r.id = t.run_pk"
            " WHERE t.state IN ('queued', 'running') AND r.owner = ?",
            (run.owner or "",),
        )
        rated = [limit for limit in limits if limit.starts]
        budgets = Budgets(
            {name: slots for name, (slots, _) in pools.items()},
            {run.dag_id: dag_limit},
            held + (claims.held_keys(conn) if limits else []),
            max(0, parallelism - int(live)) if parallelism > 0 else None,
            starts=claims.recent_starts(conn, rated, self._now) if rated else None,
            now=self._now,
        )
        wish = Wish(
            spec.pool, spec.pool_slots, run.dag_id, spec.task_id, run.id,
            spec.max_active_tis_per_dag, spec.max_active_tis_per_dagrun, limits,
        )  # fmt: skip
        return {
            "budgets": budgets,
            "wish": wish,
            "dag_limit": dag_limit,
            "parallelism": parallelism,
            "holders": lambda kind, name: self._holders(run, wish, kind, name, pools),
            "ahead": self._ahead(spec.pool, spec.priority),
        }

    def _ahead(self, pool: str, priority: int) -> int:
        text = (
            "SELECT COUNT(*) FROM dag_run r JOIN task_instance t ON t.run_pk = r.id JOIN dag d ON d.dag_id = r.dag_id"
            " WHERE r.state = 'running' AND t.state = 'scheduled' AND t.pool = ? AND t.priority > ? AND NOT d.is_paused"
        )
        return int(query(self._conn, text, (pool, priority))[0][0])

    def _holders(
        self, run: RunRow, wish: Wish, kind: str, name: str, pools: dict[str, tuple[int, bool]]
    ) -> tuple[list[Holder], int]:
        text, more, values = _HOLDERS, "", (name,)
        if kind == "pool":
            if pools.get(name, (0, False))[1]:
                text = text.replace("('queued', 'running')", "('queued', 'running', 'deferred')")
            more = "t.pool = ?"
        elif kind == "dag":
            more = "t.dag_id = ?"
        elif kind == "task":
            more, values = "t.dag_id = ? AND t.task_id = ?", (wish.dag_id, name)  # type: ignore[assignment]
        elif kind == "run":
            more, values = "t.run_pk = ? AND t.task_id = ?", (run.id, name)  # type: ignore[assignment]
        elif kind == "key":
            more, values = "t.limits IS NOT NULL", ()  # type: ignore[assignment]
        else:
            more, values = "r.owner = ?", (run.owner or "",)
        rows = query(self._conn, f"{text} AND {more} ORDER BY 6, t.id", values)
        if kind == "key":
            rows = [row for row in rows if any(limit.key == name and limit.slots for limit in keyed.load(row[6]))]
        found = [Holder(r[0], r[1], r[2], r[3], r[4], when(r[5])) for r in rows[:LISTED]]
        return found, len(rows)

    def _moves(self, run_pk: int, ti_id: int) -> list[Move]:
        return _as_moves(query(self._conn, f"{_MOVES} AND ti_id = ? ORDER BY id DESC LIMIT 30", (run_pk, ti_id)))

    def _attempt(self, ti: TaskView) -> Attempt | None:
        if ti.attempt_id is None:
            return None
        text = "SELECT executor, host, pid, queued_at, lease_until, error FROM attempt WHERE id = ?"
        rows = query(self._conn, text, (ti.attempt_id,))
        if not rows:
            return None
        executor, host, pid, queued_at, lease_until, error = rows[0]
        return Attempt(executor, host, pid, when(queued_at), when(lease_until), error)

    def _causes(self, run: RunRow) -> dict[str, str]:
        text = (
            "SELECT t.task_id, j.why FROM journal j JOIN task_instance t ON t.id = j.ti_id"
            " WHERE j.run_pk = ? AND j.\"after\" = 'failed' ORDER BY j.id"
        )
        return dict(query(self._conn, text, (run.id,)))

    # -- a run ----------------------------------------------------------------------------------------------------------

    def _of_run(self, run: RunRow, *, with_tasks: bool = False) -> list[Reason]:
        conn = self._conn
        dag = dag_facts(conn, self._settings, self._versions, self._now, run.dag_id, owner=run.owner)
        text = "SELECT COUNT(*) FROM dag_run WHERE dag_id = ? AND state = 'queued' AND run_after < ?"
        earlier = query(conn, text, (run.dag_id, round(run.run_after.timestamp() * 1_000_000)))[0][0]
        facts = why_runs.RunFacts(
            dag=dag,
            run_id=run.run_id,
            state=run.state,
            run_type=run.run_type,
            run_after=run.run_after,
            started_at=run.started_at,
            moves=_as_moves(query(conn, f"{_MOVES} AND ti_id IS NULL ORDER BY id DESC LIMIT 30", (run.id,))),
            before=int(earlier),
            backfill=self._backfill(run),
            tasks=self._told(run) if with_tasks and run.state != RunState.QUEUED else (),
            counts=dict(
                query(conn, "SELECT state, COUNT(*) FROM task_instance WHERE run_pk = ? GROUP BY state", (run.id,))
            ),
        )
        return why_runs.of_run(facts)

    def _backfill(self, run: RunRow) -> why_runs.Backfill | None:
        """The backfill that still drives the run."""
        if run.backfill_id is None:
            return None
        row = backfills.the_backfill(self._conn, run.backfill_id)
        if not row.is_open:
            return None
        running = backfills.running_runs(self._conn, [row.id]).get(row.id, 0)
        return why_runs.Backfill(row.id, row.is_paused, row.max_active_runs, running)

    def _told(self, run: RunRow) -> list[tuple[str, Reason]]:
        version = self._versions.of_run(self._conn, run.version_id, run.options)
        views = tasks.of_run(self._conn, run.id)
        over = run.state != RunState.RUNNING
        wanted: Sequence[TaskState] = (S.FAILED,) if over else _FIRST
        chosen = sorted((ti for ti in views if ti.state in wanted), key=lambda ti: (wanted.index(ti.state), ti.id))
        if not over and not any(ti.state in _FIRST for ti in views):
            chosen = [ti for ti in views if ti.state is S.NONE]
        told = []
        for ti in chosen[:TOLD]:
            reasons = [
                r for r in why.of_task(self._facts(run, version, views, ti)) if r.code not in (*why.OF_HOUSE, "paused")
            ]
            name = ti.task_id + (f"[{ti.map_index}]" if ti.map_index >= 0 else "")
            told += [(name, reason) for reason in reasons[:1]]
        return told


def _as_moves(rows: Sequence[Any]) -> list[Move]:
    return [Move(at, r[1], r[2], r[3], r[4]) for r in rows if (at := when(r[0])) is not None]


def _answer(reasons: Sequence[Reason], state: str | None, **names: Any) -> dict[str, Any]:
    """The sentence that binds, and every reason behind it."""
    return names | {
        "state": state,
        "why": reasons[0].text if reasons else "",
        "reasons": [{"hint": None, "until": None, "facts": {}} | msgspec.structs.asdict(reason) for reason in reasons],
    }
