"""Time travel: the real scheduler over a database in memory, on a clock that jumps from event to event.

In: specs of DAGs, a span of time, how long tasks last, slots and pools. Out: a ``Report`` of runs, overlaps, lateness,
pressure on pools and tasks that never ran. No user code runs, and nothing outside is touched.
"""

from tradewind.scheduler.rehearsal.durations import Durations
from tradewind.scheduler.rehearsal.play import Plan, rehearse
from tradewind.scheduler.rehearsal.report import Report

__all__ = ["Durations", "Plan", "Report", "rehearse"]
