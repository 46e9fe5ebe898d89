"""SMTP and IMAP: hooks, operator, notifier, sensor."""

from __future__ import annotations

import asyncio
from pathlib import Path

from airflow.providers.imap.hooks.imap import ImapHook
from airflow.providers.imap.sensors.imap_attachment import ImapAttachmentSensor
from airflow.providers.smtp.hooks.smtp import SmtpHook
from airflow.providers.smtp.notifications.smtp import SmtpNotifier
from airflow.providers.smtp.operators.smtp import EmailOperator
from airflow.sdk import DAG, task

Path("cargo.csv").write_text("item,chests\ntea,40\n")

with DAG("mail", schedule=None) as dag:

    @task(doc="smtp: SmtpHook: log in with a password, send with an attachment, test_connection")
    def hook() -> None:
        with SmtpHook("post") as smtp:
            assert smtp.test_connection()[0]
            smtp.send_email_smtp(
                to=["mate@example.org"], cc="cook@example.org", subject="From the hook", html_content="<b>tea</b>",
                from_email="deck@example.org", files=["cargo.csv"],
            )  # fmt: skip

    @task(doc="smtp: SmtpHook, asynchronous")
    def async_hook() -> None:
        async def send() -> None:
            async with SmtpHook("post") as smtp:
                await smtp.asend_email_smtp(
                    to="mate@example.org", subject="Asynchronous", html_content="x", from_email="deck@example.org"
                )

        asyncio.run(send())

    letter = EmailOperator(
        task_id="letter",
        conn_id="post",
        to="mate@example.org",
        subject="Cargo of {{ ds }}",
        html_content="<p>{{ run_id }}</p>",
        files=["cargo.csv"],
        doc="smtp: EmailOperator: templates, sender from the connection, attachment",
    )

    @task(
        doc="smtp: SmtpNotifier as on_success_callback: its own subject and page where none is given",
        on_success_callback=SmtpNotifier(to="captain@example.org", smtp_conn_id="post"),
    )
    def notified() -> None: ...

    @task(
        doc="smtp: SmtpNotifier as on_failure_callback, with templates (the task fails by intent and is caught below)",
        on_failure_callback=[
            SmtpNotifier(
                to="captain@example.org",
                smtp_conn_id="post",
                subject="{{ ti.task_id }} sank",
                html_content="{{ exception }}",
            )
        ],
    )
    def sinking() -> None:
        raise ValueError("a leak")

    arrived = ImapAttachmentSensor(
        task_id="arrived",
        conn_id="box",
        attachment_name="cargo.csv",
        poke_interval=0.1,
        doc="imap: ImapAttachmentSensor",
    )

    @task(doc="imap: ImapHook: has_mail_attachment by regular expression, retrieve, download, on Dovecot")
    def imap() -> None:
        with ImapHook("box") as box:
            assert box.has_mail_attachment(r"car.*\.csv", check_regex=True)
            assert not box.has_mail_attachment("nothing.csv")
            name, content = box.retrieve_mail_attachments("cargo.csv", latest_only=True)[0]
            assert (name, content) == ("cargo.csv", b"item,chests\ntea,40\n")
            Path("got").mkdir()
            box.download_mail_attachments("cargo.csv", "got", latest_only=True)
        assert Path("got/cargo.csv").read_text() == "item,chests\ntea,40\n"

    hook() >> async_hook() >> letter >> arrived >> imap()
    notified()
    sinking()
