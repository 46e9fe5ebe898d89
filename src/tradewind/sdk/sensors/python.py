"""``PythonSensor`` and ``@task.sensor``: the condition is a function."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

from tradewind.sdk.decorated import DecoratedMixin
from tradewind.sdk.poke import PokeReturnValue
from tradewind.sdk.python_call import call_with_context
from tradewind.sdk.sensors.base import BaseSensorOperator


class PythonSensor(BaseSensorOperator):
    """Waits until ``python_callable`` returns something true; context names come by signature."""

    template_fields: Collection[str] = ("templates_dict", "op_args", "op_kwargs")

    def __init__(
        self,
        *,
        python_callable: Callable[..., Any],
        op_args: Collection[Any] | None = None,
        op_kwargs: Mapping[str, Any] | None = None,
        templates_dict: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        self.python_callable, self.templates_dict = python_callable, templates_dict
        self.op_args, self.op_kwargs = op_args or [], op_kwargs or {}

    def poke(self, context: Any) -> Any:
        """Ask the function."""
        if self.templates_dict is not None:
            context["templates_dict"] = self.templates_dict
        self.log.info("Poking callable: %s", self.python_callable)
        verdict = call_with_context(self.python_callable, list(self.op_args), self.op_kwargs, context)
        return verdict if isinstance(verdict, PokeReturnValue) else PokeReturnValue(bool(verdict))


class SensorDecoratedOperator(DecoratedMixin, PythonSensor):
    """The operator behind ``@task.sensor``."""

    custom_operator_name = "@task.sensor"
    template_fields = ("op_args", "op_kwargs")
