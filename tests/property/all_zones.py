"""Every zone of the tz database and 300 crons, 2000 to 2060: next(t) > t, no gap, no repeat.

``python -m tests.property.all_zones [--minutes 60] [--zones 40] [--crons 50] [--seed 1]`` plays (zone, cron) pairs in an order
drawn from the seed until the time is over; without limits, all of them. Zones whose clocks go the same way from 2000 to
2060 are played once. ``tests/property/test_all_zones.py`` plays a sample.

What is expected is worked out the other way round: each minute that passes is put on the wall clock and matched with
the fields of the expression, read by croniter; times that the clocks skip are moved on by the length of the gap.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from random import Random
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

from croniter import croniter

from tradewind.domain.timetables.ticks import CronTicks

BEGIN, END = datetime(2000, 1, 1, tzinfo=UTC), datetime(2060, 1, 1, tzinfo=UTC)
HOUR, MINUTE = timedelta(hours=1), timedelta(minutes=1)
#: How far around a change of the clocks every tick is looked at.
AROUND = timedelta(hours=27)
#: Ticks that are walked through one by one in quiet times, per pair.
QUIET = 60


class Change(NamedTuple):
    """The moment a zone changes its offset."""

    at: datetime
    before: timedelta
    after: timedelta


class Counts(NamedTuple):
    """What was looked at."""

    pairs: int = 0
    changes: int = 0
    ticks: int = 0

    def plus(self, other: Counts) -> Counts:
        """Both."""
        return Counts(*(mine + its for mine, its in zip(self, other, strict=True)))


def crons() -> list[str]:
    """300 expressions: every kind of field, at the hours where clocks change."""
    minutes = ("0", "30", "*/15", "*/7", "59", "5,35")
    hours = ("*", "0", "1", "2", "3", "23", "1-3", "*/2", "0,12", "2,3")
    days = ("* * *", "* * 0", "1 * *", "L * *", "*/2 * SUN#1")
    plain = [f"{m} {h} {d}" for m, h, d in product(minutes, hours, days) if not d.startswith("*/2")]
    more = [
        f"{m} {h} * * {d}"
        for m, h, d in product(("0", "30", "*/20"), ("0", "2", "*"), ("SUN#1", "L0", "MON-FRI", "5#2"))
    ]
    more += [
        f"{m} {h} {d}" for m, h, d in product(("10", "45"), ("0-4", "*/3", "22-2"), ("29 2 *", "30 3,10 *", "1,15 * 3"))
    ]
    return sorted({*plain, *more}, key=lambda cron: (len(cron), cron))[:300]


def offset(zone: ZoneInfo, moment: datetime) -> timedelta:
    """Of the zone at a moment."""
    return moment.astimezone(zone).utcoffset() or timedelta(0)


def changes_of(name: str) -> list[Change]:
    """Every change of the offset in the span, to the second."""
    zone, found, moment = ZoneInfo(name), [], BEGIN
    last = offset(zone, moment)
    step = timedelta(days=1)
    while moment < END:
        later = moment + step
        now = offset(zone, later)
        if now != last:
            low, high = moment, later
            while high - low > timedelta(seconds=1):
                middle = low + timedelta(seconds=(high - low).total_seconds() // 2)
                low, high = (middle, high) if offset(zone, middle) == last else (low, middle)
            found.append(Change(high, last, now))
            last = now
        moment = later
    return found


def zones() -> dict[str, list[Change]]:
    """One zone of each kind, with its changes."""
    kinds: dict[tuple[object, ...], str] = {}
    told: dict[str, list[Change]] = {}
    for name in sorted(available_timezones()):
        changes = changes_of(name)
        kind = (offset(ZoneInfo(name), BEGIN), *changes)
        if kind not in kinds:
            kinds[kind] = name
            told[name] = changes
    return told


class Expected:
    """The rules, minute by minute."""

    def __init__(self, cron: str, zone: str) -> None:
        fields, nth = croniter.expand(cron)
        self.minutes = set(range(60)) if fields[0] == ["*"] else set(fields[0])
        self.hours = set(range(24)) if fields[1] == ["*"] else set(fields[1])
        self.each_hour = len(self.hours) == 24
        self.zone = ZoneInfo(zone)
        self.cron = cron
        self._days: dict[datetime, bool] = {}
        self._fields, self._nth = fields, nth

    def is_day(self, wall: datetime) -> bool:
        """Whether the day of a wall-clock time matches; croniter says so."""
        day = wall.replace(hour=0, minute=0, second=0, microsecond=0)
        found = self._days.get(day)
        if found is None:
            whole = "0 0 " + " ".join(self.cron.split()[2:])
            nearest: datetime = croniter(whole, day - timedelta(seconds=1)).get_next(datetime)
            found = self._days[day] = nearest == day
        return found

    def matches(self, wall: datetime) -> bool:
        """Whether a wall-clock time matches."""
        return wall.second == 0 and wall.minute in self.minutes and wall.hour in self.hours and self.is_day(wall)

    def around(self, change: Change, start: datetime, end: datetime) -> list[datetime]:
        """All ticks in [start, end) around one change."""
        gap = change.after - change.before
        found = set()
        moment = start
        while moment < end:
            wall = (moment + (change.before if moment < change.at else change.after)).replace(tzinfo=None)
            if self.matches(wall):
                # A wall-clock time that comes again within the overlap counts at its second coming.
                first_of_two = gap < timedelta(0) and change.at + gap <= moment < change.at
                if self.each_hour or not first_of_two:
                    found.add(moment)
            moment += MINUTE
        wall = (change.at + change.before).replace(tzinfo=None)
        while wall < (change.at + change.after).replace(tzinfo=None):  # what the clocks skip
            if self.matches(wall):
                moment = wall.replace(tzinfo=UTC) - change.before
                if start <= moment < end:
                    found.add(moment)
            wall += MINUTE
        return sorted(found)


def walk(ticks: CronTicks, start: datetime, end: datetime) -> Iterator[datetime]:
    """Ticks in [start, end), by next() alone."""
    tick = ticks.next(start - timedelta(seconds=1))
    while tick < end:
        yield tick
        following = ticks.next(tick)
        assert following > tick, f"{ticks.expression} in {ticks.timezone}: {following} follows {tick}"
        tick = following


def play(zone: str, changes: Sequence[Change], cron: str, rng: Random, most_changes: int | None = None) -> Counts:
    """One pair: around the changes every tick, and in quiet times a walk from a drawn moment."""
    ticks, expected = CronTicks(cron, zone), Expected(cron, zone)
    chosen = list(changes) if most_changes is None else rng.sample(list(changes), min(most_changes, len(changes)))
    seen = 0
    for change in chosen:
        start, end = change.at - AROUND, change.at + AROUND
        if any(other is not change and start <= other.at < end for other in changes):
            continue  # two changes within two days: only in a few zones, by decree
        wanted = expected.around(change, start, end)
        found = list(walk(ticks, start, end))
        assert found == wanted, f"{cron} in {zone} around {change}: {sorted(set(found) ^ set(wanted))[:5]}"
        back = [ticks.prev(second) for second in found[1:]]
        assert back == found[:-1], f"{cron} in {zone} around {change}: prev() does not lead back"
        seen += len(found)
    seen += quiet(ticks, CronTicks(cron, "UTC"), zone, rng)
    return Counts(1, len(chosen), seen)


def quiet(ticks: CronTicks, plain: CronTicks, zone: str, rng: Random) -> int:
    """From a drawn moment on: as in UTC, moved by the offset, as long as the offset stays."""
    info = ZoneInfo(zone)
    moment = BEGIN + timedelta(minutes=rng.randrange(int((END - BEGIN) / MINUTE)))
    shift = offset(info, moment)
    wall, seen = moment + shift, 0
    for _ in range(QUIET):
        wall, moment = plain.next(wall), ticks.next(moment)
        near = (offset(info, moment - AROUND * 2), offset(info, moment), offset(info, moment + AROUND * 2))
        if near != (shift, shift, shift) or moment >= END:
            break
        assert moment == wall - shift, f"{ticks.expression} in {zone}: {moment}, not {wall - shift}"
        seen += 1
    return seen


def main() -> int:
    """Play until the time is over; the counts, and 1 for the first pair that breaks a rule."""
    parser = argparse.ArgumentParser(prog="python -m tests.property.all_zones", description=__doc__)
    parser.add_argument("--minutes", type=float, help="stop after so long")
    parser.add_argument("--zones", type=int, help="only so many, drawn")
    parser.add_argument("--crons", type=int, help="only so many, drawn")
    parser.add_argument("--changes", type=int, help="of each pair only so many changes of the clocks, drawn")
    parser.add_argument("--seed", type=int, default=0)
    args = parser.parse_args()
    rng = Random(args.seed)
    kinds, expressions = zones(), crons()
    names = rng.sample(sorted(kinds), min(args.zones or len(kinds), len(kinds)))
    chosen = rng.sample(expressions, min(args.crons or len(expressions), len(expressions)))
    print(f"{len(available_timezones())} zones of {len(kinds)} kinds, {len(expressions)} crons", flush=True)
    began, counts = time.monotonic(), Counts()
    pairs = list(product(names, chosen))
    rng.shuffle(pairs)
    for number, (zone, cron) in enumerate(pairs, 1):
        try:
            counts = counts.plus(play(zone, kinds[zone], cron, rng, args.changes))
        except AssertionError as broken:
            print(f"broken: {broken}\nafter {counts}")
            return 1
        if number % 500 == 0:
            print(f"{number} of {len(pairs)}: {counts}, {time.monotonic() - began:.0f} s", flush=True)
        if args.minutes is not None and time.monotonic() - began > args.minutes * 60:
            break
    print(
        f"{counts.pairs} of {len(pairs)} pairs, {counts.changes} changes of the clocks, {counts.ticks} ticks: all well"
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
