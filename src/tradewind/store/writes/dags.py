"""What the parser writes: files, DAGs, versions, sources, import errors. Many files in one transaction."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, delete, func, insert, select, tuple_, update
from sqlalchemy.engine import Connection

from tradewind.domain.codec import dump
from tradewind.domain.rules.assets import leaves
from tradewind.domain.spec import DagSpec
from tradewind.store.tables.assets import asset
from tradewind.store.tables.dags import dag, dag_file, dag_source, dag_version, import_error

FileName = tuple[str, str]  #: bundle, path in the bundle


@dataclass(frozen=True)
class FileTrouble:
    """Why a file, or one of its DAGs, is unusable."""

    code: str
    message: str
    line: int | None = None
    hint: str | None = None
    stacktrace: str | None = None


@dataclass(frozen=True)
class DagDefaults:
    """What the settings say where a DAG says nothing."""

    paused: bool
    max_active_runs: int
    max_active_tasks: int


@dataclass(frozen=True)
class ParsedFile:
    """One file as the parser understood it."""

    bundle: str
    fileloc: str
    hash: str  #: of everything it read
    reads: dict[str, Any]
    dag_ids: list[str]  #: every DAG id it lays claim to
    milliseconds: int
    warnings: list[dict[str, Any]]
    source: str
    source_hash: str
    specs: list[tuple[DagSpec, str]] = field(default_factory=list)  #: DAGs to publish, each with its version hash
    trouble: FileTrouble | None = None
    broken_dag_ids: list[str] = field(default_factory=list)  #: DAGs whose last good version runs on


@dataclass(frozen=True)
class Published:
    """What changed for others."""

    new_versions: list[str]  #: DAG ids that have a version they did not have
    deactivated: list[str]


def publish(conn: Connection, files: Sequence[ParsedFile], defaults: DagDefaults, now: datetime) -> Published:
    """Write these files as they are now: new DAGs, new versions where the hash changed, DAGs that are no more."""
    _write_files(conn, files, now)
    _write_troubles(conn, [((f.bundle, f.fileloc), f.trouble) for f in files], now)
    specs = {spec.dag_id: (file, spec, version) for file in files for spec, version in file.specs}
    _write_sources(conn, [file for file, _, _ in specs.values()])
    versions, fresh = _write_versions(conn, specs, now)
    _write_dags(conn, specs, versions, defaults, now)
    _write_assets(conn, [spec for _, spec, _ in specs.values()])
    _set(conn, [i for f in files for i in f.broken_dag_ids], has_import_errors=True)
    keep = {(f.bundle, f.fileloc): {s.dag_id for s, _ in f.specs} | set(f.broken_dag_ids) for f in files}
    gone = [
        row.dag_id
        for row in _dags_of(conn, list(keep))
        if row.is_active and row.dag_id not in keep[(row.bundle, row.fileloc)]
    ]
    _set(conn, gone, is_active=False)
    return Published(fresh, gone)


def forget_files(conn: Connection, names: Sequence[FileName]) -> list[str]:
    """These files are gone: their errors too, and their DAGs are no longer active. The DAG ids."""
    if not names:
        return []
    gone = [row.dag_id for row in _dags_of(conn, names) if row.is_active]
    _set(conn, gone, is_active=False, has_import_errors=False)
    for table in (dag_file, import_error):
        for part in _parts(list(names)):
            conn.execute(delete(table).where(tuple_(table.c.bundle, table.c.fileloc).in_(part)))
    return gone


def set_trouble(conn: Connection, name: FileName, trouble: FileTrouble | None, now: datetime) -> None:
    """Show (or, with None, take away) the import error of one file or ignore file."""
    _write_troubles(conn, [(name, trouble)], now)


def _parts(items: list[Any], size: int = 200) -> Iterable[list[Any]]:
    return (items[start : start + size] for start in range(0, len(items), size))


def _dags_of(conn: Connection, names: Sequence[FileName]) -> list[Any]:
    columns = select(dag.c.dag_id, dag.c.bundle, dag.c.fileloc, dag.c.is_active)
    return [
        row
        for part in _parts(list(names))
        for row in conn.execute(columns.where(tuple_(dag.c.bundle, dag.c.fileloc).in_(part)))
    ]


def _set(conn: Connection, dag_ids: list[str], **values: Any) -> None:
    for part in _parts(dag_ids):
        conn.execute(update(dag).where(dag.c.dag_id.in_(part)).values(**values))


def _write_files(conn: Connection, files: Sequence[ParsedFile], now: datetime) -> None:
    names = [(f.bundle, f.fileloc) for f in files]
    for part in _parts(names):
        conn.execute(delete(dag_file).where(tuple_(dag_file.c.bundle, dag_file.c.fileloc).in_(part)))
    if files:
        conn.execute(
            insert(dag_file),
            [
                {
                    "bundle": f.bundle,
                    "fileloc": f.fileloc,
                    "hash": f.hash,
                    "reads": f.reads,
                    "dag_ids": f.dag_ids,
                    "parsed_at": now,
                    "seconds": f.milliseconds,
                    "warnings": f.warnings,
                }
                for f in files
            ],
        )


def _write_troubles(conn: Connection, troubles: list[tuple[FileName, FileTrouble | None]], now: datetime) -> None:
    for part in _parts([name for name, _ in troubles]):
        conn.execute(delete(import_error).where(tuple_(import_error.c.bundle, import_error.c.fileloc).in_(part)))
    rows = [
        {
            "bundle": bundle,
            "fileloc": fileloc,
            "code": trouble.code[:50],
            "message": trouble.message,
            "line": trouble.line,
            "hint": trouble.hint,
            "stacktrace": trouble.stacktrace,
            "at": now,
        }
        for (bundle, fileloc), trouble in troubles
        if trouble is not None
    ]
    if rows:
        conn.execute(insert(import_error), rows)


def _write_sources(conn: Connection, files: list[ParsedFile]) -> None:
    wanted = {f.source_hash: f for f in files}
    known = {
        row.hash
        for part in _parts(list(wanted))
        for row in conn.execute(select(dag_source.c.hash).where(dag_source.c.hash.in_(part)))
    }
    rows = [{"hash": key, "fileloc": f.fileloc, "source": f.source} for key, f in wanted.items() if key not in known]
    if rows:
        conn.execute(insert(dag_source), rows)


Specs = dict[str, tuple[ParsedFile, DagSpec, str]]


def _write_versions(conn: Connection, specs: Specs, now: datetime) -> tuple[dict[str, int], list[str]]:
    """The version row of each DAG, and the ids of the DAGs that got a new one."""
    known = _known_versions(conn, specs)
    fresh = [dag_id for dag_id in specs if dag_id not in known]
    if not fresh:
        return known, []
    numbers = {
        row.dag_id: row.number
        for part in _parts(fresh)
        for row in conn.execute(
            select(dag_version.c.dag_id, func.max(dag_version.c.number).label("number"))
            .where(dag_version.c.dag_id.in_(part))
            .group_by(dag_version.c.dag_id)
        )
    }
    conn.execute(
        insert(dag_version),
        [
            {
                "dag_id": dag_id,
                "number": numbers.get(dag_id, 0) + 1,
                "hash": specs[dag_id][2],
                "spec": dump(specs[dag_id][1]),
                "source_hash": specs[dag_id][0].source_hash,
                "created_at": now,
            }
            for dag_id in fresh
        ],
    )
    return _known_versions(conn, specs), fresh


def _known_versions(conn: Connection, specs: Specs) -> dict[str, int]:
    pairs = [(dag_id, version) for dag_id, (_, _, version) in specs.items()]
    query = select(dag_version.c.dag_id, dag_version.c.id)
    return {
        row.dag_id: row.id
        for part in _parts(pairs)
        for row in conn.execute(query.where(tuple_(dag_version.c.dag_id, dag_version.c.hash).in_(part)))
    }


def _write_dags(conn: Connection, specs: Specs, versions: dict[str, int], defaults: DagDefaults, now: datetime) -> None:
    known = {
        row.dag_id
        for part in _parts(list(specs))
        for row in conn.execute(select(dag.c.dag_id).where(dag.c.dag_id.in_(part)))
    }
    old, new = [], []
    for dag_id, (file, spec, _) in specs.items():
        row = _dag_row(file, spec, versions[dag_id], defaults, now)
        if dag_id in known:
            old.append({**row, "which": dag_id})
        else:
            paused = defaults.paused if spec.is_paused_upon_creation is None else spec.is_paused_upon_creation
            new.append({**row, "dag_id": dag_id, "is_paused": paused, "failed_runs_in_a_row": 0})
    if new:
        conn.execute(insert(dag), new)
    if old:
        columns: dict[str, Any] = {name: bindparam(name) for name in old[0] if name != "which"}
        conn.execute(update(dag).where(dag.c.dag_id == bindparam("which")).values(**columns), old)


def _dag_row(file: ParsedFile, spec: DagSpec, version: int, defaults: DagDefaults, now: datetime) -> dict[str, Any]:
    return {
        "version_id": version,
        "bundle": file.bundle,
        "fileloc": file.fileloc,
        "is_active": True,
        "has_import_errors": False,
        "description": spec.description,
        "tags": spec.tags,
        "owners": spec.owners,
        "timetable_summary": spec.timetable.summary[:250],
        "timetable_description": spec.timetable.description[:1000],
        "last_parsed_at": now,
        "max_active_runs": defaults.max_active_runs if spec.max_active_runs is None else spec.max_active_runs,
        "team": spec.team,
        "max_active_tasks": defaults.max_active_tasks if spec.max_active_tasks is None else spec.max_active_tasks,
    }


def _write_assets(conn: Connection, specs: list[DagSpec]) -> None:
    named = {
        item["uri"]: item
        for spec in specs
        for task in spec.tasks
        for item in (*task.inlets, *task.outlets)
        if isinstance(item.get("uri"), str)
    }
    for spec in specs:
        waited = leaves(spec.asset_expression) if spec.asset_expression is not None else []
        for leaf in waited:
            if "asset" in leaf:
                named.setdefault(leaf["asset"]["uri"], leaf["asset"])
    known = {
        row.uri
        for part in _parts(list(named))
        for row in conn.execute(select(asset.c.uri).where(asset.c.uri.in_(part)))
    }
    rows = [
        {
            "uri": uri,
            "name": item.get("name") or uri,
            "group": item.get("group") or "asset",
            "extra": item.get("extra") or {},
        }
        for uri, item in named.items()
        if uri not in known
    ]
    if rows:
        conn.execute(insert(asset), rows)
