"""``airflow.utils.email`` for code that builds or sends messages itself."""

from __future__ import annotations

from collections.abc import Iterable
from email.mime.application import MIMEApplication
from email.mime.multipart import MIMEMultipart
from email.mime.text import MIMEText
from email.utils import formatdate
from pathlib import Path
from typing import Any

from tradewind.sdk.operators.email import addresses, deliver, send_email


def send_email_smtp(to: str | Iterable[str], subject: str, html_content: str, files: Any = None, **kwargs: Any) -> None:
    """Send a mail; ``dryrun=True`` does not."""
    if not kwargs.pop("dryrun", False):
        send_email(to, subject, html_content, files, **kwargs)


def build_mime_message(
    mail_from: str | None,
    to: str | Iterable[str],
    subject: str,
    html_content: str,
    files: list[str] | None = None,
    cc: str | Iterable[str] | None = None,
    bcc: str | Iterable[str] | None = None,
    mime_subtype: str = "mixed",
    mime_charset: str = "utf-8",
    custom_headers: dict[str, Any] | None = None,
) -> tuple[MIMEMultipart, list[str]]:
    """A message with text and files, and everybody who gets it (blind copies are in the list only)."""
    message = MIMEMultipart(mime_subtype)
    message["Subject"], message["From"], message["To"] = subject, mail_from or "", ", ".join(addresses(to))
    message["Date"] = formatdate(localtime=True)
    if cc:
        message["CC"] = ", ".join(addresses(cc))
    for name, value in (custom_headers or {}).items():
        message[name] = value
    message.attach(MIMEText(html_content, "html", mime_charset))
    for file in map(Path, files or ()):
        part = MIMEApplication(file.read_bytes(), Name=file.name)
        part["Content-Disposition"] = f'attachment; filename="{file.name}"'
        part["Content-ID"] = f"<{file.name}>"
        message.attach(part)
    return message, [*addresses(to), *addresses(cc), *addresses(bcc)]


def send_mime_email(
    e_from: str, e_to: str | list[str], mime_msg: MIMEMultipart, conn_id: str | None = None, dryrun: bool = False
) -> None:
    """Send a message that is built already."""
    if not dryrun:
        deliver(mime_msg, conn_id, e_from, addresses(e_to))
