from __future__ import annotations

from typing import Any

import pytest

from tests.differential import answers, compare
from tests.differential.cases import retries as cases
from tradewind.domain.rules.retry import retry_delay
from tradewind.domain.spec import TaskSpec

TOLD = answers("retries")


def waits(case: cases.Case) -> list[float]:
    spec = TaskSpec(
        task_id="t", retry_delay=case.delay, retry_exponential_backoff=float(case.backoff), max_retry_delay=case.longest
    )
    found = [retry_delay(spec, case.tried, f"d#t{number}") for number in range(cases.INSTANCES)]
    return [min(found), max(found)]


def same(theirs: Any, ours: Any) -> bool:
    """The same range. Where it is wide, both only drew from it: the ends may differ by a tenth of it."""
    slack = (theirs[1] - theirs[0]) * 0.12
    return all(abs(a - b) <= slack for a, b in zip(theirs, ours, strict=True))


@pytest.mark.spec("1/FH-03")
def test_a_failed_task_waits_as_long_as_in_airflow() -> None:
    compare(((",".join(map(str, case)), TOLD[",".join(map(str, case))], waits(case)) for case in cases.CASES), {}, same)
