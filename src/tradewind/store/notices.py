"""Bells between machines: PostgreSQL LISTEN/NOTIFY. On other databases the slow poll does (one machine needs neither).

A notice carries no truth, like every bell: who hears it reads the table.
"""

from __future__ import annotations

import logging
from typing import Any

from tradewind.loop import Ringer
from tradewind.store.engine import Store

log = logging.getLogger("tradewind.store")


class Notices:
    """Hears the notices of one kind. Only on PostgreSQL; elsewhere ``fileno`` is None and nothing is ever heard."""

    def __init__(self, store: Store, kind: str) -> None:
        self._conn: Any = None
        if store.dialect == "postgresql":
            import psycopg  # noqa: PLC0415  optional dependency

            url = store.engine.url.set(drivername="postgresql")
            self._conn = psycopg.connect(url.render_as_string(hide_password=False), autocommit=True)
            self._conn.execute(f"LISTEN tradewind_{kind}")

    def fileno(self) -> int | None:
        """For selectors."""
        return None if self._conn is None else int(self._conn.fileno())

    def clear(self) -> int:
        """Take in what has come; how many notices."""
        if self._conn is None:
            return 0
        return sum(1 for _ in self._conn.notifies(timeout=0))

    def close(self) -> None:
        """Hang up."""
        if self._conn is not None:
            self._conn.close()


class WideRinger(Ringer):
    """Rings the bells of this machine, and on PostgreSQL those of the others too."""

    def __init__(self, local: Ringer, store: Store) -> None:
        self._local = local
        self._store = store

    def ring(self, kind: str, topic: str = "") -> int:
        """Poke every process of that kind. Never raises: a lost ring costs one safety poll."""
        heard = self._local.ring(kind, topic)
        if self._store.dialect == "postgresql":
            try:
                with self._store.write() as conn:
                    conn.exec_driver_sql(f"NOTIFY tradewind_{kind}")
            except Exception:
                log.warning("Could not notify the other machines' %s.", kind, exc_info=True)
        return heard

    def close(self) -> None:
        """Let go of the local ringer."""
        self._local.close()
