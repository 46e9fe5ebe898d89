"""A ``TaskClient`` that is a dictionary: for unit tests and for running a DAG in one process."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

from tradewind.errors import Conflict


class MemoryClient:
    """Keeps everything in memory. Attributes are open: tests put facts in and look at what came."""

    def __init__(
        self,
        *,
        variables: dict[str, str] | None = None,
        connections: dict[str, dict[str, Any]] | None = None,
        behind: Callable[[], Any] | None = None,
    ) -> None:
        """``behind()`` is the client asked for variables and connections that are not here, or None."""
        self.behind = behind
        self.variables = dict(variables or {})
        self.connections = dict(connections or {})
        self.xcoms: dict[tuple[str, str, str, str], dict[int, str]] = {}
        self.states: dict[str, dict[str, dict[str, str]]] = {}  #: dag_id -> run_id -> task -> state
        self.runs: dict[str, dict[str, dict[str, Any]]] = {}  #: dag_id -> run_id -> facts
        self.dags: dict[str, dict[str, Any]] = {}
        self.triggered: list[dict[str, Any]] = []
        self.events: list[dict[str, Any]] = []  #: asset events, oldest first; "alias" where one was added through it
        self.whoami: tuple[str, str, str, int] = ("", "", "", -1)  #: dag, run, task, map index that push

    def become(self, dag_id: str, run_id: str, task_id: str, map_index: int = -1) -> None:
        """Pushes from now on are of this task instance."""
        self.whoami = (dag_id, run_id, task_id, map_index)

    def xcom_get(self, *, dag_id: str, run_id: str, task_id: str, key: str | None, map_index: int | None) -> str | None:
        """One value, or all indexes as a list."""
        if key is None:
            key = next((known[3] for known in reversed(self.xcoms) if known[:3] == (dag_id, run_id, task_id)), "")
        found = self.xcoms.get((dag_id, run_id, task_id, key))
        if not found:
            return None
        if map_index is not None:
            return found.get(map_index)
        if -1 in found:
            return found[-1]
        return "[" + ",".join(found[index] for index in sorted(found)) + "]"

    def xcom_latest(self, *, dag_id: str, run_id: str, task_id: str | None, key: str | None) -> str | None:
        """What was pushed last."""
        for place, found in reversed(self.xcoms.items()):
            same = place[:2] == (dag_id, run_id) and task_id in {None, place[2]} and key in {None, place[3]}
            if same and found:
                return next(reversed(found.values()))
        return None

    def xcom_get_prior(self, *, dag_id: str, run_id: str, task_id: str, key: str | None) -> str | None:
        """The newest value of any run up to this one."""
        runs = self.runs.get(dag_id, {})
        limit = (runs.get(run_id) or {}).get("logical_date")
        known = [name for name, facts in runs.items() if limit is None or (facts.get("logical_date") or limit) <= limit]
        for name in sorted(known, key=lambda n: str(runs[n].get("logical_date")), reverse=True):
            found = self.xcom_get(dag_id=dag_id, run_id=name, task_id=task_id, key=key, map_index=None)
            if found is not None:
                return found
        return self.xcom_get(dag_id=dag_id, run_id=run_id, task_id=task_id, key=key, map_index=None)

    def xcom_push(self, *, key: str, value: str, length: int | None) -> None:
        """Keep a value."""
        del length
        json.loads(value)
        dag_id, run_id, task_id, map_index = self.whoami
        place = (dag_id, run_id, task_id, key)
        found = self.xcoms.pop(place, {})  # out and in again: what was pushed last stands last
        found.pop(map_index, None)
        found[map_index] = value
        self.xcoms[place] = found

    def xcom_delete(self, *, dag_id: str, run_id: str, task_id: str, key: str, map_index: int) -> None:
        """Forget a value."""
        self.xcoms.get((dag_id, run_id, task_id, key), {}).pop(map_index, None)

    def variable_get(self, *, key: str) -> str | None:
        """The text."""
        found = self.variables.get(key)
        if found is None and self.behind is not None and (other := self.behind()) is not None:
            found = other.variable_get(key=key)
        return found

    def variable_set(self, *, key: str, value: str, description: str | None) -> None:
        """Keep it."""
        del description
        self.variables[key] = value

    def variable_delete(self, *, key: str) -> bool:
        """Whether there was one."""
        return self.variables.pop(key, None) is not None

    def connection_get(self, *, conn_id: str) -> dict[str, Any] | None:
        """Its fields."""
        found = self.connections.get(conn_id)
        if found is None and self.behind is not None and (other := self.behind()) is not None:
            found = other.connection_get(conn_id=conn_id)
        return found

    def run_trigger(
        self,
        *,
        dag_id: str,
        run_id: str | None,
        logical_date: datetime | None,
        conf: dict[str, Any],
        reset: bool,
        note: str | None = None,
    ) -> dict[str, Any]:
        """Remember the request; Conflict when the run exists and is not to be reset."""
        name = run_id or f"manual__{logical_date.isoformat() if logical_date else len(self.triggered)}"
        runs = self.runs.setdefault(dag_id, {})
        if name in runs and not reset:
            raise Conflict(f"A run {name!r} of DAG {dag_id!r} exists.")
        created = name not in runs
        runs[name] = {"run_id": name, "state": "queued", "logical_date": logical_date, "conf": conf, "note": note}
        self.triggered.append({"dag_id": dag_id, "run_id": name, "conf": conf, "reset": reset})
        return {"run_id": name, "created": created, "logical_date": logical_date.isoformat() if logical_date else None}

    def run_get(self, *, dag_id: str, run_id: str) -> dict[str, Any] | None:
        """Facts of a run."""
        return self.runs.get(dag_id, {}).get(run_id)

    def runs_count(
        self, *, dag_id: str, states: list[str] | None, logical_dates: list[datetime] | None, run_ids: list[str] | None
    ) -> int:
        """How many match."""
        return sum(
            1
            for name, facts in self.runs.get(dag_id, {}).items()
            if (states is None or facts.get("state") in states)
            and (logical_dates is None or facts.get("logical_date") in logical_dates)
            and (run_ids is None or name in run_ids)
        )

    def task_states(
        self,
        *,
        dag_id: str,
        task_ids: list[str] | None,
        group_id: str | None,
        logical_dates: list[datetime] | None,
        run_ids: list[str] | None,
    ) -> dict[str, dict[str, str]]:
        """States by run and task."""
        found: dict[str, dict[str, str]] = {}
        for run_id, tasks in self.states.get(dag_id, {}).items():
            facts = self.runs.get(dag_id, {}).get(run_id, {})
            if run_ids is not None and run_id not in run_ids:
                continue
            if logical_dates is not None and facts.get("logical_date") not in logical_dates:
                continue
            found[run_id] = {
                name: state
                for name, state in tasks.items()
                if (task_ids is None or name in task_ids) and (group_id is None or name.startswith(f"{group_id}."))
            }
        return found

    def dag_exists(self, *, dag_id: str) -> dict[str, Any] | None:
        """Facts of a DAG."""
        return self.dags.get(dag_id)

    def previous_run(self, *, dag_id: str, run_id: str, state: str | None) -> dict[str, Any] | None:
        """The run before, by logical date."""
        runs = self.runs.get(dag_id, {})
        limit = (runs.get(run_id) or {}).get("logical_date")
        before = [
            facts
            for name, facts in runs.items()
            if name != run_id
            and limit is not None
            and (facts.get("logical_date") or limit) < limit
            and (state is None or facts.get("state") == state)
        ]
        return max(before, key=lambda facts: facts["logical_date"], default=None)

    def ti_history(self, *, dag_id: str, run_id: str, task_id: str, map_index: int) -> dict[str, Any]:
        """What is known of an instance."""
        name = task_id if map_index < 0 else f"{task_id}_{map_index}"
        state = self.states.get(dag_id, {}).get(run_id, {}).get(name)
        return {"state": state, "try_number": 1, "max_tries": 1, "first_started_at": None, "prev_state": None}

    def asset_events(self, *, uri: str | None, name: str | None, alias: str | None, limit: int) -> list[dict[str, Any]]:
        """Events of an asset or of an alias."""
        key, value = ("uri", uri) if uri is not None else ("name", name) if name is not None else ("alias", alias)
        return [event for event in self.events if event.get(key) == value][-limit:]
