"""Make, change and remove people."""

from __future__ import annotations

import os
import secrets
from pathlib import Path
from typing import Any

from tradewind.actions.context import Act
from tradewind.actions.log_in import hash_password
from tradewind.domain.access import ROLES
from tradewind.errors import Conflict, InvalidArgument, did_you_mean
from tradewind.store.engine import IntegrityError
from tradewind.store.reads import access as reads
from tradewind.store.writes import access as writes

PASSWORD_FILE = "admin-password.txt"


def _checked_roles(roles: list[str]) -> list[str]:
    for role in roles:
        if role not in ROLES:
            raise InvalidArgument(
                f"There is no role {role!r}.",
                field="roles",
                hint=did_you_mean(role, ROLES) or f"The roles are {', '.join(ROLES)}.",
            )
    return list(dict.fromkeys(roles))


def create_user(
    act: Act, username: str, password: str, *, roles: list[str], first_name: str = "", last_name: str = "",
    email: str = "",
) -> None:  # fmt: skip
    """A new person who can log in at once. Raises Conflict when the name is taken."""
    if not username.strip() or ":" in username:
        raise InvalidArgument("A user name must not be empty or hold a colon.", field="username")
    if not password:
        raise InvalidArgument("A password must not be empty.", field="password")
    checked = _checked_roles(roles)
    hashed = hash_password(password)
    now = act.clock.now()
    try:
        with act.store.write() as conn:
            writes.add_user(
                conn, username=username, password_hash=hashed, roles=checked, first_name=first_name,
                last_name=last_name, email=email, at=now,
            )  # fmt: skip
            act.audit(conn, "create_user", username=username, roles=checked)
    except IntegrityError:
        raise Conflict(f"There is a user {username!r} already.", hint="Choose another name.") from None


def change_user(
    act: Act, username: str, *, roles: list[str] | None = None, password: str | None = None,
    is_active: bool | None = None, first_name: str | None = None, last_name: str | None = None,
    email: str | None = None,
) -> None:  # fmt: skip
    """Change what is given. A new password or an end of access logs the person out everywhere. Raises NotFound."""
    fields: dict[str, Any] = {
        "first_name": first_name, "last_name": last_name, "email": email, "is_active": is_active,
        "roles": None if roles is None else _checked_roles(roles),
    }  # fmt: skip
    told = {name: value for name, value in fields.items() if value is not None}
    changes = dict(told)
    if password is not None:
        if not password:
            raise InvalidArgument("A password must not be empty.", field="password")
        changes["password_hash"] = hash_password(password)
        told["password"] = "changed"
    with act.store.write() as conn:
        reads.one_user(conn, username)
        if changes:
            writes.change_user(conn, username, **changes)
        if password is not None or is_active is False:
            writes.end_sessions_of(conn, username)
        act.audit(conn, "change_user", username=username, **told)


def delete_user(act: Act, username: str) -> None:
    """Remove a person and their sessions. Raises NotFound."""
    with act.store.write() as conn:
        reads.one_user(conn, username)
        writes.remove_user(conn, username)
        act.audit(conn, "delete_user", username=username)


def _kept_password(file: Path) -> str:
    """The password in the file; drawn and written, for its owner's eyes only, when there is none.

    Written before the user is made: dying in between, or two processes starting at once, leaves one password.
    """
    file.parent.mkdir(parents=True, exist_ok=True)
    drawn = secrets.token_urlsafe(12)
    draft = file.with_name(f".{file.name}.{secrets.token_hex(6)}")
    handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(drawn + "\n")
    try:
        os.link(draft, file)
    except FileExistsError:
        return file.read_text(encoding="ascii").strip() or drawn
    finally:
        draft.unlink()
    return drawn


def ensure_admin(act: Act) -> str | None:
    """Make the user ``admin`` in a house without people; its password, or None when there are people already."""
    with act.store.read() as conn:
        if reads.count_users(conn):
            return None
    password = _kept_password(act.settings.home / PASSWORD_FILE)
    try:
        create_user(act, "admin", password, roles=["Admin"], first_name="Admin")
    except Conflict:
        return None  # another process was first
    return password
