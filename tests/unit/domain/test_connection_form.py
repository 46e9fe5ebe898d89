"""The form of a connection, from what a package states as data."""

from __future__ import annotations

import json

from hypothesis import given
from hypothesis import strategies as st

from tradewind.domain.connection_form import COVERED, STANDARD, form_of, forms, keep_covered

ACME = {
    "connection-type": "acme",
    "hook-name": "Acme",
    "hook-class-name": "acme.Hook",
    "ui-field-behaviour": {
        "hidden-fields": ["schema"],
        "relabeling": {"login": "Key id"},
        "placeholders": {"host": "acme.example", "region": "north"},
    },
    "conn-fields": {
        "region": {"label": "Region", "schema": {"type": ["string", "null"]}},
        "token": {"label": "Token", "schema": {"type": ["string", "null"], "format": "password"}},
    },
}


def test_labels_hidden_fields_examples_and_own_fields_are_as_the_package_says() -> None:
    form = form_of(ACME, "acme-package")
    assert form.standard["login"].title == "Key id"
    assert form.standard["host"].placeholder == "acme.example"
    assert [name for name, each in form.standard.items() if each.hidden] == ["schema"]
    assert [(each.name, each.title, each.secret) for each in form.extra] == [
        ("region", "Region", False), ("token", "Token", True),
    ]  # fmt: skip
    assert form.extra[0].placeholder == "north"


def test_an_installed_package_wins_over_what_everybody_knows_and_odd_entries_do_no_harm() -> None:
    stated = [
        ("p", {"connection-type": "http", "hook-name": "Ours", "ui-field-behaviour": None}),
        ("q", {}),
        ("r", ACME),
    ]
    found = {form.conn_type: form for form in forms(stated, {"postgres": "our.Hook"})}
    assert (found["http"].name, found["http"].package, found["http"].installed) == ("Ours", "p", True)
    assert (found["postgres"].package, found["postgres"].installed) == ("tradewind", True)
    assert (found["s3"].package, found["s3"].installed) == ("apache-airflow-providers-amazon", False)
    assert set(found["generic"].standard) == set(STANDARD)


def test_what_is_covered_keeps_its_value() -> None:
    before = json.dumps({"token": "s3cret", "deep": {"key": "k"}, "zone": "a"})
    given_back = json.dumps({"token": COVERED, "deep": {"key": COVERED}, "zone": "b"})
    assert json.loads(keep_covered(given_back, before)) == {"token": "s3cret", "deep": {"key": "k"}, "zone": "b"}
    assert keep_covered(COVERED, "not json") == "not json"


@given(st.dictionaries(st.text(), st.integers() | st.text().filter(lambda t: COVERED not in t)))
def test_what_is_not_covered_is_taken_as_given(extra: dict[str, object]) -> None:
    text = json.dumps(extra)
    if COVERED not in text:
        assert keep_covered(text, json.dumps({"other": 1})) == text
