"""The mail that tells of a failed try: to the task's ``email`` addresses, after its last try or (``retry``) before the next."""

from __future__ import annotations

import logging
from typing import Any

log = logging.getLogger("airflow.task")


def wanted(task: Any, *, retry: bool) -> list[str]:
    """The addresses that want to hear of it; [] for none."""
    if not task.email or not (task.email_on_retry if retry else task.email_on_failure):
        return []
    from tradewind.sdk.operators.email import addresses  # noqa: PLC0415  only tasks with addresses load mail

    return addresses(task.email)


def alert(task: Any, context: Any, exception: BaseException | None, *, retry: bool) -> None:
    """Send it, where somebody wants it and a server is named. Trouble is logged and changes nothing."""
    everyone = wanted(task, retry=retry)
    if not everyone:
        return
    from tradewind.sdk.operators.email import has_server, send_email  # noqa: PLC0415  only tasks with addresses

    try:
        if not has_server():
            log.warning(
                "No e-mail is sent to %s: neither [smtp] smtp_host nor a connection smtp_default is set", everyone
            )
            return
        send_email(everyone, subject(context, retry=retry), body(context, exception, retry=retry))
    except Exception:
        log.exception("Failed to send an alert email to %s", everyone)
        return
    log.info("Sent an alert email to %s", everyone)


def subject(context: Any, *, retry: bool) -> str:
    """``Airflow alert: <TaskInstance: dag.task date [failed]>``."""
    ti = context["ti"]
    date = ti.logical_date.isoformat() if ti.logical_date is not None else ti.run_id
    return f"Airflow alert: <TaskInstance: {ti.dag_id}.{ti.task_id} {date} [{'up_for_retry' if retry else 'failed'}]>"


def body(context: Any, exception: BaseException | None, *, retry: bool) -> str:
    """Which try it was, what was raised, where to look."""
    from html import escape  # noqa: PLC0415  its table of names is half a megabyte in every task's process

    ti = context["ti"]
    lines = [
        f"Try {ti.try_number} out of {ti.max_tries + 1}" + (": another one follows" if retry else ""),
        f"Exception:<br>{escape(f'{type(exception).__name__}: {exception}' if exception else 'unknown')}",
        f'Log: <a href="{escape(ti.log_url)}">Link</a>',
        f"Host: {escape(ti.hostname)}",
        f"Log file: {escape(ti.log_path)}",
        f'Mark success: <a href="{escape(ti.mark_success_url)}">Link</a>',
    ]
    return "<br>\n".join(lines) + "<br>\n"
