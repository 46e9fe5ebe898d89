from __future__ import annotations

from typing import Any

import pytest

from tests.differential import answers, compare
from tests.differential.cases import answer
from tests.differential.cases import params as cases
from tradewind.sdk.params import _UNSET, Param

TOLD = answers("params")
#: D-13: a param's value is JSON from the start, as in 3.x: dates are texts, tuples lists, anything else is refused.
KNOWN = {
    "Param([1], {'type': 'array'}) given (1, 2)": "D-13",
    "Param(datetime.datetime(2024, 1, 2, 0, 0, tzinfo=datetime.timezone.utc), {}) given its default": "D-13",
    "Param(datetime.date(2024, 1, 2), {}) given its default": "D-13",
    "Param(datetime.time(1, 2), {}) given its default": "D-13",
    "Param({1, 2}, {}) given its default": "D-13",
    "Param((1, 2), {}) given its default": "D-13",
    "Param(<object object, {}) given its default": "D-13",
}


def name(case: cases.Case) -> str:
    given = "its default" if case.given is cases.UNSET else repr(case.given)
    default = "nothing" if case.default is cases.UNSET else repr(case.default).split(" at 0x")[0]
    return f"Param({default}, {case.schema}) given {given}"


def same(theirs: Any, ours: Any) -> bool:
    """The same value, or an error in both."""
    refused = [isinstance(told, dict) and "error" in told for told in (theirs, ours)]
    return all(refused) if any(refused) else theirs == ours


@pytest.mark.parametrize("number", range(len(cases.CASES)))
def test_a_param_takes_and_refuses_what_airflow_does(number: int) -> None:
    case = cases.CASES[number]
    known = {name(case): KNOWN[name(case)]} if name(case) in KNOWN else {}
    compare([(name(case), TOLD[str(number)], answer(lambda: cases.told(case, Param, _UNSET)))], known, same)
