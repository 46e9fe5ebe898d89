"""P13: schedulers and people lock the same rows; nobody dies of a deadlock, and nobody waits for ever."""

from __future__ import annotations

import threading

import pytest

from tests.pains.several import START, Several
from tests.scheduling import dag, publish
from tradewind.actions.clear_tasks import clear_tasks
from tradewind.actions.create_run import create_run
from tradewind.actions.edit_pools import change_pool
from tradewind.actions.mark_run import mark_run
from tradewind.actions.mark_task import mark_task
from tradewind.actions.pause_dag import pause_dag
from tradewind.errors import TradewindError
from tradewind.store.engine import is_transient
from tradewind.store.trouble import told

ROUNDS = 12


@pytest.mark.timeout(180)
def test_people_and_schedulers_on_the_same_rows_get_on(shared_url: str) -> None:
    several = Several(shared_url, 2)
    for name in ("d0", "d1"):
        publish(several.store, dag(name, "a>b>d a>c>d"), START)
    refused: list[TradewindError] = []

    def person(number: int) -> None:
        mine = f"d{number}"
        for turn in range(ROUNDS):
            try:
                made = create_run(several.act, mine, run_id=f"r{turn}")
                clear_tasks(several.act, mine, made.run_id, downstream=True)
                mark_task(several.act, mine, made.run_id, "b", state="success")
                change_pool(several.act, "default_pool", slots=50 + turn)
                pause_dag(several.act, mine, True)
                pause_dag(several.act, mine, False)
                mark_run(several.act, mine, f"r{turn}", "success" if turn % 3 == 0 else "queued")
            except TradewindError as error:
                refused.append(error)

    people = [threading.Thread(target=person, args=(number,)) for number in (0, 1)]
    with several.running():
        for one in people:
            one.start()
        for one in people:
            one.join(120)
            assert not one.is_alive(), "a person waits for ever"
        several.until("every run ended", lambda: several.open_runs() == 0)
        states = several.rows("SELECT state, COUNT(*) FROM dag_run GROUP BY state")
    # A verb that met a task in the middle of a move says so; nothing else may be refused.
    assert {error.code for error in refused} <= {"overtaken", "task_not_found", "not_found"}, refused
    assert sum(count for _, count in states) == 2 * ROUNDS


@pytest.mark.parametrize(
    "words",
    [
        "deadlock detected DETAIL: Process 7 waits for ShareLock",
        "(1213, 'Deadlock found when trying to get lock; try restarting transaction')",
        "(1205, 'Lock wait timeout exceeded; try restarting transaction')",
        "could not serialize access due to concurrent update",
        "database is locked",
    ],
)
def test_what_another_try_would_cure_is_tried_again(sqlite_store, words: str) -> None:
    trouble = told(RuntimeError(words))
    assert is_transient(trouble)
    tried = []

    def work(conn: object) -> str:
        tried.append(conn)
        if len(tried) < 3:
            raise trouble
        return "done"

    assert sqlite_store.retry(work) == "done"
    assert len(tried) == 3
