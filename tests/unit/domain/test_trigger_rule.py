"""Every trigger rule against a slow reading of its own sentence, over all small families of upstream tasks."""

from __future__ import annotations

import itertools

import pytest

from tradewind.domain.rules import ready
from tradewind.domain.states import TaskState
from tradewind.domain.trigger_rule import ALIASES, RULES, Counts, Verdict, decide

S, V = TaskState, Verdict
ENDS = [S.SUCCESS, S.FAILED, S.SKIPPED, S.UPSTREAM_FAILED]
STATES = [*ENDS, S.RUNNING]
FAMILIES = [family for size in range(1, 5) for family in itertools.combinations_with_replacement(STATES, size)]


def count(states, setups=()):
    counts = Counts(len(states), setups=len(setups))
    for number, state in enumerate(states):
        ready.add(counts, state, setup=number in setups)
    return counts


def slow(rule, states):
    """The rule, read aloud."""
    bad = [s for s in states if s in (S.FAILED, S.UPSTREAM_FAILED)]
    good = [s for s in states if s is S.SUCCESS]
    skipped = [s for s in states if s is S.SKIPPED]
    all_done = all(s in ENDS for s in states)
    last_word = V.WAIT if not all_done else V.RUN
    if rule == "always":
        return V.RUN
    if rule == "all_success":
        return V.UPSTREAM_FAILED if bad else V.SKIP if skipped else last_word
    if rule == "all_failed":
        return V.SKIP if good or skipped else last_word
    if rule == "all_done":
        return last_word
    if rule == "all_skipped":
        return V.SKIP if good or bad else last_word
    if rule == "one_success":
        return V.RUN if good else V.SKIP if all_done else V.WAIT
    if rule == "one_failed":
        return V.RUN if bad else V.SKIP if all_done else V.WAIT
    if rule == "one_done":
        return V.RUN if good or S.FAILED in states else V.SKIP if all_done else V.WAIT
    if rule == "none_failed":
        return V.UPSTREAM_FAILED if bad else last_word
    if rule == "none_failed_min_one_success":
        return V.UPSTREAM_FAILED if bad else V.WAIT if not all_done else V.RUN if good else V.SKIP
    if rule == "none_skipped":
        return V.SKIP if skipped else last_word
    if rule == "all_done_min_one_success":
        return V.WAIT if not all_done else V.RUN if good else V.UPSTREAM_FAILED if bad else V.SKIP
    assert rule == "all_done_setup_success"
    return last_word


@pytest.mark.spec("1/TR-01", "1/TR-02", "1/TR-03", "1/TR-04", "1/TR-05", "1/TR-06", "1/TR-07", "1/TR-08", "1/TR-09")
@pytest.mark.parametrize("rule", sorted(RULES))
def test_a_rule_says_what_its_sentence_says_for_every_small_family(rule):
    for states in FAMILIES:
        assert decide(rule, count(states)) is slow(rule, states), states


@pytest.mark.parametrize("rule", sorted(RULES))
def test_once_decided_a_rule_keeps_its_word_or_lets_a_failure_outrank_a_skip(rule):
    for states in FAMILIES:
        said = decide(rule, count(states))
        if said is V.WAIT:
            continue
        for end in ENDS:
            later = decide(rule, count([end if s is S.RUNNING else s for s in states]))
            assert later in (said, V.UPSTREAM_FAILED) or rule == "all_success", (states, end)


@pytest.mark.parametrize("rule", [*RULES, *ALIASES])
def test_a_task_without_upstream_always_runs(rule):
    assert decide(rule, Counts()) is V.RUN


def test_old_names_mean_the_new_rules():
    for states in FAMILIES:
        assert decide("dummy", count(states)) is V.RUN
        new = decide("none_failed_min_one_success", count(states))
        assert decide("none_failed_or_skipped", count(states)) is new


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([S.SUCCESS, S.FAILED], V.RUN),
        ([S.FAILED, S.SUCCESS], V.UPSTREAM_FAILED),
        ([S.SKIPPED, S.SUCCESS], V.SKIP),
        ([S.SUCCESS, S.RUNNING], V.WAIT),
    ],
)
def test_a_teardown_runs_when_its_setup_did(states, expected):
    assert decide("all_done_setup_success", count(states, setups=(0,))) is expected


@pytest.mark.parametrize(
    ("states", "expected"),
    [
        ([S.SUCCESS], V.RUN),
        ([S.RUNNING], V.WAIT),
        ([S.SKIPPED, S.SUCCESS], V.SKIP),
        ([S.SKIPPED, S.FAILED], V.UPSTREAM_FAILED),
    ],
)
def test_setups_around_a_task_speak_before_its_own_rule(states, expected):
    assert ready.by_setups(states) is expected
