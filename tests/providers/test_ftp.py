"""apache-airflow-providers-ftp on pyftpdlib."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.running import Run, run_dag
from tests.servers.ftp import Ftp

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def ran(ftp_server: Ftp, home: Path) -> Run:
    return run_dag("ftp", home, conn_harbour=ftp_server.uri)


def test_hook_operator_and_sensor_work(ran: Run, ftp_server: Ftp, home: Path) -> None:
    ran.works("pyftpdlib", __file__, but={"absent": "skipped"})
    (arrived,) = ftp_server.files.glob("in-2*")
    assert (arrived / "manifest.txt").read_text() == "pepper"
    assert (home / "back" / "manifest.txt").read_text() == "pepper"
    assert not list((ftp_server.files / "hold").iterdir())
