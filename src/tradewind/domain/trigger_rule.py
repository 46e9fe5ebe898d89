"""Trigger rules: what a task does, given how its upstream tasks stand. Every rule of Airflow 1.10, 2.x and 3.x.

A rule sees only counts, so that a finished task costs its downstream tasks one addition each. The answer never turns
back: what was RUN, SKIP or UPSTREAM_FAILED for some counts stays so while further upstream tasks end (a property test
holds every rule to that, apart from the eager rules' obvious order: first come, first served).
"""

from __future__ import annotations

from enum import Enum


class Verdict(Enum):
    """What becomes of the task now."""

    WAIT = "wait"
    RUN = "run"
    SKIP = "skip"
    UPSTREAM_FAILED = "upstream_failed"


class Counts:
    """How many direct upstream task instances there are, and how many ended in which way."""

    __slots__ = (
        "failed",
        "removed",
        "setups",
        "setups_skipped",
        "setups_success",
        "skipped",
        "success",
        "total",
        "upstream_failed",
    )

    def __init__(
        self,
        total: int = 0,
        *,
        success: int = 0,
        failed: int = 0,
        skipped: int = 0,
        upstream_failed: int = 0,
        removed: int = 0,
        setups: int = 0,
        setups_success: int = 0,
        setups_skipped: int = 0,
    ) -> None:
        self.total = total
        self.success = success
        self.failed = failed
        self.skipped = skipped
        self.upstream_failed = upstream_failed
        self.removed = removed
        #: of the total, those that are setup tasks, and how they stand (for all_done_setup_success)
        self.setups = setups
        self.setups_success = setups_success
        self.setups_skipped = setups_skipped

    @property
    def done(self) -> bool:
        """All upstream ended."""
        return self.success + self.failed + self.skipped + self.upstream_failed + self.removed >= self.total


#: Older and other names of a rule.
ALIASES = {"dummy": "always", "none_failed_or_skipped": "none_failed_min_one_success"}

_V = Verdict


def _all_success(c: Counts) -> Verdict:
    if c.failed or c.upstream_failed:
        return _V.UPSTREAM_FAILED
    if c.skipped:
        return _V.SKIP
    return _V.RUN if c.success + c.removed >= c.total else _V.WAIT


def _all_failed(c: Counts) -> Verdict:
    if c.success or c.skipped:
        return _V.SKIP
    return _V.RUN if c.done else _V.WAIT


def _all_done(c: Counts) -> Verdict:
    return _V.RUN if c.done else _V.WAIT


def _all_skipped(c: Counts) -> Verdict:
    if c.success or c.failed or c.upstream_failed:
        return _V.SKIP
    return _V.RUN if c.done else _V.WAIT


def _one_success(c: Counts) -> Verdict:
    if c.success:
        return _V.RUN
    return _V.SKIP if c.done else _V.WAIT


def _one_failed(c: Counts) -> Verdict:
    if c.failed or c.upstream_failed:
        return _V.RUN
    return _V.SKIP if c.done else _V.WAIT


def _one_done(c: Counts) -> Verdict:
    if c.success or c.failed:
        return _V.RUN
    return _V.SKIP if c.done else _V.WAIT


def _none_failed(c: Counts) -> Verdict:
    if c.failed or c.upstream_failed:
        return _V.UPSTREAM_FAILED
    return _V.RUN if c.done else _V.WAIT


def _none_failed_min_one_success(c: Counts) -> Verdict:
    if c.failed or c.upstream_failed:
        return _V.UPSTREAM_FAILED
    if not c.done:
        return _V.WAIT
    return _V.RUN if c.success or c.removed else _V.SKIP


def _none_skipped(c: Counts) -> Verdict:
    if c.skipped:
        return _V.SKIP
    return _V.RUN if c.done else _V.WAIT


def _always(c: Counts) -> Verdict:
    return _V.RUN


def _all_done_min_one_success(c: Counts) -> Verdict:
    if not c.done:
        return _V.WAIT
    if c.success:
        return _V.RUN
    return _V.UPSTREAM_FAILED if c.failed or c.upstream_failed else _V.SKIP


def _all_done_setup_success(c: Counts) -> Verdict:
    # A teardown runs whatever the work did, but only where there is something to tear down.
    if not c.done:
        return _V.WAIT
    if c.setups and c.setups_skipped >= c.setups:
        return _V.SKIP
    if c.setups and not c.setups_success:
        return _V.UPSTREAM_FAILED
    return _V.RUN


RULES = {
    "all_success": _all_success,
    "all_failed": _all_failed,
    "all_done": _all_done,
    "all_skipped": _all_skipped,
    "one_success": _one_success,
    "one_failed": _one_failed,
    "one_done": _one_done,
    "none_failed": _none_failed,
    "none_failed_min_one_success": _none_failed_min_one_success,
    "none_skipped": _none_skipped,
    "always": _always,
    "all_done_min_one_success": _all_done_min_one_success,
    "all_done_setup_success": _all_done_setup_success,
}


def decide(rule: str, counts: Counts) -> Verdict:
    """What the rule says. A task without upstream runs. Raises KeyError for an unknown rule (freeze refuses those)."""
    if not counts.total:
        return _V.RUN
    return RULES[ALIASES.get(rule, rule)](counts)
