"""Make, change and remove connections. Password and extra rest sealed."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from tradewind.actions.context import Act
from tradewind.backends.secrets.contract import Vault
from tradewind.errors import Conflict, InvalidArgument
from tradewind.store.reads import connections as reads
from tradewind.store.writes import connections as writes

_ID = re.compile(r"[\w.\-:/ ()#]{1,250}")
FIELDS = ("conn_type", "description", "host", "schema", "login", "password", "port", "extra")


def _sealed(fields: dict[str, Any], vault: Vault) -> dict[str, Any]:
    for name in fields:
        if name not in FIELDS:
            raise InvalidArgument(
                f"A connection has no field {name!r}.", field=name, hint=f"Its fields are {', '.join(FIELDS)}."
            )
    port = fields.get("port")
    if port is not None and not 0 <= port <= 65535:
        raise InvalidArgument(f"A port lies between 0 and 65535, not {port}.", field="port")
    extra = fields.get("extra")
    if extra:
        try:
            msgspec.json.decode(extra)
        except msgspec.DecodeError as error:
            raise InvalidArgument(f"extra must be JSON: {error}", field="extra", hint="Mend the text.") from None
    sealed = dict(fields)
    for name in ("password", "extra"):
        if sealed.get(name) is not None:
            sealed[name] = vault.encrypt(sealed[name])
    return sealed


def create_connection(act: Act, conn_id: str, *, vault: Vault, **fields: Any) -> None:
    """Keep a new connection. Raises Conflict when there is one of that id, InvalidArgument for a bad field."""
    if not _ID.fullmatch(conn_id):
        raise InvalidArgument(
            "A connection id has 1 to 250 letters, digits and . - : / ( ) # or underscores.", field="connection_id"
        )
    if not fields.get("conn_type"):
        raise InvalidArgument("A connection needs a type, for example http or postgres.", field="conn_type")
    sealed = _sealed(fields, vault)
    now = act.clock.now()
    with act.store.write() as conn:
        if reads.find_connection(conn, conn_id) is not None:
            raise Conflict(f"There is a connection {conn_id!r} already.", hint="Change it, or choose another id.")
        writes.put_connection(conn, conn_id, **sealed, is_encrypted=True, changed_at=now)
        act.audit(conn, "create_connection", conn_id=conn_id)
    act.ringer.ring("parser", "connections")


def change_connection(act: Act, conn_id: str, *, vault: Vault, **fields: Any) -> None:
    """Change the given fields, leave the others. Raises NotFound."""
    sealed = _sealed(fields, vault)
    now = act.clock.now()
    with act.store.write() as conn:
        before = reads.one_connection(conn, conn_id)
        if not before["is_encrypted"]:
            for name in ("password", "extra"):
                if name not in sealed and before[name] is not None:
                    sealed[name] = vault.encrypt(before[name])
        writes.change_connection(conn, conn_id, **sealed, is_encrypted=True, changed_at=now)
        act.audit(conn, "change_connection", conn_id=conn_id, fields=sorted(fields))
    act.ringer.ring("parser", "connections")


def delete_connection(act: Act, conn_id: str) -> None:
    """Remove a connection. Raises NotFound."""
    with act.store.write() as conn:
        reads.one_connection(conn, conn_id)
        writes.remove_connection(conn, conn_id)
        act.audit(conn, "delete_connection", conn_id=conn_id)
    act.ringer.ring("parser", "connections")
