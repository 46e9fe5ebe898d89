"""Each counterpart as a fixture of the session, started when a test first asks for it."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any, TypeVar

import pytest

from tests.servers import aws, azure, docker, ftp, gcs, http, kafka, mail, mariadb, redis, sshd

T = TypeVar("T")


def _in_a_folder(running: Callable[[Path], AbstractContextManager[T]]) -> Iterator[T]:
    folder = Path(tempfile.mkdtemp(prefix="tws"))  # short: a socket's path ends at 108 bytes
    try:
        with running(folder) as found:
            yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def http_server() -> Iterator[http.Http]:
    """An HTTP service."""
    with http.running() as found:
        yield found


def _fixture(name: str, module: Any) -> Any:
    def server() -> Iterator[Any]:
        yield from _in_a_folder(module.running)

    server.__doc__ = module.__doc__
    return pytest.fixture(scope="session", name=name)(server)


ftp_server = _fixture("ftp_server", ftp)
mysql_server = _fixture("mysql_server", mariadb)
sshd_server = _fixture("sshd_server", sshd)
mail_server = _fixture("mail_server", mail)
aws_server = _fixture("aws_server", aws)
gcs_server = _fixture("gcs_server", gcs)
azure_server = _fixture("azure_server", azure)
redis_server = _fixture("redis_server", redis)
kafka_server = _fixture("kafka_server", kafka)
docker_server = _fixture("docker_server", docker)
