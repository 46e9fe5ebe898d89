"""The state machine as data: every walk along MOVES is accepted by the store's writer, every other step refused."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.domain.rules.views import TaskView
from tradewind.domain.states import DONE, MOVES, RUN_DONE, RUN_MOVES, VERB_MOVES, TaskState
from tradewind.errors import Bug
from tradewind.store.transitions import Change

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@given(st.lists(st.sampled_from(list(TaskState)), max_size=12))
def test_a_walk_goes_exactly_where_the_moves_lead(wishes):
    ti = TaskView(1, 1, "a", -1, TaskState.NONE, 0, 1)
    change = Change(ti)
    stands = TaskState.NONE
    for wish in wishes:
        if wish in MOVES[stands]:
            change.move(wish, "walk", NOW)
            stands = wish
        else:
            with pytest.raises(Bug):
                change.move(wish, "walk", NOW)
        assert ti.state is stands
    assert all(a.after is b.before for a, b in zip(change.steps, change.steps[1:], strict=False))
    assert (ti.ended_at is not None) == any(step.after in DONE for step in change.steps)


def test_nothing_leaves_a_final_state_but_by_a_verb():
    assert all(not MOVES[state] for state in DONE)
    assert all(not RUN_MOVES[state] for state in RUN_DONE)
    assert all(TaskState.NONE in VERB_MOVES[state] for state in DONE)


def test_every_state_reaches_an_end():
    for start in TaskState:
        seen, todo = set(), [start]
        while todo:
            state = todo.pop()
            if state not in seen:
                seen.add(state)
                todo.extend(MOVES[state])
        assert seen & DONE, start
