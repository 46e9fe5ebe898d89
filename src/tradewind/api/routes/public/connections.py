"""Connections, whether they work, and the packages that bring their hooks."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from tradewind import plugins
from tradewind.actions import edit_connections, test_connection
from tradewind.api.deps import (
    CreateConnections,
    DeleteConnections,
    EditConnections,
    ReadConfig,
    ReadConnections,
    Visit,
    json_answer,
)
from tradewind.api.routes.public.admin import same_name
from tradewind.api.schemas.bodies import ConnectionBody, ConnectionPatch
from tradewind.api.schemas.documents import connection_document
from tradewind.domain.connection_form import keep_covered
from tradewind.errors import InvalidArgument
from tradewind.store.reads import connections

router = APIRouter()
#: What says where a connection leads: while these are as they rest, the resting password may be used to try it.
_WHERE = ("conn_type", "host", "port", "schema", "login")


@router.get("/connections", tags=["Connection"])
def list_connections(visit: ReadConnections, limit: int = 100, offset: int = 0) -> Response:
    """All connections, without passwords."""
    limit, offset = visit.door.page(limit, offset)
    with visit.read() as conn:
        total, rows = connections.list_connections(conn, limit=limit, offset=offset)
    return json_answer({"connections": [_document(visit, row) for row in rows], "total_entries": total})


@router.post("/connections", tags=["Connection"])
def create_connection(visit: CreateConnections, body: ConnectionBody) -> Response:
    """A new connection; 409 when there is one of that id."""
    edit_connections.create_connection(visit.act, body.connection_id, vault=visit.door.vault, **body.fields())
    return _connection(visit, body.connection_id)


@router.post("/connections/test", tags=["Connection"])
def try_connection(visit: CreateConnections, body: ConnectionBody) -> Response:
    """Whether the system answers, and what it said; nothing is kept. 403 unless ``[core] test_connection`` is Enabled.

    Secrets that are left out or covered are those of the connection of that id, as long as it leads to the same place.
    """
    fields = body.fields()
    with visit.read() as conn:
        row = connections.find_connection(conn, body.connection_id)
    if row is not None and test_connection.may_test(visit.act):
        fields = _with_resting_secrets(visit, row, fields)
    status, message = test_connection.test_connection(visit.act, body.connection_id, fields)
    return json_answer({"status": status, "message": message})


def _with_resting_secrets(visit: Visit, row: dict[str, Any], fields: dict[str, Any]) -> dict[str, Any]:
    before = _open(visit, row, "extra")
    extra = keep_covered(fields.get("extra") or "", before) if "extra" in fields else before
    secret = {}
    if "password" not in fields and row["password"] is not None:
        secret["password"] = _open(visit, row, "password")
    if extra and extra != fields.get("extra"):
        secret["extra"] = extra
    elsewhere = [name for name in _WHERE if (fields.get(name) or None) != (row[name] or None)]
    if secret and elsewhere:
        raise InvalidArgument(
            f"The stored secrets belong to another {elsewhere[0].replace('_', ' ')} and are not sent there.",
            field=next(iter(secret)),
            hint="Type them again, or save first.",
        )
    return fields | secret


@router.get("/connections/{conn_id:path}", tags=["Connection"])
def one_connection(visit: ReadConnections, conn_id: str) -> Response:
    """One connection, without its password."""
    return _connection(visit, conn_id)


@router.patch("/connections/{conn_id:path}", tags=["Connection"])
def change_connection(
    visit: EditConnections, conn_id: str, body: ConnectionPatch, update_mask: str | None = None
) -> Response:
    """Change the given fields (only those of ``update_mask``, when it is given). A covered secret stays as it is."""
    same_name(body.connection_id, conn_id, "connection_id")
    wanted = set(update_mask.split(",")) if update_mask else None
    fields = {name: value for name, value in body.fields().items() if wanted is None or name in wanted}
    if fields.get("extra"):
        with visit.read() as conn:
            row = connections.one_connection(conn, conn_id)
        fields["extra"] = keep_covered(fields["extra"], _open(visit, row, "extra"))
    edit_connections.change_connection(visit.act, conn_id, vault=visit.door.vault, **fields)
    return _connection(visit, conn_id)


@router.delete("/connections/{conn_id:path}", tags=["Connection"], status_code=204)
def delete_connection(visit: DeleteConnections, conn_id: str) -> Response:
    """Remove a connection."""
    edit_connections.delete_connection(visit.act, conn_id)
    return Response(status_code=204)


@router.get("/providers", tags=["Provider"])
def list_providers(visit: ReadConfig, limit: int = 100, offset: int = 0) -> Response:
    """The provider packages installed with the page."""
    limit, offset = visit.door.page(limit, offset)
    found = [
        {
            "package_name": p.package,
            "description": " ".join(str(p.facts.get("description") or "").split()),
            "version": p.version,
        }
        for p in plugins.providers()
    ]
    return json_answer({"providers": found[offset : offset + limit], "total_entries": len(found)})


def _open(visit: Visit, row: dict[str, Any], field: str) -> str | None:
    text: str | None = row[field]
    return visit.door.vault.decrypt(text) if text is not None and row["is_encrypted"] else text


def _document(visit: Visit, row: dict[str, Any]) -> dict[str, Any]:
    form = next((form for form in visit.door.forms() if form.conn_type == row["conn_type"]), None)
    secret = frozenset(each.name for each in form.extra if each.secret) if form else frozenset()
    return connection_document(row, _open(visit, row, "extra"), secret)


def _connection(visit: Visit, conn_id: str) -> Response:
    with visit.read() as conn:
        row = connections.one_connection(conn, conn_id)
    return json_answer(_document(visit, row))
