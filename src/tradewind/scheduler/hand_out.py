"""Queued runs are started and ready tasks handed over, under the locks of pools and DAGs."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from tradewind.domain.rules.limits import Budgets
from tradewind.errors import InvalidArgument
from tradewind.scheduler import dispatch, starts
from tradewind.scheduler.batch import Batch
from tradewind.scheduler.race import Shares
from tradewind.settings import Settings
from tradewind.store import claims

if TYPE_CHECKING:
    from tradewind.scheduler.tick import Scheduler


def shares_of(settings: Settings) -> Shares:
    """The rule of fair share as the settings have it."""
    return Shares(
        weights_of(settings.get_str("scheduler", "team_weights")),
        settings.get_float("scheduler", "guaranteed_share"),
        settings.get_float("scheduler", "guaranteed_share_after"),
    )


def weights_of(text: str) -> dict[str, float]:
    """{team: weight} from "research: 3, ops: 1". Raises InvalidArgument for anything else."""
    weights = {}
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, number = part.rpartition(":")
        try:
            weights[name.strip()] = float(number)
        except ValueError:
            weights[name.strip()] = 0.0
        if not name.strip() or not 0 < weights[name.strip()] < math.inf:
            raise InvalidArgument(
                f"[scheduler] team_weights: {part!r} is no team with a weight above 0.",
                field="[scheduler] team_weights",
                hint="Write name: weight, separated by commas, such as research: 3, ops: 1.",
            )
    return weights


def hand_out(batch: Batch, scheduler: Scheduler, *, housekeeping: bool = False) -> bool:
    """Hand out what there is. True when ready tasks wait only because every executor is full."""
    shelf = scheduler.shelf
    lanes = shelf.lanes
    waiting = starts.waiting_for_earlier(scheduler) if housekeeping else {}
    if not lanes and not shelf.queued and not waiting:
        return False
    conn = batch.conn
    pools = claims.lock_pools(conn)
    dags = claims.lock_dags(conn, sorted({*shelf.queued, *waiting, *(key.dag_id for key in lanes.lanes)}))
    starts.give_way(batch, scheduler, waiting, dags)
    if shelf.queued:
        starts.start_runs(batch, scheduler, dags)
    if not lanes:
        return False
    budgets = _budgets(batch, scheduler, pools, dags)
    free = {name: executor.free_slots() for name, executor in scheduler.executors.items()}
    dispatch.dispatch(batch, scheduler.desk, lanes, budgets, dags, free)
    return bool(lanes) and not any(free.values())


def _budgets(
    batch: Batch, scheduler: Scheduler, pools: dict[str, tuple[int, bool]], dags: dict[str, claims.DagLimits]
) -> Budgets:
    conn, lanes = batch.conn, scheduler.shelf.lanes
    live = len(scheduler.shelf.live) - len(set(batch.ended))
    parallelism = scheduler.parallelism
    rated = [limit for key in lanes.lanes if key.limits for limit in key.limits if limit.starts]
    held = claims.held_slots(
        conn,
        by_task=any(key.task_id for key in lanes.lanes),
        deferred=any(deferred for _, deferred in pools.values()),
    )
    if lanes.with_limits:
        held += claims.held_keys(conn)
    return Budgets(
        {name: slots for name, (slots, _) in pools.items()},
        {dag_id: limit.max_active_tasks for dag_id, limit in dags.items()},
        held + batch.slot_changes(),
        max(0, parallelism - live) if parallelism > 0 else None,
        teams=claims.teams(conn) if any(limit.team for limit in dags.values()) else None,
        starts=claims.recent_starts(conn, rated, batch.now) if rated else None,
        now=batch.now,
    )
