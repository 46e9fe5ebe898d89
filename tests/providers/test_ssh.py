"""apache-airflow-providers-ssh and -sftp on OpenSSH."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.running import Run, run_dag
from tests.servers.sshd import Sshd

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ran(sshd_server: Sshd, home: Path) -> Run:
    uris = {"conn_deck": sshd_server.uri("ssh"), "conn_files": sshd_server.uri("sftp")}
    return run_dag("ssh", home, FILES=str(sshd_server.files), **uris)


def test_hooks_operators_and_sensors_work_deferred_too(ran: Run) -> None:
    ran.works("OpenSSH", __file__, but={"fail": "failed", "skip": "skipped"})
    assert "3" in ran.error("fail")


@pytest.mark.spec("2/EX-19")
def test_the_files_are_on_the_server(ran: Run, sshd_server: Sshd, home: Path) -> None:
    files = sshd_server.files
    assert (files / "by-hook.txt").read_text() == "pepper"
    assert (files / "ssh.txt").read_text().strip().count("-") == 2
    assert (files / "job.txt").read_text() == "long\n"
    assert (files / "deferred.txt").read_text() == "pepper"
    assert (home / "got.txt").read_text() == "pepper"
