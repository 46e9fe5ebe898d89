"""``airflow.executors``: the base class that executors of other packages extend.

Tradewind hands work over by its own executors ([core] executor); a class of the original's kind is not used by the
scheduler. The base is here so that such packages import and their own tests of the class run.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partialmethod
from typing import Any, NoReturn

from tradewind.domain.states import TaskState
from tradewind.errors import InvalidArgument
from tradewind.sdk.configuration import conf
from tradewind.sdk.log import LoggingMixin

PARALLELISM = 32


class ExecutorConf:
    """The settings, as an executor of one team sees them."""

    def __init__(self, team_name: str | None = None) -> None:
        self.team_name = team_name

    def __getattr__(self, name: str) -> Any:
        return getattr(conf, name)


class BaseExecutor(LoggingMixin):
    """Queue, running set and event buffer; subclasses hand the work over in ``sync`` and ``_process_workloads``."""

    supports_ad_hoc_ti_run = False
    supports_pickling = False
    supports_sentry = False
    supports_multi_team = False
    is_local = False
    is_production = True
    serve_logs = False
    name: Any = None
    callback_sink: Any = None

    def __init__(self, parallelism: int = PARALLELISM, team_name: str | None = None) -> None:
        super().__init__()
        self.parallelism, self.team_name = parallelism, team_name
        self.conf = ExecutorConf(team_name)
        self.job_id: Any = None
        self.queued_tasks: dict[Any, Any] = {}
        self.running: set[Any] = set()
        self.event_buffer: dict[Any, tuple[Any, Any]] = {}
        self.attempts: dict[Any, Any] = {}

    def start(self) -> None:
        """Called once before work comes."""

    def sync(self) -> None:
        """Called at each heartbeat: see what has ended."""

    def end(self) -> None:
        """Wait for all and stop."""
        raise NotImplementedError

    def terminate(self) -> None:
        """Stop at once."""
        raise NotImplementedError

    def queue_workload(self, workload: Any, session: Any = None) -> None:
        """Take one piece of work."""
        self.queued_tasks[workload.ti.key] = workload

    def _process_workloads(self, workloads: Sequence[Any]) -> None:
        raise NotImplementedError(f"{type(self).__name__} must implement _process_workloads()")

    def heartbeat(self) -> None:
        """Hand over as much as fits, then look what has ended."""
        self.trigger_tasks(self.slots_available)
        self.sync()

    def trigger_tasks(self, open_slots: int) -> None:
        """Hand over the queued work of the highest priority."""
        order = sorted(self.queued_tasks.items(), key=lambda item: -getattr(item[1].ti, "priority_weight", 1))
        chosen = order[: max(open_slots, 0)]
        for key, _ in chosen:
            self.attempts.pop(key, None)
        if chosen:
            self._process_workloads([workload for _, workload in chosen])

    @property
    def slots_available(self) -> int:
        """How much more fits; unlimited for a parallelism of 0."""
        return self.parallelism - self.slots_occupied if self.parallelism else 2**31

    @property
    def slots_occupied(self) -> int:
        """How much it holds."""
        return len(self.running) + len(self.queued_tasks)

    def has_task(self, task_instance: Any) -> bool:
        """Whether it holds this one."""
        return task_instance.key in self.queued_tasks or task_instance.key in self.running

    def change_state(self, key: Any, state: Any, info: Any = None, remove_running: bool = True) -> None:
        """Note what became of a piece of work."""
        if remove_running:
            self.running.discard(key)
        self.event_buffer[key] = state, info

    def fail(self, key: Any, info: Any = None) -> None:
        """It failed."""
        self.change_state(key, TaskState.FAILED, info)

    def success(self, key: Any, info: Any = None) -> None:
        """It succeeded."""
        self.change_state(key, TaskState.SUCCESS, info)

    queued = partialmethod(change_state, state=TaskState.QUEUED, remove_running=False)
    running_state = partialmethod(change_state, state=TaskState.RUNNING, remove_running=False)

    def get_event_buffer(self, dag_ids: Any = None) -> dict[Any, tuple[Any, Any]]:
        """What was noted, and forget it; all, or that of some DAGs."""
        taken = {key: event for key, event in self.event_buffer.items() if dag_ids is None or key.dag_id in dag_ids}
        for key in taken:
            del self.event_buffer[key]
        return taken

    def get_task_log(self, ti: Any, try_number: int) -> tuple[list[str], list[str]]:
        """Log lines that only the executor can reach."""
        return [], []

    def try_adopt_task_instances(self, tis: Sequence[Any]) -> Sequence[Any]:
        """Take over work of a scheduler that is gone; what is returned could not be taken."""
        return tis

    def revoke_task(self, *, ti: Any) -> None:
        """Take back work that waits."""
        self.queued_tasks.pop(ti.key, None)
        self.running.discard(ti.key)

    def send_callback(self, request: Any) -> None:
        """Hand a callback on."""
        if not self.callback_sink:
            raise ValueError("Callback sink is not ready.")
        self.callback_sink.send(request)

    @staticmethod
    def get_cli_commands() -> list[Any]:
        """Commands it adds."""
        return []


@dataclass
class ExecuteTask:
    """One try of a task, for an executor."""

    ti: Any
    token: str = ""
    dag_rel_path: Any = None
    bundle_info: Any = None
    log_path: str | None = None
    kind: str = field(default="ExecuteTask", init=False)

    @property
    def key(self) -> Any:
        """What it is known by."""
        return self.ti.key


@dataclass
class ExecuteCallback:
    """One callback, for an executor."""

    callback: Any
    token: str = ""
    dag_rel_path: Any = None
    bundle_info: Any = None
    log_path: str | None = None
    kind: str = field(default="ExecuteCallback", init=False)


WorkloadKey = WorkloadState = WorkloadType = ExecutorWorkload = All = Any
TaskInstanceUuid = str


class ExecutorLoader:
    """Executors by name."""

    @classmethod
    def _refuse(cls, *_: Any, **__: Any) -> NoReturn:
        raise InvalidArgument(
            "Tradewind hands work over by its own executors.",
            field="executor",
            hint="Choose one with [core] executor: LocalExecutor, InlineExecutor ... see docs/reference/settings.md.",
        )

    load_executor = get_default_executor = import_executor_cls = import_default_executor_cls = _refuse

    @classmethod
    def get_default_executor_name(cls, team_name: str | None = None) -> str:
        """The one that is chosen."""
        return str(conf.get("core", "executor"))
