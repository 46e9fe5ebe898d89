"""Questions about assets, their events, and which DAGs wait for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from tradewind.store.engine import Conn, from_json, marks, query, us, when


class EventRow(NamedTuple):
    """One event, with what is known of the run that made it."""

    id: int
    uri: str
    at: datetime
    extra: dict[str, Any]
    source_dag_id: str | None
    source_run_id: str | None
    source_task_id: str | None
    source_map_index: int | None
    name: str
    group: str
    interval_start: datetime | None
    interval_end: datetime | None
    logical_date: datetime | None


_EVENT = (
    "SELECT e.id, e.uri, e.at, e.extra, e.source_dag_id, e.source_run_id, e.source_task_id, e.source_map_index,"
    " COALESCE(a.name, e.uri), COALESCE(a.\"group\", 'asset'), r.interval_start, r.interval_end, r.logical_date"
    " FROM asset_event e LEFT JOIN asset a ON a.uri = e.uri"
    " LEFT JOIN dag_run r ON r.dag_id = e.source_dag_id AND r.run_id = e.source_run_id"
)


def _event(r: Any) -> EventRow:
    at = when(r[2])
    assert at is not None
    extra, interval = from_json(r[3]) or {}, (when(r[10]), when(r[11]))
    return EventRow(r[0], r[1], at, extra, r[4], r[5], r[6], r[7], r[8], r[9], *interval, when(r[12]))


def as_fact(event: EventRow) -> dict[str, Any]:
    """An event as tasks see it."""
    return {
        "id": event.id,
        "uri": event.uri,
        "name": event.name,
        "group": event.group,
        "extra": event.extra,
        "timestamp": event.at,
        "source_dag_id": event.source_dag_id,
        "source_run_id": event.source_run_id,
        "source_task_id": event.source_task_id,
        "source_map_index": event.source_map_index,
        "source_interval_start": event.interval_start,
        "source_interval_end": event.interval_end,
        "source_logical_date": event.logical_date,
    }


def newest_id(conn: Conn) -> int:
    """The newest event; 0 when there is none."""
    return int(query(conn, "SELECT MAX(id) FROM asset_event")[0][0] or 0)


def waiting_dags(conn: Conn) -> list[str]:
    """DAGs for which some event is new."""
    text = (
        "SELECT DISTINCT c.dag_id FROM asset_cursor c"
        " WHERE EXISTS (SELECT 1 FROM asset_event e WHERE e.uri = c.uri AND e.id > c.last_event_id)"
    )
    return [row[0] for row in query(conn, text)]


def cursors(conn: Conn, dag_id: str) -> dict[str, int]:
    """{uri: last event read} of a DAG."""
    text = "SELECT uri, last_event_id FROM asset_cursor WHERE dag_id = ?"
    return {uri: int(pk) for uri, pk in query(conn, text, (dag_id,))}


def new_events(conn: Conn, dag_id: str, uris: Sequence[str]) -> list[EventRow]:
    """Events of these assets that the DAG has not used, oldest first."""
    if not uris:
        return []
    text = (
        f"{_EVENT} JOIN asset_cursor c ON c.uri = e.uri AND c.dag_id = ? WHERE e.id > c.last_event_id"
        f" AND e.uri IN ({marks(len(uris))}) ORDER BY e.id"
    )
    return [_event(row) for row in query(conn, text, (dag_id, *uris))]


def of_run(conn: Conn, run_pk: int) -> list[EventRow]:
    """The events a run was made from."""
    text = f"{_EVENT} JOIN run_asset_event x ON x.event_id = e.id WHERE x.run_pk = ? ORDER BY e.id"
    return [_event(row) for row in query(conn, text, (run_pk,))]


def of_aliases(conn: Conn, names: Sequence[str]) -> dict[str, list[str]]:
    """{alias: addresses it came to stand for}."""
    found: dict[str, list[str]] = {name: [] for name in names}
    if names:
        text = f"SELECT name, uri FROM asset_alias WHERE name IN ({marks(len(names))}) ORDER BY name, uri"
        for name, uri in query(conn, text, tuple(names)):
            found[name].append(uri)
    return found


def by_names(conn: Conn, names: Sequence[str]) -> dict[str, str]:
    """{name: address} of known assets."""
    if not names:
        return {}
    text = f"SELECT name, uri FROM asset WHERE name IN ({marks(len(names))})"
    return dict(query(conn, text, tuple(names)))


def events_of(conn: Conn, uris: Sequence[str], limit: int, after: datetime | None = None) -> list[EventRow]:
    """The newest events of these assets, oldest first."""
    if not uris:
        return []
    since = " AND e.at >= ?" if after is not None else ""
    text = f"{_EVENT} WHERE e.uri IN ({marks(len(uris))}){since} ORDER BY e.id DESC LIMIT {int(limit)}"
    given = (*uris, us(after)) if after is not None else tuple(uris)
    return [_event(row) for row in query(conn, text, given)][::-1]


def list_events(
    conn: Conn,
    *,
    uri: str | None = None,
    dag_id: str | None = None,
    run_id: str | None = None,
    task_id: str | None = None,
    limit: int,
    offset: int,
) -> tuple[int, list[EventRow]]:
    """(how many match, a page of them, newest first)."""
    filters = {"e.uri": uri, "e.source_dag_id": dag_id, "e.source_run_id": run_id, "e.source_task_id": task_id}
    given = {column: value for column, value in filters.items() if value is not None}
    where = f" WHERE {' AND '.join(f'{column} = ?' for column in given)}" if given else ""
    total = query(conn, f"SELECT COUNT(*) FROM asset_event e{where}", tuple(given.values()))[0][0]
    text = f"{_EVENT}{where} ORDER BY e.id DESC LIMIT {int(limit)} OFFSET {int(offset)}"
    return int(total), [_event(row) for row in query(conn, text, tuple(given.values()))]


def runs_made(conn: Conn, event_ids: Sequence[int]) -> dict[int, list[dict[str, Any]]]:
    """{event: the runs it helped to make}."""
    found: dict[int, list[dict[str, Any]]] = {}
    if event_ids:
        text = (
            "SELECT x.event_id, r.dag_id, r.run_id, r.state FROM run_asset_event x JOIN dag_run r ON r.id = x.run_pk"
            f" WHERE x.event_id IN ({marks(len(event_ids))}) ORDER BY r.id"
        )
        for pk, dag_id, run_id, state in query(conn, text, tuple(event_ids)):
            found.setdefault(pk, []).append({"dag_id": dag_id, "run_id": run_id, "state": state})
    return found


def known_uris(conn: Conn) -> list[str]:
    """Addresses of all assets."""
    return [row[0] for row in query(conn, "SELECT uri FROM asset")]


class AssetRow(NamedTuple):
    """One asset."""

    uri: str
    name: str
    group: str
    extra: dict[str, Any]
    aliases: list[str]
    consumers: list[str]
    last_event_at: datetime | None


def list_assets(
    conn: Conn, *, pattern: str | None = None, uri: str | None = None, limit: int, offset: int
) -> tuple[int, list[AssetRow]]:
    """(how many match, a page of them by address)."""
    where = ""
    given: tuple[str, ...] = ()
    if uri is not None:
        where, given = " WHERE uri = ?", (uri,)
    elif pattern:
        where, given = " WHERE uri LIKE ? OR name LIKE ?", (f"%{pattern}%", f"%{pattern}%")
    total = query(conn, f"SELECT COUNT(*) FROM asset{where}", given)[0][0]
    text = f'SELECT uri, name, "group", extra FROM asset{where} ORDER BY uri LIMIT {int(limit)} OFFSET {int(offset)}'
    rows = query(conn, text, given)
    uris = tuple(row[0] for row in rows)
    aliases, consumers, newest = _beside(conn, uris)
    found = [
        AssetRow(
            r[0], r[1], r[2], from_json(r[3]) or {}, aliases.get(r[0], []), consumers.get(r[0], []), newest.get(r[0])
        )
        for r in rows
    ]
    return int(total), found


def _beside(
    conn: Conn, uris: tuple[str, ...]
) -> tuple[dict[str, list[str]], dict[str, list[str]], dict[str, datetime | None]]:
    if not uris:
        return {}, {}, {}
    among = f"uri IN ({marks(len(uris))})"
    aliases: dict[str, list[str]] = {}
    for name, uri in query(conn, f"SELECT name, uri FROM asset_alias WHERE {among} ORDER BY name", uris):
        aliases.setdefault(uri, []).append(name)
    consumers: dict[str, list[str]] = {}
    for dag_id, uri in query(conn, f"SELECT dag_id, uri FROM asset_cursor WHERE {among} ORDER BY dag_id", uris):
        consumers.setdefault(uri, []).append(dag_id)
    newest = query(conn, f"SELECT uri, MAX(at) FROM asset_event WHERE {among} GROUP BY uri", uris)
    return aliases, consumers, {uri: when(at) for uri, at in newest}
