"""``LatestOnlyOperator``: lets only the newest run through."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from typing import Any

from tradewind.sdk import moments
from tradewind.sdk.operators.branch import BaseBranchOperator


class LatestOnlyOperator(BaseBranchOperator):
    """Skips the direct downstream tasks in runs that are not the newest. Runs started by people always go on."""

    ui_color = "#e9ffdb"
    latest_only = True

    def choose_branch(self, context: Any) -> list[str]:
        """All direct downstream tasks, or none."""
        run = context["dag_run"]
        below = sorted(context["ti"].task.downstream_task_ids)
        if run.external_trigger:
            self.log.info("Externally triggered DAG_Run: allowing execution to proceed.")
            return below
        facts = run._facts
        left = moments.utc(facts.data_interval_end or facts.run_after)
        right = moments.utc(self.dag._schedule.following(left)) if left is not None and self.has_dag() else None
        now = datetime.fromtimestamp(time.time(), UTC)
        self.log.info("Checking latest only with left_window: %s right_window: %s now: %s", left, right, now)
        if left is not None and right is not None and not left < now <= right:
            self.log.info("Not latest execution, skipping downstream.")
            return []
        self.log.info("Latest, allowing execution to proceed.")
        return below
