"""The databases on which several schedulers may work, and the triggerer of the integration tests."""

from __future__ import annotations

import pytest

from tests.conftest import _make_database
from tests.integration.test_triggerer import triggerer

__all__ = ["triggerer"]


@pytest.fixture(params=["postgres", "mariadb"])
def shared_url(request: pytest.FixtureRequest) -> str:
    """A migrated, empty database on a server."""
    if request.param == "mariadb":
        server = request.getfixturevalue("mariadb_server")
        url: str = server.url(server.make(request.getfixturevalue("mariadb_template")))
        return url
    server = request.getfixturevalue("postgres_server")
    return server.get_uri(_make_database(server, request.getfixturevalue("postgres_template")))
