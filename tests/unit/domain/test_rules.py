"""Retry delays, outcomes, budgets and clears."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.scheduling import dag
from tradewind.domain.messages import Finished
from tradewind.domain.rules import clear, outcome, retry
from tradewind.domain.rules.limits import Budgets, Held, Wish
from tradewind.domain.rules.views import Plan, TaskView
from tradewind.domain.spec import TaskSpec
from tradewind.domain.states import RunState, TaskState

S = TaskState
NOW = datetime(2026, 1, 1, tzinfo=UTC)


def view(task_id="a", state=S.RUNNING, tries=1, most=3):
    return TaskView(1, 1, task_id, -1, state, tries, most)


def test_exponential_backoff_doubles_within_its_jitter_and_stops_at_the_maximum():
    spec = TaskSpec(task_id="a", retry_delay=10, retry_exponential_backoff=2.0, max_retry_delay=100)
    delays = [retry.retry_delay(spec, n, "x") for n in range(1, 8)]
    assert all(10 * 2 ** (n - 1) <= delays[n - 1] < 10 * 2**n for n in (1, 2, 3))
    assert delays[-1] == 100
    assert delays == [retry.retry_delay(spec, n, "x") for n in range(1, 8)]


def test_a_huge_number_of_tries_does_not_overflow():
    spec = TaskSpec(task_id="a", retry_delay=300, retry_exponential_backoff=2.0)
    assert retry.retry_delay(spec, 5000, "x") == 86400


@pytest.mark.parametrize(
    ("tries", "retryable", "expected"), [(1, True, S.UP_FOR_RETRY), (3, True, S.FAILED), (1, False, S.FAILED)]
)
def test_a_failure_is_tried_again_while_tries_are_left_and_wanted(tries, retryable, expected):
    report = Finished(attempt_id="x", at=NOW, outcome="failed", error="boom", retryable=retryable)
    after = retry.after_finished(view(tries=tries), TaskSpec(task_id="a", retry_delay=60), report, "x")
    assert after.state is expected
    assert "boom" in after.why
    assert after.next_try_at == (NOW + timedelta(seconds=60) if expected is S.UP_FOR_RETRY else None)


def test_leaves_decide_the_run_and_teardowns_do_not():
    teardown = TaskSpec(task_id="down", is_teardown=True)
    plan = Plan(dag("d", "work>down", teardown))
    states = {"work": S.FAILED, "down": S.SUCCESS}
    ended = outcome.of_run(plan, lambda i: [states[plan.tasks[i].task_id]])
    assert ended.state is RunState.FAILED
    states = {"work": S.SUCCESS, "down": S.FAILED}
    assert outcome.of_run(plan, lambda i: [states[plan.tasks[i].task_id]]).state is RunState.SUCCESS


def test_a_failed_inner_task_below_which_a_leaf_succeeded_leaves_a_success():
    plan = Plan(dag("d", "a>b", TaskSpec(task_id="b", trigger_rule="all_done")))
    states = {"a": S.FAILED, "b": S.SUCCESS}
    assert outcome.of_run(plan, lambda i: [states[plan.tasks[i].task_id]]).state is RunState.SUCCESS


def test_budgets_name_the_limit_that_forbids():
    held = [Held("p", "d", "t", 1, 2, 2)]
    budgets = Budgets({"p": 3, "q": -1}, {"d": 4}, held, 10)
    assert budgets.why_not(Wish("p", 1, "d", "t", 1)) is None
    assert budgets.why_not(Wish("p", 2, "d", "t", 1)) == "slots"
    assert budgets.why_not(Wish("none", 1, "d", "t", 1)) == "pool"
    assert budgets.why_not(Wish("q", 1, "d", "t", 1, 2, None)) == "task"
    assert budgets.why_not(Wish("q", 1, "d", "t", 1, None, 2)) == "run"
    budgets.take(Wish("q", 1, "d", "u", 1))
    budgets.take(Wish("q", 1, "d", "u", 1))
    assert budgets.why_not(Wish("q", 1, "d", "t", 1)) == "dag"
    assert Budgets({}, {}, [], 0).why_not(Wish("p", 1, "d", "t", 1)) == "all"


def test_a_clear_follows_the_edges_it_is_told_to():
    plan = Plan(dag("d", "a>b>c"))
    views = [view(t, S.FAILED if t == "b" else S.SUCCESS) for t in "abc"]

    def ids(**more):
        return [ti.task_id for ti in clear.selected(plan, views, ["b"], **more)]

    assert ids() == ["b"]
    assert ids(downstream=True) == ["b", "c"]
    assert ids(upstream=True) == ["a", "b"]
    assert ids(upstream=True, downstream=True, only_failed=True) == ["b"]
