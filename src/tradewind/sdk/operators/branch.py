"""Branching: a task that chooses which of the tasks below it run."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.decorated import DecoratedMixin
from tradewind.sdk.operators.python import PythonOperator
from tradewind.sdk.skipping import SkipMixin, branch_targets, skip_rest


class BranchMixIn(SkipMixin):
    """Gives operators ``do_branch``."""

    branches = True

    def do_branch(self, context: Any, branches_to_execute: Any) -> Any:
        """Follow the chosen tasks, skip the other direct downstream ones."""
        skip_rest(context["ti"].task, branches_to_execute, branches_to_execute)
        return branches_to_execute

    def expand_task_group_roots(self, ti: Any, branches: Any) -> Iterable[str]:
        """Task ids of chosen tasks and of the first tasks of chosen groups."""
        return branch_targets(ti.task, branches)


class BaseBranchOperator(BranchMixIn, BaseOperator):
    """Subclasses write ``choose_branch(context)``, which returns one id or several."""

    def choose_branch(self, context: Any) -> str | Iterable[str]:
        """The id or ids to follow."""
        raise NotImplementedError

    def execute(self, context: Any) -> Any:
        """Choose and skip the rest."""
        return self.do_branch(context, self.choose_branch(context))


class BranchPythonOperator(BranchMixIn, PythonOperator):
    """The function returns the id (or a list of ids) of the direct downstream tasks to follow."""

    def execute(self, context: Any) -> Any:
        """Call the function and skip the rest."""
        return self.do_branch(context, super().execute(context))


class BranchDecoratedOperator(DecoratedMixin, BranchPythonOperator):
    """The operator behind ``@task.branch``."""

    custom_operator_name = "@task.branch"
    template_fields = ("templates_dict", "op_args", "op_kwargs")
