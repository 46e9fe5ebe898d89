"""Health, version, configuration, import errors, audit log, people."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import Response

from tradewind.actions import edit_access
from tradewind.api.deps import (
    CreateUsers,
    DeleteUsers,
    Door,
    EditUsers,
    ReadAudit,
    ReadConfig,
    ReadErrors,
    ReadUsers,
    ReadWebsite,
    door_of,
    json_answer,
)
from tradewind.api.routes.ui.house import look_around
from tradewind.api.schemas.bodies import UserBody, UserPatch
from tradewind.api.schemas.documents import (
    MASK,
    event_log_document,
    import_error_document,
    looks_secret,
    user_document,
)
from tradewind.api.version import version as release
from tradewind.domain.access import ROLES
from tradewind.store.reads import access, import_errors

router = APIRouter(tags=["House"])


def health_document(door: Door) -> dict[str, Any]:
    """In Airflow's shape: the database, the newest beat of each kind of process; and what is wrong, in sentences."""
    processes, database, wrong = look_around(door)
    document: dict[str, Any] = {"metadatabase": {"status": database.split(":")[0]}}
    for name, kind in (("scheduler", "scheduler"), ("triggerer", "triggerer"), ("dag_processor", "parser")):
        mine = [p for p in processes if p["kind"] == kind]
        # Any that is well will do: the others' work is taken over.
        newest = max(mine, key=lambda p: (p["status"] == "healthy", p["beat_at"]), default=None)
        status = newest["status"] if newest else ("unhealthy" if name != "triggerer" else None)
        document[name] = {"status": status, f"latest_{name}_heartbeat": newest["beat_at"] if newest else None}
    document["troubles"] = [one.text for one in wrong]
    return document


@router.get("/health")
@router.get("/monitor/health")
def health(request: Request) -> Response:
    """How the house is. Needs no log-in."""
    return json_answer(health_document(door_of(request)))


@router.get("/version")
def version(request: Request) -> Response:
    """Our version. Needs no log-in."""
    return json_answer({"version": release(), "git_version": None})


@router.get("/config")
def config(visit: ReadConfig, section: str | None = None) -> Response:
    """Every setting and where its value came from; secrets are covered."""
    settings = visit.door.settings
    sections: dict[str, list[dict[str, Any]]] = {}
    for (name, key), value in settings.values.items():
        if section in (None, name):
            secret = looks_secret(key) or key in ("fernet_key", "sql_alchemy_conn", "backend_kwargs")
            shown = MASK if secret and value else str(value)
            sections.setdefault(name, []).append({"key": key, "value": shown, "source": settings.origins[(name, key)]})
    return json_answer({"sections": [{"name": name, "options": options} for name, options in sections.items()]})


@router.get("/importErrors")
def list_import_errors(visit: ReadErrors, limit: int = 100, offset: int = 0) -> Response:
    """DAG files that cannot be used."""
    limit, offset = visit.door.page(limit, offset)
    with visit.read() as conn:
        found = import_errors.list_import_errors(conn)
    page = [import_error_document(row) for row in found[offset : offset + limit]]
    return json_answer({"import_errors": page, "total_entries": len(found)})


@router.get("/importErrors/{import_error_id}")
def one_import_error(visit: ReadErrors, import_error_id: int) -> Response:
    """One of them."""
    with visit.read() as conn:
        return json_answer(import_error_document(import_errors.one_import_error(conn, import_error_id)))


@router.get("/eventLogs")
def event_logs(
    visit: ReadAudit, limit: int = 100, offset: int = 0, dag_id: str | None = None, owner: str | None = None,
    event: str | None = None, order_by: str = "-event_log_id",
) -> Response:  # fmt: skip
    """Who did what."""
    limit, offset = visit.door.page(limit, offset)
    with visit.read() as conn:
        total, rows = access.list_audit(
            conn, limit=limit, offset=offset, dag_id=dag_id, actor=owner, verb=event,
            newest_first=order_by.startswith("-"),
        )  # fmt: skip
    return json_answer({"event_logs": [event_log_document(row) for row in rows], "total_entries": total})


@router.get("/eventLogs/{event_log_id}")
def one_event_log(visit: ReadAudit, event_log_id: int) -> Response:
    """One line."""
    with visit.read() as conn:
        return json_answer(event_log_document(access.one_audit(conn, event_log_id)))


@router.get("/roles")
def roles(visit: ReadUsers) -> Response:
    """The roles and what they may do."""
    found = [
        {"name": name, "actions": [{"action": {"name": f"can_{v}"}, "resource": {"name": t}} for v, t in sorted(held)]}
        for name, held in ROLES.items()
    ]
    return json_answer({"roles": found, "total_entries": len(found)})


@router.get("/users")
def list_users(visit: ReadUsers) -> Response:
    """Everybody."""
    with visit.read() as conn:
        found = access.list_users(conn)
    return json_answer({"users": [user_document(row) for row in found], "total_entries": len(found)})


@router.post("/users")
def create_user(visit: CreateUsers, body: UserBody) -> Response:
    """A new person; 409 when the name is taken."""
    edit_access.create_user(
        visit.act, body.username, body.password, roles=[role.name for role in body.roles],
        first_name=body.first_name, last_name=body.last_name, email=body.email,
    )  # fmt: skip
    with visit.read() as conn:
        return json_answer(user_document(access.one_user(conn, body.username)))


@router.get("/users/{username}")
def one_user(visit: ReadUsers, username: str) -> Response:
    """One person."""
    with visit.read() as conn:
        return json_answer(user_document(access.one_user(conn, username)))


@router.patch("/users/{username}")
def change_user(visit: EditUsers, username: str, body: UserPatch) -> Response:
    """Change the given fields."""
    given = body.model_dump(exclude_unset=True, exclude={"roles"})
    roles = None if body.roles is None else [role.name for role in body.roles]
    edit_access.change_user(visit.act, username, roles=roles, **given)
    with visit.read() as conn:
        return json_answer(user_document(access.one_user(conn, username)))


@router.delete("/users/{username}", status_code=204)
def delete_user(visit: DeleteUsers, username: str) -> Response:
    """Remove a person."""
    edit_access.delete_user(visit.act, username)
    return Response(status_code=204)


@router.get("/me")
def me(visit: ReadWebsite) -> Response:
    """The person who asks."""
    return json_answer({"username": visit.person.username, "roles": [{"name": r} for r in visit.person.roles]})
