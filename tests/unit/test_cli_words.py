"""The command line without the rest of the house: finding verbs, errors, forms of output, addresses of connections."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tradewind.cli import connection_form as form
from tradewind.cli import main as cli
from tradewind.cli.ground import sample_settings
from tradewind.cli.info import without_password
from tradewind.cli.output import as_table, as_yaml, show
from tradewind.cli.shape import Verb, find_verb
from tradewind.errors import InvalidArgument, TradewindError
from tradewind.settings import OPTIONS, load_settings


def test_an_unknown_command_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["dgas", "list"]) == 2
    err = capsys.readouterr().err
    assert err == "tradewind: There is no command 'dgas'.\nhint: Did you mean 'dags'?\n"


def test_an_unknown_verb_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", "get-vlaue", "core", "x"]) == 2
    assert "Did you mean 'get-value'?" in capsys.readouterr().err


def test_an_unknown_option_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", "list", "--sektion", "core"]) == 2
    assert "'--section'" in capsys.readouterr().err


def test_a_missing_verb_names_those_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config"]) == 2
    assert "get-value, list" in capsys.readouterr().err


def test_an_unknown_setting_is_guessed(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["config", "get-value", "core", "dag_folder"]) == 2
    assert "core.dags_folder" in capsys.readouterr().err


def test_verbose_shows_where_it_happened() -> None:
    with pytest.raises(TradewindError):
        cli.main(["config", "get-value", "core", "nothing", "--verbose"])


def test_a_bug_is_one_sentence_without_a_traceback(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(words: list[str]) -> int:
        raise RuntimeError("the wheel came off\nsecond line")

    monkeypatch.setattr(cli, "run", broken)
    assert cli.main(["version"]) == 1
    err = capsys.readouterr().err
    assert err.startswith("tradewind: RuntimeError: the wheel came off\nhint: ")
    assert "Traceback" not in err


def test_help_lists_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["--help"]) == 0
    out = capsys.readouterr().out
    assert all(f"  {name} " in out for name in cli.NOUNS)


def test_aliases_of_verbs_find_the_verb() -> None:
    verbs = (Verb("migrate", "", lambda _: 0, aliases=("init",)), Verb("check", "", lambda _: 0))
    assert find_verb("db", verbs, ["init", "x"]) == ("db migrate", verbs[0], ["x"])


def test_the_older_spellings_of_migrate_are_verbs() -> None:
    from tradewind.cli import db

    for word in ("init", "upgrade", "migrate"):
        assert find_verb("db", db.VERBS, [word])[1].run is db.migrate_database


@pytest.mark.spec("1/RL-05")
def test_webserver_is_the_api_server() -> None:
    assert cli.ALIASES["webserver"] == "api-server"


ROWS = [
    {"name": "a", "when": datetime(2026, 1, 1, tzinfo=UTC), "tags": ["x", "y"]},
    {"name": None, "when": None, "tags": []},
]


def test_a_table_is_aligned() -> None:
    lines = as_table(ROWS, ("name", "tags")).splitlines()
    assert lines == ["name | tags", "=====+=====", "a    | x, y", "     |"]


def test_json_keeps_types(capsys: pytest.CaptureFixture[str]) -> None:
    show(ROWS, ("name", "when", "tags"), "json")
    found = json.loads(capsys.readouterr().out)
    assert found[0] == {"name": "a", "when": "2026-01-01T00:00:00+00:00", "tags": ["x", "y"]}
    assert found[1] == {"name": None, "when": None, "tags": []}


def test_no_rows_say_so_in_a_table_and_stay_empty_in_json(capsys: pytest.CaptureFixture[str]) -> None:
    show([], ("name",), "table")
    assert capsys.readouterr().out == "No data found\n"
    show([], ("name",), "json")
    assert capsys.readouterr().out == "[]\n"


def test_yaml_nests() -> None:
    assert as_yaml([{"a": {"b": [1, "x: y"]}, "c": None}]).splitlines() == [
        "- a:", "    b:", "      - 1", '      - "x: y"', "  c: null",
    ]  # fmt: skip


def test_the_sample_settings_file_changes_nothing_as_it_is(tmp_path: pytest.TempPathFactory) -> None:
    home = tmp_path
    (home / "tradewind.cfg").write_text(sample_settings())  # type: ignore[operator]
    settings = load_settings({"TRADEWIND_HOME": str(home)})
    assert set(settings.origins.values()) == {"default"}
    assert all(f"#{option.key} = " in sample_settings() for option in OPTIONS)


def test_passwords_in_addresses_are_not_shown() -> None:
    assert without_password("postgresql://me:secret@host/db") == "postgresql://me:***@host/db"
    assert without_password("sqlite:////home/me/x.db") == "sqlite:////home/me/x.db"


def test_a_connection_uri_is_read_in_parts() -> None:
    got = form.from_uri("postgresql://us%40er:p%2Fw@db.example.org:5433/name?sslmode=require")
    assert got == {
        "conn_type": "postgres", "host": "db.example.org", "schema": "name", "login": "us@er", "password": "p/w",
        "port": 5433, "extra": '{"sslmode": "require"}',
    }  # fmt: skip


def test_a_connection_uri_without_type_is_refused() -> None:
    with pytest.raises(InvalidArgument, match="names no type"):
        form.from_uri("example.org/x")


PART = st.text(
    st.characters(min_codepoint=33, max_codepoint=0x2FF, exclude_categories=("Cc", "Cs")), min_size=1, max_size=12
)


@given(
    login=PART, password=PART, schema=PART, port=st.integers(1, 65535) | st.none(),
    extra=st.dictionaries(PART, PART | st.integers(), max_size=3),
)  # fmt: skip
def test_a_connection_survives_the_way_through_its_uri(
    login: str, password: str, schema: str, port: int | None, extra: dict[str, object]
) -> None:
    fields = {
        "conn_type": "http", "host": "example.org", "schema": schema, "login": login, "password": password,
        "port": port, "extra": json.dumps(extra) if extra else None,
    }  # fmt: skip
    back = form.from_uri(form.as_uri(fields))
    assert (json.loads(back.pop("extra") or "{}")) == extra
    assert back == {name: value for name, value in fields.items() if name != "extra"}
