"""On SQLite there is one scheduler: a lock beside the database says so. Elsewhere any number may work."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time

from tradewind.errors import OutsideTrouble
from tradewind.store.engine import Store

#: One that is just going may still hold the lock.
_PATIENCE_SECONDS = 5.0


class Alone:
    """Holds the lock as long as the process lives, however it ends. Raises OutsideTrouble when another has it."""

    def __init__(self, store: Store, patience_seconds: float = _PATIENCE_SECONDS) -> None:
        self._fd = -1
        name = store.engine.url.database
        if store.dialect != "sqlite" or not name or name == ":memory:":
            return
        self._fd = os.open(f"{name}.scheduler", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o640)
        deadline = time.monotonic() + patience_seconds
        while not self._take():
            if time.monotonic() >= deadline:
                holder = os.pread(self._fd, 32, 0).decode(errors="replace").strip()
                self.close()
                raise OutsideTrouble(
                    f"Another scheduler (process {holder or 'unknown'}) works on the database {name}, and SQLite is for"
                    " one only.",
                    hint="Stop the other one; or for several use PostgreSQL or MariaDB: [database] sql_alchemy_conn.",
                )
            time.sleep(0.1)
        os.ftruncate(self._fd, 0)
        os.pwrite(self._fd, str(os.getpid()).encode(), 0)

    def _take(self) -> bool:
        with contextlib.suppress(BlockingIOError, PermissionError):
            # A lock of this process alone: what it starts does not keep it when this is killed.
            fcntl.lockf(self._fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        return False

    def close(self) -> None:
        """Let another one begin."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1
