"""Say that an asset was updated by something outside."""

from __future__ import annotations

from typing import Any

from tradewind.actions.context import Act
from tradewind.errors import InvalidArgument, not_found
from tradewind.store.engine import Conn
from tradewind.store.reads import assets as reads
from tradewind.store.reads.assets import EventRow
from tradewind.store.writes import assets as writes


def update_asset(
    act: Act, *, uri: str | None = None, name: str | None = None, extra: dict[str, Any] | None = None
) -> EventRow:
    """The event; DAGs that wait for the asset hear of it at once.

    Raises NotFound for an asset no DAG speaks of, InvalidArgument when neither address nor name is given.
    """
    if not uri and not name:
        raise InvalidArgument("Which asset?", field="asset_uri", hint="Give its address (asset_uri) or its asset_name.")

    def work(conn: Conn) -> EventRow:
        address = uri or reads.by_names(conn, [name or ""]).get(name or "")
        known = reads.known_uris(conn)
        if address is None or address not in known:
            raise not_found("asset", uri or name or "", known)
        fact = {"uri": address, "extra": {**(extra or {}), "from_rest_api": True}}
        writes.add_events(conn, [(fact, writes.Source(), act.clock.now())])
        (event,) = reads.events_of(conn, [address], 1)
        act.audit(conn, "update_asset", uri=address)
        return event

    event = act.store.retry(work)
    act.wake("scheduler", "api")
    return event
