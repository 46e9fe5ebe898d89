"""``overlap="skip"``: a run that is due while ``max_active_runs`` others are active is never made."""

from __future__ import annotations

from datetime import datetime

from tradewind.domain.states import RunState
from tradewind.store import transitions
from tradewind.store.engine import Conn
from tradewind.store.reads import runs as run_reads
from tradewind.store.reads.runs import OpenRun


class Skips:
    """For ``overlap="skip"``: which due moments lie inside runs that were or are active."""

    def __init__(self, conn: Conn, dag_id: str, most: int, since: datetime) -> None:
        self._most = most
        self._runs = run_reads.active_since(conn, dag_id, since) if most > 0 else []

    def blocker(self, due: datetime) -> OpenRun | None:
        """The newest of the runs that were active at that moment, if there were as many as may be."""
        if self._most <= 0:
            return None
        active = [run for run in self._runs if run.run_after <= due and (run.ended_at is None or run.ended_at > due)]
        return active[-1] if len(active) >= self._most else None

    def made(self, pk: int, run_id: str, run_after: datetime, now: datetime) -> None:
        """A run was made just now."""
        state = str(RunState.QUEUED)
        self._runs.append(
            OpenRun(
                id=pk, run_id=run_id, state=state, run_after=run_after, queued_at=now, started_at=None, ended_at=None
            )
        )


def note_skip(conn: Conn, blocker: OpenRun, logical_date: datetime, most: int, now: datetime) -> None:
    """The journal of the run that was active tells what was left out because of it."""
    why = f"overlap=skip: the run of {logical_date.isoformat()} was left out, {most} of {most} runs were active"
    transitions.journal_run(conn, blocker.id, RunState(blocker.state), RunState(blocker.state), why=why, at=now)
