"""Whole runs: the DAG file, and what is compared of a run."""

from __future__ import annotations

from pathlib import Path

FILE = Path(__file__).resolve().parents[1] / "dags" / "whole_runs.py"
#: Logical date of every run.
WHEN = "2024-03-05T00:00:00+00:00"
