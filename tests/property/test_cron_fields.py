"""Our reading of cron expressions against croniter's, which Airflow uses."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from croniter import croniter
from hypothesis import given, settings
from hypothesis import strategies as st

from tradewind.domain.timetables.cron_fields import CronFields

MONTHS = ["jan", "FEB", "mar", "jun", "Sep", "dec"]
DAYS = ["sun", "MON", "tue", "wed", "thu", "Fri", "sat"]
walls = st.datetimes(datetime(2000, 1, 1), datetime(2060, 1, 1)).map(lambda wall: wall.replace(microsecond=0))


def parts(
    low: int, high: int, names: list[str] | None = None, special: list[str] | None = None
) -> st.SearchStrategy[str]:
    """One entry of a field: a star, a number, a name, a range (also over the end), a step."""
    number = st.integers(low, high).map(str)
    value = st.one_of(number, st.sampled_from(names)) if names else number
    steps = st.integers(1, high + 2)
    kinds = [
        st.just("*"),
        value,
        st.tuples(value, value).map("-".join),
        steps.map(lambda step: f"*/{step}"),
        st.tuples(st.integers(low, high), st.integers(low, high), steps).map(
            lambda t: f"{min(t[:2])}-{max(t[:2])}/{t[2]}"
        ),
        st.tuples(st.integers(low, high - 1), steps).map(lambda t: f"{t[0]}/{t[1]}"),
    ]
    entry = st.one_of(kinds)
    listed = st.lists(entry, min_size=1, max_size=3).map(",".join)
    return st.one_of(entry, listed, st.sampled_from(special)) if special else st.one_of(entry, listed)


expressions = st.tuples(
    parts(0, 59),
    parts(0, 23),
    parts(1, 31, special=["L", "?", "15W", "1W", "w31", "20-L", "L,3", "0", "32", "5,6W"]),
    parts(1, 12, MONTHS, special=["13", "0", "foo"]),
    parts(0, 7, DAYS, special=["?", "5#2", "L5", "1#1,3#3", "mon-wed#2", "fri-mon", "0-7", "8", "1#6", "1,5#2", "-1"]),
    st.sampled_from(["", "", "", " 0", " */20", " 7,30", " 60"]),
).map(lambda t: " ".join(t[:5]) + t[5])


@settings(max_examples=250, deadline=None)
@given(expression=expressions, wall=walls, forward=st.booleans())
def test_an_expression_matches_the_times_croniter_matches(expression: str, wall: datetime, forward: bool) -> None:
    try:
        theirs = croniter(expression, wall)
    except ValueError:
        with pytest.raises(ValueError, match=r".+"):
            CronFields(expression)
        return
    fields = CronFields(expression)
    for _ in range(4):
        found = fields.after(wall) if forward else fields.before(wall)
        try:
            expected = (theirs.get_next if forward else theirs.get_prev)(datetime)
        except ValueError:
            # Where W or # stands beside a day that never falls on it, croniter finds nothing at all.
            assert found is None or any(sign in expression.lower() for sign in "w#l")
            return
        assert found == expected
        wall = expected


@settings(max_examples=150, deadline=None)
@given(expression=expressions, wall=walls)
def test_back_and_forth_meet_the_same_times(expression: str, wall: datetime) -> None:
    try:
        fields = CronFields(expression)
    except ValueError:
        return
    seen = []
    last = fields.after(wall)
    while last is not None and len(seen) < 20:
        seen.append(last)
        last = fields.after(last)
    assert all(first < second for first, second in pairwise([wall, *seen]))
    assert all(fields.before(second) == first for first, second in pairwise(seen))
    if seen:
        assert fields.before(seen[0] + timedelta(microseconds=1)) == seen[0]


@pytest.mark.parametrize(
    ("expression", "says"),
    [
        ("0 25 * * *", "hour: 25 is not between 0 and 23"),
        ("0 0 * * FRIDAY", "weekday: 'friday' is not understood"),
        ("*/0 * * * *", "minute: '\\*/0' needs a number above 0"),
        ("0 0 1,15W * *", "W stands alone"),
        ("0 0 * * 1,5#2", "do not go into one list"),
        ("0 0 * * 5#6", "number them 1 to 5"),
        ("1,,2 * * * *", "minute: a number is missing"),
        ("* * * *", "it has 4 fields"),
    ],
)
def test_what_is_wrong_is_named(expression: str, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        CronFields(expression)
