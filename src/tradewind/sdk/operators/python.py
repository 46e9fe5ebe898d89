"""``PythonOperator``: calls the author's function."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Mapping, Sequence
from importlib import import_module
from typing import Any

from tradewind.sdk import lines
from tradewind.sdk.asset import Metadata
from tradewind.sdk.asset_events import note_metadata
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.exceptions import AirflowException
from tradewind.sdk.python_call import keywords_for

DONE_AT = "python.py:1"


class PythonOperator(BaseOperator):
    """Calls ``python_callable(*op_args, **op_kwargs)``; context names come by signature."""

    template_fields: Collection[str] = ("templates_dict", "op_args", "op_kwargs")
    template_fields_renderers = {"templates_dict": "json", "op_args": "py", "op_kwargs": "py"}  # noqa: RUF012  Airflow's plain class attribute
    ui_color = "#ffefeb"

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        templates_dict: dict[str, Any] | None = None,
        templates_exts: Sequence[str] | None = None,
        show_return_value_in_logs: bool = True,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if not callable(python_callable):
            raise AirflowException(
                f"`python_callable` param must be callable: task {self.task_id!r} has {python_callable!r}. "
                f"Write the function's name without quotes or parentheses."
            )
        self.python_callable = python_callable
        self.op_args = op_args if op_args is not None else []
        self.op_kwargs = op_kwargs if op_kwargs is not None else {}
        self.templates_dict = templates_dict
        self.show_return_value_in_logs = show_return_value_in_logs
        if templates_exts:
            self.template_ext = templates_exts

    def execute(self, context: Any) -> Any:
        """Call the function; its value is the task's."""
        value = self.call(context)
        if self.show_return_value_in_logs:
            if not lines.say(DONE_AT, f"Done. Returned value was: {value}"):
                self.log.info("Done. Returned value was: %s", value)
        elif not lines.say(DONE_AT, "Done. Returned value not shown"):
            self.log.info("Done. Returned value not shown")
        return value

    def call(self, context: Any) -> Any:
        """Call the function with what it asks for."""
        if "templates_dict" not in context or self.templates_dict is not None:
            context["templates_dict"] = self.templates_dict
        keywords = keywords_for(self.python_callable, list(self.op_args), self.op_kwargs, context)
        return settle(self.python_callable(*self.op_args, **keywords), context)

    def determine_kwargs(self, context: Mapping[str, Any]) -> Mapping[str, Any]:
        """Keyword arguments the function would get."""
        return keywords_for(self.python_callable, list(self.op_args), self.op_kwargs, context)

    def execute_callable(self) -> Any:
        """Call the function with the arguments as they are."""
        return self.python_callable(*self.op_args, **self.op_kwargs)


def settle(value: Any, context: Any) -> Any:
    """A coroutine is run to its end; asset metadata a function yields or returns is taken in."""
    if inspect.iscoroutine(value):
        import asyncio  # noqa: PLC0415  only async functions need a loop

        return asyncio.run(value)
    if isinstance(value, Metadata):
        note_metadata(context, value)
        return None
    if inspect.isgenerator(value):
        items = []
        for item in value:
            if isinstance(item, Metadata):
                note_metadata(context, item)
            else:
                items.append(item)
        return items or None
    return value


#: Relatives of this operator live in files of their own; their old address is here.
_MOVED = {
    "BranchPythonOperator": "branch",
    "ShortCircuitOperator": "short_circuit",
    "PythonVirtualenvOperator": "virtualenv",
    "ExternalPythonOperator": "virtualenv",
    "BranchPythonVirtualenvOperator": "virtualenv",
    "BranchExternalPythonOperator": "virtualenv",
}


def __getattr__(name: str) -> Any:
    if name not in _MOVED:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"tradewind.sdk.operators.{_MOVED[name]}"), name)
