"""The secrets backend of the installation ([secrets] backend), asked before the environment."""

from __future__ import annotations

import json
import logging
from functools import cache
from typing import Any

from tradewind.sdk.configuration import conf, import_path

log = logging.getLogger(__name__)


class BaseSecretsBackend:
    """Base of secrets backends: ``get_variable`` and ``get_connection`` (or ``get_conn_value``) answer, or None."""

    def __init__(self, **_: Any) -> None:
        """Subclasses take the arguments of [secrets] backend_kwargs."""

    @staticmethod
    def build_path(path_prefix: str, secret_id: str, sep: str = "/") -> str:
        """Where a secret lies."""
        return f"{path_prefix}{sep}{secret_id}"

    def get_conn_value(self, conn_id: str) -> str | None:
        """URI or JSON of a connection."""
        del conn_id
        return None

    def get_connection(self, conn_id: str) -> Any:
        """The connection, or None."""
        from tradewind.sdk.connection import Connection  # noqa: PLC0415  connections ask backends, not the reverse

        text = self.get_conn_value(conn_id)
        return Connection.from_text(text, conn_id) if text else None

    def get_variable(self, key: str) -> str | None:
        """Text of a variable, or None."""
        del key
        return None

    def get_config(self, key: str) -> str | None:
        """Text of a setting, or None."""
        del key
        return None


@cache
def backend() -> Any:
    """The configured backend object, or None."""
    path = conf.get("secrets", "backend", "")
    if not path:
        return None
    return import_path(str(path))(**json.loads(conf.get("secrets", "backend_kwargs", "{}") or "{}"))


def ask_backend(method: str, name: str) -> Any:
    """What the backend answers; None when there is no backend or it does not know (or fails, with a log line)."""
    asked = backend()
    question = getattr(asked, method, None)
    if question is None:
        return None
    try:
        return question(name)
    except Exception:
        log.exception("The secrets backend %s failed for %r; the next source is asked.", type(asked).__name__, name)
        return None
