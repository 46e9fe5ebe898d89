"""depends_on_past and wait_for_downstream, asked of the rows."""

from __future__ import annotations

from tradewind.domain.rules.past import asked_of, in_the_way
from tradewind.domain.rules.views import TaskPlan, TaskView
from tradewind.scheduler.book import Book
from tradewind.store.engine import Conn
from tradewind.store.reads import runs, tasks


def allows(conn: Conn, book: Book, task: TaskPlan, ti: TaskView) -> bool:
    """True when the earlier run (by logical date) leaves this instance free to go, or there is none."""
    names = asked_of(book.plan, task)
    if not names:
        return True
    before = runs.previous(conn, book.run)
    if before is None:
        return True
    return not in_the_way(task, ti.map_index, before.state, tasks.states_of_tasks(conn, before.id, names))
