"""Why is it not running? The rules asked for reasons in place of decisions.

Pure, as every rule: facts in (``why_facts``, gathered by ``store.reads.why``), reasons out, the one that binds first. The
limits are asked of the same ``Budgets`` and the trigger rules of the same ``ready.verdict`` that the scheduler uses.
"""

from __future__ import annotations

from collections.abc import Sequence

from tradewind.domain.keys import NOT_MAPPED
from tradewind.domain.rules import ready
from tradewind.domain.rules.past import Before, in_the_way
from tradewind.domain.rules.views import TaskPlan, TaskView
from tradewind.domain.rules.why_facts import LISTED, NAMED, House, Reason, TaskFacts
from tradewind.domain.rules.why_limits import closed_limits
from tradewind.domain.rules.why_moments import ended, waiting, with_worker
from tradewind.domain.rules.words import count, listed, span, when
from tradewind.domain.states import DONE, RunState, TaskState
from tradewind.domain.trigger_rule import Verdict

S = TaskState
#: What is wrong with the house as a whole, and so with everything in it.
OF_HOUSE = ("no_scheduler", "scheduler_stuck")
#: The process that reads DAG files beats each 5 s, whatever the settings say of schedulers.
_PARSER_PATIENCE = 15.0


def of_task(f: TaskFacts) -> list[Reason]:
    """The reasons, the binding one first. Of an ended instance: what the journal says of its end."""
    state = f.ti.state
    if state in DONE:
        return ended(f)
    found = list(stalled(f.house))
    if f.run_state not in (RunState.QUEUED, RunState.RUNNING):
        found.append(
            Reason(
                code="run_ended",
                text=f"its run has ended ({f.run_state})",
                hint="Clear the task to have it run.",
            )
        )
        return found
    if state in (S.QUEUED, S.RUNNING):
        return found + with_worker(f)
    if f.paused:
        found.append(paused(f.dag_id))
    if f.run_state == RunState.QUEUED:
        # What the run says of the DAG's pause and of the scheduler is said already.
        return found + [r for r in f.run_reasons if r.code not in ("paused", *OF_HOUSE)]
    if state is S.NONE:
        found += _upstream(f)
    elif state is S.SCHEDULED:
        found += closed_limits(f) or [_next_turn(f)]
    else:
        found += waiting(f)
    return found


def paused(dag_id: str) -> Reason:
    """The DAG is switched off."""
    return Reason(code="paused", text=f"DAG {dag_id} is paused", hint=f"Switch it on: tradewind dags unpause {dag_id}")


def stalled(house: House) -> list[Reason]:
    """No scheduler beats."""
    silent = house.scheduler_silent
    if silent is None or silent >= house.patience:
        return [
            Reason(
                code="no_scheduler",
                text=f"no scheduler is running: {_heard(silent)}",
                hint="Start one: tradewind standalone, or tradewind scheduler",
            )
        ]
    if house.scheduler_stuck is None:
        return []
    return [
        Reason(
            code="scheduler_stuck",
            text=f"the scheduler beats, but has got nowhere for {span(house.scheduler_stuck)}",
            hint="Its log says what it cannot do",
        )
    ]


def troubles(house: House) -> list[Reason]:
    """What is wrong with the house as a whole; nothing when all is well."""
    found = stalled(house)
    silent = house.parser_silent
    if silent is None or silent >= max(house.patience, _PARSER_PATIENCE):
        found.append(
            Reason(
                code="no_parser",
                text=f"nobody reads DAG files: {_heard(silent)}",
                hint="Start one: tradewind standalone, tradewind scheduler, or tradewind dag-processor",
            )
        )
    return found


def _heard(silent: float | None) -> str:
    return "none has been heard of" if silent is None else f"the last one was heard of {span(silent)} ago"


# -- waits for its upstream ---------------------------------------------------------------------------------------------


def _upstream(f: TaskFacts) -> list[Reason]:
    task, ti = f.ti.task, f.ti
    if task is None:
        return [Reason(code="unknown", text="the version of the DAG that its run is pinned to has no such task")]
    if task.maps and ti.map_index == NOT_MAPPED:
        unknown = [f.plan.index[name] for name in task.refs if name in f.plan.index]
        waiting = [i for i in unknown if any(other.state not in DONE for other in f.instances[i])]
        if waiting:
            return [_waits_for(f, task, waiting, "; what they push says how many instances there will be")]
    counts = ready.counted(f.plan, task, f.instances, ti.map_index)
    guards = [other.state for g in task.guards for other in f.instances[g]]
    verdict = ready.verdict(task, counts, guards)
    if verdict is Verdict.WAIT:
        above = [*task.upstream, *task.guards]
        waiting = [u for u in above if any(_is_open(f, task, u, other) for other in f.instances[u])]
        rule = "" if task.rule == "all_success" else f"; trigger rule {task.rule}"
        return [_waits_for(f, task, waiting, rule)] if waiting else [_soon(f)]
    if verdict is Verdict.RUN and f.before is not None:
        run_id, run_state, before = f.before
        blocking = list(in_the_way(task, ti.map_index, run_state, before))
        if blocking:
            return [_past(task, run_id, run_state, blocking)]
    return [_soon(f)]


