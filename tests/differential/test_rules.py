from __future__ import annotations

import pytest

from tests.differential import answers, compare
from tests.differential.cases import rules as cases
from tradewind.domain.rules import ready
from tradewind.domain.rules.views import Plan
from tradewind.domain.states import TaskState
from tradewind.domain.trigger_rule import Counts, decide
from tradewind.sdk.dag import DAG
from tradewind.sdk.freeze import freeze
from tradewind.sdk.operators.empty import EmptyOperator

TOLD = answers("rules")
#: D-01: without a success one_success is skipped, as in the book's table; 2.11 says upstream_failed if one failed.
ONE_SUCCESS = {
    states: "D-01" for states, verdict in TOLD["plain"]["one_success"].items() if verdict == "upstream_failed"
}


def counted(states: list[tuple[str, bool]]) -> Counts:
    counts = Counts(total=len(states), setups=sum(setup for _, setup in states))
    for state, setup in states:
        ready.add(counts, TaskState(state), setup=setup)
    return counts


def ours_for(rule: str, text: str) -> str:
    states = [(state.removeprefix("setup:"), state.startswith("setup:")) for state in text.split(",")]
    return decide(rule, counted(states)).value


@pytest.mark.spec("1/TR-01", "1/TR-02", "1/TR-03", "1/TR-04", "1/TR-05", "1/TR-06", "1/TR-07", "1/TR-08", "1/TR-09")
@pytest.mark.parametrize("rule", cases.RULES)
def test_a_rule_decides_as_airflow_does_over_one_to_three_upstream_tasks(rule: str) -> None:
    told = TOLD["plain"][rule]
    assert set(told) == {",".join(states) for states in cases.upstreams(cases.STATES)}
    compare(
        ((case, verdict, ours_for(rule, case)) for case, verdict in told.items()),
        ONE_SUCCESS if rule == "one_success" else {},
    )


@pytest.mark.parametrize("rule", cases.RULES)
def test_an_instance_that_was_removed_does_not_count(rule: str) -> None:
    """D-12: where all that is left has ended, 2.11 waits for the removed one for ever."""
    told = TOLD["removed"][rule]
    known = {}
    for case, verdict in told.items():
        stuck = verdict == "wait" and "none" not in case.split(",") and ours_for(rule, case) == "run"
        if stuck or (rule == "one_success" and verdict == "upstream_failed"):
            known[case] = "D-12" if stuck else "D-01"
    compare(((case, verdict, ours_for(rule, case)) for case, verdict in told.items()), known)


def test_a_teardown_decides_as_airflow_does_over_setups_and_work() -> None:
    compare(
        ((case, verdict, ours_for("all_done_setup_success", case)) for case, verdict in TOLD["teardown"].items()), {}
    )


def plan_of(shape: str, rule: str) -> Plan:
    with DAG("d", schedule=None) as dag:
        made = {}
        for name in sorted({end for edge in cases.SHAPES[shape] for end in edge}):
            made[name] = EmptyOperator(
                task_id=name, trigger_rule=rule if name == cases.judged(shape) != "x" else "all_success"
            )
            if name.startswith("s"):
                made[name].as_setup()
        for above, below in cases.SHAPES[shape]:
            made[above] >> made[below]
        if "x" in made:
            made["x"].as_teardown()
    return Plan(freeze(dag, fileloc="d.py", bundle="b"))


@pytest.mark.parametrize("which", list(TOLD["setups"]))
def test_a_task_below_setups_decides_as_airflow_does(which: str) -> None:
    shape, rule = which.split("/")
    plan = plan_of(shape, rule)
    task = plan.tasks[plan.index[cases.judged(shape)]]

    def ours(case: str) -> str:
        states = dict(part.split("=") for part in case.split(","))
        above = [plan.tasks[u] for u in task.upstream]
        counts = counted([(states[t.task_id], t.spec.is_setup) for t in above])
        guards = [TaskState(states[plan.tasks[g].task_id]) for g in task.guards]
        return ready.verdict(task, counts, guards).value

    compare(((case, verdict, ours(case)) for case, verdict in TOLD["setups"][which].items()), {})
