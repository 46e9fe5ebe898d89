"""Asset events as tasks and people report them, and how far each consuming DAG has read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from tradewind.store.engine import Conn, as_json, lock, marks, query, run, us


class Source(NamedTuple):
    """Who made an event; all None for one that came from outside."""

    dag_id: str | None = None
    run_id: str | None = None
    task_id: str | None = None
    map_index: int | None = None


#: What a task (or a person) says: {"uri", "name"?, "group"?, "extra"?, "alias"?}, by whom, when.
Said = tuple[dict[str, Any], Source, datetime]


def add_events(conn: Conn, said: Sequence[Said]) -> None:
    """Append events in the order given.

    The asset rows are locked first, in one order for everybody. So two transactions that update the same asset follow
    one another, ids of its events grow in the order of their commits, and a reader that moves its cursor to the newest
    id it sees can never pass one that is still to come.
    """
    events = [one for one in said if one[0].get("uri")]
    if not events:
        return
    by_uri = {event["uri"]: event for event, _, _ in events}
    uris = sorted(by_uri)
    _make_assets(conn, [by_uri[uri] for uri in uris])
    query(conn, f"SELECT uri FROM asset WHERE uri IN ({marks(len(uris))}) ORDER BY uri{lock(conn)}", tuple(uris))
    text = (
        "INSERT INTO asset_event (uri, at, extra, source_dag_id, source_run_id, source_task_id, source_map_index)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"
    )
    run(
        conn, text, [(event["uri"], us(at), as_json(event.get("extra") or {}), *source) for event, source, at in events]
    )
    _note_aliases(conn, {(event["alias"], event["uri"]) for event, _, _ in events if event.get("alias")})


def _make_assets(conn: Conn, events: Sequence[Mapping[str, Any]]) -> None:
    rows = [(e["uri"], e.get("name") or e["uri"], e.get("group") or "asset", "{}") for e in events]
    _insert_new(conn, 'asset (uri, name, "group", extra) VALUES (?, ?, ?, ?)', rows)


def _note_aliases(conn: Conn, pairs: set[tuple[str, str]]) -> None:
    _insert_new(conn, "asset_alias (name, uri) VALUES (?, ?)", sorted(pairs))


def _insert_new(conn: Conn, into: str, rows: Sequence[tuple[Any, ...]]) -> None:
    """Rows that are there already stay as they are: somebody else may be making the same ones now."""
    mysql = conn.dialect.name in ("mysql", "mariadb")
    run(conn, f"INSERT IGNORE INTO {into}" if mysql else f"INSERT INTO {into} ON CONFLICT DO NOTHING", rows)


def start_cursors(conn: Conn, dag_id: str, uris: Iterable[str], since: datetime) -> None:
    """Begin to read these assets, with the first event after ``since``; where the DAG reads already, nothing changes."""
    known = {row[0] for row in query(conn, "SELECT uri FROM asset_cursor WHERE dag_id = ?", (dag_id,))}
    rows = []
    for uri in sorted(set(uris) - known):
        text = "SELECT MAX(id) FROM asset_event WHERE uri = ? AND at <= ?"
        rows.append((dag_id, uri, query(conn, text, (uri, us(since)))[0][0] or 0))
    _insert_new(conn, "asset_cursor (dag_id, uri, last_event_id) VALUES (?, ?, ?)", rows)


def drop_cursors(conn: Conn, dag_id: str, uris: Iterable[str]) -> None:
    """The DAG does not wait for these any more."""
    run(conn, "DELETE FROM asset_cursor WHERE dag_id = ? AND uri = ?", [(dag_id, uri) for uri in sorted(uris)])


def consume(conn: Conn, dag_id: str, run_pk: int, events: Sequence[tuple[int, str]]) -> None:
    """These (event id, uri) made this run: move the cursors past them, in the transaction that makes the run."""
    run(conn, "INSERT INTO run_asset_event (run_pk, event_id) VALUES (?, ?)", [(run_pk, pk) for pk, _ in events])
    newest: dict[str, int] = {}
    for pk, uri in events:
        newest[uri] = max(pk, newest.get(uri, 0))
    text = "UPDATE asset_cursor SET last_event_id = ? WHERE dag_id = ? AND uri = ?"
    run(conn, text, [(pk, dag_id, uri) for uri, pk in newest.items()])
