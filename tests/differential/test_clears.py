from __future__ import annotations

import pytest

from tests.differential import answers, compare
from tests.differential.cases import clears as cases
from tradewind.domain.rules.clear import selected
from tradewind.domain.rules.views import Plan, TaskView
from tradewind.domain.states import TaskState
from tradewind.sdk.dag import DAG
from tradewind.sdk.exceptions import DownstreamTasksSkipped
from tradewind.sdk.freeze import freeze
from tradewind.sdk.operators.empty import EmptyOperator
from tradewind.sdk.skipping import skip_rest

TOLD = answers("clears")


def dag_of(edges: list[tuple[str, str]]) -> DAG:
    with DAG("d", schedule=None) as dag:
        made = {name: EmptyOperator(task_id=name) for name in cases.tasks_of(edges)}
        for name, task in made.items():
            if cases.kind_of(name) == "setup":
                task.as_setup()
        for above, below in edges:
            made[above] >> made[below]
        for name, task in made.items():
            if cases.kind_of(name) in {"teardown", "loud"}:
                task.as_teardown(on_failure_fail_dagrun=cases.kind_of(name) == "loud")
    return dag


@pytest.mark.parametrize("shape", list(cases.SHAPES))
def test_a_clear_touches_the_tasks_airflow_clears(shape: str) -> None:
    plan = Plan(freeze(dag_of(cases.SHAPES[shape]), fileloc="d.py", bundle="b"))
    views = [TaskView(i, 1, task.task_id, -1, TaskState.SUCCESS, 1, 1) for i, task in enumerate(plan.tasks)]
    told = TOLD[f"clear {shape}"]
    compare(
        (
            (
                mark,
                told[mark],
                " ".join(sorted(v.task_id for v in selected(plan, views, ids, upstream=up, downstream=down))),
            )
            for mark, ids, up, down in cases.clears(shape)
        ),
        {},
    )


@pytest.mark.parametrize("shape", list(cases.BRANCHES))
def test_a_branch_skips_the_tasks_airflow_skips(shape: str) -> None:
    task = dag_of(cases.BRANCHES[shape]).get_task("b")

    def ours(chosen: list[str]) -> str:
        with pytest.raises(DownstreamTasksSkipped) as raised:
            skip_rest(task, chosen, None)
        return " ".join(sorted(raised.value.facts["skip_downstream"]))  # type: ignore[attr-defined]

    told = TOLD[f"branch {shape}"]
    compare((("+".join(chosen), told["+".join(chosen)], ours(chosen)) for chosen in cases.choices(shape)), {})
