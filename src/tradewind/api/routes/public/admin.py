"""Variables and pools."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from tradewind.actions import edit_pools, edit_variables
from tradewind.api.deps import (
    CreatePools,
    CreateVariables,
    DeletePools,
    DeleteVariables,
    EditPools,
    EditVariables,
    ReadPools,
    ReadVariables,
    Visit,
    json_answer,
)
from tradewind.api.schemas.bodies import (
    PoolBody,
    PoolPatch,
    VariableBody,
    VariablePatch,
)
from tradewind.api.schemas.documents import MASK, looks_secret, pool_document
from tradewind.errors import InvalidArgument
from tradewind.store.reads import pools, variables

router = APIRouter()


def _open(visit: Visit, row: dict[str, Any], field: str) -> str | None:
    text: str | None = row[field]
    return visit.door.vault.decrypt(text) if text is not None and row["is_encrypted"] else text


def same_name(given: str | None, name: str, field: str) -> None:
    """Raise InvalidArgument when the body names another thing than the address."""
    if given is not None and given != name:
        raise InvalidArgument(
            f"{field} in the body is {given!r}, in the address {name!r}.", field=field, hint="A name cannot be changed."
        )


def _variable(visit: Visit, row: dict[str, Any]) -> dict[str, Any]:
    value = MASK if looks_secret(row["key"]) else _open(visit, row, "value")
    return {
        "key": row["key"],
        "value": value,
        "description": row["description"],
        "is_encrypted": row["is_encrypted"],
    }


@router.get("/variables", tags=["Variable"])
def list_variables(visit: ReadVariables, limit: int = 100, offset: int = 0) -> Response:
    """All variables; the values of secret-sounding keys are covered."""
    limit, offset = visit.door.page(limit, offset)
    with visit.read() as conn:
        total, rows = variables.list_variables(conn, limit=limit, offset=offset)
    return json_answer({"variables": [_variable(visit, row) for row in rows], "total_entries": total})


@router.post("/variables", tags=["Variable"])
def create_variable(visit: CreateVariables, body: VariableBody) -> Response:
    """A new variable; 409 when there is one of that key."""
    edit_variables.set_variable(
        visit.act, body.key, body.value, vault=visit.door.vault, description=body.description, only_new=True
    )
    return json_answer(body.model_dump())


@router.get("/variables/{key:path}", tags=["Variable"])
def one_variable(visit: ReadVariables, key: str) -> Response:
    """One variable."""
    with visit.read() as conn:
        row = variables.one_variable(conn, key)
    return json_answer(_variable(visit, row))


@router.patch("/variables/{key:path}", tags=["Variable"])
def change_variable(visit: EditVariables, key: str, body: VariablePatch) -> Response:
    """Change value or description."""
    same_name(body.key, key, "key")
    with visit.read() as conn:
        row = variables.one_variable(conn, key)
    value = body.value if body.value is not None else _open(visit, row, "value") or ""
    edit_variables.set_variable(visit.act, key, value, vault=visit.door.vault, description=body.description)
    with visit.read() as conn:
        return json_answer(_variable(visit, variables.one_variable(conn, key)))


@router.delete("/variables/{key:path}", tags=["Variable"], status_code=204)
def delete_variable(visit: DeleteVariables, key: str) -> Response:
    """Remove a variable."""
    edit_variables.delete_variable(visit.act, key)
    return Response(status_code=204)


@router.get("/pools", tags=["Pool"])
def list_pools(visit: ReadPools, limit: int = 100, offset: int = 0) -> Response:
    """All pools and how full they are."""
    limit, offset = visit.door.page(limit, offset)
    with visit.read() as conn:
        total, rows = pools.list_pools(conn, limit=limit, offset=offset)
    return json_answer({"pools": [pool_document(row) for row in rows], "total_entries": total})


@router.post("/pools", tags=["Pool"])
def create_pool(visit: CreatePools, body: PoolBody) -> Response:
    """A new pool; 409 when there is one of that name."""
    edit_pools.create_pool(
        visit.act, body.name, body.slots, description=body.description, include_deferred=body.include_deferred
    )
    return _pool(visit, body.name)


@router.get("/pools/{name:path}", tags=["Pool"])
def one_pool(visit: ReadPools, name: str) -> Response:
    """One pool."""
    return _pool(visit, name)


@router.patch("/pools/{name:path}", tags=["Pool"])
def change_pool(visit: EditPools, name: str, body: PoolPatch, update_mask: str | None = None) -> Response:
    """Change slots, description or whether deferred tasks count."""
    same_name(body.name or body.pool, name, "name")
    wanted = set(update_mask.split(",")) if update_mask else None
    given = body.model_dump(exclude_unset=True, exclude={"name", "pool"})
    fields = {
        k: v for k, v in given.items() if (wanted is None or k in wanted) and (v is not None or k == "description")
    }
    edit_pools.change_pool(visit.act, name, **fields)
    return _pool(visit, name)


@router.delete("/pools/{name:path}", tags=["Pool"], status_code=204)
def delete_pool(visit: DeletePools, name: str) -> Response:
    """Remove a pool; not the default one."""
    edit_pools.delete_pool(visit.act, name)
    return Response(status_code=204)


def _pool(visit: Visit, name: str) -> Response:
    with visit.read() as conn:
        return json_answer(pool_document(pools.one_pool(conn, name)))
