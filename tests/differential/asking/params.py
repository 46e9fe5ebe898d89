"""Params: Airflow's own check of values."""

from __future__ import annotations

from typing import Any

from airflow.models.param import Param
from airflow.utils.types import NOTSET

from tests.differential.cases import answer
from tests.differential.cases import params as cases


def ask() -> Any:
    """Number of the case -> the value, or the kind of error."""
    return {str(number): answer(lambda c=case: cases.told(c, Param, NOTSET)) for number, case in enumerate(cases.CASES)}
