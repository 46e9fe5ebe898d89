"""What is said of an instance that a worker holds, that waits for a moment, or that has ended."""

from __future__ import annotations

from tradewind.domain.rules.views import TaskPlan
from tradewind.domain.rules.why_facts import LISTED, NAMED, Reason, TaskFacts
from tradewind.domain.rules.words import count, listed, span, when
from tradewind.domain.states import TaskState

S = TaskState


def with_worker(f: TaskFacts) -> list[Reason]:
    """Queued or running: where, since when, which try."""
    ti, attempt, now = f.ti, f.attempt, f.now
    tries = f"try {ti.try_number} of {max(ti.max_tries, ti.try_number)}"
    again = _again(f)
    if ti.state is S.QUEUED:
        since = span((now - ti.queued_at).total_seconds()) if ti.queued_at else "a while"
        where = (
            f" to executor {attempt.executor}{f' on host {attempt.host}' if attempt.host else ''}" if attempt else ""
        )
        until = attempt.lease_until if attempt else None
        back = f"; put back at {when(until, now)} if nobody starts it" if until else ""
        return [Reason(code="queued", text=f"handed over{where} {since} ago ({tries}){back}", until=until), *again]
    since = span((now - ti.started_at).total_seconds()) if ti.started_at else "a while"
    where = f" on {attempt.host}{f', process {attempt.pid}' if attempt.pid else ''}" if attempt and attempt.host else ""
    return [Reason(code="running", text=f"running for {since}{where} ({tries})"), *again]


def _again(f: TaskFacts) -> list[Reason]:
    """Why there is another try than the first."""
    if f.ti.try_number < 2:
        return []
    for move in f.moves:
        if move.after in ("up_for_retry", "none") and move.before not in ("none",):
            who = f" by {move.actor}" if move.actor != "scheduler" else ""
            return [Reason(code="again", text=f"tried again since {move.why}{who}, {when(move.at, f.now)}")]
    return []


def waiting(f: TaskFacts) -> list[Reason]:
    """For its next try, its next look, or its trigger."""
    ti, now = f.ti, f.now
    at = ti.next_try_at
    last = next((move for move in f.moves if move.after == ti.state), None)
    if ti.state is S.UP_FOR_RETRY:
        text = f"next try at {when(at, now)}" if at else "waits for its next try"
        return [Reason(code="retry", text=text + (f"; the last ended with {last.why}" if last else ""), until=at)]
    if ti.state is S.UP_FOR_RESCHEDULE:
        looks = (ti.resume or {}).get("checks", 0)
        text = f"sensor looks again at {when(at, now)}" if at else "sensor waits for its next look"
        return [Reason(code="reschedule", text=f"{text}; it has looked {count(looks, 'time')}", until=at)]
    trigger = (ti.resume or {}).get("trigger", "a trigger")
    since = f" since {when(last.at, now)}" if last else ""
    limit = f"; its wait ends at {when(at, now)}" if at else ""
    found = [Reason(code="deferred", text=f"deferred: waits for trigger {trigger}{since}{limit}", until=at)]
    silent = f.house.triggerer_silent
    if silent is None or silent >= f.house.patience:
        heard = "none has been heard of" if silent is None else f"the last one was heard of {span(silent)} ago"
        found.append(
            Reason(
                code="no_triggerer",
                text=f"no triggerer watches it: {heard}",
                hint="It runs beside the scheduler; see its log",
            )
        )
    return found


def ended(f: TaskFacts) -> list[Reason]:
    """How it ended, as the journal says, and with which task further up that began."""
    ti = f.ti
    last = next((move for move in f.moves if move.after == ti.state), None)
    said = f": {last.why}" if last else ""
    who = f", by {last.actor}" if last and last.actor != "scheduler" else ""
    at = f", {when(last.at, f.now)}" if last else ""
    found = [Reason(code=str(ti.state), text=f"{ti.state}{said}{who}{at}")]
    if ti.state is S.UPSTREAM_FAILED and ti.task is not None:
        roots = _roots(f, ti.task)
        if roots:
            named = [f"{name} ({f.causes[name]})" if name in f.causes else name for name in roots[:NAMED]]
            found.append(
                Reason(
                    code="root",
                    text=f"it began with {listed(named, NAMED, len(roots))}",
                    facts={"tasks": roots[:LISTED], "total": len(roots)},
                )
            )
    return [*found, *_again(f)]


def _roots(f: TaskFacts, task: TaskPlan) -> list[str]:
    """Tasks upstream, however far, that failed themselves."""
    return [
        f.plan.tasks[i].task_id
        for i in sorted(f.plan.above(task.index))
        if any(ti.state is S.FAILED for ti in f.instances[i])
    ]
