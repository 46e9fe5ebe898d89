"""``tradewind backfill``: run a DAG over past intervals; see, hold and end what is at work."""

from __future__ import annotations

import argparse

from tradewind.actions.context import Act
from tradewind.actions.control_backfill import cancel_backfill, pause_backfill, set_pace
from tradewind.actions.start_backfill import MAX_ACTIVE_RUNS, Wish, start_backfill
from tradewind.cli.backfill_view import follow, print_preview, progress_line
from tradewind.cli.door import confirmed, json_object, moment, open_act
from tradewind.cli.output import show as show_rows
from tradewind.cli.shape import OUTPUT, YES, Verb, arg
from tradewind.cli.why import warn_of_troubles
from tradewind.errors import InvalidArgument
from tradewind.store.reads import backfills as reads


def create(args: argparse.Namespace) -> int:
    """Start a backfill, or only tell what it would do."""
    act = open_act()
    wish = Wish(
        dag_id=args.dag_id,
        from_date=moment(args.from_date, "--from-date"),
        to_date=moment(args.to_date or args.from_date, "--to-date"),
        conf=json_object(args.dag_run_conf, "--dag-run-conf"),
        reprocess=args.reprocess_behavior,
        backwards=args.run_backwards,
        max_active_runs=args.max_active_runs,
        task_regex=args.task_regex,
        upstream=not args.ignore_dependencies,
        intervals_per_run=args.intervals_per_run,
        pool=args.pool,
    )
    if args.dry_run:
        print_preview(act, wish)
        print("Nothing was started (--dry-run).")
        return 0
    made = start_backfill(act, wish)
    print(f"Backfill {made.id} of {made.dag_id} is at work: {made.total} runs.")
    warn_of_troubles(act)
    return follow(act, made.id) if args.wait else 0


def begin(act: Act, wish: Wish, *, yes: bool) -> int:
    """Start it and stay with it until its end, as ``dags backfill`` does; asks before runs that are there run again."""
    if wish.reprocess != "none" and not yes:
        story = print_preview(act, wish)
        if story.clear and not confirmed(f"Run these {story.clear} runs again?", yes=yes):
            print("Nothing was started.")
            return 1
    made = start_backfill(act, wish)
    print(f"Backfill {made.id} of {made.dag_id}: {made.total} runs.")
    return follow(act, made.id)


def list_backfills(args: argparse.Namespace) -> None:
    """Backfills, newest first."""
    act = open_act()
    with act.store.read() as conn:
        _, rows = reads.list_backfills(conn, dag_id=args.dag_id, active=True if args.active else None, limit=args.limit)
        shown = [_fields(row, reads.tally(conn, row.id)) for row in rows]
    show_rows(shown, ("id", "dag_id", "from_date", "to_date", "state", "done", "total", "failed"), args.output)


def _fields(row: reads.BackfillRow, tally: reads.Tally) -> dict[str, object]:
    state = "cancelled" if row.cancelled_at else "completed" if row.completed_at else "paused" if row.is_paused else ""
    return {
        "id": row.id,
        "dag_id": row.dag_id,
        "from_date": row.from_date,
        "to_date": row.to_date,
        "state": state or "running",
        "done": tally.done,
        "total": tally.total,
        "failed": tally.failed,
    }


def show(args: argparse.Namespace) -> int:
    """How far one is, and what became of each of its runs."""
    act = open_act()
    if args.follow:
        return follow(act, args.id)
    with act.store.read() as conn:
        row = reads.the_backfill(conn, args.id)
        tally = reads.tally(conn, args.id)
        slots = reads.slots(conn, args.id, 0, args.limit)
    if args.output == "table":
        print(progress_line(row, tally, act.clock.now()))
    rows = [
        {
            "covers": f"{slot.interval_start.isoformat()} to {slot.interval_end.isoformat()}",
            "run_id": slot.run_id or "",
            "state": slot.state or ("planned" if slot.outcome == "planned" else "deleted"),
            "note": slot.reason or ("run again" if slot.outcome == "cleared" else ""),
        }
        for slot in slots
    ]
    show_rows(rows, ("covers", "run_id", "state", "note"), args.output)
    if row.total > len(slots) and args.output == "table":
        print(f"... and {row.total - len(slots)} more (--limit).")
    return 0


def pause(args: argparse.Namespace) -> None:
    """Begin no more runs; what runs goes on."""
    pause_backfill(open_act(), args.id, True)
    print(f"Backfill {args.id} is paused; what runs goes on.")


def unpause(args: argparse.Namespace) -> None:
    """Go on, perhaps with more or fewer runs at once."""
    act = open_act()
    if args.max_active_runs is not None:
        set_pace(act, args.id, args.max_active_runs)
    pause_backfill(act, args.id, False)
    print(f"Backfill {args.id} goes on.")


def cancel(args: argparse.Namespace) -> int:
    """End it: no more runs."""
    act = open_act()
    with act.store.read() as conn:
        tally = reads.tally(conn, args.id)
    ends = f" and end {tally.running} running ones" if args.stop_running and tally.running else ""
    if not confirmed(f"Cancel the {tally.planned + tally.queued} runs not begun{ends}?", yes=args.yes):
        print("Nothing was cancelled.")
        return 1
    cancel_backfill(act, args.id, stop_running=args.stop_running)
    goes_on = "" if args.stop_running or not tally.running else f" {tally.running} runs that had begun go on."
    print(f"Backfill {args.id} is cancelled.{goes_on}")
    return 0


