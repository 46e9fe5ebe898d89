"""Every public name of Airflow 1.10, 2.11 and 3.3 is served, names the package to install, or says why not and what instead.

The names are in ``tests/differential/public_names.txt``, read from the originals by ``make_public_names.py`` beside it.
"""

from __future__ import annotations

import importlib
import re
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from tradewind.compat import gone
from tradewind.compat.table import modules

pytestmark = pytest.mark.usefixtures("door_for_one_test")

FILE = Path(__file__).resolve().parents[1] / "differential" / "public_names.txt"


def names() -> Iterator[tuple[str, str, str]]:
    """Module, the major versions that have the name, name."""
    for line in FILE.read_text(encoding="utf-8").splitlines():
        module, majors, *those = line.split()
        for name in those:
            yield module, majors, name


def became(module: str, name: str) -> str:
    """How ``from module import name`` ends."""
    scope: dict[str, object] = {}
    try:
        exec(f"from {module} import {name}", scope)
    except ImportError as error:
        told = str(error)
        if re.search(r"pip install apache-airflow-providers-[a-z-]+", told):
            return "provider"
        return "left out" if "is not available in Tradewind. " in told else f"unexplained: {told}"
    except RuntimeError as error:
        return "left out" if "REST API" in str(error) else f"unexplained: {error}"
    return "served"


@pytest.mark.spec("1/AU-21", "1/AU-22", "4/IP-47")
def test_every_public_name_is_served_or_says_what_to_do() -> None:
    counts: dict[str, Counter[str]] = {major: Counter() for major in "123"}
    unexplained = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for module, majors, name in names():
            ending = became(module, name)
            if ending.startswith("unexplained"):
                unexplained.append(f"{module}.{name}: {ending}")
            for major in majors:
                counts[major][ending] += 1
    assert unexplained == []
    shown = {major: dict(count) for major, count in counts.items()}
    for major, least in (("1", 720), ("2", 565), ("3", 600)):
        assert counts[major]["served"] + counts[major]["provider"] >= least, shown


#: Deadlines counted from something of the author's own: not built, and said so.
DEADLINES = {"BaseDeadlineReference", "deadline_reference"}


def sdk_names() -> list[str]:
    return [name for module, majors, name in names() if module == "airflow.sdk" and "3" in majors]


@pytest.mark.parametrize("name", sdk_names())
def test_all_of_the_sdk_is_served(name: str) -> None:
    assert became("airflow.sdk", name) == ("left out" if name in DEADLINES else "served")


def test_a_star_import_of_the_sdk_brings_everything_it_lists() -> None:
    scope: dict[str, object] = {}
    exec("from airflow.sdk import *", scope)
    assert set(sdk_names()) - set(scope) == DEADLINES


def test_one_object_by_whatever_path_within_a_version() -> None:
    """A class that several paths serve under its own name is one class."""
    kinds: dict[tuple[str, str], set[int]] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for path, info in modules().items():
            for name, alias in info.names.items():
                if alias.missing is None and not alias.target.startswith("airflow."):
                    thing = getattr(importlib.import_module(path), name, None)
                    if isinstance(thing, type):
                        kinds.setdefault((alias.target, name), set()).add(id(thing))
    assert len(kinds) > 300
    assert {key for key, those in kinds.items() if len(those) > 1} == set()


def test_asking_for_a_name_that_is_left_out_is_no_error() -> None:
    settings = importlib.import_module("airflow.settings")
    assert not hasattr(settings, "DASHBOARD_UIALERTS")
    with pytest.raises(ImportError, match=r"airflow\.settings\.DASHBOARD_UIALERTS is not available in Tradewind\. "):
        exec("from airflow.settings import DASHBOARD_UIALERTS", {})
    with pytest.raises(ImportError, match=r"airflow\.utils\.cli.* `tradewind` has the same verbs"):
        importlib.import_module("airflow.utils.cli")


def test_every_reason_is_a_sentence_and_nothing_served_has_one() -> None:
    reasons = gone.reasons()
    assert all(why.endswith(".") and len(why) > 20 for why in reasons.values())
    served = {
        f"{path}.{name}".removeprefix("airflow.") for path, info in modules().items() for name in info.names
        if info.names[name].missing is None
    }  # fmt: skip
    assert served & set(reasons) == set()
