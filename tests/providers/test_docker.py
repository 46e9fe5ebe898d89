"""apache-airflow-providers-docker on a real engine."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.providers.running import Run, run_dag
from tests.servers.docker import Docker, python_folders

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(home: Path) -> Path:
    return home / "made-by-docker"


@pytest.fixture(scope="module")
def ran(docker_server: Docker, home: Path, folder: Path) -> Run:
    folder.mkdir()
    return run_dag(
        "docker",
        home,
        DOCKER_URL=docker_server.url,
        FOLDER=str(folder),
        FOLDERS=":".join(python_folders()),
        seconds=110,
    )


@pytest.mark.spec("2/CT-09", "2/CT-17")
def test_operator_decorator_and_hook_work(ran: Run) -> None:
    ran.works(
        "Docker Engine",
        __file__,
        but={"fail": "failed", "skip": "skipped", "unreachable": "failed", "absent": "failed"},
    )


def test_the_output_is_in_the_task_log_and_a_bad_end_fails_with_its_status(ran: Run) -> None:
    assert "Starting docker container from image localhost/bare:1" in ran.log
    assert "first" in ran.log
    assert "'StatusCode': 3" in ran.error("fail")
    assert "sinking" in ran.log


@pytest.mark.spec("2/CT-05")
def test_files_under_the_mount_stay_on_the_host(ran: Run, folder: Path) -> None:
    (made,) = folder.iterdir()
    assert made.read_text() == "cargo\n"


def test_what_should_be_removed_is_and_what_should_stay_stays(ran: Run, docker_server: Docker) -> None:
    names = docker_server.cli("ps", "-a", "--format", "{{.Names}}").split()
    assert names == ["kept"]


def test_an_engine_that_is_not_there_is_named(ran: Run) -> None:
    assert "nowhere.sock" in ran.error("unreachable") + ran.log
