"""Spans, moments and lists as people read them in a sentence."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime


def span(seconds: float) -> str:
    """40 s, 3 min, 2 h 5 min, 4 d 2 h."""
    whole = round(seconds)
    if whole < 1:
        return "less than 1 s"
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        minutes, rest = divmod(whole, 60)
        return f"{minutes} min {rest} s" if rest else f"{minutes} min"
    if whole < 3600:
        return f"{whole // 60} min"
    if whole < 86400:
        hours, rest = divmod(whole // 60, 60)
        return f"{hours} h {rest} min" if rest else f"{hours} h"
    days, rest = divmod(whole // 3600, 24)
    return f"{days} d {rest} h" if rest else f"{days} d"


def moment(at: datetime, now: datetime) -> str:
    """12:00:40 UTC, with the date where it is another day than today."""
    at = at.astimezone(UTC)
    return f"{at:%H:%M:%S} UTC" if at.date() == now.astimezone(UTC).date() else f"{at:%Y-%m-%d %H:%M:%S} UTC"


def when(at: datetime, now: datetime) -> str:
    """12:00:40 UTC (in 40 s), or (3 min ago)."""
    seconds = (at - now).total_seconds()
    return f"{moment(at, now)} ({f'in {span(seconds)}' if seconds > 0 else f'{span(-seconds)} ago'})"


def listed(names: Sequence[str], most: int = 3, total: int | None = None) -> str:
    """a, b and c; a, b, c and 4 more."""
    total = len(names) if total is None else total
    if total > most:
        return f"{', '.join(names[:most])} and {total - min(most, len(names))} more"
    return " and ".join(filter(None, [", ".join(names[:-1]), *names[-1:]]))


def count(number: int, noun: str) -> str:
    """1 slot, 2 slots."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
