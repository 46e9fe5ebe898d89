"""Verbs about people, values and the schema, against a real SQLite home, in process."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import pytest

from tradewind.cli.main import main
from tradewind.settings import load_settings
from tradewind.store.engine import open_store


class Said(NamedTuple):
    code: int
    out: str
    err: str


Cli = Callable[..., Said]


def sql(text: str) -> list[object]:
    """Ask (or bend) the database behind the command's back."""
    store = open_store(load_settings())
    try:
        with store.write() as conn:
            done = conn.exec_driver_sql(text)
            return [row[0] for row in done] if done.returns_rows else []
    finally:
        store.close()


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def empty(home: Path, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A database without tables. SQLite is what one gets with no configuration."""
    if not database_url.startswith("sqlite"):
        monkeypatch.setenv("TRADEWIND__DATABASE__SQL_ALCHEMY_CONN", database_url)


@pytest.fixture
def bare(home: Path, capsys: pytest.CaptureFixture[str]) -> Cli:
    def call(*words: str) -> Said:
        code = main(list(words))
        return Said(code, *capsys.readouterr())

    return call


@pytest.fixture
def cli(bare: Cli, migrated_url: str, monkeypatch: pytest.MonkeyPatch) -> Cli:
    """On a migrated database of each kind."""
    monkeypatch.setenv("TRADEWIND__DATABASE__SQL_ALCHEMY_CONN", migrated_url)
    return bare


@pytest.mark.spec("1/RL-02", "1/RL-11")
@pytest.mark.usefixtures("empty")
@pytest.mark.parametrize("word", ["init", "upgrade", "migrate"])
def test_the_schema_is_made_with_no_configuration_and_again_without_harm(bare: Cli, home: Path, word: str) -> None:
    first, second = bare("db", word), bare("db", word)
    assert (first.code, second.code) == (0, 0)
    assert second.out.startswith("Nothing to do")
    assert (home / "tradewind.cfg").is_file()
    assert (home / "dags").is_dir()
    assert sql("SELECT name FROM pool") == ["default_pool"]


@pytest.mark.spec("1/RL-12")
@pytest.mark.usefixtures("empty")
def test_verbs_refuse_a_database_without_schema_and_name_the_way_out(bare: Cli) -> None:
    said = bare("pools", "list")
    assert said.code == 1
    assert said.out == ""
    assert "hint: Run: tradewind db migrate" in said.err
    assert bare("db", "check").code == 1


def test_a_database_that_is_newer_than_the_code_is_refused(cli: Cli) -> None:
    sql("UPDATE alembic_version SET version_num = '9999'")
    for words in (["db", "check"], ["db", "migrate"], ["users", "list"]):
        said = cli(*words)
        assert said.code == 1
        assert "9999" in said.err
        assert "Install the newer release again" in said.err


def test_reset_asks_and_then_empties(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli("variables", "set", "a", "1")
    monkeypatch.setattr("builtins.input", lambda _: "n")
    assert cli("db", "reset").code == 1
    assert cli("variables", "get", "a").out == "1\n"
    assert cli("db", "reset", "-y").code == 0
    assert cli("variables", "get", "a").code == 1


ADMIN = "users create --username admin --password admin --firstname Anonymous --lastname Admin --role Admin --email admin@example.org"


@pytest.mark.spec("1/RL-03")
def test_a_user_is_made_once_and_repeating_says_so(cli: Cli) -> None:
    first, second = cli(*ADMIN.split()), cli(*ADMIN.split())
    assert first == Said(0, "Admin user admin created\n", "")
    assert second.code == 0
    assert "exist" in second.out
    people = json.loads(cli("users", "list", "-o", "json").out)
    assert [(p["username"], p["roles"], p["email"]) for p in people] == [("admin", ["Admin"], "admin@example.org")]


@pytest.mark.spec("1/RL-03")
def test_a_missing_password_is_asked_for_twice(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = iter(["one", "two", "same", "same"])
    monkeypatch.setattr("getpass.getpass", lambda _: next(answers))
    assert cli("users", "create", "-u", "eva", "-r", "User").code == 2
    assert cli("users", "create", "-u", "eva", "-r", "User").code == 0


def test_an_unknown_role_is_refused_with_a_guess(cli: Cli) -> None:
    said = cli("users", "create", "-u", "eva", "-p", "x", "-r", "Admim")
    assert said.code == 2
    assert "Did you mean 'Admin'?" in said.err


def test_deleting_and_renewing_a_password_need_a_user(cli: Cli) -> None:
    cli(*ADMIN.split())
    assert "Did you mean 'admin'?" in cli("users", "delete", "-u", "admim").err
    assert cli("users", "reset-password", "-u", "nobody", "-p", "x").code == 1
    assert cli("users", "reset-password", "-u", "admin", "-p", "x").code == 0
    assert cli("users", "delete", "-u", "admin").code == 0
    assert json.loads(cli("users", "list", "-o", "json").out) == []


def test_variables_come_back_as_they_were_and_rest_sealed(cli: Cli) -> None:
    cli("variables", "set", "plain", "välue with spaces", "--description", "why")
    cli("variables", "set", "-j", "obj", '{"a": [1, 2]}')
    assert cli("variables", "get", "plain").out == "välue with spaces\n"
    assert json.loads(json.loads(cli("variables", "get", "obj").out)) == {"a": [1, 2]}
    assert cli("variables", "get", "none", "-d", "fallback").out == "fallback\n"
    assert cli("variables", "get", "plian").err.endswith("hint: Did you mean 'plain'?\n")
    assert "spaces" not in str(sql("SELECT value FROM variable"))


def test_variables_survive_export_and_import(cli: Cli, home: Path) -> None:
    values = {"a": "text", "b": {"x": 1}, "c": [1, 2]}
    (home / "in.json").write_text(json.dumps(values))
    assert cli("variables", "import", str(home / "in.json")).code == 0
    assert cli("variables", "export", str(home / "out.json")).code == 0
    assert json.loads((home / "out.json").read_text()) == values
    assert json.loads(cli("variables", "export", "-").out) == values


def test_a_file_that_is_no_json_object_imports_nothing(cli: Cli, home: Path) -> None:
    for text in ("[1]", "{", ""):
        (home / "bad.json").write_text(text)
        if text:
            assert cli("variables", "import", str(home / "bad.json")).code == 2
    assert cli("variables", "import", str(home / "none.json")).code == 2
    assert json.loads(cli("variables", "list", "-o", "json").out) == []


def test_connections_come_back_whole_and_lists_hide_secrets(cli: Cli) -> None:
    assert cli("connections", "add", "pg", "--conn-uri", "postgres://me:s3cret@h:5432/db?sslmode=require").code == 0
    got = json.loads(cli("connections", "get", "pg", "-o", "json").out)
    assert (got["conn_type"], got["login"], got["password"], got["port"]) == ("postgres", "me", "s3cret", 5432)
    assert json.loads(got["extra"]) == {"sslmode": "require"}
    assert "s3cret" not in cli("connections", "list", "-o", "json").out
    assert cli("connections", "add", "pg", "--conn-type", "http").code == 1
    assert cli("connections", "add", "bad", "--conn-uri", "no type").code == 2


def test_connections_survive_export_and_import(cli: Cli, home: Path) -> None:
    cli(
        "connections",
        "add",
        "a",
        "--conn-type",
        "http",
        "--conn-host",
        "h",
        "--conn-password",
        "p",
        "--conn-extra",
        '{"x": 1}',
    )
    cli("connections", "export", str(home / "c.json"))
    before = json.loads((home / "c.json").read_text())
    cli("connections", "delete", "a")
    assert cli("connections", "import", str(home / "c.json")).out == "Imported connection a\n"
    cli("connections", "export", str(home / "d.json"))
    assert json.loads((home / "d.json").read_text()) == before
    assert "Left connection a" in cli("connections", "import", str(home / "c.json")).out


def test_pools_are_made_changed_and_deleted(cli: Cli) -> None:
    assert cli("pools", "set", "p", "3", "three at once").out == "Pool p created\n"
    assert cli("pools", "set", "p", "4").out == "Pool p updated\n"
    assert json.loads(cli("pools", "get", "p", "-o", "json").out)[0]["slots"] == 4
    assert cli("pools", "delete", "p").code == 0
    assert "Did you mean 'default_pool'?" in cli("pools", "get", "default_pol").err
    assert cli("pools", "delete", "default_pool").code == 1


@pytest.mark.spec("3/PO-09")
def test_exported_pools_come_in_again_just_as_they_were(cli: Cli, tmp_path: Path) -> None:
    cli("pools", "set", "p", "3", "three at once", "--include-deferred")
    file = tmp_path / "pools.json"
    assert cli("pools", "export", str(file)).code == 0
    before = file.read_text()
    assert json.loads(before)["p"] == {"slots": 3, "description": "three at once", "include_deferred": True}
    cli("pools", "delete", "p")
    cli("pools", "set", "default_pool", "7")
    assert cli("pools", "import", str(file)).out == "Uploaded 2 pool(s)\n"
    cli("pools", "export", str(file))
    assert file.read_text() == before
    listed = {row["name"]: row["slots"] for row in json.loads(cli("pools", "list", "-o", "json").out)}
    assert listed == {"default_pool": 128, "p": 3}


def test_a_file_with_a_wrong_pool_changes_nothing(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "pools.json"
    file.write_text('{"good": {"slots": 1}, "bad": {"slots": "many"}}')
    said = cli("pools", "import", str(file))
    assert said.code == 2
    assert "pool 'bad' has no whole number of slots" in said.err
    file.write_text('{"good": {"slots": 1}, "bad": {"slots": -5}}')
    assert cli("pools", "import", str(file)).code == 2
    assert cli("pools", "get", "good").code == 1
    assert cli("pools", "import", str(tmp_path / "none.json")).code == 2
