"""Which files of a folder are DAG files."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from tradewind.backends.bundles.discover import Discovery, ignored, looks_like_dag, read_rules
from tradewind.errors import DagFileError

DAG = "from airflow import DAG\n"


def write(root: Path, *names: str, text: str = DAG) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


@pytest.mark.spec("2/PK-03")
def test_regexp_ignore_lines_match_anywhere_and_are_inherited_by_sub_folders(tmp_path: Path) -> None:
    write(tmp_path, "keep.py", "dag_cycle.py", "docker/a.py", "team/docker/b.py", "team/c.py", "team/skip_me.py")
    (tmp_path / ".airflowignore").write_text("# comment\ndag_cycle\\.py\ndocker/\n\n")
    (tmp_path / "team" / ".airflowignore").write_text("skip_  # trailing\n")
    assert set(Discovery().look(tmp_path)) == {"keep.py", "team/c.py"}


@pytest.mark.parametrize(
    ("lines", "left"),
    [
        ("*.py\n!keep.py", {"keep.py"}),
        ("/a.py", {"keep.py", "sub/a.py", "sub/deep/x.py"}),
        ("sub/", {"a.py", "keep.py"}),
        ("**/x.py", {"a.py", "keep.py", "sub/a.py"}),
        ("sub/*.py", {"a.py", "keep.py", "sub/deep/x.py"}),
        ("[ab].py", {"keep.py", "sub/deep/x.py"}),
        ("kee?.py", {"a.py", "sub/a.py", "sub/deep/x.py"}),
    ],
)
def test_glob_ignore_lines_follow_the_syntax_of_gitignore(tmp_path: Path, lines: str, left: set[str]) -> None:
    write(tmp_path, "a.py", "keep.py", "sub/a.py", "sub/deep/x.py")
    (tmp_path / ".airflowignore").write_text(lines)
    assert set(Discovery("glob").look(tmp_path)) == left


def test_a_glob_rule_of_a_sub_folder_says_nothing_of_other_folders(tmp_path: Path) -> None:
    write(tmp_path, "a.py", "sub/a.py")
    (tmp_path / "sub" / ".airflowignore").write_text("a.py")
    assert set(Discovery("glob").look(tmp_path)) == {"a.py"}


def test_a_pattern_that_is_no_expression_is_an_error_with_its_line() -> None:
    with pytest.raises(DagFileError, match="not a regular expression") as told:
        read_rules("fine\n*.py\n", "team", "regexp")
    assert (told.value.file, told.value.line) == ("team/.airflowignore", 2)


def test_a_broken_ignore_file_hides_nothing_and_is_told(tmp_path: Path) -> None:
    write(tmp_path, "a.py")
    (tmp_path / ".airflowignore").write_text("(")
    look = Discovery()
    assert set(look.look(tmp_path)) == {"a.py"}
    assert list(look.troubles) == [".airflowignore"]


@pytest.mark.parametrize(
    ("text", "verdict"),
    [
        (b"from airflow import DAG", True),
        (b"from tradewind import dag", True),
        (b"import AIRFLOW # Dag", True),
        (b"import airflow", False),
        (b"dag = 1", False),
        (b"", False),
    ],
)
def test_safe_mode_wants_the_word_dag_and_the_name_of_the_library(text: bytes, verdict: bool) -> None:
    assert looks_like_dag(text) is verdict


def test_without_safe_mode_every_python_file_counts(tmp_path: Path) -> None:
    write(tmp_path, "plain.py", text="x = 1")
    assert Discovery().look(tmp_path) == {}
    assert set(Discovery(safe_mode=False).look(tmp_path)) == {"plain.py"}


def test_a_zip_counts_when_a_file_at_its_top_declares_a_dag(tmp_path: Path) -> None:
    for name, inner in (("yes.zip", "a.py"), ("no.zip", "deep/a.py")):
        with zipfile.ZipFile(tmp_path / name, "w") as archive:
            archive.writestr(inner, DAG)
    (tmp_path / "fake.zip").write_text("no zip, airflow dag")
    assert set(Discovery().look(tmp_path)) == {"yes.zip"}


def test_links_are_followed_once_and_circles_end(tmp_path: Path) -> None:
    root, elsewhere = tmp_path / "dags", tmp_path / "elsewhere"
    write(root, "a.py")
    write(elsewhere, "b.py")
    (root / "linked").symlink_to(elsewhere)
    (root / "circle").symlink_to(root)
    assert set(Discovery().look(root)) == {"a.py", "linked/b.py"}


def test_a_root_that_is_not_there_holds_nothing(tmp_path: Path) -> None:
    assert Discovery().look(tmp_path / "none") == {}


def test_an_edit_changes_the_safe_mode_verdict(tmp_path: Path) -> None:
    write(tmp_path, "a.py", text="x = 1")
    look = Discovery()
    assert look.look(tmp_path) == {}
    write(tmp_path, "a.py")
    assert set(look.look(tmp_path)) == {"a.py"}


def test_caches_and_version_control_are_never_looked_into(tmp_path: Path) -> None:
    write(tmp_path, "__pycache__/a.py", ".git/b.py")
    assert Discovery().look(tmp_path) == {}


def test_the_last_rule_that_knows_a_path_decides() -> None:
    rules = read_rules("*.py\n!a.py\na.py\n", "", "glob")
    assert ignored(rules, "a.py", False)
