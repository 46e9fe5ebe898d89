"""The trigger rules against a second description of them: every mix of up to four upstream states."""

from __future__ import annotations

from itertools import combinations_with_replacement

import pytest

from tests.simulation import reference
from tradewind.domain.rules import ready
from tradewind.domain.states import TaskState
from tradewind.domain.trigger_rule import RULES, Counts, decide

STATES = [*("success", "failed", "skipped", "upstream_failed", "none", "running")]


@pytest.mark.parametrize("rule", sorted(set(RULES) - {"all_done_setup_success"}))
def test_both_descriptions_of_a_rule_agree(rule: str) -> None:
    for size in range(5):
        for states in combinations_with_replacement(STATES, size):
            counts = Counts(total=size)
            for state in states:
                ready.add(counts, TaskState(state))

            assert decide(rule, counts).value == reference.verdict(rule, states), states
