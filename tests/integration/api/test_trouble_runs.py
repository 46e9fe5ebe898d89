"""Run ids, deleted runs, two stores in one process: the verbs under trouble."""

from __future__ import annotations

import pytest

from tradewind.actions.create_run import create_run
from tradewind.actions.delete_run import delete_run
from tradewind.errors import InvalidArgument
from tradewind.store.reads.changes import deletions_since
from tradewind.store.reads.versions import versions_of

from .conftest import House


@pytest.mark.parametrize("run_id", ["a/b", "../../x", "..", "new\nline", "a b", "x" * 251, " ", "back\\slash", "nul\0"])
def test_a_run_id_that_fits_no_address_or_path_is_refused(rocket_house: House, run_id: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        create_run(rocket_house.act(), "rockets", run_id=run_id)
    assert refused.value.field == "dag_run_id"


@pytest.mark.parametrize("run_id", ["manual__2026-01-31T00:00:00+00:00", "a.b_c~d-e", "release+1"])
def test_the_ids_airflow_allows_are_taken(rocket_house: House, run_id: str) -> None:
    assert create_run(rocket_house.act(), "rockets", run_id=run_id).run_id == run_id


def test_many_triggers_in_one_instant_make_as_many_runs(rocket_house: House) -> None:
    """The clock of the house stands still."""
    made = [create_run(rocket_house.act(), "rockets").run_id for _ in range(5)]
    assert len(set(made)) == 5


def test_a_deleted_run_that_is_not_the_newest_is_noticed(rocket_house: House) -> None:
    for name in ("one", "two"):
        create_run(rocket_house.act(), "rockets", run_id=name)
    with rocket_house.store.read() as conn:
        before = deletions_since(conn, None)
    delete_run(rocket_house.act(), "rockets", "one")
    with rocket_house.store.read() as conn:
        after = deletions_since(conn, before)
        again = deletions_since(conn, after)
    assert after.newest > before.newest
    assert again == after


def test_two_stores_in_one_process_never_share_versions(rocket_house: House, sqlite_store: object) -> None:
    assert versions_of(rocket_house.store) is versions_of(rocket_house.store)
    assert versions_of(rocket_house.store) is not versions_of(sqlite_store)  # type: ignore[arg-type]
