"""What every verb is handed: who acts, on which store, at what time, and whom to wake."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from tradewind.clock import Clock
from tradewind.settings import Settings
from tradewind.store.engine import Conn, Store
from tradewind.store.writes import runs


class Rings(Protocol):
    """Whoever can wake other processes (``loop.Ringer``, ``store.notices.WideRinger``, a list in tests)."""

    def ring(self, kind: str, topic: str = "") -> int:
        """Poke every bell of that kind."""
        ...


@dataclass(frozen=True)
class Act:
    """The circumstances of a verb."""

    store: Store
    clock: Clock
    ringer: Rings
    settings: Settings
    actor: str
    origin: str

    def audit(
        self,
        conn: Conn,
        verb: str,
        *,
        dag_id: str | None = None,
        run_id: str | None = None,
        task_id: str | None = None,
        **details: Any,
    ) -> None:
        """Write down who did what, in the verb's own transaction."""
        runs.audit(
            conn,
            at=self.clock.now(),
            actor=self.actor,
            verb=verb,
            origin=self.origin,
            details=details,
            dag_id=dag_id,
            run_id=run_id,
            task_id=task_id,
        )

    def wake(self, *kinds: str) -> None:
        """Ring after the commit."""
        for kind in kinds:
            self.ringer.ring(kind)
