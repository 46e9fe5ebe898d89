"""``@asset``: a function that makes an asset, as a DAG of one task."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from tradewind.sdk.asset import Asset
from tradewind.sdk.dag import DAG
from tradewind.sdk.decorated import PythonDecoratedOperator, context_names


class AssetDefinition(Asset):
    """The asset a decorated function makes."""

    def __init__(self, function: Callable[..., Any], name: str, uri: str | None, group: str, extra: Any) -> None:
        super().__init__(name=name, uri=uri or name, group=group, extra=extra)
        self.function = function


class _AssetOperator(PythonDecoratedOperator):
    """Calls the function; parameters named ``self``, ``context`` or like an inlet are filled in."""

    custom_operator_name = "@asset"

    def execute(self, context: Any) -> Any:
        """Make the asset."""
        known = {getattr(item, "name", ""): item for item in self.inlets}
        for name in inspect.signature(self.python_callable).parameters:
            if name == "self":
                self.op_kwargs = {**self.op_kwargs, "self": self.outlets[0]}
            elif name == "context":
                self.op_kwargs = {**self.op_kwargs, "context": context}
            elif name in known:
                self.op_kwargs = {**self.op_kwargs, name: known[name]}
        return super().execute(context)


def asset(function: Callable[..., Any] | None = None, *, schedule: Any = None, uri: str | None = None,
          name: str | None = None, group: str = "asset", extra: dict[str, Any] | None = None, dag_id: str | None = None,
          is_paused_upon_creation: bool | None = None, **dag_options: Any) -> Any:  # fmt: skip
    """Make a function the maker of an asset of its name. Parameters named like other assets become its inlets."""

    def wrap(given: Callable[..., Any]) -> AssetDefinition:
        title = name or given.__name__
        made = AssetDefinition(given, title, uri, group, extra)
        options = {"schedule": schedule, "doc_md": given.__doc__, "is_paused_upon_creation": is_paused_upon_creation}
        with DAG(dag_id or title, **options, **dag_options):
            inlets = [
                Asset(name=parameter)
                for parameter in inspect.signature(given).parameters
                if parameter not in context_names() and parameter not in {"self", "context"}
            ]
            _AssetOperator(task_id=given.__name__, python_callable=given, inlets=inlets, outlets=[made])
        return made

    return wrap if function is None else wrap(function)
