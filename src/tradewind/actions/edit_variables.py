"""Make, change and remove variables. Values rest sealed."""

from __future__ import annotations

from typing import Any

from tradewind.actions.context import Act
from tradewind.backends.secrets.contract import Vault
from tradewind.errors import Conflict, InvalidArgument
from tradewind.store.reads import variables as reads
from tradewind.store.writes import variables as writes


def set_variable(
    act: Act, key: str, value: str, *, vault: Vault, description: str | None = None, only_new: bool = False
) -> None:
    """Keep a variable. With ``only_new`` raises Conflict when there is one of that key."""
    if not key.strip() or len(key) > 250:
        raise InvalidArgument("The key of a variable has 1 to 250 characters.", field="key")
    now = act.clock.now()
    fields: dict[str, Any] = {"value": vault.encrypt(value), "is_encrypted": True, "changed_at": now}
    with act.store.write() as conn:
        known = reads.find_variable(conn, key)
        if known is not None and only_new:
            raise Conflict(f"There is a variable {key!r} already.", hint="Change it instead, or choose another key.")
        if description is not None or known is None:
            fields["description"] = description
        writes.put_variable(conn, key, **fields)
        act.audit(conn, "set_variable", key=key)
    act.ringer.ring("parser", "variables")


def delete_variable(act: Act, key: str) -> None:
    """Remove a variable. Raises NotFound."""
    with act.store.write() as conn:
        reads.one_variable(conn, key)
        writes.remove_variable(conn, key)
        act.audit(conn, "delete_variable", key=key)
    act.ringer.ring("parser", "variables")
