"""A sample of ``tests.property.all_zones``: the same rules, a few pairs."""

from __future__ import annotations

from random import Random

import pytest

from tests.property import all_zones

#: Zones with unusual clocks: half hours, days left out, summer time that is the other way round, two changes a year more.
ZONES = (
    "Europe/Amsterdam",
    "America/New_York",
    "Australia/Lord_Howe",
    "Pacific/Apia",
    "Africa/Casablanca",
    "Europe/Dublin",
)


@pytest.mark.parametrize("zone", ZONES)
def test_ticks_go_forward_without_gap_or_repeat(zone: str) -> None:
    rng = Random(f"2060/{zone}")
    changes = all_zones.changes_of(zone)
    assert changes

    counts = all_zones.Counts()
    for cron in rng.sample(all_zones.crons(), 12):
        counts = counts.plus(all_zones.play(zone, changes, cron, rng, most_changes=2))

    assert counts.pairs == 12
    assert counts.ticks > 100
