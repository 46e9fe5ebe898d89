"""A house of its own for each test: a migrated SQLite home (copied from one made once), its people, one DAG."""

from __future__ import annotations

import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from tests.conftest import make_store
from tradewind.actions.context import Act
from tradewind.actions.edit_access import create_user
from tradewind.api.app import create_app
from tradewind.clock import FakeClock
from tradewind.domain import codec
from tradewind.domain.keys import TaskKey, log_path
from tradewind.domain.spec import DagSpec, GroupSpec, TaskSpec, TimetableSpec
from tradewind.loop import Ringer
from tradewind.settings import Settings, load_settings
from tradewind.store import migrate
from tradewind.store.engine import Store, open_store
from tradewind.store.tables import dags as dag_tables
from tradewind.store.tables import runs as run_tables
from tradewind.store.tables import values as value_tables

T0 = datetime(2026, 1, 1, tzinfo=UTC)
PASSWORD = "correct horse"
DONE = {"success", "failed", "skipped", "upstream_failed", "removed"}


def rockets() -> DagSpec:
    """download >> (pictures.fetch[] >> pictures.count) >> notify"""
    return DagSpec(
        dag_id="rockets",
        fileloc="rockets.py",
        tags=["space", "demo"],
        owners=["ada"],
        doc_md="# Rockets",
        timetable=TimetableSpec(
            kind="cron", args={"expression": "0 0 * * *", "timezone": "UTC"}, summary="@daily", description="At 00:00"
        ),
        params={"size": {"value": 3, "schema": {"type": "integer"}, "description": "How many"}},
        edge_labels={"pictures.count>notify": "then"},
        tasks=[
            TaskSpec(task_id="notify", operator="BashOperator", upstream=["pictures.count"]),
            TaskSpec(task_id="download", operator="BashOperator", downstream=["pictures.fetch"], owner="ada"),
            TaskSpec(
                task_id="pictures.fetch",
                operator="PythonOperator",
                group_id="pictures",
                upstream=["download"],
                downstream=["pictures.count"],
                mapped={"kind": "expand", "inputs": []},  # type: ignore[arg-type]
            ),
            TaskSpec(
                task_id="pictures.count",
                operator="PythonOperator",
                group_id="pictures",
                upstream=["pictures.fetch"],
                downstream=["notify"],
            ),
        ],
        groups=[
            GroupSpec(group_id="", children=["notify", "download", "pictures"]),
            GroupSpec(group_id="pictures", parent="", label="pictures", children=["pictures.fetch", "pictures.count"]),
        ],
    )


@dataclass
class House:
    settings: Settings
    store: Store
    clock: FakeClock
    client: TestClient
    version_ids: dict[str, int] = field(default_factory=dict)

    def act(self, actor: str = "test") -> Act:
        return Act(self.store, self.clock, Ringer(self.settings.home), self.settings, actor, "test")

    def as_(self, username: str) -> dict[str, Any]:
        """Keyword arguments of a request by that person."""
        return {"auth": (username, PASSWORD)}

    def add_dag(self, spec: DagSpec, *, source: str = "# the file\n", paused: bool = False) -> int:
        with self.store.write() as conn:
            number = len([d for d in self.version_ids if d.startswith(spec.dag_id + "@")]) + 1
            conn.execute(
                dag_tables.dag_source.insert().values(
                    hash=f"{spec.dag_id}{number}", fileloc=spec.fileloc, source=source
                )
            )
            version_id = conn.execute(
                dag_tables.dag_version.insert().values(
                    dag_id=spec.dag_id, number=number, hash=f"v{number}", spec=codec.dump(spec),
                    source_hash=f"{spec.dag_id}{number}", created_at=T0,
                )
            ).inserted_primary_key[0]  # fmt: skip
            row = {
                "version_id": version_id, "bundle": "dags-folder", "fileloc": spec.fileloc, "is_paused": paused,
                "is_active": True, "has_import_errors": False, "description": spec.description, "tags": spec.tags,
                "owners": spec.owners, "timetable_summary": spec.timetable.summary,
                "timetable_description": spec.timetable.description, "next_run_after": T0 + timedelta(days=9),
                "last_parsed_at": T0, "max_active_runs": 16, "max_active_tasks": 16,
            }  # fmt: skip
            known = conn.execute(dag_tables.dag.update().where(dag_tables.dag.c.dag_id == spec.dag_id).values(**row))
            if not known.rowcount:
                conn.execute(dag_tables.dag.insert().values(dag_id=spec.dag_id, **row))
        self.version_ids[f"{spec.dag_id}@{number}"] = version_id
        self.version_ids[spec.dag_id] = version_id
        return version_id

    def add_run(self, dag_id: str, run_id: str, state: str = "running", *, day: int = 0, **more: Any) -> int:
        at = T0 + timedelta(days=day)
        with self.store.write() as conn:
            fields = {
                "dag_id": dag_id, "run_id": run_id, "run_type": "manual", "state": state, "logical_date": at,
                "run_after": at, "queued_at": at, "started_at": at, "conf": {"size": 1},
                "ended_at": at + timedelta(seconds=5) if state in ("success", "failed") else None,
                "version_id": self.version_ids[dag_id], "triggered_by": "ada",
            } | more  # fmt: skip
            return conn.execute(run_tables.dag_run.insert().values(**fields)).inserted_primary_key[0]

    def add_task(
        self, run_pk: int, key: TaskKey, state: str, *, try_number: int = 1, log: str | None = None, **more: Any
    ) -> int:
        attempt_id = f"a{run_pk}-{key.task_id}-{key.map_index}"[:32]
        ended = T0 + timedelta(seconds=3) if state in DONE else None
        with self.store.write() as conn:
            fields = {
                "run_pk": run_pk, "dag_id": key.dag_id, "task_id": key.task_id, "map_index": key.map_index,
                "state": state, "try_number": try_number, "max_tries": 3, "attempt_id": attempt_id,
                "operator": "BashOperator", "pool": "default_pool", "pool_slots": 1, "priority": 1, "queue": "default",
                "queued_at": T0, "started_at": T0 + timedelta(seconds=1), "ended_at": ended,
                "rendered": {"bash_command": "echo 1"},
            } | more  # fmt: skip
            ti_id = conn.execute(run_tables.task_instance.insert().values(**fields)).inserted_primary_key[0]
            if try_number:
                conn.execute(
                    run_tables.attempt.insert().values(
                        id=attempt_id, ti_id=ti_id, try_number=try_number, state=state, executor="local", host="here",
                        pid=7, queued_at=T0, started_at=T0, ended_at=ended, log_path=log_path(key, try_number),
                    )
                )  # fmt: skip
            conn.execute(
                run_tables.journal.insert().values(
                    at=T0, run_pk=run_pk, ti_id=ti_id, before="none", after=state, why="because", actor="scheduler"
                )
            )
        if log is not None:
            self.write_log(key, try_number, log)
        return ti_id

    def write_log(self, key: TaskKey, try_number: int, text: str) -> Path:
        file = self.settings.log_folder / log_path(key, try_number)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as out:
            out.write(text)
        return file

    def end_attempt(self, run_pk: int, key: TaskKey) -> None:
        with self.store.write() as conn:
            conn.execute(
                run_tables.attempt.update()
                .where(run_tables.attempt.c.id == f"a{run_pk}-{key.task_id}-{key.map_index}"[:32])
                .values(ended_at=T0)
            )

    def push(self, run_pk: int, task_id: str, key: str, value: str) -> None:
        with self.store.write() as conn:
            conn.execute(
                value_tables.xcom.insert().values(
                    run_pk=run_pk, task_id=task_id, map_index=-1, key=key, value=value, at=T0
                )
            )


