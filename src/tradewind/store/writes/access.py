"""Rows of people and their sessions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, update

from tradewind.store.tables.access import session, user


def add_user(
    conn: Connection, *, username: str, password_hash: str, roles: list[str], first_name: str, last_name: str,
    email: str, at: datetime,
) -> None:  # fmt: skip
    """A new person."""
    conn.execute(
        insert(user).values(
            username=username, password_hash=password_hash, roles=roles, first_name=first_name, last_name=last_name,
            email=email, is_active=True, created_at=at, failed_logins=0,
        )
    )  # fmt: skip


def change_user(conn: Connection, username: str, **fields: Any) -> bool:
    """False when there is no such person."""
    return conn.execute(update(user).where(user.c.username == username).values(**fields)).rowcount == 1


def count_failed_login(conn: Connection, username: str) -> None:
    """One more wrong password."""
    conn.execute(update(user).where(user.c.username == username).values(failed_logins=user.c.failed_logins + 1))


def remove_user(conn: Connection, username: str) -> bool:
    """False when there is no such person. Their sessions end with them."""
    end_sessions_of(conn, username)
    return conn.execute(delete(user).where(user.c.username == username)).rowcount == 1


def add_session(conn: Connection, token_hash: str, username: str, at: datetime, expires_at: datetime) -> None:
    """A new log-in; old ones that are over are swept away."""
    conn.execute(delete(session).where(session.c.expires_at < at))
    conn.execute(insert(session).values(token_hash=token_hash, username=username, created_at=at, expires_at=expires_at))


def end_session(conn: Connection, token_hash: str) -> None:
    """Log out; nothing when it was over already."""
    conn.execute(delete(session).where(session.c.token_hash == token_hash))


def end_sessions_of(conn: Connection, username: str) -> None:
    """Log somebody out everywhere."""
    conn.execute(delete(session).where(session.c.username == username))
