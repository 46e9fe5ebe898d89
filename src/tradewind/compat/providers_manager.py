"""``airflow.providers_manager``: what installed provider packages bring, by their own word (entry points)."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from importlib import metadata
from typing import Any, NamedTuple

from tradewind.compat.legacy import import_string

log = logging.getLogger("airflow.task")


class ProviderInfo(NamedTuple):
    """One installed package."""

    version: str
    data: dict[str, Any]


class HookInfo(NamedTuple):
    """The hook of one type of connection."""

    hook_class_name: str
    connection_id_attribute_name: str
    package_name: str
    hook_name: str
    connection_type: str
    connection_testable: bool
    dialects: Sequence[str] = ()


class DialectInfo(NamedTuple):
    """A dialect of SQL and the class that speaks it."""

    name: str
    dialect_class_name: str
    provider_name: str


class PluginInfo(NamedTuple):
    """A plugin that a provider brings."""

    name: str
    plugin_class: str
    provider_name: str


class NotificationInfo(NamedTuple):
    """A notifier that a provider brings."""

    notification_class_name: str
    package_name: str


class ConnectionFormWidgetInfo(NamedTuple):
    """One extra field of a connection form."""

    hook_class_name: str
    package_name: str
    field: Any
    field_name: str
    is_sensitive: bool


class Hooks(Mapping[str, HookInfo | None]):
    """A hook class may load a vendor's whole library, so each is imported at the first question for it alone."""

    def __init__(self, told: dict[str, tuple[str, dict[str, Any]]]) -> None:
        self._told, self._made = dict(sorted(told.items())), {}  # type: ignore[var-annotated]

    def __iter__(self) -> Iterator[str]:
        return iter(self._told)

    def __len__(self) -> int:
        return len(self._told)

    def __contains__(self, kind: object) -> bool:
        return kind in self._told

    def __getitem__(self, kind: str) -> HookInfo | None:
        if kind not in self._made:
            self._made[kind] = self._import(kind, *self._told[kind])
        return self._made[kind]  # type: ignore[no-any-return]

    @staticmethod
    def _import(kind: str, package: str, entry: dict[str, Any]) -> HookInfo | None:
        path = entry["hook-class-name"]
        try:
            hook = import_string(path)
        except Exception:
            log.debug("The hook %s of %s cannot be imported", path, package, exc_info=True)
            return None
        return HookInfo(
            path,
            getattr(hook, "conn_name_attr", None) or "conn_id",
            package,
            getattr(hook, "hook_name", None) or entry.get("hook-name") or kind,
            kind,
            hasattr(hook, "test_connection"),
            list(entry.get("dialects") or []),
        )


