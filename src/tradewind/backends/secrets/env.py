"""Variables and connections from the environment: ``TRADEWIND_VAR_X``, ``AIRFLOW_VAR_X``, ``..._CONN_X``."""

from __future__ import annotations

import os
from collections.abc import Mapping

PREFIXES = ("TRADEWIND_", "AIRFLOW_")


class EnvironmentSecrets:
    """Names are upper-cased, as Airflow's users know them; our own prefix wins over the old one."""

    def __init__(self, environ: Mapping[str, str] = os.environ) -> None:
        self._environ = environ

    def _ask(self, kind: str, name: str) -> str | None:
        return next((self._environ[k] for p in PREFIXES if (k := f"{p}{kind}_{name.upper()}") in self._environ), None)

    def variable(self, key: str) -> str | None:
        """The text, or None."""
        return self._ask("VAR", key)

    def connection(self, conn_id: str) -> str | None:
        """A URI or a JSON text, or None."""
        return self._ask("CONN", conn_id)
