"""``BaseNotifier``: a callback that is an object, with templated fields."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from typing import Any

from tradewind.sdk.log import LoggingMixin
from tradewind.sdk.template import render_value


class BaseNotifier(LoggingMixin):
    """Subclasses write ``notify(context)``; give an instance as ``on_failure_callback`` and the like."""

    template_fields: Sequence[str] = ()
    template_ext: Sequence[str] = ()
    render_template_as_native_obj: bool | None = None
    task_id = "notifier"

    def __init__(self, context: Any = None) -> None:
        super().__init__()
        del context
        self._dag: Any = None

    def get_dag(self) -> Any:
        """The DAG whose macros its templates may use."""
        return self.__dict__.get("_dag")

    def notify(self, context: Any) -> None:
        """Say it."""
        raise NotImplementedError

    def __call__(self, *args: Any) -> None:
        """Render a copy's fields and notify."""
        context = args[0] if len(args) == 1 else {"dag": args[0], "task_list": args[1]} if args else {}
        twin = copy.copy(self)
        twin._dag = context.get("dag")
        for name in twin.template_fields:
            setattr(twin, name, render_value(twin, getattr(twin, name), context))
        twin.notify(context)
