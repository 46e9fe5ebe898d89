"""Asset events of a task: those that made its run, and those it makes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from tradewind.sdk.asset import Asset, AssetAlias, Metadata


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


class InletEvents:
    """Events of inlets, by asset."""

    def __init__(self, inlets: list[Any], consumed: list[dict[str, Any]]) -> None:
        self._inlets, self._consumed = inlets, consumed

    def __getitem__(self, key: Any) -> list[dict[str, Any]]:
        item = self._inlets[key] if isinstance(key, int) else key
        name = _name(item)
        return [event for event in self._consumed if name in {event.get("uri"), event.get("name")}]

    def __len__(self) -> int:
        return len(self._inlets)


def triggering(consumed: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    """Events that made the run, by address."""
    grouped: dict[str, list[dict[str, Any]]] = {}
    for event in consumed:
        grouped.setdefault(str(event.get("uri") or event.get("name")), []).append(event)
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
