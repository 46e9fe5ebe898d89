"""Connections to an Oracle database named by a connection."""

from __future__ import annotations

from typing import Any

from tradewind.providers.sql.hooks import DbApiHook


class OracleHook(DbApiHook):
    """Opens the database of a connection with python-oracledb; ``extra`` may hold ``dsn``, ``service_name`` or ``sid``."""

    conn_name_attr = "oracle_conn_id"
    default_conn_name = "oracle_default"
    conn_type = "oracle"
    hook_name = "Oracle"
    driver = install = "oracledb"

    def get_conn(self) -> Any:
        """An open connection; the caller closes it."""
        known = self.get_connection(self.conn_id)
        extra = dict(known.extra_dejson)
        driver = self.load_driver()
        dsn = extra.pop("dsn", None)
        if dsn is None:
            place = {name: extra.pop(name) for name in ("service_name", "sid") if name in extra}
            place = place or {"service_name": self.database or known.schema}
            dsn = driver.makedsn(known.host or "localhost", known.port or 1521, **place)
        return driver.connect(user=known.login, password=known.password, dsn=dsn, **extra)

    def placeholders(self, count: int) -> list[str]:
        """Oracle numbers its parameters."""
        return [f":{number}" for number in range(1, count + 1)]
