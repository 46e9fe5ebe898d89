"""Fixtures of what tasks do while they run."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.doubles import mail
from tradewind.sdk import configuration


@pytest.fixture
def smtp(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[mail.Mailbox]:
    """A mail server on this machine, and settings that name it."""
    monkeypatch.setenv("TRADEWIND_HOME", str(tmp_path))
    with mail.receiving() as box:
        monkeypatch.setenv("AIRFLOW__SMTP__SMTP_HOST", "127.0.0.1")
        monkeypatch.setenv("AIRFLOW__SMTP__SMTP_PORT", str(box.port))
        monkeypatch.setenv("AIRFLOW__SMTP__SMTP_MAIL_FROM", "tradewind@example.org")
        monkeypatch.setenv("AIRFLOW__SMTP__SMTP_STARTTLS", "False")
        configuration.settings.cache_clear()
        yield box
    monkeypatch.undo()
    configuration.settings.cache_clear()
