"""Puts the app together: routes, problem documents, compression, security headers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request
from starlette.datastructures import MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tradewind.api import problems, static
from tradewind.api.deps import Door
from tradewind.api.heart import Heart
from tradewind.api.routes import auth, public, ui
from tradewind.api.version import version as release
from tradewind.clock import Clock, SystemClock
from tradewind.settings import Settings
from tradewind.store.engine import Store, open_store

_HEADERS = {
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data: blob:; style-src 'self' 'unsafe-inline'; "
    "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
}


class Guard:
    """The outermost layer: security headers on every answer, and a problem document for what nobody caught."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def send_with_headers(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
                if "cache-control" not in headers:
                    headers["Cache-Control"] = "no-store"
            await send(message)

        try:
            await self._app(scope, receive, send_with_headers)
        except Exception as error:
            answer = problems.of_crash(Request(scope), error)
            if begun:  # too late for another answer: breaking off tells the client
                raise
            await answer(scope, receive, send_with_headers)


def create_app(settings: Settings, *, store: Store | None = None, clock: Clock | None = None) -> FastAPI:
    """The app on these settings. Opens the store, but touches no table before the first request."""
    door = Door(settings, store or open_store(settings), clock or SystemClock())

    @asynccontextmanager
    async def lifespan(_app: FastAPI) -> AsyncIterator[None]:
        heart = Heart(door.store, door.clock)
        heart.start()
        yield
        door.feed.close()
        await heart.stop()

    app = FastAPI(
        title="Tradewind REST API",
        version=release(),
        openapi_url="/api/openapi.json",
        docs_url=None,
        redoc_url=None,
        lifespan=lifespan,
    )
    app.state.door = door
    problems.install(app)
    # Routes are built when they are first looked through: health waits for nobody else's, the page only for its own.
    for router in (public.health(), auth.router, *ui.routers()):
        app.include_router(router)
    for router, prefix in public.routers():
        app.include_router(router, prefix=prefix)

    @app.get("/api/docs", include_in_schema=False)
    def docs() -> HTMLResponse:
        """The REST API on one page."""
        return HTMLResponse(static.docs_page(app))

    app.include_router(static.router_of())
    app.add_middleware(GZipMiddleware, minimum_size=1000, compresslevel=4)
    app.add_middleware(Guard)
    return app