@pytest.fixture(scope="session")
def template_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated home with one person per role, all with the same password."""
    home = tmp_path_factory.mktemp("template")
    settings = load_settings({"TRADEWIND_HOME": str(home)})
    store = open_store(settings)
    migrate.upgrade(store)
    act = Act(store, FakeClock(), Ringer(home), settings, "test", "test")
    for name in ("Admin", "Op", "User", "Viewer", "Public"):
        create_user(act, name.lower(), PASSWORD, roles=[name])
    with store.engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return home


@pytest.fixture
def house(template_home: Path, tmp_path: Path) -> House:
    home = tmp_path / "home"
    shutil.copytree(template_home, home, ignore=shutil.ignore_patterns("run", "*-wal", "*-shm"))
    settings = load_settings({"TRADEWIND_HOME": str(home)})
    store = open_store(settings)
    clock = FakeClock(T0 + timedelta(days=1))
    app = create_app(settings, store=store, clock=clock)
    house = House(settings, store, clock, TestClient(app, base_url="http://tradewind.test"))
    yield house  # type: ignore[misc]
    store.close()


def fill(house: House) -> House:
    """The DAG "rockets" with two runs: one done, one in the middle."""
    house.add_dag(rockets())
    first = house.add_run("rockets", "first", "success", day=0)
    second = house.add_run("rockets", "second", "running", day=1)
    for task_id in ("download", "pictures.count", "notify"):
        house.add_task(first, TaskKey("rockets", "first", task_id), "success")
    for index in range(2):
        house.add_task(first, TaskKey("rockets", "first", "pictures.fetch", index), "success")
    house.add_task(second, TaskKey("rockets", "second", "download"), "success", log="one\ntwo\n")
    house.add_task(second, TaskKey("rockets", "second", "pictures.fetch", 0), "failed")
    house.add_task(second, TaskKey("rockets", "second", "pictures.fetch", 1), "running")
    house.add_task(second, TaskKey("rockets", "second", "pictures.count"), "none", try_number=0)
    house.push(second, "download", "return_value", '{"rows": [1, 2]}')
    return house


@pytest.fixture
def rocket_house(house: House) -> House:
    """A house with the DAG "rockets"."""
    return fill(house)


@pytest.fixture
def postgres_house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """The same on PostgreSQL."""
    store = make_store(request, tmp_path, "postgres")
    clock = FakeClock(T0 + timedelta(days=1))
    app = create_app(store.settings, store=store, clock=clock)
    house = House(store.settings, store, clock, TestClient(app, base_url="http://tradewind.test"))
    for name in ("Op", "User", "Viewer"):
        create_user(house.act(), name.lower(), PASSWORD, roles=[name])
    yield fill(house)  # type: ignore[misc]
    store.close()