class ProvidersManager:
    """One per process. Everything is looked up when it is asked for; a package that cannot tell is logged and left out."""

    _instance: ProvidersManager | None = None

    def __new__(cls) -> ProvidersManager:
        """The one of this process."""
        if ProvidersManager._instance is None:
            ProvidersManager._instance = super().__new__(cls)
        return ProvidersManager._instance

    @cached_property
    def providers(self) -> dict[str, ProviderInfo]:
        """Distribution name -> version and facts."""
        found = {}
        for point in metadata.entry_points(group="apache_airflow_provider"):
            try:
                data = point.load()()
            except Exception:
                log.exception("The provider package behind %s cannot be read", point.value)
                continue
            name = data.get("package-name") or (point.dist.name if point.dist else point.value)
            version = point.dist.version if point.dist is not None else (data.get("versions") or [""])[0]
            found[name] = ProviderInfo(version, data)
        return dict(sorted(found.items()))

    def _listed(self, key: str) -> Iterator[tuple[str, Any]]:
        """(distribution, entry) of one list of the facts."""
        for name, info in self.providers.items():
            for entry in info.data.get(key) or ():
                yield name, entry

    @cached_property
    def hooks(self) -> Hooks:
        """Connection type -> its hook, imported when it is asked for; None for one that does not import."""
        return Hooks(
            {entry["connection-type"]: (package, entry) for package, entry in self._listed("connection-types")}
        )

    @cached_property
    def dialects(self) -> dict[str, DialectInfo]:
        """Dialects of SQL, by name."""
        return {
            entry["dialect-type"]: DialectInfo(entry["dialect-type"], entry["dialect-class-name"], package)
            for package, entry in self._listed("dialects")
        }

    @cached_property
    def plugins(self) -> list[PluginInfo]:
        """Plugins of providers."""
        return [PluginInfo(e["name"], e["plugin-class"], package) for package, e in self._listed("plugins")]

    @cached_property
    def notification(self) -> list[NotificationInfo]:
        """Notifiers of providers."""
        return [NotificationInfo(path, package) for package, path in self._listed("notifications")]

    @cached_property
    def taskflow_decorators(self) -> dict[str, Any]:
        """Name -> decorator, of ``@task.name``."""
        return {entry["name"]: import_string(entry["class-name"]) for _, entry in self._listed("task-decorators")}

    @cached_property
    def filesystem_module_names(self) -> list[str]:
        """Modules that know a kind of address."""
        return sorted(path for _, path in self._listed("filesystems"))

    @cached_property
    def asset_uri_handlers(self) -> dict[str, Any]:
        """Scheme -> function that tidies an address of that scheme."""
        return self._by_scheme("handler")

    @cached_property
    def asset_factories(self) -> dict[str, Any]:
        """Scheme -> function that makes an asset."""
        return self._by_scheme("factory")

    @cached_property
    def asset_to_openlineage_converters(self) -> dict[str, Any]:
        """Scheme -> function that names an asset in OpenLineage's terms."""
        return self._by_scheme("to_openlineage_converter")

    def _by_scheme(self, what: str) -> dict[str, Any]:
        made: dict[str, Any] = {}
        for package, entry in self._listed("asset-uris"):
            path = entry.get(what)
            if not path:
                continue
            try:
                function = import_string(path)
            except Exception:
                log.debug("%s of %s cannot be imported", path, package, exc_info=True)
                continue
            made.update(dict.fromkeys(entry.get("schemes") or (), function))
        return made

    def _paths(self, key: str) -> list[str]:
        return sorted({path for _, path in self._listed(key)})

    @property
    def extra_links_class_names(self) -> list[str]:
        """Links on a task's page."""
        return self._paths("extra-links")

    @property
    def logging_class_names(self) -> list[str]:
        """Log handlers."""
        return self._paths("logging")

    @property
    def secrets_backend_class_names(self) -> list[str]:
        """Stores of secrets."""
        return self._paths("secrets-backends")

    @property
    def executor_class_names(self) -> list[str]:
        """Executors; Tradewind has its own and uses none of these."""
        return self._paths("executors")

    @property
    def auth_managers(self) -> list[str]:
        """Auth managers; Tradewind has its own and uses none of these."""
        return self._paths("auth-managers")

    @property
    def queue_class_names(self) -> list[str]:
        """Message queues."""
        return self._paths("queues")

    @cached_property
    def provider_configs(self) -> list[tuple[str, dict[str, Any]]]:
        """Sections of the settings that providers add."""
        return [(name, info.data["config"]) for name, info in self.providers.items() if info.data.get("config")]

    @cached_property
    def connection_form_widgets(self) -> dict[str, ConnectionFormWidgetInfo]:
        """``extra__type__field`` -> the field, of hooks that declare fields by hand."""
        made = {}
        for kind, info in self.hooks.items():
            widgets = self._of_hook(info, "get_connection_form_widgets")
            for field, widget in widgets.items():
                name = field if field.startswith("extra__") else f"extra__{kind}__{field}"
                secret = "password" in type(widget).__name__.lower() or "Password" in repr(widget)
                assert info is not None
                made[name] = ConnectionFormWidgetInfo(info.hook_class_name, info.package_name, widget, field, secret)
        return made

    @cached_property
    def field_behaviours(self) -> dict[str, dict[str, Any]]:
        """Connection type -> how its form shows the fields."""
        told = {kind: self._of_hook(info, "get_ui_field_behaviour") for kind, info in self.hooks.items()}
        return {kind: facts for kind, facts in told.items() if facts}

    @staticmethod
    def _of_hook(info: HookInfo | None, method: str) -> dict[str, Any]:
        if info is None:
            return {}
        try:
            return dict(getattr(import_string(info.hook_class_name), method)())
        except Exception:  # a form that needs a package which is not here
            log.debug("%s of %s failed", method, info.hook_class_name, exc_info=True)
            return {}


#: The same, as the task SDK names it.
ProvidersManagerTaskRuntime = ProvidersManager
