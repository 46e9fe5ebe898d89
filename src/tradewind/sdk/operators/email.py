"""``EmailOperator``: sends a mail by the SMTP server of [smtp] or of a connection."""

from __future__ import annotations

import mimetypes
import smtplib
from collections.abc import Iterable
from email.message import EmailMessage
from email.policy import EmailPolicy
from pathlib import Path
from typing import Any

from tradewind.sdk.base_operator import BaseOperator
from tradewind.sdk.configuration import conf
from tradewind.sdk.connection import get_connection
from tradewind.sdk.exceptions import AirflowNotFoundException


class EmailOperator(BaseOperator):
    """Sends one mail."""

    template_fields = ("to", "subject", "html_content", "files")
    template_fields_renderers = {"html_content": "html"}  # noqa: RUF012  Airflow's plain class attribute
    template_ext = (".html",)
    ui_color = "#e6faf9"

    def __init__(
        self,
        *,
        to: str | list[str],
        subject: str,
        html_content: str,
        files: list[str] | None = None,
        cc: str | list[str] | None = None,
        bcc: str | list[str] | None = None,
        from_email: str | None = None,
        conn_id: str | None = None,
        **kwargs: Any,
    ) -> None:
        for name in ("mime_subtype", "mime_charset", "custom_headers"):
            kwargs.pop(name, None)
        super().__init__(**kwargs)
        self.to, self.subject, self.html_content, self.files = to, subject, html_content, files or []
        self.cc, self.bcc, self.from_email, self.conn_id = cc, bcc, from_email, conn_id

    def execute(self, context: Any) -> None:
        """Send it."""
        del context
        send_email(
            self.to, self.subject, self.html_content, files=self.files, cc=self.cc, bcc=self.bcc,
            from_email=self.from_email, conn_id=self.conn_id,
        )  # fmt: skip


def addresses(given: str | Iterable[str] | None) -> list[str]:
    """One address or several, as a list."""
    if given is None:
        return []
    parts = given.replace(";", ",").split(",") if isinstance(given, str) else list(given)
    return [part.strip() for part in parts if part.strip()]


def send_email(
    to: str | Iterable[str],
    subject: str,
    html_content: str,
    files: list[str] | None = None,
    cc: Any = None,
    bcc: Any = None,
    from_email: str | None = None,
    conn_id: str | None = None,
    **_: Any,
) -> None:
    """Send a mail. The server: connection ``conn_id`` (default smtp_default), else the section [smtp]."""
    message = EmailMessage(policy=EmailPolicy(max_line_length=900))  # a subject in one piece
    message["Subject"], message["To"] = subject, ", ".join(addresses(to))
    message["From"] = from_email or conf.get("smtp", "smtp_mail_from", "tradewind@localhost")
    if cc:
        message["Cc"] = ", ".join(addresses(cc))
    message.set_content(html_content, subtype="html")
    for name in files or []:
        kind = (mimetypes.guess_type(name)[0] or "application/octet-stream").split("/")
        message.add_attachment(Path(name).read_bytes(), maintype=kind[0], subtype=kind[1], filename=Path(name).name)
    deliver(message, conn_id, None, [*addresses(to), *addresses(cc), *addresses(bcc)])


def deliver(message: Any, conn_id: str | None, sender: str | None, everyone: list[str]) -> None:
    """Hand a message to the server: connection ``conn_id`` (default smtp_default), else the section [smtp]."""
    host, port, login, password = _server(conn_id)
    secure = conf.getboolean("smtp", "smtp_ssl", False)
    with (smtplib.SMTP_SSL if secure else smtplib.SMTP)(
        host, port, timeout=conf.getint("smtp", "smtp_timeout", 30)
    ) as server:
        if not secure and conf.getboolean("smtp", "smtp_starttls", False):
            server.starttls()
        if login:
            server.login(login, password or "")
        server.send_message(message, from_addr=sender, to_addrs=everyone)


def has_server() -> bool:
    """Whether somebody named a mail server: [smtp] smtp_host, or the connection smtp_default."""
    try:
        return get_connection("smtp_default") is not None
    except AirflowNotFoundException:
        return bool(conf.get("smtp", "smtp_host", ""))


def _server(conn_id: str | None) -> tuple[str, int, str | None, str | None]:
    try:
        found = get_connection(conn_id or "smtp_default")
    except AirflowNotFoundException:
        if conn_id is not None:
            raise
        return (
            str(conf.get("smtp", "smtp_host", "localhost")),
            conf.getint("smtp", "smtp_port", 25),
            conf.get("smtp", "smtp_user", None),
            conf.get("smtp", "smtp_password", None),
        )
    return found.host or "localhost", found.port or 25, found.login, found.password
