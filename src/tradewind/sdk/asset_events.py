"""Asset events of a task: those that made its run, and those it makes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tradewind.sdk import current, moments
from tradewind.sdk.asset import Asset, AssetAlias, Metadata

#: So many of the newest events a task sees of one inlet.
_EVENTS_MAX = 1000


@dataclass
class OutletEvent:
    """What a task says of one outlet: ``outlet_events[asset].extra = {...}``; an alias takes ``add(asset)``."""

    key: Any
    extra: dict[str, Any] = field(default_factory=dict)
    added: list[tuple[Asset, dict[str, Any]]] = field(default_factory=list)

    def add(self, asset: Asset, extra: dict[str, Any] | None = None) -> None:
        """Update ``asset`` through this alias."""
        self.added.append((asset, dict(extra or {})))


class OutletEvents:
    """Outlet events by asset, alias or address."""

    def __init__(self, outlets: list[Any]) -> None:
        self._events = {_name(item): OutletEvent(item) for item in outlets}

    def __getitem__(self, key: Any) -> OutletEvent:
        name = _name(key)
        if name not in self._events:
            self._events[name] = OutletEvent(key)
        return self._events[name]

    def __iter__(self) -> Iterator[OutletEvent]:
        return iter(self._events.values())

    def __len__(self) -> int:
        return len(self._events)


def _name(item: Any) -> str:
    return str(getattr(item, "uri", None) or getattr(item, "name", None) or item)


@dataclass(frozen=True)
class SourceRun:
    """The run that updated an asset, as far as its event tells."""

    dag_id: str | None
    run_id: str | None
    logical_date: Any = None
    data_interval_start: Any = None
    data_interval_end: Any = None

    @property
    def execution_date(self) -> Any:
        """The older name of the logical date."""
        return self.logical_date


@dataclass(frozen=True)
class AssetEvent:
    """One update of an asset."""

    asset: Asset
    timestamp: Any
    extra: dict[str, Any]
    source_dag_id: str | None = None
    source_run_id: str | None = None
    source_task_id: str | None = None
    source_map_index: int | None = None
    source_dag_run: SourceRun | None = None

    @classmethod
    def of(cls, facts: Mapping[str, Any]) -> AssetEvent:
        """From what the brain says of it."""
        uri = str(facts.get("uri") or facts.get("name"))
        run_id = facts.get("source_run_id")
        source = None
        if run_id is not None:
            dates = ("source_logical_date", "source_interval_start", "source_interval_end")
            source = SourceRun(
                facts.get("source_dag_id"), run_id, *(moments.stamp(moments.utc(facts.get(d))) for d in dates)
            )
        return cls(
            asset=Asset(name=facts.get("name") or uri, uri=uri, group=facts.get("group") or "asset"),
            timestamp=moments.stamp(moments.utc(facts.get("timestamp"))),
            extra=dict(facts.get("extra") or {}),
            source_dag_id=facts.get("source_dag_id"),
            source_run_id=run_id,
            source_task_id=facts.get("source_task_id"),
            source_map_index=facts.get("source_map_index"),
            source_dag_run=source,
        )

    @property
    def dataset(self) -> Asset:
        """The older name of the asset."""
        return self.asset

    @property
    def uri(self) -> str:
        """Address of the asset."""
        return self.asset.uri


class InletEvents:
    """All events of an inlet, oldest first: ``inlet_events[asset][-1].extra``; also by alias, address or position."""

    def __init__(self, inlets: list[Any]) -> None:
        self._inlets = inlets

    def __getitem__(self, key: Any) -> list[AssetEvent]:
        item = self._inlets[key] if isinstance(key, int) else key
        client = current.client()
        if client is None:
            return []
        wanted: dict[str, str | None] = {"uri": None, "name": None, "alias": None}
        if isinstance(item, AssetAlias):
            wanted["alias"] = item.name
        else:
            wanted["uri"] = getattr(item, "uri", None) or (item if isinstance(item, str) else None)
            wanted["name"] = getattr(item, "name", None) if wanted["uri"] is None else None
        return [AssetEvent.of(facts) for facts in client.asset_events(**wanted, limit=_EVENTS_MAX)]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._inlets)

    def __len__(self) -> int:
        return len(self._inlets)


class AssetAddress(str):
    """The address of an asset as a key, which also knows the asset."""

    asset: Asset

    @classmethod
    def of(cls, asset: Asset) -> AssetAddress:
        """The key of this asset."""
        key = cls(asset.uri)
        key.asset = asset
        return key

    @property
    def uri(self) -> str:
        """The address."""
        return str(self)

    @property
    def name(self) -> str:
        """The name of the asset."""
        return self.asset.name


class TriggeringEvents(dict[AssetAddress, list[AssetEvent]]):
    """Events that made the run, by asset. Found by the asset itself or by its address."""

    def __missing__(self, key: Any) -> list[AssetEvent]:
        name = _name(key)
        for known, events in self.items():
            if name in (known, known.name):
                return events
        raise KeyError(key)

    def get(self, key: Any, default: Any = None) -> Any:
        """The events of an asset, or the default."""
        try:
            return self[key]
        except KeyError:
            return default

    def __contains__(self, key: object) -> bool:
        return self.get(key) is not None


def triggering(consumed: list[dict[str, Any]]) -> TriggeringEvents:
    """Events that made the run, by asset."""
    grouped = TriggeringEvents()
    for facts in consumed:
        event = AssetEvent.of(facts)
        grouped.setdefault(AssetAddress.of(event.asset), []).append(event)
    return grouped


def collect_events(task: Any, context: Any) -> list[dict[str, Any]]:
    """Events a successful task makes: one per asset outlet, plus those added to aliases."""
    if not task.outlets:
        return []
    said = context._made.get("outlet_events")
    events = []
    for outlet in task.outlets:
        note = said[outlet] if said is not None else OutletEvent(outlet)
        if isinstance(outlet, Asset):
            events.append(_event(outlet, note.extra))
        elif isinstance(outlet, AssetAlias):
            events.extend({**_event(asset, extra), "alias": outlet.name} for asset, extra in note.added)
    return events


def _event(asset: Asset, extra: dict[str, Any]) -> dict[str, Any]:
    return {"uri": asset.uri, "name": asset.name, "group": asset.group, "extra": extra}


def note_metadata(context: Any, metadata: Metadata) -> None:
    """Take a ``Metadata`` a task yielded or returned."""
    events = context["outlet_events"]
    if metadata.alias is not None:
        events[metadata.alias].add(metadata.asset, metadata.extra)
    else:
        events[metadata.asset].extra.update(metadata.extra)
