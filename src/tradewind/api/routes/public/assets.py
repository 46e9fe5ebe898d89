"""Assets and their events; Airflow 2 called them datasets, and both names are served."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from tradewind.actions.update_asset import update_asset
from tradewind.api.deps import CreateAssets, ReadAssets, ReadRuns, Visit, json_answer
from tradewind.api.schemas.bodies import Body
from tradewind.errors import not_found
from tradewind.store.reads import assets, runs
from tradewind.store.reads.assets import AssetRow, EventRow

router = APIRouter(tags=["Asset"])


class AssetEventBody(Body):
    """An update that came from outside. The asset is named by its address, or by its name."""

    asset_uri: str | None = Field(default=None, max_length=1500)
    dataset_uri: str | None = Field(default=None, max_length=1500)
    asset_name: str | None = Field(default=None, max_length=1500)
    extra: dict[str, Any] | None = None


def event_document(event: EventRow, made: dict[int, list[dict[str, Any]]]) -> dict[str, Any]:
    """One event as Airflow 2 and 3 show it."""
    return {
        "id": event.id,
        "uri": event.uri,
        "asset_uri": event.uri,
        "dataset_uri": event.uri,
        "name": event.name,
        "group": event.group,
        "extra": event.extra,
        "source_dag_id": event.source_dag_id,
        "source_task_id": event.source_task_id,
        "source_run_id": event.source_run_id,
        "source_map_index": -1 if event.source_map_index is None else event.source_map_index,
        "created_dagruns": made.get(event.id, []),
        "timestamp": event.at,
    }


def asset_document(asset: AssetRow) -> dict[str, Any]:
    """One asset as Airflow 2 and 3 show it."""
    return {
        "uri": asset.uri,
        "name": asset.name,
        "group": asset.group,
        "extra": asset.extra,
        "aliases": [{"name": name} for name in asset.aliases],
        "consuming_dags": [{"dag_id": dag_id} for dag_id in asset.consumers],
        "last_asset_event": {"timestamp": asset.last_event_at} if asset.last_event_at else None,
    }


def _events(visit: Visit, events: list[EventRow], total: int, key: str) -> Response:
    with visit.read() as conn:
        made = assets.runs_made(conn, [event.id for event in events])
    return json_answer({key: [event_document(event, made) for event in events], "total_entries": total})


@router.get("/assets")
def list_assets(visit: ReadAssets, limit: int = 100, offset: int = 0, uri_pattern: str | None = None) -> Response:
    """All assets that DAGs speak of."""
    return _list(visit, limit, offset, uri_pattern, "assets")


@router.get("/datasets")
def list_datasets(visit: ReadAssets, limit: int = 100, offset: int = 0, uri_pattern: str | None = None) -> Response:
    """All assets, under their older name."""
    return _list(visit, limit, offset, uri_pattern, "datasets")


def _list(visit: Visit, limit: int, offset: int, pattern: str | None, key: str) -> Response:
    limit, offset = visit.door.page(limit, offset)
    with visit.read() as conn:
        total, found = assets.list_assets(conn, pattern=pattern, limit=limit, offset=offset)
    return json_answer({key: [asset_document(asset) for asset in found], "total_entries": total})


@router.get("/assets/events")
def list_asset_events(
    visit: ReadAssets, limit: int = 100, offset: int = 0, uri: str | None = None, source_dag_id: str | None = None,
    source_run_id: str | None = None, source_task_id: str | None = None,
) -> Response:  # fmt: skip
    """Events, newest first."""
    limit, offset = visit.door.page(limit, offset)
    with visit.read() as conn:
        total, found = assets.list_events(
            conn,
            uri=uri,
            dag_id=source_dag_id,
            run_id=source_run_id,
            task_id=source_task_id,
            limit=limit,
            offset=offset,
        )
    return _events(visit, found, total, "asset_events")


@router.get("/datasets/events")
def list_dataset_events(visit: ReadAssets, limit: int = 100, offset: int = 0, uri: str | None = None) -> Response:
    """Events, under their older name."""
    limit, offset = visit.door.page(limit, offset)
    with visit.read() as conn:
        total, found = assets.list_events(conn, uri=uri, limit=limit, offset=offset)
    return _events(visit, found, total, "dataset_events")


@router.post("/assets/events")
@router.post("/datasets/events")
def create_asset_event(visit: CreateAssets, body: AssetEventBody) -> Response:
    """Say that an asset was updated; DAGs that wait for it start."""
    event = update_asset(visit.act, uri=body.asset_uri or body.dataset_uri, name=body.asset_name, extra=body.extra)
    return json_answer(event_document(event, {}))


@router.get("/assets/{uri:path}")
@router.get("/datasets/{uri:path}")
def one_asset(visit: ReadAssets, uri: str) -> Response:
    """One asset, by its address."""
    with visit.read() as conn:
        _, found = assets.list_assets(conn, uri=uri, limit=1, offset=0)
        if not found:
            raise not_found("asset", uri, assets.known_uris(conn))
    return json_answer(asset_document(found[0]))


@router.get("/dags/{dag_id}/dagRuns/{run_id}/upstreamAssetEvents")
@router.get("/dags/{dag_id}/dagRuns/{run_id}/upstreamDatasetEvents")
def events_of_run(visit: ReadRuns, dag_id: str, run_id: str) -> Response:
    """The events that made a run."""
    with visit.read() as conn:
        run = runs.find(conn, dag_id, run_id)
        if run is None:
            raise not_found("run", run_id, runs.recent_ids(conn, dag_id))
        found = assets.of_run(conn, run.id)
    return _events(visit, found, len(found), "asset_events")
