from __future__ import annotations

import pytest

from tests.differential import answers, compare
from tests.differential.cases import outcomes as cases
from tradewind.domain.rules import outcome
from tradewind.domain.rules.views import Plan
from tradewind.domain.states import TaskState
from tradewind.sdk.dag import DAG
from tradewind.sdk.freeze import freeze
from tradewind.sdk.operators.empty import EmptyOperator

TOLD = answers("outcomes")
WORDS = {"s": "success", "f": "failed"}


def plan_of(shape: str) -> Plan:
    with DAG("d", schedule=None) as dag:
        made = {name: EmptyOperator(task_id=name) for name in cases.tasks_of(shape)}
        for name, task in made.items():
            if name.startswith("s"):
                task.as_setup()
        for above, below in cases.SHAPES[shape]:
            made[above] >> made[below]
        for name, task in made.items():
            if name[0] in "xf":
                task.as_teardown(on_failure_fail_dagrun=name[0] == "f")
    return Plan(freeze(dag, fileloc="d.py", bundle="b"))


@pytest.mark.spec("1/TR-14", "1/FH-02")
@pytest.mark.parametrize("shape", list(cases.SHAPES))
def test_a_run_ends_as_in_airflow(shape: str) -> None:
    plan = plan_of(shape)
    pairs = []
    for states, theirs in zip(cases.ends(shape), TOLD[shape], strict=True):
        ours = outcome.of_run(plan, lambda i, s=states: [TaskState(s[plan.tasks[i].task_id])])
        pairs.append((", ".join(f"{name} {state}" for name, state in states.items()), WORDS[theirs], ours.state.value))
    compare(pairs, {})
