"""``BaseNotifier``: a callback that is an object, with templated fields."""

from __future__ import annotations

import copy
from collections.abc import Generator
from typing import Any

from tradewind.sdk.log import LoggingMixin
from tradewind.sdk.templater import Templater

#: As an sla_miss_callback it is given these.
_SLA_ARGUMENTS = ("dag", "task_list", "blocking_task_list", "slas", "blocking_tis")


class BaseNotifier(Templater, LoggingMixin):
    """Subclasses write ``notify(context)``; give an instance as ``on_failure_callback`` and the like."""

    render_template_as_native_obj: bool | None = None
    task_id = "notifier"

    def __init__(self, context: Any = None, **more: Any) -> None:
        super().__init__()
        self.context: dict[str, Any] = dict(context or {}) | more
        self._dag: Any = None

    def get_dag(self) -> Any:
        """The DAG whose macros its templates may use."""
        return self.__dict__.get("_dag")

    def notify(self, context: Any) -> None:
        """Say it."""
        raise NotImplementedError

    async def async_notify(self, context: Any) -> None:
        """Say it, where the caller is an event loop."""
        raise NotImplementedError

    def __await__(self) -> Generator[Any, Any, None]:
        """``await notifier`` says it with the context it was made with."""
        twin = self._rendered(self.context)
        return twin.async_notify(twin.context).__await__()

    def __call__(self, *args: Any) -> None:
        """Render a copy's fields and notify."""
        context = args[0] if len(args) == 1 else dict(zip(_SLA_ARGUMENTS, args, strict=False))
        self._rendered(context).notify(context)

    def _rendered(self, context: Any) -> BaseNotifier:
        twin = copy.copy(self)
        twin._dag = context.get("dag")
        twin.render_template_fields(context)
        return twin
