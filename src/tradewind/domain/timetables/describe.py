"""A cron expression in words, for people: "At 06:00, Monday through Friday"."""

from __future__ import annotations

import re

_DAYS = ("Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_ORDINALS = {"1": "first", "2": "second", "3": "third", "4": "fourth", "5": "fifth", "L": "last"}
_ANY = {"*", "?", "*/1"}
#: More times than this in a day are named by their fields, not listed.
_LISTED = 6


def describe(expression: str, timezone: str = "UTC") -> str:
    """One sentence for a valid five or six field expression (no presets). The zone is named unless it is UTC."""
    minute, hour, day, month, weekday, *second = expression.split(" ")
    clock = _clock(minute, hour)
    if second and second[0] != "0":
        clock = f"{_step_or_list(second[0], 'second')}, {clock[:1].lower()}{clock[1:]}"
    days = [part for part in (_day(day), _weekday(weekday)) if part]
    text = clock
    if days:
        text += ("," if not days[0].startswith("on day") else "") + " " + " or ".join(days)
    if month not in _ANY:
        text += f", {_months(month)}"
    if not days and month in _ANY and ":" in clock and not second:
        text += " every day" if "," in clock else ""
    return text if timezone.upper() == "UTC" else f"{text} ({timezone})"


def _clock(minute: str, hour: str) -> str:
    minutes, hours = minute.split(","), hour.split(",")
    plain = all(part.isdecimal() for part in (*minutes, *hours))
    if plain and len(minutes) * len(hours) <= _LISTED:
        times = sorted((int(h), int(m)) for h in hours for m in minutes)
        return "At " + _joined([f"{h:02d}:{m:02d}" for h, m in times])
    if hour in _ANY:
        if minute in _ANY:
            return "Every minute"
        if minute == "0":
            return "Every hour"
        if minute.startswith("*/"):
            return f"Every {minute[2:]} minutes"
        return f"Every hour at {_step_or_list(minute, 'minute').lower()}"
    each = f"Every {hour[2:]} hours" if hour.startswith("*/") else f"During {_step_or_list(hour, 'hour').lower()}"
    if minute == "0":
        return each if hour.startswith("*/") else f"Every hour from {_range(hour, _two)}" if "-" in hour else each
    if minute in _ANY:
        return f"Every minute, {each[:1].lower()}{each[1:]}"
    return f"{_step_or_list(minute, 'minute')}, {each[:1].lower()}{each[1:]}"


def _step_or_list(field: str, unit: str) -> str:
    if field in _ANY:
        return f"Every {unit}"
    if field.startswith("*/"):
        return f"Every {field[2:]} {unit}s"
    one = field.isdecimal()
    return f"{unit.capitalize()}{'' if one else 's'} {_range(field, str)}"


def _day(field: str) -> str:
    if field in _ANY:
        return ""
    if field.upper() == "L":
        return "on the last day of the month"
    if field.startswith("*/"):
        return f"every {field[2:]} days"
    return f"on day {_range(field, str)} of the month"


def _weekday(field: str) -> str:
    if field in _ANY:
        return ""
    nth = [re.fullmatch(r"(\w+)#(\w)", part) or re.fullmatch(r"L(\w+)()", part.upper()) for part in field.split(",")]
    if all(nth):
        named = [f"the {_ORDINALS.get(m[2] or 'L', m[2])} {_weekday_name(m[1])}" for m in nth if m]
        return f"on {_joined(named)} of the month"
    if field.startswith("*/"):
        return f"every {field[2:]} days of the week"
    return f"{'' if '-' in field else 'on '}{_range(field, _weekday_name)}"


def _weekday_name(word: str) -> str:
    if word.isdecimal():
        return _DAYS[int(word) % 7]
    return next((day for day in _DAYS if day.upper().startswith(word.upper()[:3])), word)


def _months(field: str) -> str:
    if field.startswith("*/"):
        return f"every {field[2:]} months"
    return f"in {_range(field, _month_name)}"


def _month_name(word: str) -> str:
    if word.isdecimal():
        return _MONTHS[int(word) - 1]
    return next((month for month in _MONTHS if month.upper().startswith(word.upper()[:3])), word)


def _two(word: str) -> str:
    return f"{int(word):02d}:00" if word.isdecimal() else word


def _range(field: str, name: object) -> str:
    """Lists and ranges with each part named: "1-3,5" -> "1 through 3 and 5"."""
    named = []
    for part in field.split(","):
        span, _, step = part.partition("/")
        words = [name(word) for word in span.split("-")] if callable(name) else [span]
        text = " through ".join(words) if span != "*" else "any"
        named.append(f"{text} in steps of {step}" if step else text)
    return _joined(named)


def _joined(parts: list[str]) -> str:
    return " and ".join([", ".join(parts[:-1]), parts[-1]]) if len(parts) > 1 else parts[0]
