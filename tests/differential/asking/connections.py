"""Connections: parsed by Airflow from URIs and from the environment."""

from __future__ import annotations

import os
from typing import Any

from airflow.models.connection import Connection
from airflow.secrets.environment_variables import EnvironmentVariablesBackend

from tests.differential.cases import answer
from tests.differential.cases import connections as cases


def from_environment(text: str) -> dict[str, Any]:
    """As a task finds it."""
    os.environ["AIRFLOW_CONN_ASKED"] = text
    found = EnvironmentVariablesBackend().get_connection("asked")
    return cases.facts(found) if found is not None else {}


def ask() -> Any:
    """kind -> text -> fields."""
    return {
        "uris": {uri: answer(lambda u=uri: cases.facts(Connection(conn_id="c", uri=u))) for uri in cases.URIS},
        "environment": {text: answer(lambda t=text: from_environment(t)) for text in cases.JSONS},
        "fields": [answer(lambda f=fields: cases.facts(Connection(conn_id="c", **f))) for fields in cases.FIELDS],
    }
