"""The figures of two benchmark runs side by side."""

from __future__ import annotations

from bench import report


def figures(seconds: float, rate: float) -> dict[str, object]:
    return {"workload": "W2", "db": "sqlite", "seconds": seconds, "tasks_per_s": rate, "latency_ms": {"p50": 5.0}}


def test_a_comparison_knows_which_way_is_better() -> None:
    lines = report.compare([figures(2.0, 500.0)], [figures(1.0, 400.0)]).splitlines()

    assert lines[0].split()[-2:] == ["0.50x", "better"]
    assert lines[1].split()[-2:] == ["0.80x", "worse"]
    assert lines[2].split()[-2:] == ["1.00x", "same"]


def test_workloads_that_were_not_measured_before_are_left_out() -> None:
    assert "Nothing to compare" in report.compare([], [figures(1.0, 1.0)])
