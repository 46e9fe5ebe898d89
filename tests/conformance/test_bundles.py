"""What every source of DAG files must do, tried on each implementation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tradewind.backends.bundles.contract import Bundle
from tradewind.backends.bundles.local import DAGS_FOLDER, EXAMPLES, LocalBundle, bundles_of, examples_root
from tradewind.settings import load_settings

MAKERS: dict[str, Callable[[Path], Bundle]] = {"local": lambda root: LocalBundle("team", root)}


@pytest.fixture(params=sorted(MAKERS))
def make(request: pytest.FixtureRequest) -> Callable[[Path], Bundle]:
    return MAKERS[request.param]


def test_it_has_a_name_and_an_absolute_root(make: Callable[[Path], Bundle], tmp_path: Path) -> None:
    bundle = make(tmp_path)
    assert bundle.name == "team"
    assert bundle.root.is_absolute()


def test_a_root_that_is_not_there_yet_is_no_error(make: Callable[[Path], Bundle], tmp_path: Path) -> None:
    bundle = make(tmp_path / "later")
    assert bundle.refresh() is False
    assert bundle.current_version() is None


def test_refreshing_without_news_changes_nothing(make: Callable[[Path], Bundle], tmp_path: Path) -> None:
    bundle = make(tmp_path)
    before = (bundle.root, bundle.current_version())
    bundle.refresh()
    assert (bundle.root, bundle.current_version()) == before


def test_the_dags_folder_comes_first_and_the_examples_can_be_left_out(tmp_path: Path) -> None:
    given = {"TRADEWIND_HOME": str(tmp_path)}
    both = bundles_of(load_settings(given))
    assert [bundle.name for bundle in both] == [DAGS_FOLDER, EXAMPLES]
    assert both[0].root == tmp_path / "dags"
    assert (examples_root() / "__init__.py").is_file()
    alone = bundles_of(load_settings({**given, "AIRFLOW__CORE__LOAD_EXAMPLES": "False"}))
    assert [bundle.name for bundle in alone] == [DAGS_FOLDER]
