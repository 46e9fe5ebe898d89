"""``ResumableJobMixin``: operators that start a job elsewhere and find it again after a crash."""

from __future__ import annotations

from typing import Any


class ResumableJobMixin:
    """Call ``execute_resumable(context)`` from ``execute``. The job's id is kept as an XCom of the task, which the next
    try of the same task finds: a job that still runs is waited for, one that succeeded is not started again.
    """

    external_id_key: str = "remote_job_id"

    def __init__(self, *, durable: bool = True, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.durable = durable

    def execute_resumable(self, context: Any) -> Any:
        """Start the job or find it, wait for it, return its result."""
        ti = context.get("ti") if self.durable else None
        known = ti.xcom_pull(task_ids=ti.task_id, key=self.external_id_key) if ti is not None else None
        if known is not None:
            status = self.get_job_status(known, context)
            if self.is_job_succeeded(status):
                return self.get_job_result(known, context)
            if not self.is_job_active(status):
                known = None
        if known is None:
            known = self.submit_job(context)
            if ti is not None and known is not None:
                ti.xcom_push(key=self.external_id_key, value=known)
        self.poll_until_complete(known, context)
        return self.get_job_result(known, context)

    def submit_job(self, context: Any) -> Any:
        """Start the job; its id, a JSON value."""
        raise NotImplementedError

    def get_job_status(self, external_id: Any, context: Any) -> str:
        """How the job is."""
        raise NotImplementedError

    def is_job_active(self, status: str) -> bool:
        """Whether that means it still runs."""
        raise NotImplementedError

    def is_job_succeeded(self, status: str) -> bool:
        """Whether that means it is done."""
        raise NotImplementedError

    def poll_until_complete(self, external_id: Any, context: Any) -> None:
        """Wait for its end; raise when it failed."""
        raise NotImplementedError

    def get_job_result(self, external_id: Any, context: Any) -> Any:
        """What the task returns."""
        return None
