"""What the pages need of a DAG version, worked out once per version and kept: order of rows, nodes and edges."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any, NamedTuple

import msgspec
from sqlalchemy import Connection, select

from tradewind.domain import codec
from tradewind.domain.spec import DagSpec, GroupSpec, TaskSpec
from tradewind.errors import not_found
from tradewind.store.tables.dags import dag_version


class GridRow(NamedTuple):
    """One line of the grid."""

    id: str
    label: str
    kind: str  # "task" or "group"
    parent: str | None
    depth: int
    operator: str | None
    is_mapped: bool


@dataclass(frozen=True)
class Layout:
    """A version of a DAG, ready to be drawn."""

    version_id: int
    number: int
    spec: DagSpec
    tasks: dict[str, TaskSpec]
    rows: tuple[GridRow, ...]
    place: dict[str, int]  #: task id -> its row
    groups: tuple[tuple[int, tuple[int, ...]], ...]  #: (row of a group, rows of all tasks in it)
    rows_json: bytes
    structure_json: bytes


def _groups_of(spec: DagSpec) -> dict[str, GroupSpec]:
    groups = {group.group_id: group for group in spec.groups}
    if "" not in groups:
        groups[""] = GroupSpec(group_id="", children=[t.task_id for t in spec.tasks if not t.group_id])
    return groups


def _ancestors(groups: dict[str, GroupSpec], task: TaskSpec) -> list[str]:
    """The groups around a task, innermost first, without the root."""
    around: list[str] = []
    at = task.group_id or ""
    while at and at in groups and at not in around:
        around.append(at)
        at = groups[at].parent or ""
    return around


def _in_order(children: list[str], needs: dict[str, set[str]]) -> list[str]:
    """Upstream first; what is independent stays as written."""
    left, done, order = list(children), set[str](), list[str]()
    while left:
        child = next((c for c in left if needs.get(c, set()) <= done), left[0])
        left.remove(child)
        done.add(child)
        order.append(child)
    return order


def _rows(spec: DagSpec, groups: dict[str, GroupSpec], tasks: dict[str, TaskSpec]) -> list[GridRow]:
    around = {task.task_id: _ancestors(groups, task) for task in spec.tasks}
    needs: dict[str, set[str]] = {}
    for task in spec.tasks:
        below = [task.task_id, *around[task.task_id]]
        for other_id in task.upstream:
            if other_id not in tasks:
                continue
            above = [other_id, *around[other_id]]
            # The edge counts between the two outermost parts that differ, at the level where they are neighbours.
            while len(below) > 1 and len(above) > 1 and below[-1] == above[-1]:
                below, above = below[:-1], above[:-1]
            if below[-1] != above[-1]:
                needs.setdefault(below[-1], set()).add(above[-1])
            below = [task.task_id, *around[task.task_id]]

    rows: list[GridRow] = []

    def walk(group_id: str, depth: int) -> None:
        known = [c for c in groups[group_id].children if c in tasks or c in groups]
        inside = set(known)
        for child in _in_order(known, {c: needs.get(c, set()) & inside for c in known}):
            if child in tasks:
                task = tasks[child]
                prefix = f"{task.group_id}." if task.group_id else ""
                label = task.label or child.removeprefix(prefix)
                mapped = task.mapped is not None or any(groups[g].mapped for g in around[child])
                rows.append(GridRow(child, label, "task", group_id or None, depth, task.operator, mapped))
            else:
                group = groups[child]
                label = group.label or child.rsplit(".", 1)[-1]
                rows.append(GridRow(child, label, "group", group_id or None, depth, None, group.mapped is not None))
                walk(child, depth + 1)

    walk("", 0)
    seen = {row.id for row in rows}
    rows.extend(  # a task no group lists is still a task
        GridRow(t.task_id, t.label or t.task_id, "task", None, 0, t.operator, t.mapped is not None)
        for t in spec.tasks
        if t.task_id not in seen
    )
    return rows


def _structure(spec: DagSpec, rows: list[GridRow], groups: dict[str, GroupSpec], tasks: dict[str, TaskSpec]) -> bytes:
    nodes: list[dict[str, Any]] = []
    for row in rows:
        node: dict[str, Any] = {"id": row.id, "kind": row.kind, "label": row.label, "parent": row.parent}
        if row.kind == "task":
            task = tasks[row.id]
            node |= {
                "operator": task.operator,
                "trigger_rule": task.trigger_rule,
                "is_mapped": row.is_mapped,
                "is_setup": task.is_setup,
                "is_teardown": task.is_teardown,
                "ui_color": task.ui_color,
                "ui_fgcolor": task.ui_fgcolor,
                "doc_md": task.doc_md or task.doc,
            }
        else:
            group = groups[row.id]
            node |= {
                "operator": None,
                "trigger_rule": None,
                "is_mapped": row.is_mapped,
                "is_setup": False,
                "is_teardown": False,
                "ui_color": group.ui_color,
                "ui_fgcolor": group.ui_fgcolor,
                "doc_md": group.tooltip or None,
            }
        nodes.append(node)
    edges = [
        {"from": task.task_id, "to": below, "label": spec.edge_labels.get(f"{task.task_id}>{below}")}
        for task in spec.tasks
        for below in task.downstream
    ]
    return msgspec.json.encode({"nodes": nodes, "edges": edges})


def lay_out(version_id: int, number: int, spec: DagSpec) -> Layout:
    """Work out everything that follows from the version alone."""
    groups = _groups_of(spec)
    tasks = {task.task_id: task for task in spec.tasks}
    rows = _rows(spec, groups, tasks)
    place = {row.id: at for at, row in enumerate(rows) if row.kind == "task"}
    inside: dict[str, list[int]] = {}
    for task in spec.tasks:
        for group_id in _ancestors(groups, task):
            inside.setdefault(group_id, []).append(place[task.task_id])
    return Layout(
        version_id=version_id,
        number=number,
        spec=spec,
        tasks=tasks,
        rows=tuple(rows),
        place=place,
        groups=tuple((at, tuple(inside.get(r.id, ()))) for at, r in enumerate(rows) if r.kind == "group"),
        rows_json=msgspec.json.encode([row._asdict() for row in rows]),
        structure_json=_structure(spec, rows, groups, tasks),
    )


class Layouts:
    """The newest used layouts of one store. Safe to share between threads; a version never changes."""

    def __init__(self, size: int = 256) -> None:
        self._size = size
        self._kept: OrderedDict[int, Layout] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, conn: Connection, version_id: int) -> Layout:
        """The layout of a version. Raises NotFound for an id that is not there."""
        with self._lock:
            kept = self._kept.get(version_id)
            if kept is not None:
                self._kept.move_to_end(version_id)
                return kept
        row = conn.execute(
            select(dag_version.c.number, dag_version.c.spec).where(dag_version.c.id == version_id)
        ).one_or_none()
        if row is None:
            raise not_found("DAG version", str(version_id))
        layout = lay_out(version_id, row.number, codec.load(row.spec))
        with self._lock:
            self._kept[version_id] = layout
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
        return layout
