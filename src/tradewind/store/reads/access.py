"""People, their sessions and the audit log."""

from __future__ import annotations

from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, func, select

from tradewind.errors import not_found
from tradewind.store.tables.access import audit, session, user


class Login(NamedTuple):
    """What a log-in is checked against."""

    username: str
    password_hash: str
    roles: list[str]
    is_active: bool


_SHOWN = (
    user.c.username, user.c.first_name, user.c.last_name, user.c.email, user.c.roles, user.c.is_active,
    user.c.created_at, user.c.last_login_at, user.c.failed_logins,
)  # fmt: skip


def login_of(conn: Connection, username: str) -> Login | None:
    """The person of that name, active or not."""
    row = conn.execute(
        select(user.c.username, user.c.password_hash, user.c.roles, user.c.is_active).where(user.c.username == username)
    ).one_or_none()
    return Login(*row) if row else None


def person_of_session(conn: Connection, token_hash: str, now: datetime) -> Login | None:
    """Whose token it is; None when it is unknown or over, or the person may not enter any more."""
    row = conn.execute(
        select(user.c.username, user.c.password_hash, user.c.roles, user.c.is_active)
        .select_from(session.join(user, user.c.username == session.c.username))
        .where(session.c.token_hash == token_hash, session.c.expires_at > now, user.c.is_active.is_(True))
    ).one_or_none()
    return Login(*row) if row else None


def count_users(conn: Connection) -> int:
    """How many people there are."""
    return int(conn.execute(select(func.count()).select_from(user)).scalar_one())


def list_users(conn: Connection) -> list[dict[str, Any]]:
    """Everybody, without password hashes."""
    return [dict(row._mapping) for row in conn.execute(select(*_SHOWN).order_by(user.c.username))]


def one_user(conn: Connection, username: str) -> dict[str, Any]:
    """One person. Raises NotFound with a guess."""
    row = conn.execute(select(*_SHOWN).where(user.c.username == username)).one_or_none()
    if row is None:
        raise not_found("user", username, conn.execute(select(user.c.username)).scalars())
    return dict(row._mapping)


def list_audit(
    conn: Connection, *, limit: int, offset: int, dag_id: str | None = None, actor: str | None = None,
    verb: str | None = None, newest_first: bool = True,
) -> tuple[int, list[dict[str, Any]]]:  # fmt: skip
    """Who did what: one page, and how many lines there are."""
    where = []
    for column, wanted in ((audit.c.dag_id, dag_id), (audit.c.actor, actor), (audit.c.verb, verb)):
        if wanted is not None:
            where.append(column == wanted)
    total = int(conn.execute(select(func.count()).select_from(audit).where(*where)).scalar_one())
    order = audit.c.id.desc() if newest_first else audit.c.id.asc()
    rows = conn.execute(select(audit).where(*where).order_by(order).limit(limit).offset(offset))
    return total, [dict(row._mapping) for row in rows]


def one_audit(conn: Connection, line_id: int) -> dict[str, Any]:
    """One line. Raises NotFound."""
    row = conn.execute(select(audit).where(audit.c.id == line_id)).one_or_none()
    if row is None:
        raise not_found("event log", str(line_id))
    return dict(row._mapping)
