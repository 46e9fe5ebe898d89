"""Catch-up with an end: of what was missed, only the last so many seconds (``catchup=timedelta(hours=24)``)."""

from __future__ import annotations

from datetime import datetime, timedelta

from tradewind.domain.timetables.contract import Due, Interval, Timetable


def next_wanted(
    timetable: Timetable,
    last: Interval | None,
    *,
    earliest: datetime | None,
    latest: datetime | None,
    catchup: bool,
    window: float | None,
    now: datetime,
    ran_before: bool = False,
) -> Due | None:
    """``next_due``; with a ``window`` runs that were due before ``now - window`` are passed over."""

    def ask(after: Interval | None, *, everything: bool, by: datetime) -> Due | None:
        return timetable.next_due(
            after,
            earliest=earliest,
            latest=latest,
            catchup=everything,
            now=by,
            ran_before=ran_before or after is not last,
        )

    due = ask(last, everything=catchup, by=now)
    if window is None or not catchup or due is None:
        return due
    since = now - timedelta(seconds=window)
    if due.run_after >= since:
        return due
    # The newest that was due by then is the last one nobody wants any more.
    newest = ask(last, everything=False, by=since)
    while newest is not None and newest.run_after < since:
        newest = ask(newest.interval, everything=True, by=now)
    return newest
