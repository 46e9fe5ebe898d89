"""Compares the probe file with the database."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

Instance = tuple[str, str, str, int]  #: dag, run, task, map index


@dataclass
class Findings:
    """What the storm left."""

    runs: int = 0
    tasks: int = 0
    starts: int = 0
    put_back: int = 0  #: attempts the journal calls lost
    lost: list[Any] = field(default_factory=list)
    double: list[Any] = field(default_factory=list)
    stuck: list[Any] = field(default_factory=list)
    over: list[Any] = field(default_factory=list)
    samples: int = 0
    seconds: float = 0.0
    done: Counter[str] = field(default_factory=Counter)

    def good(self) -> bool:
        """Nothing to complain of."""
        return not (self.lost or self.double or self.stuck or self.over) and self.runs > 0

    def lines(self) -> list[str]:
        """For people."""
        found = [
            f"{self.runs} runs, {self.tasks} task instances, {self.starts} starts, {self.put_back} put back,"
            f" in {self.seconds:.0f} s",
            "done to it: " + ", ".join(f"{count} x {what}" for what, count in sorted(self.done.items())),
            f"limits looked at {self.samples} times, over-full: {len(self.over)}",
            f"lost: {len(self.lost)}, double: {len(self.double)}, stuck: {len(self.stuck)}",
        ]
        for name in ("lost", "double", "stuck", "over"):
            found += [f"  {name}: {one}" for one in getattr(self, name)[:10]]
        return found


def audit(conn: Any, probe: Path, findings: Findings) -> Findings:
    """Fill in what the rows and the probe say."""
    starts: Counter[Instance] = Counter()
    ends: Counter[Instance] = Counter()
    for line in probe.read_text().splitlines():
        what, dag_id, run_id, task_id, index = line.split()
        (starts if what == "start" else ends)[dag_id, run_id, task_id, int(index)] += 1
    text = (
        "SELECT r.dag_id, r.run_id, t.task_id, t.map_index, t.state, (SELECT COUNT(*) FROM journal j WHERE j.ti_id = t.id"
        " AND j.after = 'scheduled' AND j.before IN ('queued', 'running')) FROM task_instance t"
        " JOIN dag_run r ON r.id = t.run_pk"
    )
    for dag_id, run_id, task_id, index, state, put_back in conn.execute(text).fetchall():
        one = (dag_id, run_id, task_id, index)
        findings.tasks += 1
        findings.put_back += put_back
        if state != "success" or not ends[one]:
            findings.lost.append((*one, state, f"{starts[one]} starts, {ends[one]} ends"))
        if starts[one] > 1 + put_back:
            findings.double.append((*one, f"{starts[one]} starts, put back {put_back} times"))
    findings.starts = sum(starts.values())
    for dag_id, run_id, state in conn.execute("SELECT dag_id, run_id, state FROM dag_run").fetchall():
        findings.runs += 1
        if state not in ("success", "failed"):
            findings.stuck.append((dag_id, run_id, state))
    text = "SELECT run_pk, task_id, map_index FROM task_instance GROUP BY 1, 2, 3 HAVING COUNT(*) > 1"
    findings.double += conn.execute(text).fetchall()
    return findings


LIMITS = (
    ("pool", "SELECT p.name, SUM(t.pool_slots), p.slots FROM task_instance t JOIN pool p ON p.name = t.pool"
             " WHERE t.state IN ('queued', 'running') GROUP BY p.name, p.slots HAVING SUM(t.pool_slots) > p.slots"),
    ("tasks", "SELECT d.dag_id, COUNT(*), d.max_active_tasks FROM task_instance t JOIN dag d ON d.dag_id = t.dag_id"
              " WHERE t.state IN ('queued', 'running') GROUP BY d.dag_id, d.max_active_tasks"
              " HAVING COUNT(*) > d.max_active_tasks"),
    ("runs", "SELECT d.dag_id, COUNT(*), d.max_active_runs FROM dag_run r JOIN dag d ON d.dag_id = r.dag_id"
             " WHERE r.state = 'running' GROUP BY d.dag_id, d.max_active_runs HAVING COUNT(*) > d.max_active_runs"),
)  # fmt: skip


def sample(conn: Any, findings: Findings) -> None:
    """Look at every limit in the state after some commit: each statement sees one."""
    for what, text in LIMITS:
        findings.over += [(what, *row) for row in conn.execute(text).fetchall()]
    findings.samples += 1
