"""``with setup_task:`` and ``with teardown_task:`` blocks."""

from __future__ import annotations

from typing import Any

from tradewind.sdk import scope


class SetupTeardownScope:
    """An open block: tasks made in it run after its setups and before its teardowns."""

    def __init__(self, opener: Any) -> None:
        if opener.is_teardown:
            self.teardowns = [opener]
            self.setups = [t for t in opener.upstream_list if t.is_setup]
        else:
            self.setups = [opener]
            self.teardowns = [t for t in opener.downstream_list if t.is_teardown]
        self.tasks: list[Any] = []

    def take(self, made: Any) -> None:
        """A task was made inside."""
        self.tasks.append(made)

    def close(self) -> None:
        """Draw the edges that are not there yet."""
        inside = {t.task_id for t in self.tasks}
        outside = [t for t in self.tasks if t not in self.setups and t not in self.teardowns]
        for one in outside:
            if one.is_setup or one.is_teardown:
                continue
            if not one.upstream_task_ids & inside:
                for setup_task in self.setups:
                    setup_task.set_downstream(one)
            if not one.downstream_task_ids & inside:
                for teardown_task in self.teardowns:
                    one.set_downstream(teardown_task)
        if scope.setup_teardown:
            scope.setup_teardown[-1].tasks.extend(outside)
