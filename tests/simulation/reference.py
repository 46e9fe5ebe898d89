"""Trigger rules a second time, written from their description and from states, not from counters.

Shares nothing with ``tradewind.domain.trigger_rule``: a mistake there must not be repeated here.
"""

from __future__ import annotations

from collections.abc import Sequence

GOOD, BAD, SKIP = {"success"}, {"failed", "upstream_failed"}, {"skipped"}
ENDED = GOOD | BAD | SKIP | {"removed"}


def verdict(rule: str, upstream: Sequence[str]) -> str:
    """ "run", "skip", "upstream_failed" or "wait" for a task whose direct upstream instances are in these states."""
    if not upstream:
        return "run"
    good, bad = any(s in GOOD for s in upstream), any(s in BAD for s in upstream)
    failed, skip = any(s == "failed" for s in upstream), any(s in SKIP for s in upstream)
    over = all(s in ENDED for s in upstream)
    later = "run" if over else "wait"
    match rule:
        case "always" | "dummy":
            return "run"
        case "all_success":
            return "upstream_failed" if bad else "skip" if skip else later
        case "all_failed":
            return "skip" if good or skip else later
        case "all_done":
            return later
        case "all_skipped":
            return "skip" if good or bad else later
        case "one_success":
            return "run" if good else "skip" if over else "wait"
        case "one_failed":
            return "run" if bad else "skip" if over else "wait"
        case "one_done":
            return "run" if good or failed else "skip" if over else "wait"
        case "none_failed":
            return "upstream_failed" if bad else later
        case "none_failed_min_one_success" | "none_failed_or_skipped":
            if bad:
                return "upstream_failed"
            return "wait" if not over else "run" if good else "skip"
        case "none_skipped":
            return "skip" if skip else later
        case "all_done_min_one_success":
            if not over:
                return "wait"
            return "run" if good else "upstream_failed" if bad else "skip"
    raise ValueError(f"no such rule: {rule}")


def run_state(leaves: Sequence[str]) -> str:
    """The state of a run whose leaves ended so."""
    return "failed" if any(state in BAD for state in leaves) else "success"
