"""Make, change and remove pools."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tradewind.actions.context import Act
from tradewind.errors import Conflict, InvalidArgument
from tradewind.store.engine import Conn, IntegrityError
from tradewind.store.reads import pools as reads
from tradewind.store.writes import pools as writes

DEFAULT = "default_pool"


def _checked_name(name: str) -> None:
    if not name.strip() or len(name) > 250:
        raise InvalidArgument("The name of a pool has 1 to 250 characters.", field="name")


def _checked(slots: int) -> int:
    if slots < -1:
        raise InvalidArgument(
            f"A pool has -1 (no limit), 0 or more slots, not {slots}.", field="slots", hint="Mend the number."
        )
    return slots


def create_pool(
    act: Act, name: str, slots: int, *, description: str | None = None, include_deferred: bool = False
) -> None:
    """A new pool. Raises Conflict when there is one of that name."""
    _checked_name(name)
    fields: dict[str, Any] = {
        "slots": _checked(slots),
        "description": description,
        "include_deferred": include_deferred,
    }
    taken = Conflict(f"There is a pool {name!r} already.", hint="Change it, or choose another name.")
    try:
        with act.store.write() as conn:
            if any(p["name"] == name for p in reads.list_pools(conn, limit=100_000, offset=0)[1]):
                raise taken
            writes.put_pool(conn, name, **fields)
            act.audit(conn, "create_pool", name=name, slots=slots)
    except IntegrityError:
        raise taken from None
    act.ringer.ring("scheduler", "pools")


def put_pools(act: Act, wanted: Mapping[str, Mapping[str, Any]]) -> None:
    """Make or change all of these, or none where one is wrong: {name: slots, description, include_deferred}."""
    for name, fields in wanted.items():
        _checked_name(name)
        _checked(fields["slots"])
    with act.store.write() as conn:
        for name, fields in wanted.items():
            writes.put_pool(conn, name, **fields)
            act.audit(conn, "put_pool", name=name, **fields)
    act.ringer.ring("scheduler", "pools")


def change_pool(act: Act, name: str, **fields: Any) -> None:
    """Change slots, description or include_deferred, whichever are given. Raises NotFound."""
    if "slots" in fields:
        _checked(fields["slots"])

    def work(conn: Conn) -> None:
        reads.one_pool(conn, name)
        if fields:
            writes.change_pool(conn, name, **fields)
        act.audit(conn, "change_pool", name=name, **fields)

    act.store.retry(work)  # schedulers lock the rows of pools, too
    act.ringer.ring("scheduler", "pools")


def delete_pool(act: Act, name: str) -> None:
    """Remove a pool. Raises NotFound, and Conflict for the default pool."""
    if name == DEFAULT:
        raise Conflict("The default pool cannot be deleted.", hint="Give it fewer slots instead.")

    def work(conn: Conn) -> None:
        reads.one_pool(conn, name)
        writes.remove_pool(conn, name)
        act.audit(conn, "delete_pool", name=name)

    act.store.retry(work)
    act.ringer.ring("scheduler", "pools")
