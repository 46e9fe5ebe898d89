"""``airflow.lineage.hook``: which assets hooks have read and written, for whoever installed a reader of that."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tradewind.sdk.asset import Asset
from tradewind.sdk.log import LoggingMixin


@dataclass(frozen=True)
class AssetLineageInfo:
    """An asset, how often it was named, and by which hook."""

    asset: Asset
    count: int
    context: Any


DatasetLineageInfo = AssetLineageInfo


@dataclass(frozen=True)
class ExtraLineageInfo:
    """Another fact a hook told."""

    key: str
    value: Any
    count: int
    context: Any


@dataclass
class HookLineage:
    """All that was collected."""

    inputs: list[AssetLineageInfo] = field(default_factory=list)
    outputs: list[AssetLineageInfo] = field(default_factory=list)
    extra: list[ExtraLineageInfo] = field(default_factory=list)


class HookLineageCollector(LoggingMixin):
    """Collects; the same asset from the same hook is counted, not repeated."""

    def __init__(self, **_: Any) -> None:
        super().__init__()
        self._inputs: dict[Any, list[Any]] = {}
        self._outputs: dict[Any, list[Any]] = {}
        self._extra: dict[Any, list[Any]] = {}

    @staticmethod
    def _count(into: dict[Any, list[Any]], key: Any, *facts: Any) -> None:
        into.setdefault(key, [0, *facts])[0] += 1

    def create_asset(
        self,
        *,
        scheme: str | None = None,
        uri: str | None = None,
        name: str | None = None,
        group: str | None = None,
        asset_kwargs: dict[str, Any] | None = None,
        asset_extra: dict[str, Any] | None = None,
    ) -> Asset | None:
        """The asset of an address, or of a scheme and what its provider makes an address of; None when there is no way."""
        if uri or name:
            facts = {"uri": uri, "name": name, "group": group, "extra": asset_extra}
            return Asset(**{key: value for key, value in facts.items() if value is not None})  # type: ignore[arg-type]
        from tradewind.compat.providers_manager import ProvidersManager  # noqa: PLC0415  asks every provider

        factory = ProvidersManager().asset_factories.get(scheme or "")
        return factory(**(asset_kwargs or {}), extra=asset_extra) if factory is not None else None

    create_dataset = create_asset

    def add_input_asset(self, context: Any, **asset: Any) -> None:
        """The hook ``context`` has read this asset."""
        made = self.create_asset(**asset)
        if made is not None:
            self._count(self._inputs, (made.uri, id(context)), made, context)

    def add_output_asset(self, context: Any, **asset: Any) -> None:
        """The hook ``context`` has written this asset."""
        made = self.create_asset(**asset)
        if made is not None:
            self._count(self._outputs, (made.uri, id(context)), made, context)

    add_input_dataset, add_output_dataset = add_input_asset, add_output_asset

    def add_extra(self, context: Any, key: str, value: Any) -> None:
        """The hook ``context`` tells something else."""
        if key:
            self._count(self._extra, (key, repr(value), id(context)), key, value, context)

    @property
    def collected_assets(self) -> HookLineage:
        """All so far."""
        return HookLineage(
            [AssetLineageInfo(asset, count, who) for count, asset, who in self._inputs.values()],
            [AssetLineageInfo(asset, count, who) for count, asset, who in self._outputs.values()],
            [ExtraLineageInfo(key, value, count, who) for count, key, value, who in self._extra.values()],
        )

    @property
    def collected_datasets(self) -> HookLineage:
        """The same, under its older name."""
        return self.collected_assets

    @property
    def has_collected(self) -> bool:
        """Whether there is anything."""
        return bool(self._inputs or self._outputs or self._extra)


class NoOpCollector(HookLineageCollector):
    """Collects nothing: nobody reads it."""

    def add_input_asset(self, *_: Any, **__: Any) -> None:
        """Let it go."""

    def add_output_asset(self, *_: Any, **__: Any) -> None:
        """Let it go."""

    def add_extra(self, *_: Any, **__: Any) -> None:
        """Let it go."""


class HookLineageReader(LoggingMixin):
    """Subclassed by plugins (``hook_lineage_readers``) that want to know."""

    def __init__(self, **_: Any) -> None:
        super().__init__()
        self.lineage_collector = get_hook_lineage_collector()

    def retrieve_hook_lineage(self) -> HookLineage:
        """What was collected."""
        return self.lineage_collector.collected_assets


_collector: HookLineageCollector | None = None


def get_hook_lineage_collector() -> HookLineageCollector:
    """The collector of this process: one that collects where a plugin reads it, else one that does not."""
    global _collector
    if _collector is None:
        from tradewind.sdk.plugin_loading import loaded  # noqa: PLC0415  loads every plugin

        _collector = HookLineageCollector() if loaded().lineage_readers else NoOpCollector()
    return _collector
