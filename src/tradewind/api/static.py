"""The built page, from the package; its client routes all answer with index.html."""

from __future__ import annotations

import hashlib
import html
import mimetypes
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import HTMLResponse, Response

FOLDER = Path(__file__).parent / "static"
#: Paths of programs: an unknown one is a problem document, never the page.
_OF_PROGRAMS = ("api/", "ui/", "auth/", "execution/", "health")
_FOREVER = "public, max-age=31536000, immutable"

_NOT_BUILT = """<!doctype html><html lang="en"><meta charset="utf-8"><title>Tradewind</title>
<body style="font-family: system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; line-height: 1.5">
<h1>The page was not built</h1>
<p>Tradewind runs, and its REST API answers under <a href="/api/docs">/api/docs</a>, but this installation holds no
built page.</p>
<p>In a clone, run <code>script/setup</code> (it builds the page too), then start again. From a package, install one
that was built with Node.js at hand.</p></body></html>"""


class Files:
    """The files of one folder with their ETags, worked out once per change of a file."""

    def __init__(self, folder: Path) -> None:
        self._root = folder.resolve()
        self._marks: dict[Path, tuple[int, str]] = {}

    def find(self, path: str) -> Path | None:
        """The file below the folder, or None."""
        if "\0" in path:
            return None
        place = (self._root / path).resolve()
        return place if place.is_relative_to(self._root) and place.is_file() else None

    def answer(self, file: Path, request: Request) -> Response:
        """The file, or 304 when the browser has it. Files of the build carry a hash in their name."""
        changed = file.stat().st_mtime_ns
        known = self._marks.get(file)
        if known is None or known[0] != changed:
            known = (changed, f'"{hashlib.sha256(file.read_bytes()).hexdigest()[:24]}"')
            self._marks[file] = known
        hashed = file.parent.name == "assets"
        headers = {"ETag": known[1], "Cache-Control": _FOREVER if hashed else "no-cache"}
        if known[1] in request.headers.get("if-none-match", ""):
            return Response(status_code=304, headers=headers)
        kind = mimetypes.guess_type(file.name)[0] or "application/octet-stream"
        return Response(file.read_bytes(), headers=headers, media_type=kind)


def router_of(folder: Path = FOLDER) -> APIRouter:
    """Serve the folder. Must be the last router of the app."""
    router = APIRouter(include_in_schema=False)
    files = Files(folder)

    @router.get("/{path:path}")
    def page(request: Request, path: str) -> Response:
        """A file, or the page for the client to route."""
        if path.startswith(_OF_PROGRAMS):
            raise HTTPException(404, f"There is nothing at /{path}.")
        found = files.find(path) if path else None
        if found is not None:
            return files.answer(found, request)
        if path.startswith("assets/"):
            raise HTTPException(404, f"There is no file /{path}.")
        index = files.find("index.html")
        return files.answer(index, request) if index else HTMLResponse(_NOT_BUILT)

    return router


def docs_page(app: FastAPI) -> str:
    """The REST API as one plain page that needs no network."""
    document: dict[str, Any] = app.openapi()
    lines = []
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            about = operation.get("description") or operation.get("summary") or ""
            lines.append(
                f"<tr><td><b>{method.upper()}</b></td><td><code>{html.escape(path)}</code></td>"
                f"<td>{html.escape(about)}</td></tr>"
            )
    return (
        '<!doctype html><html lang="en"><meta charset="utf-8"><title>Tradewind REST API</title>'
        '<body style="font-family: system-ui, sans-serif; margin: 2rem; line-height: 1.4">'
        f"<h1>Tradewind REST API {html.escape(app.version)}</h1>"
        "<p>Log in with basic credentials, or with a bearer token from <code>POST /auth/token</code>. "
        'The full description for programs: <a href="/api/openapi.json">openapi.json</a>.</p>'
        f'<table cellpadding="4">{"".join(lines)}</table></body></html>'
    )
