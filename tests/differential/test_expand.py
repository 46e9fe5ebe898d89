from __future__ import annotations

from typing import Any

import pytest

from tests.differential import answers, compare
from tests.differential.cases import answer
from tests.differential.cases import expand as cases
from tradewind.domain.messages import WorkOrder
from tradewind.domain.rules import expand
from tradewind.domain.rules.views import Plan
from tradewind.sdk import current
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.context import Context
from tradewind.sdk.dag import DAG
from tradewind.sdk.exceptions import AirflowSkipException
from tradewind.sdk.freeze import freeze
from tradewind.sdk.local_run import make_facts, make_order
from tradewind.sdk.mapped import unmap_for
from tradewind.sdk.memory_client import MemoryClient
from tradewind.sdk.operators.empty import EmptyOperator
from tradewind.sdk.task_instance import DagRun, TaskInstance
from tradewind.sdk.values import encode
from tradewind.sdk.xcom_arg import XComArg

TOLD = answers("expand")
KNOWN = {
    # D-06: the items of a dict are its pairs everywhere; in 2.11 map() and zip() look them up by number and fail.
    "map of a dict": "D-06",
    "zip of a dict": "D-06",
}


class Collect(BaseOperator):
    template_fields = ("a", "b", "c")

    def __init__(self, a: Any = None, b: Any = None, c: Any = None, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.a, self.b, self.c = a, b, c


def instance(task: Any, order: WorkOrder, context: Context) -> dict[str, Any]:
    made = unmap_for(task, order, context)
    return {name: getattr(made, name) for name in Collect.template_fields}


def expanded(make: cases.Make) -> Any:
    """How many instances, as the brain counts them, and the arguments of each, as the worker finds them."""
    with DAG("d", schedule=None) as dag:
        before = {name: EmptyOperator(task_id=name) for name in cases.PUSHED}
        task = make(Collect, {name: XComArg(task) for name, task in before.items()})
    plan = Plan(freeze(dag, fileloc="d.py", bundle="b"))
    client = MemoryClient()
    facts = make_facts(dag)
    lengths = {}
    for name, value in cases.PUSHED.items():
        client.become("d", facts.run_id, name)
        text, lengths[name] = encode(value)
        client.xcom_push(key="return_value", value=text, length=lengths[name])
    length = expand.count(plan.tasks[plan.index["t"]], lambda ref: lengths[ref.task_id])
    assert length is not None
    told = []
    for index in range(length):
        dag_run = DagRun(facts, dag)
        context = Context(dag, task, TaskInstance(task, make_order(task, facts, index), dag_run), dag_run)
        with current.running(context, client):
            told.append(answer(lambda c=context, i=index: instance(task, make_order(task, facts, i), c)))
    return {"length": length, "arguments": told}


def ours(make: cases.Make) -> Any:
    try:
        return expanded(make)
    except Exception as error:
        return {"error": type(error).__name__, "text": str(error)}


def same(theirs: Any, found: Any) -> bool:
    # An author's mistake must be one in both; the words are ours.
    if "error" in theirs or "error" in found:
        return "error" in theirs and "error" in found
    one_by_one = zip(theirs["arguments"], found["arguments"], strict=False)
    return theirs["length"] == found["length"] and all(
        a == b or ("error" in a and "error" in b and "Skip" not in a["error"]) for a, b in one_by_one
    )


@pytest.mark.parametrize("case", list(TOLD))
def test_a_mapped_task_expands_as_in_airflow(case: str) -> None:
    skipping = cases._expand(a=lambda p: p["three"].map(cases.skip_small(AirflowSkipException)))
    make = {**cases.CASES, "skip": skipping}[case]
    known = {case: KNOWN[case]} if case in KNOWN else {}
    compare([(case, TOLD[case], ours(make))], known, same)


def test_every_case_was_asked() -> None:
    assert set(TOLD) == {*cases.CASES, "skip"}
