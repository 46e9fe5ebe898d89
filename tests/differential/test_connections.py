from __future__ import annotations

import json
from typing import Any

import pytest

from tests.differential import answers, compare
from tests.differential.cases import answer
from tests.differential.cases import connections as cases
from tradewind.sdk.connection import Connection, get_connection

TOLD = answers("connections")
#: D-07: what 2.11 garbles is read as its author meant it, or keeps its text.
KNOWN = {
    "my_type://h*": "D-07: Python's urlsplit knows no underscore in a scheme, Airflow's types have them",
    "azure_data_explorer://u:p@h": "D-07: an underscore in the scheme",
    "http://h?url=https://other/path?x=1": "D-07: 2.11 loses the host when a value of the query holds a '://'",
    "http://h/p?a=1#f": "D-07: a '#' in a value of the query is part of the value",
    "just text": "D-07: no URI at all",
    "host:5432": "D-07: no URI at all",
    "http://a.b.c/d?__extra__=%5B1%2C+2%5D": "D-07: extra_dejson is a dict always; the text is kept",
}
KNOWN_JSON = {
    '{"type": "http", "host": "h"}': "D-07: type is accepted for conn_type",
    '{"conn_id": "other", "conn_type": "http"}': "D-07: a connection exported with its id is accepted; the variable's name wins",
    "[1]": "D-07: no connection at all",
    '"text"': "D-07: no connection at all",
}
KNOWN_FIELDS = {'{"conn_type": "http", "extra": "[1]"}': "D-07: extra_dejson is a dict always; the text is kept"}
#: Texts 2.11 writes but does not read back itself.
LOST = (
    "jdbc://u:p@jdbc%3A",
    "my_type://",
    "azure_data_explorer://",
    "just text",
    "://host",
    "host:5432",
    "http://h?url=",
    "http://h/p?a=1#f",
)


def same(theirs: Any, ours: Any) -> bool:
    """The same fields; the text may be written in another way, if it reads back to them."""
    if "error" in theirs or "error" in ours:
        return "error" in theirs and "error" in ours
    a, b = dict(theirs["dict"]), dict(ours["dict"])
    a.pop("uri"), b.pop("uri")
    return a == b


def test_a_uri_has_the_fields_airflow_finds_in_it() -> None:
    told = TOLD["uris"]
    assert set(told) == set(cases.URIS)
    compare(
        (
            (uri, theirs, answer(lambda u=uri: cases.facts(Connection(conn_id="c", uri=u))))
            for uri, theirs in told.items()
        ),
        KNOWN,
        same,
    )


def test_a_uri_we_write_reads_back_to_the_same_fields_as_airflows() -> None:
    def again(uri: str) -> Any:
        return answer(lambda: cases.facts(Connection(conn_id="c", uri=uri)))

    pairs = []
    for uri, theirs in TOLD["uris"].items():
        if "error" not in theirs and uri and not uri.startswith(LOST):
            ours = Connection(conn_id="c", uri=uri)
            pairs.append((uri, again(theirs["dict"]["uri"]), again(ours.get_uri())))
    compare(pairs, {}, same)


@pytest.mark.parametrize("number", range(len(cases.FIELDS)))
def test_fields_are_written_as_airflow_writes_them(number: int) -> None:
    case = json.dumps(cases.FIELDS[number])
    ours = answer(lambda: cases.facts(Connection(conn_id="c", **cases.FIELDS[number])))
    compare([(case, TOLD["fields"][number], ours)], {case: KNOWN_FIELDS[case]} if case in KNOWN_FIELDS else {})


@pytest.mark.parametrize("text", list(TOLD["environment"]))
def test_a_connection_of_the_environment_is_what_airflow_finds(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AIRFLOW_CONN_ASKED", text)
    ours = answer(lambda: cases.facts(get_connection("asked")))
    compare([(text, TOLD["environment"][text], ours)], {text: KNOWN_JSON[text]} if text in KNOWN_JSON else {}, same)
