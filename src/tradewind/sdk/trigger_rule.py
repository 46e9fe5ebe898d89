"""Names of trigger rules and weight rules, as authors write them."""

from __future__ import annotations

from enum import StrEnum

from tradewind.errors import did_you_mean
from tradewind.sdk.exceptions import AirflowException


class TriggerRule(StrEnum):
    """When a task may start, in terms of its direct upstream tasks."""

    ALL_SUCCESS = "all_success"
    ALL_FAILED = "all_failed"
    ALL_DONE = "all_done"
    ALL_DONE_MIN_ONE_SUCCESS = "all_done_min_one_success"
    ALL_DONE_SETUP_SUCCESS = "all_done_setup_success"
    ONE_SUCCESS = "one_success"
    ONE_FAILED = "one_failed"
    ONE_DONE = "one_done"
    NONE_FAILED = "none_failed"
    NONE_FAILED_MIN_ONE_SUCCESS = "none_failed_min_one_success"
    NONE_FAILED_OR_SKIPPED = "none_failed_or_skipped"  #: older name of the one above
    NONE_SKIPPED = "none_skipped"
    ALL_SKIPPED = "all_skipped"
    ALWAYS = "always"
    DUMMY = "dummy"  #: older name of ALWAYS

    @classmethod
    def is_valid(cls, name: str) -> bool:
        """Whether a rule of that name exists."""
        return name in cls._value2member_map_

    @classmethod
    def all_triggers(cls) -> set[str]:
        """All names."""
        return {str(rule) for rule in cls}


class WeightRule(StrEnum):
    """How a task's effective priority follows from its neighbours'."""

    DOWNSTREAM = "downstream"
    UPSTREAM = "upstream"
    ABSOLUTE = "absolute"

    @classmethod
    def is_valid(cls, name: str) -> bool:
        """Whether a rule of that name exists."""
        return name in cls._value2member_map_


_CURRENT_NAME = {"none_failed_or_skipped": "none_failed_min_one_success", "dummy": "always"}


def checked_rule(name: str, where: str) -> TriggerRule:
    """The rule of that name under its present name; AirflowException with a guess when there is none."""
    text = str(getattr(name, "value", name))
    if not TriggerRule.is_valid(text):
        guess = did_you_mean(text, TriggerRule.all_triggers())
        raise AirflowException(
            f"The trigger_rule must be one of {sorted(TriggerRule.all_triggers())}, {where} has {text!r}. {guess or ''}"
        )
    return TriggerRule(_CURRENT_NAME.get(text, text))
