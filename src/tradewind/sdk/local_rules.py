"""When a task of a local run may start, from the states of its direct upstream tasks. One function, one table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

_ENDED = frozenset({"success", "failed", "skipped", "upstream_failed", "removed"})


def verdict(rule: str, upstream: Iterable[str], *, setup_states: Iterable[str] = ()) -> str | None:
    """ "run", "skipped", "upstream_failed", or None while it must wait."""
    states = Counter("success" if s == "removed" else s for s in upstream)
    total = sum(states.values())
    if not total or rule in {"always", "dummy"}:
        return "run"
    ok, skip = states["success"], states["skipped"]
    bad = states["failed"] + states["upstream_failed"]
    done = ok + skip + bad
    return _by_rule(rule, total, ok, skip, bad, done, list(setup_states))


def _by_rule(rule: str, total: int, ok: int, skip: int, bad: int, done: int, setups: list[str]) -> str | None:
    all_done = done == total
    if rule == "all_success":
        return "upstream_failed" if bad else "skipped" if skip else "run" if all_done else None
    if rule == "all_failed":
        return "skipped" if ok or skip else "run" if all_done else None
    if rule == "all_done":
        return "run" if all_done else None
    if rule == "all_done_min_one_success":
        return None if not all_done else "run" if ok else ("upstream_failed" if bad else "skipped")
    if rule == "all_done_setup_success":
        return _teardown(all_done, setups)
    if rule == "one_failed":
        return "run" if bad else "skipped" if all_done else None
    if rule == "one_success":
        return "run" if ok else (("skipped" if skip == total else "upstream_failed") if all_done else None)
    if rule == "one_done":
        return "run" if ok or bad else "skipped" if all_done else None
    if rule == "none_failed":
        return "upstream_failed" if bad else "run" if all_done else None
    if rule in {"none_failed_min_one_success", "none_failed_or_skipped"}:
        return "upstream_failed" if bad else None if not all_done else "run" if ok else "skipped"
    if rule == "none_skipped":
        return "skipped" if skip else "run" if all_done else None
    if rule == "all_skipped":
        return "skipped" if ok or bad else "run" if all_done else None
    raise ValueError(f"unknown trigger rule {rule!r}")


def _teardown(all_done: bool, setups: list[str]) -> str | None:
    if not all_done:
        return None
    if not setups or "success" in setups:
        return "run"
    return "upstream_failed" if any(s in {"failed", "upstream_failed"} for s in setups) else "skipped"


def ended(state: str) -> bool:
    """Whether a state never changes by itself."""
    return state in _ENDED


def run_outcome(leaves: Iterable[str]) -> str:
    """State of a run from the states of its last tasks."""
    return "failed" if any(s in {"failed", "upstream_failed"} for s in leaves) else "success"
