"""Trigger rules: real task instances in a database, judged by Airflow's own dependency."""

from __future__ import annotations

from typing import Any

import pendulum
from airflow.models.dag import DAG
from airflow.models.taskinstance import TaskInstance
from airflow.operators.empty import EmptyOperator
from airflow.ti_deps.dep_context import DepContext
from airflow.ti_deps.deps.trigger_rule_dep import TriggerRuleDep
from airflow.utils.session import create_session
from airflow.utils.state import DagRunState
from airflow.utils.types import DagRunType

from tests.differential.cases import rules as cases

START = pendulum.datetime(2024, 1, 1, tz="UTC")


class Bench:
    """One run of one DAG; states are written into its task instances and one of them is judged."""

    def __init__(self, name: str, tasks: dict[str, dict[str, Any]], edges: list[tuple[str, str]]) -> None:
        # A teardown takes no rule but its own.
        with DAG(name, schedule=None, start_date=START) as dag:
            made = {}
            for task_id, facts in tasks.items():
                rule = facts.get("rule", "all_success") if facts.get("kind") != "teardown" else "all_success"
                task = EmptyOperator(task_id=task_id, trigger_rule=rule)
                made[task_id] = task
                if facts.get("kind") == "setup":
                    task.as_setup()
            for above, below in edges:
                made[above] >> made[below]
            for task_id, facts in tasks.items():
                if facts.get("kind") == "teardown":
                    made[task_id].as_teardown()
        self.dag, self.session_maker = dag, create_session
        with create_session() as session:
            dag.sync_to_db(session=session)
            self.run_id = dag.create_dagrun(
                run_id="r", state=DagRunState.RUNNING, execution_date=START, run_type=DagRunType.MANUAL,
                data_interval=(START, START), session=session,
            ).run_id  # fmt: skip

    def judge(self, session: Any, task_id: str, states: dict[str, str]) -> str:
        """run, wait, or the state it is put into."""
        found = {
            ti.task_id: ti
            for ti in session.query(TaskInstance).filter_by(dag_id=self.dag.dag_id, run_id=self.run_id).all()
        }
        for name, ti in found.items():
            ti.task = self.dag.get_task(name)
            ti.state = None if states.get(name, "none") == "none" else states[name]
        session.flush()
        judged = found[task_id]
        context = DepContext(flag_upstream_failed=True)
        # All of them are asked for, as Airflow does: the later ones may set the state, too.
        told = list(TriggerRuleDep().get_dep_statuses(judged, session=session, dep_context=context))
        if judged.state in ("skipped", "upstream_failed", "removed"):
            return {"skipped": "skip"}.get(judged.state, str(judged.state))
        return "run" if all(status.passed for status in told) else "wait"


def ask() -> Any:
    """rule -> "state,state" -> verdict, and the same for teardowns and for tasks below setups."""
    plain: dict[str, dict[str, str]] = {}
    for rule in cases.RULES:
        told = plain[rule] = {}
        benches = {
            size: Bench(
                f"{rule}_{size}",
                {**{f"u{n}": {} for n in range(size)}, "t": {"rule": rule}},
                [(f"u{n}", "t") for n in range(size)],
            )
            for size in (1, 2, 3)
        }
        with create_session() as session:
            for states in cases.upstreams(cases.STATES):
                named = {f"u{n}": state for n, state in enumerate(states)}
                told[",".join(states)] = benches[len(states)].judge(session, "t", named)
    return {"plain": plain, "removed": _removed(), "teardown": _teardowns(), "setups": _setups()}


def _removed() -> dict[str, dict[str, str]]:
    told: dict[str, dict[str, str]] = {}
    for rule in cases.RULES:
        benches = {
            size: Bench(
                f"removed_{rule}_{size}",
                {**{f"u{n}": {} for n in range(size)}, "t": {"rule": rule}},
                [(f"u{n}", "t") for n in range(size)],
            )
            for size in (1, 2, 3)
        }
        told[rule] = {}
        with create_session() as session:
            for states in cases.upstreams(cases.WITH_REMOVED):
                if "removed" in states:
                    named = {f"u{n}": state for n, state in enumerate(states)}
                    told[rule][",".join(states)] = benches[len(states)].judge(session, "t", named)
    return told


def _teardowns() -> dict[str, str]:
    told: dict[str, str] = {}
    benches: dict[tuple[bool, ...], Bench] = {}
    for states in cases.teardown_upstreams():
        kinds = tuple(state.startswith("setup:") for state in states)
        if kinds not in benches:
            tasks = {f"u{n}": {"kind": "setup"} if setup else {} for n, setup in enumerate(kinds)}
            name = "teardown_" + "".join("sw"[not setup] for setup in kinds)
            benches[kinds] = Bench(
                name, {**tasks, "x": {"kind": "teardown"}}, [(f"u{n}", "x") for n in range(len(kinds))]
            )
        named = {f"u{n}": state.removeprefix("setup:") for n, state in enumerate(states)}
        with create_session() as session:
            told[",".join(states)] = benches[kinds].judge(session, "x", named)
    return told


def _setups() -> dict[str, dict[str, str]]:
    told: dict[str, dict[str, str]] = {}
    for shape, edges in cases.SHAPES.items():
        names = {end for edge in edges for end in edge}
        judged = cases.judged(shape)
        rules = ("all_done_setup_success",) if judged == "x" else ("all_success", "all_done", "none_failed", "always")
        for rule in rules:
            tasks: dict[str, dict[str, Any]] = {}
            for name in sorted(names):
                kind = "setup" if name.startswith("s") else "teardown" if name == "x" else "work"
                tasks[name] = {"kind": kind, "rule": rule if name == judged else "all_success"}
            bench = Bench(f"{shape}_{rule}", tasks, edges)
            with create_session() as session:
                told[f"{shape}/{rule}"] = {
                    ",".join(f"{name}={state}" for name, state in states.items()): bench.judge(session, judged, states)
                    for states in cases.below_setups(shape)
                }
    return told
