"""What the page asks: JSON made for one screen each, and the pushed updates."""

from __future__ import annotations

from fastapi import APIRouter

from tradewind.api.routes.ui import connections, dags, house, logs, runs, stream, xcoms


def routers() -> list[APIRouter]:
    """All routes of the page."""
    return [house.router, stream.router, dags.router, connections.router, logs.router, runs.router, xcoms.router]