def dags_backfill(args: argparse.Namespace) -> int:
    """``dags backfill``, as Airflow 2 and 1.10 have it: start it and wait for its end (1/BF-07)."""
    if not args.start_date and not args.end_date:
        raise InvalidArgument("Give the dates to fill.", field="-s", hint="For example -s 2026-01-01 -e 2026-01-31.")
    act = open_act()
    wish = Wish(
        dag_id=args.dag_id,
        from_date=moment(args.start_date or args.end_date, "--start-date"),
        to_date=moment(args.end_date or args.start_date, "--end-date"),
        conf=json_object(args.conf, "--conf"),
        reprocess="completed" if args.reset_dagruns else "failed" if args.rerun_failed_tasks else "none",
        backwards=args.run_backwards,
        task_regex=args.task_regex,
        upstream=not args.ignore_dependencies,
        pool=args.pool,
        mark_success=args.mark_success,
        ignore_first_past=args.ignore_first_depends_on_past,
        no_retries=args.disable_retry,
    )
    if args.dry_run:
        print_preview(act, wish)
        print("Nothing was started (-n). `tradewind tasks render` shows what the templates of a task become.")
        return 0
    return begin(act, wish, yes=args.yes or not args.reset_dagruns)


_ID = arg("id", type=int, help="number of the backfill")
_AT_ONCE = arg("--max-active-runs", type=int, help="how many runs go at once from now on")
_REGEX = arg("-t", "--task-regex", help="only tasks whose id matches, and what they need")
_ALONE = arg("-i", "--ignore-dependencies", action="store_true", help="with -t: without what they need")
_POOL = arg("--pool", help="all tasks take their slots in this pool")
DAGS_BACKFILL = Verb(
    "backfill",
    "Run a DAG over past intervals, and wait for their end.",
    dags_backfill,
    (
        arg("dag_id", help="id of the DAG"),
        arg("-s", "--start-date", help="first logical date (default: the last)"),
        arg("-e", "--end-date", help="last logical date, it too is run (default: the first)"),
        _REGEX,
        _ALONE,
        arg("-I", "--ignore-first-depends-on-past", action="store_true",
            help="the first run does not wait for the one before the range"),
        arg("-m", "--mark-success", action="store_true", help="mark every task a success without running it"),
        arg("-n", "--dry-run", action="store_true", help="only tell what would run, how long, and which limits it meets"),
        arg("-c", "--conf", help="configuration of the runs, a JSON object"),
        _POOL,
        arg("--reset-dagruns", action="store_true", help="run those again that have run already"),
        arg("--rerun-failed-tasks", "--rerun-failed", action="store_true", help="run those again that failed"),
        arg("-B", "--run-backwards", action="store_true", help="newest first"),
        arg("--disable-retry", action="store_true", help="a task that fails is not tried again"),
        arg("-l", "--local", action="store_true", help="accepted and ignored: the scheduler runs it"),
        arg("-x", "--donot-pickle", action="store_true", help="accepted and ignored: nothing is pickled"),
        arg("--delay-on-limit", metavar="SECONDS", help="accepted and ignored: the scheduler waits for nothing"),
        arg("--continue-on-failures", action="store_true", help="accepted and ignored: it always does"),
        arg("-S", "--subdir", metavar="PATH", help="accepted and ignored: the DAG is known to the scheduler"),
        YES,
    ),
)  # fmt: skip
VERBS = (
    Verb(
        "create",
        "Start a backfill.",
        create,
        (
            arg("--dag-id", required=True, help="id of the DAG"),
            arg("--from-date", required=True, help="first logical date"),
            arg("--to-date", help="last logical date, it too is run (default: the first)"),
            arg("--dag-run-conf", help="configuration of the runs, a JSON object"),
            arg("--reprocess-behavior", choices=("none", "failed", "completed"), default="none",
                help="which intervals that have a run are run again (default: none)"),
            arg("--run-backwards", action="store_true", help="newest first"),
            arg("--max-active-runs", type=int, default=MAX_ACTIVE_RUNS,
                help=f"how many runs go at once (default: {MAX_ACTIVE_RUNS})"),
            _REGEX,
            _ALONE,
            arg("--intervals-per-run", type=int,
                help="intervals one run covers, 0 for all, where the DAG says it can (default: as the DAG says)"),
            _POOL,
            arg("--run-on-latest-version", action="store_true", help="accepted and ignored: it always does"),
            arg("--dry-run", action="store_true", help="only tell what would run, how long, and which limits it meets"),
            arg("--wait", action="store_true", help="stay until its end; 1 if a run failed"),
        ),
    ),
    Verb(
        "list",
        "Show backfills, newest first.",
        list_backfills,
        (
            arg("--dag-id", help="only of this DAG"),
            arg("--active", action="store_true", help="only those that go on"),
            arg("--limit", type=int, default=100, help="at most so many"),
            OUTPUT,
        ),
    ),
    Verb(
        "show",
        "Show how far a backfill is.",
        show,
        (
            _ID,
            arg("-f", "--follow", action="store_true", help="stay until its end; 1 if a run failed"),
            arg("--limit", type=int, default=100, help="runs listed"),
            OUTPUT,
        ),
    ),
    Verb("pause", "Begin no more runs of a backfill for now.", pause, (_ID,)),
    Verb("unpause", "Let a backfill go on.", unpause, (_ID, _AT_ONCE), ("resume",)),
    Verb(
        "cancel",
        "End a backfill.",
        cancel,
        (_ID, arg("--stop-running", action="store_true", help="end the runs that have begun, too"), YES),
    ),
)  # fmt: skip
