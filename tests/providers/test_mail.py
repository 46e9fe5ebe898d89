"""apache-airflow-providers-smtp and -imap: letters go out through an SMTP server and are read on Dovecot."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.running import Run, run_dag
from tests.servers.mail import Mail

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ran(mail_server: Mail, home: Path) -> Run:
    return run_dag("mail", home, conn_post=mail_server.smtp_uri, conn_box=mail_server.imap_uri)


def test_hooks_operator_notifier_and_sensor_work(ran: Run) -> None:
    ran.works("aiosmtpd and Dovecot", __file__, but={"sinking": "failed"})


def test_every_letter_arrived_as_it_was_written(ran: Run, mail_server: Mail) -> None:
    letters = {letter["Subject"]: letter for letter in mail_server.letters()}
    assert len(letters) == 5, list(letters)
    assert letters["From the hook"]["Cc"] == "cook@example.org"
    assert "Asynchronous" in letters
    (cargo,) = [letter for subject, letter in letters.items() if subject.startswith("Cargo of 2")]
    assert cargo["From"] == "deck@example.org"
    assert [part.get_filename() for part in cargo.iter_attachments()] == ["cargo.csv"]
    assert any(
        "a leak" in part.get_content()
        for part in letters["sinking sank"].walk()
        if part.get_content_maintype() == "text"
    )
    assert any("notified" in subject for subject in letters), list(letters)
