"""Wrong values of settings, and what a database's complaints mean."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from tradewind.cli.ground import make_home
from tradewind.errors import DatabaseTrouble, InvalidArgument, OutsideTrouble
from tradewind.settings import load_settings, misspelt
from tradewind.store import migrate
from tradewind.store.engine import open_store
from tradewind.store.trouble import told


@pytest.mark.parametrize(
    ("name", "value", "wanted"),
    [
        ("API__PORT", "99999", "from 0 to 65535"),
        ("API__PORT", "-1", "from 0 to 65535"),
        ("CORE__PARALLELISM", "-5", "not below 0"),
        ("CORE__KILLED_TASK_CLEANUP_TIME", "nan", "a number"),
        ("CORE__KILLED_TASK_CLEANUP_TIME", "inf", "a number"),
        ("CORE__ISOLATION", "jail", "one of fork, fresh"),
        ("LOGGING__LOGGING_LEVEL", "LOUD", "one of DEBUG"),
        ("DATABASE__SQLITE_SYNCHRONOUS", "maybe", "one of OFF"),
        ("CORE__DAG_IGNORE_FILE_SYNTAX", "fnmatch", "one of regexp, glob"),
        ("CORE__DEFAULT_TIMEZONE", "Mars/Olympus", "time zone"),
        ("CORE__LOAD_EXAMPLES", "perhaps", "a yes or no"),
    ],
)
def test_a_value_that_cannot_be_is_refused_with_its_source(tmp_path: Path, name: str, value: str, wanted: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        load_settings({"TRADEWIND_HOME": str(tmp_path), f"TRADEWIND__{name}": value})
    assert wanted in refused.value.message
    assert f"TRADEWIND__{name}" in refused.value.message


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("LOGGING__LOGGING_LEVEL", "info"),
        ("CORE__DEFAULT_POOL_TASK_SLOT_COUNT", "-1"),
        ("CORE__DEFAULT_TIMEZONE", "UTC"),
    ],
)
def test_what_airflow_takes_is_taken(tmp_path: Path, name: str, value: str) -> None:
    load_settings({"TRADEWIND_HOME": str(tmp_path), f"TRADEWIND__{name}": value})


def test_a_settings_file_that_is_no_text_is_refused_by_name(tmp_path: Path) -> None:
    (tmp_path / "tradewind.cfg").write_bytes(b"[core]\nparallelism = \xff\n")
    with pytest.raises(InvalidArgument, match=r"tradewind\.cfg cannot be read"):
        load_settings({"TRADEWIND_HOME": str(tmp_path)})


def test_a_misspelt_variable_is_pointed_at() -> None:
    assert misspelt({"TRADEWIND__CORE__PARALLELISM": "3", "AIRFLOW__CELERY__POOL": "x"}) == []
    [sentence] = misspelt({"TRADEWIND__COER__PARALLELISM": "3"})
    assert "TRADEWIND__CORE__PARALLELISM" in sentence


@pytest.mark.parametrize("place", ["CORE__DAGS_FOLDER", "LOGGING__BASE_LOG_FOLDER"])
def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, place: str) -> None:
    (tmp_path / "file").write_text("")
    settings = load_settings({"TRADEWIND_HOME": str(tmp_path), f"TRADEWIND__{place}": str(tmp_path / "file" / "x")})
    with pytest.raises(OutsideTrouble, match="file/x cannot be made") as refused:
        make_home(settings)
    assert place.split("__")[1].lower() in str(refused.value.hint)


def test_a_file_that_is_no_database_is_told_as_such(tmp_path: Path) -> None:
    (tmp_path / "tradewind.db").write_bytes(b"not a database at all, really not" * 100)
    store = open_store(load_settings({"TRADEWIND_HOME": str(tmp_path)}))
    with pytest.raises(DatabaseTrouble, match="is damaged, or is no SQLite database") as refused:
        migrate.check(store)
    assert "backup" in str(refused.value.hint)
    store.close()


def test_another_kind_of_database_is_refused_by_name(tmp_path: Path) -> None:
    for url, word in (("oracle://x/y", "'oracle'"), ("nonsense", "not a database address")):
        with pytest.raises(InvalidArgument, match=word):
            open_store(load_settings({"TRADEWIND_HOME": str(tmp_path), "TRADEWIND__DATABASE__SQL_ALCHEMY_CONN": url}))


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ("database or disk is full", "disk full"),
        ("could not extend file: No space left on device", "disk full"),
        ("attempt to write a readonly database", "may not be written"),
        ("database is locked", "Another program holds"),
        ("connection failed: Connection refused", "cannot be reached"),
        ("terminating connection due to administrator command", "cannot be reached"),
        ("no such table: dag", "lacks a table"),
        ("syntax error", "refused a statement"),
    ],
)
def test_complaints_of_drivers_are_put_into_words(words: str, sentence: str) -> None:
    trouble = told(sqlite3.OperationalError(words))
    assert sentence in trouble.message
    assert words in trouble.message
    assert trouble.hint


def test_a_file_that_is_taken_away_or_swapped_is_noticed(tmp_path: Path) -> None:
    store = open_store(load_settings({"TRADEWIND_HOME": str(tmp_path)}))
    store.check_file()  # nothing was made yet
    migrate.upgrade(store)
    store.check_file()
    kept = tmp_path / "kept.db"
    store.close()
    (tmp_path / "tradewind.db").rename(kept)
    with pytest.raises(DatabaseTrouble, match=r"tradewind\.db, is gone") as told_so:
        store.check_file()
    assert "Put it back" in str(told_so.value.hint)
    (tmp_path / "tradewind.db").write_bytes(kept.read_bytes())  # a backup is put in its place
    store.check_file()
    migrate.check(store)
    store.close()
