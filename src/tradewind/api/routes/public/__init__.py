"""The REST API for programs: Airflow 2's under /api/v1, Airflow 3's under /api/v2, one set of routes for both."""

from __future__ import annotations

from fastapi import APIRouter

from tradewind.api.routes.public import admin, assets, dags, house, runs, verbs, xcoms


def routers() -> list[APIRouter]:
    """All routes under both versions, and the health of the house where monitors look for it."""
    found = []
    for prefix in ("/api/v1", "/api/v2"):
        version = APIRouter(prefix=prefix)
        for part in (house, dags, runs, verbs, xcoms, assets, admin):
            version.include_router(part.router)
        found.append(version)
    plain = APIRouter(tags=["House"])
    plain.add_api_route("/health", house.health, methods=["GET"])
    return [*found, plain]
