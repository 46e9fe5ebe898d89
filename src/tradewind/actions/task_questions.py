"""One method per verb of ``sdk.client.TaskClient``, each on a connection of the store."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from functools import cached_property
from typing import Any, NamedTuple

from tradewind.actions import create_run
from tradewind.actions.clear_tasks import clear_run
from tradewind.actions.context import Act
from tradewind.backends.secrets.contract import Vault
from tradewind.backends.secrets.fernet import open_vault
from tradewind.domain.keys import TaskKey
from tradewind.errors import Conflict, InvalidArgument, did_you_mean
from tradewind.store.engine import Conn, us
from tradewind.store.reads import assets, runs, tasks
from tradewind.store.reads.runs import RunRow
from tradewind.store.reads.versions import find_dag, versions_of
from tradewind.store.writes import values


class Asker(NamedTuple):
    """Who asks."""

    key: TaskKey
    run_pk: int
    attempt_id: str | None


def run_dict(run: RunRow) -> dict[str, Any]:
    """A run as tasks see it."""
    return {
        "dag_id": run.dag_id,
        "run_id": run.run_id,
        "run_type": run.run_type,
        "state": run.state,
        "logical_date": run.logical_date,
        "data_interval_start": run.interval_start,
        "data_interval_end": run.interval_end,
        "run_after": run.run_after,
        "queued_at": run.queued_at,
        "started_at": run.started_at,
        "ended_at": run.ended_at,
        "conf": run.conf,
        "note": run.note,
        "triggered_by": run.triggered_by,
    }


class Questions:
    """The verbs. ``ask`` finds one by name and refuses what is none."""

    def __init__(self, act: Act) -> None:
        self._act = act
        self._versions = versions_of(act.store)

    @cached_property
    def _vault(self) -> Vault:
        return open_vault(self._act.settings)

    def ask(self, conn: Conn, asker: Asker, verb: str, args: dict[str, Any]) -> Any:
        """Answer one verb. Raises InvalidArgument for an unknown one."""
        method: Callable[..., Any] | None = None if verb.startswith("_") or verb == "ask" else getattr(self, verb, None)
        if method is None:
            known = [name for name in vars(Questions) if not name.startswith("_") and name != "ask"]
            raise InvalidArgument(f"Tasks have no verb {verb!r}.", field="verb", hint=did_you_mean(verb, known))
        return method(conn, asker, **args)

    def _run_pk(self, conn: Conn, asker: Asker, dag_id: str, run_id: str) -> int | None:
        if (dag_id, run_id) == (asker.key.dag_id, asker.key.run_id):
            return asker.run_pk
        run = runs.find(conn, dag_id, run_id)
        return run.id if run else None

    def xcom_get(
        self,
        conn: Conn,
        asker: Asker,
        *,
        dag_id: str,
        run_id: str,
        task_id: str,
        key: str | None,
        map_index: int | None,
    ) -> str | None:
        """One value, or the list over all indexes. Without a key, of the value pushed last."""
        pk = self._run_pk(conn, asker, dag_id, run_id)
        if pk is not None and key is None:
            key = values.newest_xcom_key(conn, pk, task_id)
        if pk is None or key is None:
            return None
        one = values.get_xcom(conn, pk, task_id, -1 if map_index is None else map_index, key)
        if one is not None or map_index is not None:
            return one
        several = values.get_xcoms_of_task(conn, pk, task_id, key)
        return "[" + ",".join(text for _, text, _ in several) + "]" if several else None

    def xcom_latest(
        self, conn: Conn, asker: Asker, *, dag_id: str, run_id: str, task_id: str | None, key: str | None
    ) -> str | None:
        """What was pushed last in that run."""
        pk = self._run_pk(conn, asker, dag_id, run_id)
        return None if pk is None else values.get_latest_xcom(conn, pk, task_id, key)

    def xcom_get_prior(
        self, conn: Conn, asker: Asker, *, dag_id: str, run_id: str, task_id: str, key: str | None
    ) -> str | None:
        """The newest value of this or an earlier run."""
        # Of another DAG: up to the date of the run that asks.
        run = runs.find(conn, dag_id, run_id) or runs.find(conn, asker.key.dag_id, asker.key.run_id)
        if key is None:
            key = (values.newest_xcom_key(conn, run.id, task_id) if run is not None else None) or "return_value"
        if run is None or run.logical_date is None:
            return None
        return values.get_prior_xcom(conn, dag_id, task_id, key, run.logical_date)

    def xcom_push(self, conn: Conn, asker: Asker, *, key: str, value: str, length: int | None = None) -> None:
        """Keep a value of the asking instance."""
        limit = self._act.settings.get_int("xcom", "max_value_bytes")
        if len(value.encode()) > limit:
            raise InvalidArgument(
                f"XCom {key!r} has {len(value.encode())} bytes, more than the {limit} allowed.",
                field="value",
                hint="Write it to a file or an object store and push its address, or raise [xcom] max_value_bytes.",
            )
        at = us(self._act.clock.now())
        row = (asker.run_pk, asker.key.task_id, asker.key.map_index, key, value, length, asker.attempt_id, at)
        values.put_xcoms(conn, [row])

    def xcom_delete(
        self, conn: Conn, asker: Asker, *, dag_id: str, run_id: str, task_id: str, key: str, map_index: int
    ) -> None:
        """Forget one value."""
        pk = self._run_pk(conn, asker, dag_id, run_id)
        if pk is not None:
            values.delete_xcom(conn, pk, task_id, map_index, key)

    def variable_get(self, conn: Conn, asker: Asker, *, key: str) -> str | None:
        """The text of a variable."""
        found = values.get_variable(conn, key)
        if found is None:
            return None
        return self._vault.decrypt(found[0]) if found[1] else found[0]

    def variable_set(self, conn: Conn, asker: Asker, *, key: str, value: str, description: str | None = None) -> None:
        """Make or change a variable."""
        sealed = self._vault.encrypt(value)
        values.put_variable(conn, key, sealed, description, self._act.clock.now(), encrypted=True)

    def variable_delete(self, conn: Conn, asker: Asker, *, key: str) -> bool:
        """False when there was none."""
        return values.delete_variable(conn, key)

    def connection_get(self, conn: Conn, asker: Asker, *, conn_id: str) -> dict[str, Any] | None:
        """The fields of a connection, secrets in clear."""
        row = values.get_connection(conn, conn_id)
        if row is None:
            return None
        if row.pop("is_encrypted"):
            for name in ("password", "extra"):
                if row[name]:
                    row[name] = self._vault.decrypt(row[name])
        return row

    def run_trigger(
        self,
        conn: Conn,
        asker: Asker,
        *,
        dag_id: str,
        run_id: str | None = None,
        logical_date: datetime | None = None,
        conf: dict[str, Any] | None = None,
        reset: bool = False,
        note: str | None = None,
    ) -> dict[str, Any]:
        """Make a run of another DAG, or with ``reset`` start the one that exists again."""
        existing = runs.find(conn, dag_id, run_id) if run_id else None
        if existing is None and logical_date is not None:
            existing = runs.by_logical_date(conn, dag_id, logical_date)
        if existing is not None:
            if not reset:
                raise Conflict(
                    f"DAG {dag_id!r} has a run {existing.run_id!r} already.",
                    hint="Pass reset_dag_run=True to start it again, or another trigger_run_id.",
                )
            clear_run(conn, self._act.clock.now(), f"task {asker.key}", self._versions, existing)
            return {"run_id": existing.run_id, "created": False, "logical_date": existing.logical_date}
        made = create_run.make(
            conn,
            self._act,
            asker.key.dag_id,
            dag_id,
            run_id=run_id,
            logical_date=logical_date,
            conf=conf,
            note=note,
        )
        return {"run_id": made.run_id, "created": True, "logical_date": made.logical_date}

    def run_get(self, conn: Conn, asker: Asker, *, dag_id: str, run_id: str) -> dict[str, Any] | None:
        """Facts of a run."""
        run = runs.find(conn, dag_id, run_id)
        return run_dict(run) if run else None

    def runs_count(
        self,
        conn: Conn,
        asker: Asker,
        *,
        dag_id: str,
        states: list[str] | None = None,
        logical_dates: list[datetime] | None = None,
        run_ids: list[str] | None = None,
    ) -> int:
        """Runs that match every filter."""
        return len(runs.matching(conn, dag_id, states=states, logical_dates=logical_dates, run_ids=run_ids))

    def task_states(
        self,
        conn: Conn,
        asker: Asker,
        *,
        dag_id: str,
        task_ids: list[str] | None = None,
        group_id: str | None = None,
        logical_dates: list[datetime] | None = None,
        run_ids: list[str] | None = None,
    ) -> dict[str, dict[str, str]]:
        """States of the matching instances by run."""
        found: dict[str, dict[str, str]] = {}
        for run in runs.matching(conn, dag_id, logical_dates=logical_dates, run_ids=run_ids):
            wanted = set(task_ids) if task_ids is not None else None
            if group_id is not None:
                plan = self._versions.get(conn, run.version_id).plan
                inside = {
                    t.task_id
                    for t in plan.tasks
                    if t.spec.group_id == group_id or (t.spec.group_id or "").startswith(f"{group_id}.")
                }
                wanted = inside if wanted is None else wanted & inside
            found[run.run_id] = {
                ti.task_id if ti.map_index < 0 else f"{ti.task_id}_{ti.map_index}": str(ti.state)
                for ti in tasks.of_run(conn, run.id)
                if wanted is None or ti.task_id in wanted
            }
        return found

    def dag_exists(self, conn: Conn, asker: Asker, *, dag_id: str) -> dict[str, Any] | None:
        """What is known of a DAG."""
        dag = find_dag(conn, dag_id)
        if dag is None or dag.version_id is None:
            return None
        spec = self._versions.get(conn, dag.version_id).plan.spec
        return {
            "is_paused": dag.is_paused,
            "fileloc": dag.fileloc,
            "task_ids": [t.task_id for t in spec.tasks],
            "group_ids": [g.group_id for g in spec.groups if g.group_id],
        }

    def previous_run(
        self, conn: Conn, asker: Asker, *, dag_id: str, run_id: str, state: str | None = None
    ) -> dict[str, Any] | None:
        """The run before this one."""
        run = runs.find(conn, dag_id, run_id)
        before = runs.previous(conn, run, state=state) if run else None
        return run_dict(before) if before else None

    def ti_history(
        self, conn: Conn, asker: Asker, *, dag_id: str, run_id: str, task_id: str, map_index: int = -1
    ) -> dict[str, Any]:
        """What the rows say of an instance."""
        run = runs.find(conn, dag_id, run_id)
        ti = tasks.find(conn, run.id, task_id, map_index) if run else None
        if run is None or ti is None:
            return {"state": None, "try_number": 0, "max_tries": 0, "first_started_at": None, "prev_state": None}
        before = runs.previous(conn, run)
        earlier = tasks.find(conn, before.id, task_id, map_index) if before else None
        return {
            "state": str(ti.state),
            "try_number": ti.try_number,
            "max_tries": ti.max_tries,
            "first_started_at": tasks.first_start(conn, ti.id, ti.try_number),
            "prev_state": str(earlier.state) if earlier else None,
        }

    def asset_events(
        self,
        conn: Conn,
        asker: Asker,
        *,
        uri: str | None = None,
        name: str | None = None,
        alias: str | None = None,
        limit: int = 1000,
    ) -> list[dict[str, Any]]:
        """The newest events of an asset, or of all that an alias stands for."""
        if uri is not None:
            uris = [uri]
        elif name is not None:
            uris = list(assets.by_names(conn, [name]).values())
        else:
            uris = [found for several in assets.of_aliases(conn, [alias or ""]).values() for found in several]
        return [assets.as_fact(event) for event in assets.events_of(conn, uris, min(limit, 1000))]
