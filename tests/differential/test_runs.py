from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest

from tests.differential import answers, compare
from tests.differential.cases import plain
from tests.differential.cases import runs as cases
from tradewind import compat
from tradewind.sdk.loading import load_file

TOLD = answers("runs")
KNOWN: dict[str, dict[str, str]] = {}


@pytest.fixture(scope="module")
def dags() -> Any:
    compat.install()
    return load_file(cases.FILE, cases.FILE.parent).dags


def facts(run: Any) -> dict[str, Any]:
    """One entry per fact: run state, state of each task instance, value of each."""
    # A mapped task has its instances' states, and one for them all where there are none.
    multiplied = {name.split("[")[0] for name in run.states if "[" in name}
    told = {"run": run.state}
    told |= {f"state of {name}": state for name, state in run.states.items() if name not in multiplied}
    for name in run.states:
        if name not in multiplied:
            task_id, _, index = name.partition("[")
            value = run.xcom(task_id, map_index=int(index.rstrip("]")) if index else -1)
            if value is not None:
                told[f"value of {name}"] = plain(value)
    return told


def theirs(dag_id: str) -> dict[str, Any]:
    told = TOLD[dag_id]
    return {
        "run": told["run"],
        **{f"state of {name}": state for name, state in told["tasks"].items()},
        **{f"value of {name}": value for name, value in told["values"].items() if value is not None},
    }


@pytest.mark.parametrize("dag_id", list(TOLD))
def test_a_dag_file_runs_to_the_same_states_and_values(dag_id: str, dags: Any) -> None:
    ours = facts(dags[dag_id].test(logical_date=datetime.fromisoformat(cases.WHEN)))
    expected = theirs(dag_id)
    names = sorted({*expected, *ours})
    compare([(name, expected.get(name), ours.get(name)) for name in names], KNOWN.get(dag_id, {}))


def test_every_dag_was_asked(dags: Any) -> None:
    assert sorted(dags) == sorted(TOLD)
