"""Log files are read in pieces and never outside their folder; secrets are sealed."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tradewind.backends.logs.files import FileLogs
from tradewind.backends.secrets.env import EnvironmentSecrets
from tradewind.backends.secrets.fernet import open_vault
from tradewind.errors import Forbidden, InvalidArgument, OutsideTrouble
from tradewind.settings import Settings, load_settings


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "logs" / "a").mkdir(parents=True)
    (tmp_path / "secret.txt").write_text("secret")
    return tmp_path / "logs"


def test_pieces_end_behind_lines_and_add_up(folder: Path) -> None:
    text = "".join(f"line {n} äöü\n" for n in range(50))
    (folder / "a" / "1.log").write_text(text)
    logs, offset, parts = FileLogs(folder), 0, []
    while True:
        piece = logs.read("a/1.log", offset, limit=100)
        if not piece.text:
            break
        assert piece.text.endswith("\n")
        parts.append(piece.text)
        offset = piece.next_offset
    assert "".join(parts) == text
    assert logs.size("a/1.log") == offset


def test_a_character_that_is_half_written_is_left_for_later(folder: Path) -> None:
    file = folder / "a" / "1.log"
    data = "näher €".encode()
    for cut in range(len(data) + 1):
        file.write_bytes(data[:cut])
        piece = FileLogs(folder).read("a/1.log")
        assert "\N{REPLACEMENT CHARACTER}" not in piece.text
        assert data.decode().startswith(piece.text)
        file.write_bytes(data)
        assert piece.text + FileLogs(folder).read("a/1.log", piece.next_offset).text == data.decode()


def test_a_line_longer_than_a_piece_is_cut_between_characters(folder: Path) -> None:
    (folder / "a" / "1.log").write_text("€" * 100)
    logs = FileLogs(folder)
    first = logs.read("a/1.log", limit=100)
    assert first.text == "€" * 33
    assert logs.read("a/1.log", first.next_offset, limit=1000).text == "€" * 67


def test_bytes_that_are_no_text_do_not_stop_the_reader(folder: Path) -> None:
    (folder / "a" / "1.log").write_bytes(b"ok \xff\xfe\x80 done\n")
    assert FileLogs(folder).read("a/1.log").text.endswith(" done\n")


def test_a_log_that_was_replaced_by_a_shorter_one_starts_again(folder: Path) -> None:
    (folder / "a" / "1.log").write_text("new\n")
    assert FileLogs(folder).read("a/1.log", 500).text == "new\n"


def test_a_missing_log_is_empty(folder: Path) -> None:
    assert FileLogs(folder).read("a/none.log").text == ""
    assert FileLogs(folder).size("a/none.log") == 0


@pytest.mark.parametrize("path", ["../secret.txt", "a/../../secret.txt", "/etc/passwd", "link", ".", "a/\0"])
def test_no_path_leads_out_of_the_folder(folder: Path, path: str) -> None:
    (folder / "link").symlink_to(folder.parent / "secret.txt")
    with pytest.raises(Forbidden):
        FileLogs(folder).read(path)


def settings_of(tmp_path: Path, **environ: str) -> Settings:
    return load_settings({"TRADEWIND_HOME": str(tmp_path), **environ})


def test_a_key_is_made_once_for_its_owner_only(tmp_path: Path) -> None:
    sealed = open_vault(settings_of(tmp_path)).encrypt("hush")
    assert "hush" not in sealed
    assert stat.S_IMODE((tmp_path / "fernet.key").stat().st_mode) == 0o600
    assert open_vault(settings_of(tmp_path)).decrypt(sealed) == "hush"
    assert [p.name for p in tmp_path.iterdir()] == ["fernet.key"]


def test_keys_rotate_without_losing_secrets(tmp_path: Path) -> None:
    from cryptography.fernet import Fernet

    old, new = Fernet.generate_key().decode(), Fernet.generate_key().decode()
    sealed = open_vault(settings_of(tmp_path, AIRFLOW__CORE__FERNET_KEY=old)).encrypt("hush")
    both = open_vault(settings_of(tmp_path, AIRFLOW__CORE__FERNET_KEY=f"{new},{old}"))
    assert both.decrypt(sealed) == "hush"
    only_new = open_vault(settings_of(tmp_path, AIRFLOW__CORE__FERNET_KEY=new))
    assert only_new.decrypt(both.rotate(sealed)) == "hush"
    with pytest.raises(OutsideTrouble, match="cannot be opened"):
        only_new.decrypt(sealed)


def test_a_key_that_is_none_is_told_with_its_place(tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match="AIRFLOW__CORE__FERNET_KEY"):
        open_vault(settings_of(tmp_path, AIRFLOW__CORE__FERNET_KEY="short")).encrypt("x")


def test_the_environment_gives_variables_and_connections_by_upper_case_names() -> None:
    source = EnvironmentSecrets({"AIRFLOW_VAR_CITY": "Kiel", "TRADEWIND_VAR_CITY": "Bonn", "AIRFLOW_CONN_PG": "pg://"})
    assert source.variable("city") == "Bonn"
    assert source.connection("pg") == "pg://"
    assert source.variable("other") is None
