"""Log in and out, for the page (cookie) and for programs (bearer token)."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from tradewind.actions.log_in import log_in, log_out
from tradewind.api.auth import COOKIE, address_of
from tradewind.api.deps import door_of, json_answer
from tradewind.api.schemas.auth import Credentials

router = APIRouter(prefix="/auth", tags=["log-in"])


def _new_session(request: Request, credentials: Credentials) -> tuple[str, list[str]]:
    door = door_of(request)
    address = address_of(request)
    act = door.act(credentials.username, address)
    session = door.porter.guarded(credentials.username, address, lambda: log_in(act, *credentials.pair()))
    return session.token, session.roles


@router.post("/login")
def login(request: Request, credentials: Credentials) -> Response:
    """A session cookie for the right password; 401 for a wrong one."""
    token, roles = _new_session(request, credentials)
    answer = json_answer({"username": credentials.username, "roles": roles})
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(door_of(request).settings.get_float("api", "session_hours") * 3600),
        path="/",
        httponly=True,
        samesite="lax",
        secure=request.url.scheme == "https",
    )
    return answer


@router.post("/token", status_code=201)
def token(request: Request, credentials: Credentials) -> Response:
    """A bearer token for programs."""
    given, _ = _new_session(request, credentials)
    return json_answer({"access_token": given, "token_type": "bearer"}, 201)


@router.post("/logout")
def logout(request: Request) -> Response:
    """End the session; nothing happens without one."""
    door = door_of(request)
    shown = request.cookies.get(COOKIE)
    if shown:
        person = door.porter.person(request, door.act("anonymous", address_of(request)))
        log_out(door.act(person.username, address_of(request)), shown)
    answer = json_answer({"ok": True})
    answer.delete_cookie(COOKIE, path="/")
    return answer
