"""The REST API for programs: Airflow 2's under /api/v1, Airflow 3's under /api/v2, one set of routes for both."""

from __future__ import annotations

from fastapi import APIRouter

from tradewind.api.routes.public import (
    admin,
    alerts,
    assets,
    backfills,
    connections,
    dags,
    house,
    runs,
    verbs,
    why,
    xcoms,
)


def health() -> APIRouter:
    """The health of the house where monitors look for it."""
    plain = APIRouter(tags=["House"])
    plain.add_api_route("/health", house.health, methods=["GET"])
    return plain


def routers() -> list[tuple[APIRouter, str]]:
    """All routes, with the prefix of each version.

    Each is included with its prefix at once: a router within a router would have every route built three times.
    """
    parts = (house, dags, runs, verbs, why, alerts, backfills, xcoms, assets, connections, admin)
    return [(part.router, prefix) for prefix in ("/api/v1", "/api/v2") for part in parts]
