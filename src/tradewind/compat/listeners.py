"""``airflow.listeners.listener``: whom events are told to."""

from __future__ import annotations

from typing import Any

from tradewind.sdk.plugin_loading import loaded, tell


class _Hook:
    """``manager.hook.on_task_instance_running(...)`` tells every listener."""

    def __getattr__(self, event: str) -> Any:
        if event.startswith("__"):
            raise AttributeError(event)
        return lambda **facts: tell(event, **facts)


class ListenerManager:
    """The listeners of this process: those of plugins, and those added by hand."""

    def __init__(self) -> None:
        self.hook = _Hook()

    @property
    def has_listeners(self) -> bool:
        """Whether anybody listens."""
        return bool(loaded().listeners)

    def add_listener(self, listener: Any) -> None:
        """One more, once."""
        if listener not in loaded().listeners:
            loaded().listeners.append(listener)

    def clear(self) -> None:
        """Nobody listens any more."""
        loaded().listeners.clear()


_manager = ListenerManager()


def get_listener_manager() -> ListenerManager:
    """The one of this process."""
    return _manager
