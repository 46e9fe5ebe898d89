"""``ExternalTaskSensor``: waits for a task, a group or a run of another DAG."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from tradewind.errors import did_you_mean
from tradewind.sdk import current, moments
from tradewind.sdk.exceptions import AirflowException, AirflowFailException, AirflowSkipException
from tradewind.sdk.operator_link import BaseOperatorLink
from tradewind.sdk.operators.empty import EmptyOperator
from tradewind.sdk.python_call import call_with_context
from tradewind.sdk.sensors.base import BaseSensorOperator
from tradewind.sdk.triggers.external_task import WorkflowTrigger

_TASK_STATES = ("success", "failed", "skipped", "upstream_failed", "removed", "running", "queued", "scheduled",
                "up_for_retry", "up_for_reschedule", "deferred", "none")  # fmt: skip
_SAME_DATE = "{{ logical_date.isoformat() }}"
_RUN_STATES = ("success", "running", "failed", "queued")


class ExternalDagLink(BaseOperatorLink):
    """To the other DAG."""

    name = "External DAG"

    def get_link(self, operator: Any, *, ti_key: Any = None) -> str:
        """Its page."""
        del ti_key
        return f"/dags/{operator.external_dag_id}"


class ExternalTaskSensor(BaseSensorOperator):
    """Waits until the task (or group, or whole run) with the same logical date is in an allowed state.

    A positive ``execution_delta`` looks back; ``execution_date_fn`` computes one date or several, of which all must be.
    """

    template_fields = ("external_dag_id", "external_task_id", "external_task_ids", "external_task_group_id")
    ui_color = "#4db7db"
    operator_extra_links = (ExternalDagLink(),)

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str | None = None,
        external_task_ids: Collection[str] | None = None,
        external_task_group_id: str | None = None,
        allowed_states: Iterable[str] | None = None,
        skipped_states: Iterable[str] | None = None,
        failed_states: Iterable[str] | None = None,
        execution_delta: timedelta | None = None,
        execution_date_fn: Callable[..., Any] | None = None,
        check_existence: bool = False,
        deferrable: bool = False,
        poll_interval: float | None = None,
        **kwargs: Any,
    ) -> None:
        if poll_interval is not None:
            kwargs.setdefault("poke_interval", poll_interval)
        super().__init__(**kwargs)
        self.external_dag_id, self.external_task_group_id = external_dag_id, external_task_group_id
        if external_task_id is not None and external_task_ids is not None:
            raise ValueError(
                "Only one of `external_task_id` or `external_task_ids` may be provided; use external_task_id or external_task_ids"
            )
        if external_task_group_id is not None and (external_task_id is not None or external_task_ids is not None):
            raise ValueError(
                "Only one of `external_task_group_id`, `external_task_id` and `external_task_ids` may be provided"
            )
        self.external_task_id = external_task_id
        self.external_task_ids = (
            [external_task_id]
            if external_task_id is not None
            else (list(external_task_ids) if external_task_ids is not None else None)
        )
        self.allowed_states = [str(getattr(s, "value", s)) for s in (allowed_states or ["success"])]
        self.skipped_states = [str(getattr(s, "value", s)) for s in (skipped_states or [])]
        self.failed_states = [str(getattr(s, "value", s)) for s in (failed_states or [])]
        self._check_states()
        if execution_delta is not None and execution_date_fn is not None:
            raise ValueError(
                "Only one of `execution_delta` or `execution_date_fn` may be provided to ExternalTaskSensor; not both."
            )
        self.execution_delta, self.execution_date_fn = execution_delta, execution_date_fn
        self.check_existence, self.deferrable = check_existence, deferrable
        self._existence_checked = False

    def _check_states(self) -> None:
        whole = [*self.allowed_states, *self.skipped_states, *self.failed_states]
        if len(set(whole)) != len(whole):
            raise AirflowException("Duplicate values provided across allowed_states, skipped_states and failed_states.")
        known = _TASK_STATES if self.external_task_ids or self.external_task_group_id else _RUN_STATES
        for state in whole:
            if state not in known:
                guess = did_you_mean(state, known) or ""
                raise ValueError(f"Valid values for the states are {list(known)}; got {state!r}. {guess}".strip())

    def dates(self, context: Any) -> list[datetime]:
        """Logical dates looked at."""
        base = moments.utc(context["logical_date"] or context["dag_run"].run_after)
        assert base is not None
        if self.execution_delta is not None:
            return [base - self.execution_delta]
        if self.execution_date_fn is None:
            return [base]
        rest = dict(context) if _takes_more(self.execution_date_fn) else {}
        for name in list(inspect.signature(self.execution_date_fn).parameters)[:1]:
            rest.pop(name, None)  # given by its place
        given = call_with_context(self.execution_date_fn, [moments.stamp(base)], {}, rest)
        found = given if isinstance(given, (list, tuple)) else [given]
        return [known.astimezone(UTC) for known in map(moments.utc, found) if known is not None]

    def execute(self, context: Any) -> Any:
        """Wait here, or hand over to a trigger."""
        if not self.deferrable:
            return super().execute(context)
        if not self.poke(context):
            self.defer(
                timeout=timedelta(seconds=self.timeout),
                trigger=WorkflowTrigger(
                    external_dag_id=self.external_dag_id,
                    external_task_ids=self.external_task_ids,
                    external_task_group_id=self.external_task_group_id,
                    logical_dates=self.dates(context),
                    allowed_states=self.allowed_states,
                    failed_states=self.failed_states,
                    skipped_states=self.skipped_states,
                    poke_interval=self.poke_interval,
                ),
                method_name="execute_complete",
            )
        return None

    def execute_complete(self, context: Any, event: Any = None) -> None:
        """After the trigger saw the states it was told to look for."""
        del context
        status = (event or {}).get("status")
        if status == "skipped":
            raise AirflowSkipException(f"The external DAG {self.external_dag_id} reached a skipped state.")
        if status != "success":
            self._raise_failed()

    def poke(self, context: Any) -> bool:
        """Whether all are in an allowed state."""
        dates = self.dates(context)
        shown = ",".join(date.isoformat() for date in dates)
        what = self.external_task_group_id or (", ".join(self.external_task_ids) if self.external_task_ids else "")
        self.log.info("Poking for %s%s on %s ... ", self.external_dag_id, f".{what}" if what else "", shown)
        if self.check_existence and not self._existence_checked:
            self._check_existence()
        if self.failed_states and self._count(dates, self.failed_states, any_one=True) > 0:
            self._raise_failed()
        if self.skipped_states and self._count(dates, self.skipped_states, any_one=True) > 0:
            raise AirflowSkipException(f"The external DAG {self.external_dag_id} reached a skipped state.")
        done = self._count(dates, self.allowed_states) == len(dates)
        if not done:
            self._tell_nearest(dates)
        return done

    def _raise_failed(self) -> None:
        if self.soft_fail:
            raise AirflowSkipException("The external task failed.")
        what = self.external_task_group_id or self.external_task_ids
        raise AirflowFailException(f"Some of the external tasks {what} in DAG {self.external_dag_id} failed.")

    def _count(self, dates: list[datetime], states: list[str], *, any_one: bool = False) -> int:
        """How many dates have all tasks (or, with ``any_one``, any task) in one of the states."""
        client = _client()
        if not self.external_task_ids and not self.external_task_group_id:
            return int(client.runs_count(dag_id=self.external_dag_id, states=states, logical_dates=dates, run_ids=None))
        total = 0
        for date in dates:
            found = client.task_states(
                dag_id=self.external_dag_id,
                task_ids=self.external_task_ids,
                group_id=self.external_task_group_id,
                logical_dates=[date],
                run_ids=None,
            )
            for tasks in found.values():
                hits = [state in states for state in tasks.values()]
                if hits and (any(hits) if any_one else all(hits)):
                    total += 1
        return total

    def _check_existence(self) -> None:
        facts = _client().dag_exists(dag_id=self.external_dag_id)
        if facts is None:
            raise AirflowFailException(f"The external DAG {self.external_dag_id} does not exist.")
        for task_id in self.external_task_ids or []:
            if task_id not in facts.get("task_ids", []):
                guess = did_you_mean(task_id, facts.get("task_ids", [])) or ""
                raise AirflowFailException(
                    f"The external task {task_id} in DAG {self.external_dag_id} does not exist. {guess}".strip()
                )
        if self.external_task_group_id and self.external_task_group_id not in facts.get("group_ids", []):
            raise AirflowFailException(
                f"The external task group {self.external_task_group_id} in DAG {self.external_dag_id} does not exist."
            )
        self._existence_checked = True

    def _tell_nearest(self, dates: list[datetime]) -> None:
        if not _client().runs_count(dag_id=self.external_dag_id, states=None, logical_dates=dates, run_ids=None):
            self.log.info(
                "DAG %s has no run with that logical date yet; dates must match exactly (see execution_delta).",
                self.external_dag_id,
            )


def _takes_more(function: Callable[..., Any]) -> bool:
    return len(inspect.signature(function).parameters) > 1


def _client() -> Any:
    client = current.client()
    if client is None:
        raise AirflowException("ExternalTaskSensor works only inside a running task.")
    return client


class ExternalTaskMarker(EmptyOperator):
    """Says that a task of another DAG depends on this DAG: clearing this one clears that one, too."""

    template_fields = ("external_dag_id", "external_task_id", "logical_date")
    ui_color = "#4db7db"
    operator_extra_links = (ExternalDagLink(),)

    def __init__(
        self,
        *,
        external_dag_id: str,
        external_task_id: str,
        execution_date: str | datetime | None = None,
        logical_date: str | datetime | None = _SAME_DATE,
        recursion_depth: int = 10,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        if recursion_depth < 1:
            raise ValueError("recursion_depth must be a positive integer")
        chosen = execution_date if execution_date is not None else logical_date
        self.external_dag_id, self.external_task_id = external_dag_id, external_task_id
        self.logical_date = chosen.isoformat() if isinstance(chosen, datetime) else chosen
        self.recursion_depth = recursion_depth

    def as_marker(self) -> dict[str, Any]:
        """What the brain must know to clear the other task."""
        plain = str(self.logical_date).replace("execution_date", "logical_date")
        return {
            "dag_id": self.external_dag_id,
            "task_id": self.external_task_id,
            "logical_date": None if plain == _SAME_DATE else self.logical_date,
            "depth": self.recursion_depth,
        }
