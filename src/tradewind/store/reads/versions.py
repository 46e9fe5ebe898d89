"""DAG versions: decoded once, kept in a small cache."""

from __future__ import annotations

import threading
from collections import OrderedDict
from datetime import datetime
from typing import Any, NamedTuple

from tradewind.domain import codec
from tradewind.domain.rules.adapt import adapted, options_from
from tradewind.domain.rules.views import Plan
from tradewind.errors import Bug, not_found
from tradewind.store.engine import Conn, Store, as_json, from_json, query, when


class Version(NamedTuple):
    """One version of one DAG, compiled."""

    id: int
    dag_id: str
    number: int
    hash: str
    plan: Plan


class Versions:
    """A bounded cache of compiled versions, least recently used out first."""

    def __init__(self, limit: int = 256) -> None:
        self._limit = limit
        self._kept: OrderedDict[int, Version] = OrderedDict()
        self._adapted: OrderedDict[tuple[int, str], Version] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, conn: Conn, version_id: int) -> Version:
        """The version; raises Bug when a run is pinned to one that does not exist."""
        with self._lock:
            kept = self._kept.get(version_id)
            if kept is not None:
                self._kept.move_to_end(version_id)
                return kept
        rows = query(conn, "SELECT id, dag_id, number, hash, spec FROM dag_version WHERE id = ?", (version_id,))
        if not rows:
            raise Bug(f"DAG version {version_id} does not exist.")
        pk, dag_id, number, hashed, spec = rows[0]
        version = Version(pk, dag_id, number, hashed, Plan(codec.load(from_json(spec))))
        with self._lock:
            self._kept[version_id] = version
            if len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        return version

    def of_run(self, conn: Conn, version_id: int, options: dict[str, Any] | None) -> Version:
        """The version as a run with these options has it (``domain.rules.adapt``)."""
        version = self.get(conn, version_id)
        if not options:
            return version
        key = (version_id, as_json(options) or "")
        with self._lock:
            kept = self._adapted.get(key)
            if kept is None:
                kept = version._replace(plan=Plan(adapted(version.plan.spec, options_from(options))))
                self._adapted[key] = kept
                if len(self._adapted) > self._limit:
                    self._adapted.popitem(last=False)
        return kept


def created_at(conn: Conn, version_id: int) -> datetime:
    """When the version was published."""
    at = when(query(conn, "SELECT created_at FROM dag_version WHERE id = ?", (version_id,))[0][0])
    assert at is not None
    return at


def versions_of(store: Store) -> Versions:
    """The cache of this store, shared by all verbs of the process."""
    found: Versions = store.kept.setdefault("versions", Versions())
    return found


class DagRow(NamedTuple):
    """What the verbs need to know of a DAG."""

    dag_id: str
    version_id: int | None
    bundle: str
    fileloc: str
    is_paused: bool
    is_active: bool
    max_active_runs: int
    max_active_tasks: int


def find_dag(conn: Conn, dag_id: str) -> DagRow | None:
    """One DAG, or None."""
    text = (
        "SELECT dag_id, version_id, bundle, fileloc, is_paused, is_active, max_active_runs, max_active_tasks FROM dag"
        " WHERE dag_id = ?"
    )
    rows = query(conn, text, (dag_id,))
    if not rows:
        return None
    r = rows[0]
    return DagRow(r[0], r[1], r[2], r[3], bool(r[4]), bool(r[5]), r[6], r[7])


def the_dag(conn: Conn, dag_id: str) -> DagRow:
    """One DAG; raises NotFound with a guess."""
    dag = find_dag(conn, dag_id)
    if dag is None:
        raise not_found("dag", dag_id, [row[0] for row in query(conn, "SELECT dag_id FROM dag")])
    return dag
