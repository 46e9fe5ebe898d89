"""``@task.bash``: the function returns the command."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from tradewind.sdk.decorated import DecoratedMixin
from tradewind.sdk.operators.bash import BashOperator
from tradewind.sdk.python_call import call_with_context
from tradewind.sdk.template import render_value


class BashDecoratedOperator(DecoratedMixin, BashOperator):
    """The operator behind ``@task.bash``."""

    custom_operator_name = "@task.bash"
    template_fields = ("bash_command", "env", "cwd", "op_args", "op_kwargs")

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(bash_command="", **kwargs)
        self.python_callable, self.op_args, self.op_kwargs = python_callable, op_args or [], op_kwargs or {}

    def execute(self, context: Any) -> Any:
        """Ask the function for the command, render it, run it."""
        command = call_with_context(self.python_callable, list(self.op_args), self.op_kwargs, context)
        if not isinstance(command, str) or not command.strip():
            raise TypeError("The returned value from the TaskFlow callable must be a non-empty string.")
        self.bash_command = render_value(self, command, context)
        return super().execute(context)
