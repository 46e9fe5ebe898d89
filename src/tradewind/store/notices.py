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
    """Hears the notices of one kind. Only on PostgreSQL; elsewhere ``fileno`` is None and nothing is ever heard.

    A connection that breaks makes it deaf, never more: the slow poll goes on. ``mend`` connects again.
    """

    def __init__(self, store: Store, kind: str) -> None:
        self._store = store
        self._kind = kind
        self._conn: Any = None
        self.mend()

    def mend(self) -> bool:
        """Connect if there is no connection; whether one was made now."""
        if self._conn is not None or self._store.dialect != "postgresql":
            return False
        import psycopg  # noqa: PLC0415  optional dependency

        url = self._store.engine.url.set(drivername="postgresql").render_as_string(hide_password=False)
        try:
            self._conn = psycopg.connect(url, autocommit=True, connect_timeout=2)
            self._conn.execute(f"LISTEN tradewind_{self._kind}")
        except psycopg.Error as error:
            log.warning("No notices of other machines for now: %s", " ".join(str(error).split()))
            self.close()
            return False
        return True

    def fileno(self) -> int | None:
        """For selectors."""
        return None if self._conn is None else int(self._conn.fileno())

    def clear(self) -> int:
        """Take in what has come; how many notices."""
        if self._conn is None:
            return 0
        try:
            return sum(1 for _ in self._conn.notifies(timeout=0))
        except Exception as error:  # of the driver, which this module does not import by name
            log.warning("No notices of other machines for now: %s", " ".join(str(error).split()))
            self.close()
            return 1  # something may have been missed

    def close(self) -> None:
        """Hang up."""
        if self._conn is not None:
            self._conn.close()
            self._conn = None


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
            except Exception as error:
                log.warning("Could not notify the other machines' %s: %s", kind, error)
        return heard

    def close(self) -> None:
        """Let go of the local ringer."""
        self._local.close()
