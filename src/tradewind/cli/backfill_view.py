"""A backfill in the terminal: what it would do, how far it is, and waiting for its end."""

from __future__ import annotations

import sys
import time
from datetime import datetime, timedelta

from tradewind.actions.context import Act
from tradewind.actions.foretell_backfill import Story, foretell, runs_ahead
from tradewind.actions.start_backfill import Wish, preview_backfill
from tradewind.store.reads import backfills as reads
from tradewind.store.reads.backfills import BackfillRow, Tally
from tradewind.store.reads.processes import list_processes

#: Lines of dates in a preview; the rest is counted.
DATES_SHOWN = 20
_LOOK_SECONDS = 0.25


def length(seconds: float) -> str:
    """As people say it: 3 h 20 min."""
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s" if seconds >= 1 else "less than a second"
    parts = [(whole // 86400, "d"), (whole % 86400 // 3600, "h"), (whole % 3600 // 60, "min")]
    return " ".join(f"{number} {unit}" for number, unit in parts if number)


def print_preview(act: Act, wish: Wish) -> Story:
    """Say what a backfill would run, how long that may take, and which limits it meets."""
    seen = preview_backfill(act, wish)
    story = foretell(seen, act.settings)
    for one in runs_ahead(seen, DATES_SHOWN):
        covers = f"{one.data_interval_start.isoformat()} to {one.data_interval_end.isoformat()}"
        said = {"make": "new run", "clear": "runs again", "skip": f"left out: {one.reason}"}[one.action]
        print(f"  {one.run_id}  covers {covers}  {said}")
    if len(seen.planned) > DATES_SHOWN:
        print(f"  ... and {len(seen.planned) - DATES_SHOWN} more, to {(story.last or wish.to_date).isoformat()}")
    print(
        f"{story.runs} runs of {wish.dag_id} ({story.make} new, {story.clear} again), {story.tasks_per_run} tasks each,"
        f" {story.task_instances} task instances; {story.skip} left out."
    )
    if story.seconds is None:
        print(f"How long it takes is not known: {story.basis}.")
    elif story.runs:
        print(f"It may take {length(story.seconds)}: {story.basis}.")
    for limit in story.limits:
        print(f"Limit: {limit.text}.")
    for note in story.notes:
        print(f"Note: {note}")
    return story


def scheduler_lives(act: Act) -> bool:
    """Whether somebody is there to run it."""
    with act.store.read() as conn:
        return any(p["kind"] == "scheduler" and p["status"] == "healthy" for p in list_processes(conn, act.clock.now()))


def progress_line(row: BackfillRow, tally: Tally, now: datetime) -> str:
    """One line: how many runs stand where, and when it may be over."""
    parts = [
        f"{number} {word}"
        for number, word in (
            (tally.running, "running"),
            (tally.queued, "queued"),
            (tally.success, "success"),
            (tally.failed, "failed"),
            (tally.skipped, "left out"),
            (tally.deleted, "deleted"),
        )
        if number
    ]
    line = f"backfill {row.id} of {row.dag_id}: {tally.done} of {tally.total} done"
    line += f" ({', '.join(parts)})" if parts else ""
    if row.is_paused and row.is_open:
        return f"{line}, paused"
    left = _left(row, tally, now)
    return f"{line}, about {length(left.total_seconds())} to go" if left is not None else line


def _left(row: BackfillRow, tally: Tally, now: datetime) -> timedelta | None:
    """At the pace of the runs that have ended so far."""
    ended = tally.success + tally.failed
    left = tally.total - tally.done
    if not ended or not left or not row.is_open:
        return None
    return (now - row.created_at) / ended * left


def wait_a_little() -> None:
    """Between two looks."""
    time.sleep(_LOOK_SECONDS)


def follow(act: Act, backfill_id: int) -> int:
    """Tell of its progress until it is over: 0 when no run of its range failed. Ctrl-C leaves it at work."""
    shown = ""
    said_alone = False
    live = sys.stdout.isatty()
    try:
        while True:
            with act.store.read() as conn:
                row = reads.the_backfill(conn, backfill_id)
                tally = reads.tally(conn, backfill_id)
            line = progress_line(row, tally, act.clock.now())
            counts = line.split(", about ")[0]
            if live:
                sys.stdout.write(f"\r\x1b[K{line}")
                sys.stdout.flush()
            elif counts != shown:
                print(line, flush=True)
            shown = counts
            if not row.is_open and not tally.running:
                break
            if not said_alone and not scheduler_lives(act):
                said_alone = True
                print(
                    f"{chr(10) if live else ''}No scheduler is running, so nothing moves yet: start `tradewind standalone`"
                    " or `tradewind scheduler`.",
                    flush=True,
                )
            wait_a_little()
    except KeyboardInterrupt:
        print(
            f"\nBackfill {backfill_id} goes on without this terminal. `tradewind backfill show {backfill_id} --follow`"
            f" comes back to it, `pause {backfill_id}` holds it, `cancel {backfill_id}` ends it."
        )
        return 130
    if live:
        print()
    return _verdict(act, row)


def _verdict(act: Act, row: BackfillRow) -> int:
    with act.store.read() as conn:
        failed = reads.failed_runs(conn, row.id)
    if row.cancelled_at is not None:
        print(f"Backfill {row.id} was cancelled.")
        return 1
    if failed:
        print("Some task instances failed. These runs of the range failed:")
        print("\n".join(f"  {run_id}" for run_id in failed))
        print(f"Run them again with: tradewind dags backfill {row.dag_id} ... --rerun-failed-tasks")
        return 1
    print(f"Backfill done. {row.total} runs of {row.dag_id}.")
    return 0
