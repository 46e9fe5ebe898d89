"""What the public API takes. Unknown fields are refused: a misspelt one must not be silently ignored."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field


class Body(BaseModel):
    """Strict about names."""

    model_config = ConfigDict(extra="forbid")


class DagPatch(Body):
    """Switch a DAG on or off."""

    is_paused: bool


class NewRun(Body):
    """A run to be made. Airflow 2 says ``execution_date``, Airflow 3 ``logical_date``; both are read."""

    dag_run_id: str | None = Field(default=None, min_length=1, max_length=250)
    logical_date: AwareDatetime | None = None
    execution_date: AwareDatetime | None = None
    data_interval_start: AwareDatetime | None = None
    data_interval_end: AwareDatetime | None = None
    run_after: AwareDatetime | None = None
    conf: dict[str, Any] | None = None
    note: str | None = Field(default=None, max_length=1000)
    state: Literal["queued"] | None = None

    @property
    def date(self) -> datetime | None:
        """The logical date under either name."""
        return self.logical_date or self.execution_date


class RunPatch(Body):
    """A state to set by hand, or a note."""

    state: Literal["success", "failed", "queued"] | None = None
    note: str | None = Field(default=None, max_length=1000)


class NotePatch(Body):
    """A note; null takes it away."""

    note: str | None = Field(max_length=1000)


class ClearRun(Body):
    """Run a whole run again. Only told what would happen, unless ``dry_run`` is false."""

    dry_run: bool = True
    only_failed: bool = False


class ClearTasks(Body):
    """Which task instances to run again. Only told which, unless ``dry_run`` is false."""

    dry_run: bool = True
    task_ids: list[str | tuple[str, int]] | None = None
    dag_run_id: str | None = None
    start_date: AwareDatetime | None = None
    end_date: AwareDatetime | None = None
    only_failed: bool = True
    only_running: bool = False
    reset_dag_runs: bool = True
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False
    include_subdags: bool = False
    include_parentdag: bool = False
    include_recursive: bool = False  #: also behind ExternalTaskMarkers, in other DAGs


class TaskPatch(Body):
    """A state to set by hand, or a note."""

    new_state: Literal["success", "failed", "skipped"] | None = None
    dry_run: bool = False
    note: str | None = Field(default=None, max_length=1000)
    map_index: int = -1
    include_upstream: bool = False
    include_downstream: bool = False
    include_future: bool = False
    include_past: bool = False


class VariableBody(Body):
    """A variable."""

    key: str = Field(min_length=1, max_length=250)
    value: str
    description: str | None = None


class VariablePatch(Body):
    """What of a variable changes."""

    key: str | None = None
    value: str | None = None
    description: str | None = None


class RunTask(Body):
    """A task instance that is to run now."""

    map_index: int = -1
    ignore_task_state: bool = False


class ConnectionPatch(Body):
    """What of a connection changes."""

    connection_id: str | None = None
    conn_type: str | None = None
    description: str | None = None
    host: str | None = None
    login: str | None = None
    schema_: str | None = Field(default=None, alias="schema")
    port: int | None = None
    password: str | None = None
    extra: str | None = None

    def fields(self) -> dict[str, Any]:
        """What was given, under the names of the table."""
        given = self.model_dump(exclude_unset=True, by_alias=True)
        given.pop("connection_id", None)
        return given


class ConnectionBody(ConnectionPatch):
    """A connection."""

    connection_id: str = Field(min_length=1, max_length=250)
    conn_type: str = Field(min_length=1)


class PoolBody(Body):
    """A pool."""

    name: str = Field(min_length=1, max_length=250)
    slots: int
    description: str | None = None
    include_deferred: bool = False


class PoolPatch(Body):
    """What of a pool changes."""

    name: str | None = None
    pool: str | None = None
    slots: int | None = None
    description: str | None = None
    include_deferred: bool | None = None


class RoleName(Body):
    """A role by its name."""

    name: str


class UserBody(Body):
    """A person."""

    username: str = Field(min_length=1, max_length=250)
    password: str = Field(min_length=1, max_length=1000)
    roles: list[RoleName] = [RoleName(name="Viewer")]
    first_name: str = ""
    last_name: str = ""
    email: str = ""


class UserPatch(Body):
    """What of a person changes."""

    password: str | None = Field(default=None, min_length=1, max_length=1000)
    roles: list[RoleName] | None = None
    is_active: bool | None = None
    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
