"""Every refusal in one shape: RFC 9457 problem documents, ``{type, title, status, detail, hint, field?}``."""

from __future__ import annotations

import http
import logging
import secrets
from collections.abc import Mapping
from typing import Any

import msgspec
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import Response

from tradewind.errors import (
    Bug,
    Conflict,
    DagFileError,
    Forbidden,
    InvalidArgument,
    NotFound,
    OutsideTrouble,
    TradewindError,
    UserMistake,
)

log = logging.getLogger("tradewind.api")
MEDIA_TYPE = "application/problem+json"
#: Any of these tells a page's request from a program's.
_OF_BROWSERS = {"x-requested-with", "sec-fetch-mode", "referer", "cookie"}


class NotLoggedIn(Forbidden):
    """No credentials, or they are over."""

    code = "unauthorized"


class TooManyTries(Forbidden):
    """Wrong passwords too often; ``seconds`` is how long to wait."""

    code = "too_many_tries"

    def __init__(self, seconds: int) -> None:
        super().__init__("Too many log-ins with a wrong password.", hint=f"Wait {seconds} seconds before the next try.")
        self.seconds = seconds


class MalformedRequest(UserMistake):
    """The body is missing or is not JSON."""

    code = "malformed_request"


_STATUS: tuple[tuple[type[TradewindError], int], ...] = (
    (NotLoggedIn, 401),
    (TooManyTries, 429),
    (NotFound, 404),
    (InvalidArgument, 422),
    (DagFileError, 422),
    (MalformedRequest, 400),
    (UserMistake, 400),
    (Forbidden, 403),
    (Conflict, 409),
    (OutsideTrouble, 503),
)
_TITLES = {401: "Log in first", 422: "A field is wrong", 409: "Conflict", 429: "Too many tries", 503: "Outside trouble"}


def problem(
    status: int,
    detail: str,
    *,
    code: str,
    hint: str | None = None,
    field: str | None = None,
    headers: Mapping[str, str] | None = None,
    **more: Any,
) -> Response:
    """One problem document as a response."""
    body: dict[str, Any] = {
        "type": f"urn:tradewind:problem:{code}",
        "title": _TITLES.get(status, http.HTTPStatus(status).phrase),
        "status": status,
        "detail": detail,
        "hint": hint,
    }
    if field is not None:
        body["field"] = field
    return Response(msgspec.json.encode(body | more), status, dict(headers or {}), MEDIA_TYPE)


def status_of(error: TradewindError) -> int:
    """The HTTP status of an error of ours. One that says ``code = "unauthorized"`` is a failed log-in."""
    if error.code == "unauthorized":
        return 401
    return next((status for kind, status in _STATUS if isinstance(error, kind)), 500)


def _challenge(request: Request) -> dict[str, str]:
    """Tell programs how to log in; a browser showing our page must not pop up its own window."""
    of_program = request.url.path.startswith("/api/") and not _OF_BROWSERS.intersection(request.headers.keys())
    return {"WWW-Authenticate": 'Basic realm="Tradewind", charset="UTF-8"'} if of_program else {}


def of_error(request: Request, error: TradewindError) -> Response:
    """Our errors."""
    status = status_of(error)
    if status == 500 or isinstance(error, Bug):
        return of_crash(request, error)
    headers = _challenge(request) if status == 401 else {}
    if isinstance(error, TooManyTries):
        headers["Retry-After"] = str(error.seconds)
    if status == 503:
        log.warning("%s %s: %s", request.method, request.url.path, error)
    field = getattr(error, "field", None)
    return problem(status, error.message, code=error.code, hint=error.hint, field=field, headers=headers)


def of_http(_request: Request, error: HTTPException) -> Response:
    """Starlette's own: unknown path, wrong method."""
    code = http.HTTPStatus(error.status_code).phrase.lower().replace(" ", "_").replace("'", "")
    hint = "See /api/docs for what there is." if error.status_code in (404, 405) else None
    return problem(error.status_code, str(error.detail), code=code, hint=hint, headers=error.headers)


def of_validation(_request: Request, error: RequestValidationError) -> Response:
    """A body, path or query that does not fit. The first trouble is the detail, all of them are listed."""
    found = error.errors()
    first = found[0]
    place = [str(part) for part in first["loc"]]
    if first["type"] == "json_invalid":
        why = first.get("ctx", {}).get("error", first["msg"])
        return problem(400, f"The body is not JSON: {why}", code="malformed_request", hint="Mend the body.")
    if place == ["body"] and first["type"] == "missing":
        return problem(
            400,
            "The request needs a body.",
            code="malformed_request",
            hint="Send a JSON document; {} where nothing is to say.",
        )
    field = ".".join(place[1:]) or place[0]
    listed = [{"field": ".".join(str(p) for p in one["loc"][1:]), "detail": one["msg"]} for one in found]
    return problem(
        422,
        f"{field}: {first['msg']}.",
        code="invalid_argument",
        hint=f"Mend {field} in the {place[0]} of the request.",
        field=field,
        errors=listed,
    )


def of_crash(request: Request, error: Exception) -> Response:
    """Our own fault. The id stands in the log, with the traceback; the answer shows nothing of it."""
    number = secrets.token_hex(6)
    log.error("problem %s: %s %s crashed", number, request.method, request.url.path, exc_info=error)
    return problem(
        500,
        f"Tradewind failed to answer. The log of the API has the details under the id {number}.",
        code="bug",
        hint="Look there, and report it if it comes again.",
        id=number,
    )


def install(app: FastAPI) -> None:
    """Answer every error of the app with a problem document."""
    app.add_exception_handler(TradewindError, of_error)  # type: ignore[arg-type]
    app.add_exception_handler(HTTPException, of_http)  # type: ignore[arg-type]
    app.add_exception_handler(RequestValidationError, of_validation)  # type: ignore[arg-type]