def _is_open(f: TaskFacts, task: TaskPlan, above: int, other: TaskView) -> bool:
    return other.state not in DONE and ready.waits_for(f.plan, task, f.ti.map_index, above, other)


def _past(task: TaskPlan, run_id: str, run_state: str, blocking: Sequence[Before]) -> Reason:
    rule = "wait_for_downstream" if task.spec.wait_for_downstream else "depends_on_past"
    names = listed([f"{name}{f'[{at}]' if at >= 0 else ''} is {state}" for name, at, state in blocking], NAMED)
    stuck = run_state not in ("queued", "running")
    return Reason(
        code="depends_on_past",
        text=f"waits for the earlier run {run_id}, in which {names} ({rule})",
        hint="That run has ended: clear or mark the task there, or nothing will change." if stuck else None,
        facts={"run_id": run_id, "run_state": run_state, "tasks": [list(one) for one in blocking[:LISTED]]},
    )


def _waits_for(f: TaskFacts, task: TaskPlan, above: Sequence[int], more: str) -> Reason:
    seen = list(dict.fromkeys(above))
    phrases = [f"{f.plan.tasks[i].task_id} ({_how(f, i)})" for i in seen[:NAMED]]
    which = (
        f"upstream {phrases[0]}"
        if len(seen) == 1
        else f"{len(seen)} upstream tasks: {listed(phrases, NAMED, len(seen))}"
    )
    return Reason(
        code="upstream",
        text=f"waits for {which}{more}",
        facts={
            "trigger_rule": task.rule,
            "tasks": [{"task_id": f.plan.tasks[i].task_id, "states": _tally(f, i)} for i in seen[:LISTED]],
            "total": len(seen),
        },
    )


def _tally(f: TaskFacts, index: int) -> dict[str, int]:
    tally: dict[str, int] = {}
    for ti in f.instances[index]:
        tally[str(ti.state)] = tally.get(str(ti.state), 0) + 1
    return tally


def _how(f: TaskFacts, index: int) -> str:
    """How an open task stands, in a few words."""
    still = [ti for ti in f.instances[index] if ti.state not in DONE]
    if len(still) > 1:
        tally = _tally(f, index)
        return f"{len(still)} of {len(f.instances[index])} instances open: " + ", ".join(
            f"{number} {'waiting' if state == 'none' else state}"
            for state, number in sorted(tally.items())
            if state not in {str(s) for s in DONE}
        )
    return "not begun" if not still else _how_one(f, index, still[0])


def _how_one(f: TaskFacts, index: int, ti: TaskView) -> str:
    now = f.now
    if ti.state is S.RUNNING and ti.started_at is not None:
        return f"running for {span((now - ti.started_at).total_seconds())}"
    if ti.state is S.QUEUED and ti.queued_at is not None:
        return f"queued for {span((now - ti.queued_at).total_seconds())}"
    if ti.state is S.SCHEDULED:
        return "waits for a slot"
    if ti.state is S.UP_FOR_RETRY and ti.next_try_at is not None:
        return f"next try at {when(ti.next_try_at, now)}"
    if ti.state is S.UP_FOR_RESCHEDULE and ti.next_try_at is not None:
        return f"looks again at {when(ti.next_try_at, now)}"
    if ti.state is S.DEFERRED:
        return "deferred"
    moving = _moving_above(f, index)
    return f"which waits for {moving}" if moving else "not begun"


def _moving_above(f: TaskFacts, index: int) -> str:
    """What the wait comes from at last: the tasks further up that are under way."""
    seen, todo = {index}, list(f.plan.tasks[index].upstream)
    found: list[str] = []
    while todo and len(found) < NAMED:
        i = todo.pop(0)
        if i in seen:
            continue
        seen.add(i)
        still = [ti for ti in f.instances[i] if ti.state not in DONE]
        if any(ti.state is not S.NONE for ti in still):
            first = next(ti for ti in still if ti.state is not S.NONE)
            found.append(f"{f.plan.tasks[i].task_id}, {_how_one(f, i, first)}")
        elif still:
            todo.extend(f.plan.tasks[i].upstream)
    return listed(found, NAMED)


def _soon(f: TaskFacts) -> Reason:
    return Reason(code="soon", text="nothing is in its way: the next pass of the scheduler takes it up")


def _next_turn(f: TaskFacts) -> Reason:
    pool = f.wish.pool if f.wish is not None else ""
    if f.ahead:
        return Reason(
            code="turn",
            text=f"waits for its turn: {count(f.ahead, 'ready task')} of pool {pool} of higher weight"
            f" {'goes' if f.ahead == 1 else 'go'} first",
            facts={"ahead": f.ahead, "pool": pool},
        )
    return _soon(f)
