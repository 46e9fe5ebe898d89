"""``conf``: settings as task code reads them, ``conf.get(section, key)``."""

from __future__ import annotations

import json
import logging
from functools import cache
from typing import TYPE_CHECKING, Any

from tradewind.errors import InvalidArgument
from tradewind.sdk.exceptions import AirflowConfigException

if TYPE_CHECKING:
    from tradewind.settings import Settings

log = logging.getLogger("airflow.task")

_UNSET: Any = object()


@cache
def settings() -> Settings:
    """The settings of this process, read at first need."""
    from tradewind.settings import load_settings  # noqa: PLC0415  costs a file read; most DAG files need none

    return load_settings()


@cache
def provider_defaults() -> dict[tuple[str, str], str | None]:
    """Defaults of the settings that installed provider packages add, by (section, key)."""
    from importlib.metadata import entry_points  # noqa: PLC0415  only for settings we do not know ourselves

    found: dict[tuple[str, str], str | None] = {}
    for point in entry_points(group="apache_airflow_provider"):
        try:
            sections = point.load()().get("config") or {}
        except Exception:  # a broken package is no reason why a setting cannot be read
            log.exception("The provider package behind %s cannot say its settings", point.value)
            continue
        for section, facts in sections.items():
            for key, option in (facts.get("options") or {}).items():
                found[section.lower(), key.lower()] = option.get("default")
    return found


class AirflowConfigParser:
    """Read access to the configuration under Airflow's names."""

    def get(self, section: str, key: str, fallback: Any = _UNSET, **_ignored: Any) -> Any:
        """The value as text. Unknown and no ``fallback``: AirflowConfigException."""
        try:
            value = settings().get(section, key)
        except InvalidArgument as error:
            default = provider_defaults().get((section.lower(), key.lower()))
            if default is not None:
                return default
            if fallback is not _UNSET:
                return fallback
            raise AirflowConfigException(f"section/key [{section}/{key}] not found in config. {error}") from None
        return str(value) if value is not None else None

    def getboolean(self, section: str, key: str, fallback: Any = _UNSET, **_ignored: Any) -> bool:
        """The value as yes or no."""
        value = self.get(section, key, fallback)
        if isinstance(value, bool):
            return value
        low = str(value).strip().lower()
        if low in {"t", "true", "1", "yes", "on"}:
            return True
        if low in {"f", "false", "0", "no", "off"}:
            return False
        raise AirflowConfigException(f"[{section}] {key} must be a yes or no, not {value!r}.")

    def getint(self, section: str, key: str, fallback: Any = _UNSET, **_ignored: Any) -> int:
        """The value as a whole number."""
        return int(self.get(section, key, fallback))

    def getfloat(self, section: str, key: str, fallback: Any = _UNSET, **_ignored: Any) -> float:
        """The value as a number."""
        return float(self.get(section, key, fallback))

    def getlist(self, section: str, key: str, fallback: Any = _UNSET, delimiter: str = ",") -> list[str]:
        """The parts of the value."""
        value = self.get(section, key, fallback)
        return value if isinstance(value, list) else [part.strip() for part in str(value).split(delimiter) if part]

    def getjson(self, section: str, key: str, fallback: Any = _UNSET) -> Any:
        """The value read as JSON."""
        value = self.get(section, key, fallback)
        if value == "":
            return None if fallback is _UNSET else fallback
        return json.loads(value) if isinstance(value, str) else value

    def getimport(self, section: str, key: str, **_ignored: Any) -> Any:
        """The object whose dotted path is the value, or None when it is empty."""
        path = self.get(section, key, None)
        return import_path(path) if path else None

    def gettimedelta(self, section: str, key: str, fallback: Any = _UNSET) -> Any:
        """The value, a number of seconds, as a timedelta."""
        from datetime import timedelta  # noqa: PLC0415  only here

        value = self.get(section, key, fallback)
        return None if value in {None, ""} else timedelta(seconds=float(value))

    def has_option(self, section: str, key: str) -> bool:
        """Whether the setting is known."""
        return self.get(section, key, None) is not None

    def getsection(self, section: str) -> dict[str, Any] | None:
        """All known settings of a section, or None."""
        found = {key: value for (place, key), value in settings().values.items() if place == section.lower()}
        found |= {key: value for (place, key), value in settings().foreign.items() if place == section.lower()}
        return found or None

    def as_dict(self, **_ignored: Any) -> dict[str, dict[str, Any]]:
        """All settings by section."""
        whole: dict[str, dict[str, Any]] = {}
        for (section, key), value in settings().values.items():
            whole.setdefault(section, {})[key] = value
        return whole


def import_path(path: str) -> Any:
    """The object a dotted path (``module.name`` or ``module:name``) names. ImportError says what is missing."""
    from importlib import import_module  # noqa: PLC0415  only here

    module, _, name = path.replace(":", ".").rpartition(".")
    if not module:
        raise ImportError(f"{path!r} is not a dotted path")
    found = import_module(module)
    try:
        return getattr(found, name)
    except AttributeError:
        raise ImportError(f"Module {module!r} has no attribute {name!r}") from None


conf = AirflowConfigParser()
