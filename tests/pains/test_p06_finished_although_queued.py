"""P6: "finished although queued, killed externally?" There is one channel, and each word on it names its attempt."""

from __future__ import annotations

from tests.scheduling import House, dag
from tradewind.domain.messages import Finished
from tradewind.domain.spec import TaskSpec


def house_with_one(store, *, retries: int = 0) -> tuple[House, str]:
    house = House(store, lambda order: None)
    house.publish(dag("d", "", TaskSpec(task_id="a", operator="PythonOperator", retries=retries)))
    run_id = house.trigger("d")
    house.settle()
    return house, run_id


def test_an_end_whose_start_was_never_heard_is_an_end_all_the_same(store) -> None:
    house, run_id = house_with_one(store)
    house.executor.finish(house.executor.orders[0])
    house.settle()
    assert house.run_state(run_id) == "success"
    moves = [
        f"{b}>{a}" for b, a in house.rows('SELECT "before", "after" FROM journal WHERE ti_id IS NOT NULL ORDER BY id')
    ]
    assert moves == ["none>scheduled", "scheduled>queued", "queued>running", "running>success"]


def test_a_worker_lost_before_the_start_is_no_failure(store) -> None:
    house, run_id = house_with_one(store)
    house.executor.lose(house.executor.orders[0], started=False)
    house.settle()
    assert house.states(run_id) == {"a": "queued"}
    assert house.rows("SELECT try_number FROM task_instance") == [(1,)]
    assert [row[0] for row in house.rows("SELECT error FROM attempt ORDER BY queued_at, ended_at DESC")].count(
        "the worker died"
    ) == 1, "the cause is kept"


def test_a_late_word_of_a_replaced_attempt_changes_nothing(store) -> None:
    house, run_id = house_with_one(store)
    first = house.executor.orders[0]
    house.executor.begin(first)
    house.settle()
    house.executor.lose(first)
    house.settle()
    second = house.executor.orders[1]
    house.executor.begin(second)
    house.executor.out.append(
        Finished(attempt_id=first.attempt_id, at=house.clock.now(), outcome="failed", error="I was killed, I think")
    )
    house.settle()
    assert house.states(run_id) == {"a": "running"}
    assert first.attempt_id in house.executor.cancelled
    house.executor.finish(second)
    house.settle()
    assert house.run_state(run_id) == "success"


def test_no_report_ever_means_the_queue_again_within_its_time_and_says_so(store) -> None:
    house, run_id = house_with_one(store)
    for _ in range(110):
        house.clock.advance(6)
        house.scheduler.tick()
    assert house.states(run_id) == {"a": "queued"}
    assert len(house.executor.orders) == 2
    (why,) = house.rows("SELECT why FROM journal WHERE why LIKE 'handed over%'")
    assert why == ("handed over, but never started in time; put back",)
