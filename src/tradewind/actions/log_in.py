"""Log in and out. Passwords rest as salted scrypt hashes, tokens as their SHA-256: who reads the tables can use neither."""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import NamedTuple

from tradewind.actions.context import Act
from tradewind.errors import Forbidden
from tradewind.store.reads import access as reads
from tradewind.store.writes import access as writes

_COST, _BLOCK, _LANES = 14, 8, 1  # 16 MiB and some 50 ms per try


class WrongPassword(Forbidden):
    """The user name or the password is wrong, or the person may not enter. Never says which."""

    code = "unauthorized"


class NewSession(NamedTuple):
    """A log-in: ``token`` is shown once, to the person, and kept nowhere."""

    token: str
    username: str
    roles: list[str]
    expires_at: datetime


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=1 << cost, r=block, p=lanes, maxmem=128 << 20, dklen=32)


def hash_password(password: str) -> str:
    """``scrypt$cost$block$lanes$salt$hash``; a new salt each time."""
    salt = secrets.token_bytes(16)
    digest = _scrypt(password, salt, _COST, _BLOCK, _LANES)
    return f"scrypt${_COST}${_BLOCK}${_LANES}${salt.hex()}${digest.hex()}"


def password_matches(password: str, hashed: str) -> bool:
    """Whether it is the password; False also for a hash of a kind we do not know."""
    parts = hashed.split("$")
    if len(parts) != 6 or parts[0] != "scrypt":
        return False
    cost, block, lanes = (int(part) for part in parts[1:4])
    return hmac.compare_digest(_scrypt(password, bytes.fromhex(parts[4]), cost, block, lanes), bytes.fromhex(parts[5]))


#: Compared with when there is no such user, so that the answer takes as long.
_NOBODY = f"scrypt${_COST}${_BLOCK}${_LANES}${'00' * 16}${'00' * 32}"


def token_hash(token: str) -> str:
    """What is kept of a token."""
    return hashlib.sha256(token.encode()).hexdigest()


def check_password(act: Act, username: str, password: str) -> reads.Login:
    """The person. Raises WrongPassword after counting the failure."""
    with act.store.read() as conn:
        person = reads.login_of(conn, username)
    right = password_matches(password, person.password_hash if person else _NOBODY)
    if person is not None and right and person.is_active:
        return person
    if person is not None:
        act.store.retry(lambda conn: writes.count_failed_login(conn, username))
    raise WrongPassword(
        "The user name or the password is wrong.",
        hint="The first password of 'admin' stands in admin-password.txt in the home folder; "
        "`tradewind users reset-password` sets a new one.",
    )


def log_in(act: Act, username: str, password: str, *, hours: float | None = None) -> NewSession:
    """A session for the person. Raises WrongPassword."""
    person = check_password(act, username, password)
    token = secrets.token_urlsafe(32)
    now = act.clock.now()
    expires_at = now + timedelta(hours=hours or act.settings.get_float("api", "session_hours"))

    with act.store.write() as conn:
        writes.add_session(conn, token_hash(token), username, now, expires_at)
        writes.change_user(conn, username, last_login_at=now, failed_logins=0)
        act.audit(conn, "log_in")
    return NewSession(token, username, person.roles, expires_at)


def log_out(act: Act, token: str) -> None:
    """End the session of that token; nothing when it was over."""
    with act.store.write() as conn:
        writes.end_session(conn, token_hash(token))
        act.audit(conn, "log_out")
