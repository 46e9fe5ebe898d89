"""``ShortCircuitOperator``: stops here when a condition is false."""

from __future__ import annotations

from typing import Any

from tradewind.sdk.decorated import DecoratedMixin
from tradewind.sdk.operators.python import PythonOperator
from tradewind.sdk.skipping import SkipMixin, raise_skips


class ShortCircuitOperator(SkipMixin, PythonOperator):
    """When the function's value is false, everything below is skipped, whatever its trigger rule.

    With ``ignore_downstream_trigger_rules=False`` only the direct downstream tasks are, the rest follow their rules.
    """

    branches = True

    def __init__(self, *, ignore_downstream_trigger_rules: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.ignore_downstream_trigger_rules = ignore_downstream_trigger_rules

    def execute(self, context: Any) -> Any:
        """Ask the function."""
        condition = super().execute(context)
        self.log.info("Condition result is %s", condition)
        if condition:
            self.log.info("Proceeding with downstream tasks...")
            return condition
        below = sorted(context["ti"].task.downstream_task_ids)
        if not below:
            self.log.info("No downstream tasks; nothing to do.")
            return condition
        self.log.info("Skipping downstream tasks %s", below)
        raise_skips(
            ["*"] if self.ignore_downstream_trigger_rules else below,
            condition,
            hard=self.ignore_downstream_trigger_rules,
        )
        return condition


class ShortCircuitDecoratedOperator(DecoratedMixin, ShortCircuitOperator):
    """The operator behind ``@task.short_circuit``."""

    custom_operator_name = "@task.short_circuit"
