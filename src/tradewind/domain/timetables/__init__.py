"""When a DAG runs: one file per kind, one contract.

In: a ``TimetableSpec`` (what a DAG file said) and times handed in. Out: the next due run. Pure: no clock here.
"""

from tradewind.domain.timetables.building import KINDS, build
from tradewind.domain.timetables.schedule import from_schedule

__all__ = ["KINDS", "build", "from_schedule"]
