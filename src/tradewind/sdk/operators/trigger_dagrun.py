"""``TriggerDagRunOperator``: starts a run of another DAG."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from tradewind.errors import Conflict, NotFound
from tradewind.sdk import current, moments
from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.exceptions import AirflowException, AirflowSkipException, DagNotFound, DagRunAlreadyExists
from tradewind.sdk.operator_link import BaseOperatorLink
from tradewind.sdk.triggers.external_task import DagStateTrigger


class TriggerDagRunLink(BaseOperatorLink):
    """To the run it started."""

    name = "Triggered DAG"

    def get_link(self, operator: Any, *, ti_key: Any = None) -> str:
        """The page of the DAG at that run; no address where no run was started."""
        del ti_key
        run_id = getattr(operator, "started_run_id", None)
        return f"/dags/{quote(operator.trigger_dag_id)}/grid?run={quote(run_id, safe='')}" if run_id else ""


class TriggerDagRunOperator(BaseOperator):
    """Succeeds as soon as the run exists, or (``wait_for_completion``) when it is in an allowed state."""

    template_fields = (
        "trigger_dag_id",
        "trigger_run_id",
        "logical_date",
        "conf",
        "wait_for_completion",
        "skip_when_already_exists",
    )
    template_fields_renderers = {"conf": "py"}  # noqa: RUF012  Airflow's plain class attribute
    ui_color = "#ffefeb"
    operator_extra_links = (TriggerDagRunLink(),)

    def __init__(
        self,
        *,
        trigger_dag_id: str,
        trigger_run_id: str | None = None,
        conf: dict[str, Any] | None = None,
        logical_date: str | datetime | None = None,
        execution_date: str | datetime | None = None,
        reset_dag_run: bool = False,
        wait_for_completion: bool = False,
        poke_interval: int = 60,
        allowed_states: Iterable[str] | None = None,
        failed_states: Iterable[str] | None = None,
        skip_when_already_exists: bool = False,
        fail_when_dag_is_paused: bool = False,
        deferrable: bool = False,
        note: str | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(**kwargs)
        chosen = logical_date if logical_date is not None else execution_date
        if chosen is not None and not isinstance(chosen, (str, datetime)):
            raise TypeError(f"Expected str or datetime.datetime type for logical_date. Got {type(chosen)}")
        self.trigger_dag_id, self.trigger_run_id, self.conf = trigger_dag_id, trigger_run_id, conf
        self.logical_date = chosen.isoformat() if isinstance(chosen, datetime) else chosen
        self.reset_dag_run, self.wait_for_completion, self.poke_interval = (
            reset_dag_run,
            wait_for_completion,
            poke_interval,
        )
        self.allowed_states = [str(getattr(s, "value", s)) for s in (allowed_states or ["success"])]
        self.failed_states = [
            str(getattr(s, "value", s)) for s in (failed_states if failed_states is not None else ["failed"])
        ]
        self.skip_when_already_exists, self.fail_when_dag_is_paused = skip_when_already_exists, fail_when_dag_is_paused
        self.deferrable, self.note = deferrable, note

    def execute(self, context: Any) -> None:
        """Start it."""
        try:
            json.dumps(self.conf)
        except TypeError:
            raise AirflowException("conf parameter should be JSON Serializable") from None
        client = current.client()
        if client is None:
            raise AirflowException("TriggerDagRunOperator works only inside a running task.")
        if self.fail_when_dag_is_paused and (client.dag_exists(dag_id=self.trigger_dag_id) or {}).get("is_paused"):
            raise AirflowException(f"Dag {self.trigger_dag_id} is paused")
        moment = moments.utc(self.logical_date)
        run_id = self.trigger_run_id
        if run_id is None and moment is not None:
            run_id = f"manual__{moment.isoformat()}"  # without a date, whoever makes the run finds a free moment
        try:
            made = client.run_trigger(
                dag_id=self.trigger_dag_id, run_id=run_id, logical_date=moment, conf=self.conf or {},
                reset=self.reset_dag_run, note=self.note,
            )  # fmt: skip
        except Conflict as error:
            if self.skip_when_already_exists:
                raise AirflowSkipException(f"Skipped: the run exists: {error.message}") from error
            raise DagRunAlreadyExists(run_id=run_id or "") from error
        except NotFound as error:
            raise DagNotFound(f"Dag id {self.trigger_dag_id} not found. {error.hint or ''}".strip()) from error
        self.log.info("Triggered DAG %s: %s", self.trigger_dag_id, made["run_id"])
        self.started_run_id = made["run_id"]
        context["ti"].xcom_push(key="trigger_run_id", value=made["run_id"])
        if not self.wait_for_completion:
            return
        if self.deferrable:
            self.defer(
                trigger=DagStateTrigger(
                    dag_id=self.trigger_dag_id,
                    run_ids=[made["run_id"]],
                    states=[*self.allowed_states, *self.failed_states],
                    poll_interval=self.poke_interval,
                ),
                method_name="execute_complete",
                kwargs={"run_id": made["run_id"]},
            )
        while not self._has_ended(client, made["run_id"]):
            self.log.info(
                "Waiting for %s on %s to become allowed state %s ...",
                self.trigger_dag_id,
                made["run_id"],
                self.allowed_states,
            )
            time.sleep(self.poke_interval)

    def execute_complete(self, context: Any, event: Any = None, run_id: str | None = None) -> None:
        """After the trigger saw the run in one of the states."""
        del event
        client = current.client()
        assert client is not None
        run_id = run_id or context["ti"].xcom_pull(task_ids=self.task_id, key="trigger_run_id")
        self.started_run_id = run_id
        if not self._has_ended(client, run_id):  # cleared between the trigger's look and ours
            raise AirflowException(f"{self.trigger_dag_id} left its state again: {run_id} was started anew.")

    def _has_ended(self, client: Any, run_id: str) -> bool:
        state = (client.run_get(dag_id=self.trigger_dag_id, run_id=run_id) or {}).get("state")
        if state in self.failed_states:
            raise AirflowException(f"{self.trigger_dag_id} failed with failed state {state}")
        if state in self.allowed_states:
            self.log.info("%s finished with allowed state %s", self.trigger_dag_id, state)
            return True
        return False
