"""The import finder for ``airflow`` and everything below it.

A module of the table is made on the spot and fetches each name from its real home when it is asked for. Modules of
installed provider distributions (``airflow/providers/...`` on ``sys.path``) win over ours. Anything else is a
ModuleNotFoundError that says what to write or to install.
"""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any

from tradewind.compat import gone, pendulum_names, renamed
from tradewind.compat.table import Alias, AliasModuleInfo, lookup, modules
from tradewind.errors import did_you_mean

ROOT = "airflow"
_PROVIDERS = "airflow.providers."
#: Below these, a plugin's name is a module.
_PLUGIN_PACKAGES = frozenset({"airflow.operators", "airflow.sensors", "airflow.hooks", "airflow.macros"})
_asks_plugins = False
#: Modules that ``from airflow.sdk import *`` brings.
_MODULES_OF_THE_SDK = ("lineage", "macros")
#: Served by us even when the distribution is there: its operators are the core's own.
_OURS = ("airflow.providers.standard",)


class AliasModule(ModuleType):
    """A module of the table. Names come from their real homes at first use."""

    _info: AliasModuleInfo

    def __getattr__(self, name: str) -> Any:
        """Look the name up in the table, then among our submodules."""
        if name == "__all__":
            return self._lasting()
        if name.startswith("__") and name != "__version__":
            raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}")
        alias = self._info.names.get(name) or self._seldom(name)
        if alias is not None:
            value = resolve(alias, f"{self.__name__}.{name}")
        elif lookup(f"{self.__name__}.{name}") is not None:
            return importlib.import_module(f"{self.__name__}.{name}")
        else:
            value = self._from_whole(name)
        setattr(self, name, value)
        return value

    def _seldom(self, name: str) -> Alias | None:
        whole = modules().get(self.__name__)
        return None if whole is None else whole.names.get(name)

    def _lasting(self) -> list[str]:
        """What ``from module import *`` gives: the names that are there for good."""
        info = modules().get(self.__name__, self._info)
        names = [name for name, alias in info.names.items() if alias.missing is None and alias.instead is None]
        names += _MODULES_OF_THE_SDK if self.__name__ == "airflow.sdk" else ()
        for home in info.whole:
            behind = importlib.import_module(home)
            names += getattr(behind, "__all__", [n for n in dir(behind) if not n.startswith("_")])
        return sorted(set(names))

    def _from_whole(self, name: str) -> Any:
        for home in self._info.whole:
            try:
                return getattr(importlib.import_module(home), name)
            except AttributeError:
                continue
        why = gone.reason(f"{self.__name__}.{name}")
        if why is not None:
            # No ImportError: asking with ``hasattr`` is no error. ``from ... import`` asks the finder next.
            raise AttributeError(f"{self.__name__}.{name} is not available in Tradewind. {why}")
        hint = did_you_mean(name, self.__dir__())
        raise AttributeError(f"module {self.__name__!r} has no attribute {name!r}.{' ' + hint if hint else ''}")

    def __dir__(self) -> list[str]:
        """Names of the table, of the modules behind it, and of our submodules."""
        names = set(modules().get(self.__name__, self._info).names)
        for home in self._info.whole:
            names.update(n for n in dir(importlib.import_module(home)) if not n.startswith("_"))
        below = f"{self.__name__}."
        names.update(m[len(below) :] for m in modules() if m.startswith(below) and "." not in m[len(below) :])
        return sorted(names)


def resolve(alias: Alias, asked: str) -> Any:
    """The object behind an alias. Warns when the path is an old one; ImportError with the way out when it is not there."""
    if alias.missing is not None:
        raise ImportError(f"{asked} is not available in Tradewind. {alias.missing}", name=asked)
    if alias.instead is not None:
        from tradewind.sdk.scope import deprecated  # noqa: PLC0415  the finder itself must load nothing

        deprecated(f"{asked} is the old name; write {alias.instead} instead.")
    home, _, name = alias.target.partition(":")
    try:
        module = importlib.import_module(home)
    except ModuleNotFoundError as error:
        if error.name is None or not error.name.startswith("tradewind."):
            raise
        raise ImportError(f"{asked} is not part of this release of Tradewind.", name=asked) from error
    if not name:
        return module
    try:
        return getattr(module, name)
    except AttributeError:
        raise ImportError(f"{asked} leads to {home}.{name}, which is not there.", name=asked) from None


class AliasLoader:
    """Makes the modules of the table."""

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """An empty module that knows its row of the table."""
        module = AliasModule(spec.name, f"Tradewind's {spec.name}: see tradewind.compat.")
        module._info = _info(spec.name)
        return module

    def exec_module(self, module: ModuleType) -> None:
        """It is whole already."""


def _info(path: str) -> AliasModuleInfo:
    info = lookup(path)
    assert info is not None
    return info


_LOADER = AliasLoader()


def is_ours(module: ModuleType | None) -> bool:
    """Whether we made this module."""
    return isinstance(module, AliasModule)


class AirflowFinder:
    """On ``sys.meta_path`` before everything else; looks at names below ``airflow`` only."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """Installed providers first, then the table, then other distributions that live below ``airflow``."""
        if fullname != ROOT and not fullname.startswith(ROOT + "."):
            return None
        parent = fullname.rpartition(".")[0]
        behind = sys.modules.get(parent)
        if parent and not self._serves(parent, behind):
            # Below a package that is really on disk the ordinary finders know; but what an official provider dropped
            # long ago, files still import.
            return _dropped(fullname, path)
        on_disk = None
        if fullname.startswith(_PROVIDERS) and not fullname.startswith(_OURS):
            on_disk = _on_disk(fullname)
            if on_disk is not None and on_disk.loader is not None:
                return renamed.attach(on_disk)
        if lookup(fullname) is not None:
            return _spec(fullname)
        found = on_disk or (_on_disk(fullname) if fullname != ROOT else None)
        if found is not None:
            return found
        if parent in _PLUGIN_PACKAGES and (brought := _of_a_plugin(fullname)) is not None:
            return brought
        if sys._getframe(2).f_code.co_name == "_find_and_load_unlocked":  # a real import, not importlib.util.find_spec
            raise unknown_module(fullname)
        return None

    @staticmethod
    def _serves(parent: str, behind: ModuleType | None) -> bool:
        if parent == ROOT or is_ours(behind) or behind is None:
            return True
        return getattr(behind, "__file__", None) is None  # a namespace package: several distributions share it


def _spec(fullname: str) -> ModuleSpec:
    # Not a ``Loader`` by name: ``importlib.abc`` brings the zip and temporary file modules into every task.
    spec = ModuleSpec(fullname, _LOADER, origin="tradewind.compat", is_package=True)  # type: ignore[arg-type]
    spec.submodule_search_locations = []
    return spec


def _dropped(fullname: str, path: Sequence[str] | None) -> ModuleSpec | None:
    on_disk = PathFinder.find_spec(fullname, path)
    if on_disk is not None:
        return renamed.attach(on_disk)
    return _spec(fullname) if fullname.startswith(renamed.DROPPED) and lookup(fullname) is not None else None


class PluginLoader:
    """Hands over a module that loading the plugins has made."""

    def __init__(self, module: ModuleType) -> None:
        self._module = module

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        """The one there is."""
        return self._module

    def exec_module(self, module: ModuleType) -> None:
        """It is whole already."""


def _of_a_plugin(fullname: str) -> ModuleSpec | None:
    """``airflow.operators.<plugin>``, as Airflow 1.10 and 2 offer what plugins bring, also in a plain interpreter."""
    global _asks_plugins
    if _asks_plugins:  # a plugin that asks for another one while they are loaded
        return None
    from tradewind.sdk import plugin_loading  # noqa: PLC0415  the finder itself must load nothing

    _asks_plugins = True
    try:
        plugin_loading.loaded()
    finally:
        _asks_plugins = False
    module = sys.modules.pop(fullname, None)  # the importer puts it back
    return None if module is None else ModuleSpec(fullname, PluginLoader(module))  # type: ignore[arg-type]


def _on_disk(fullname: str) -> ModuleSpec | None:
    parents = fullname.split(".")[:-1]
    search = [place for entry in sys.path if os.path.isdir(place := os.path.join(entry or ".", *parents))]  # noqa: PTH112, PTH118  import paths are texts
    return PathFinder.find_spec(fullname, search) if search else None


def unknown_module(fullname: str) -> ModuleNotFoundError:
    """The error for a path nobody serves: what to install, or what was meant."""
    parent, _, last = fullname.rpartition(".")
    why = gone.reason(fullname)
    if why is not None:
        # Without ``name``: with it, Python would drop the reason in ``from airflow.x import y``.
        return ModuleNotFoundError(f"{fullname} is not available in Tradewind. {why}")
    if fullname.startswith(_PROVIDERS):
        system = provider_of(fullname)
        hint = f"Run: pip install apache-airflow-providers-{system}"
    else:
        known = [name for name in modules() if "contrib" not in name] + [
            f"{parent}.{name}" for name in (modules()[parent].names if parent in modules() else ())
        ]
        hint = did_you_mean(fullname, known) or "See the list of import paths in the reference."
    error = ModuleNotFoundError(f"No module named {fullname!r}. {hint}")
    # ``from airflow.x import Name`` asks for a submodule of that name too; with ``name`` set, Python would drop the hint.
    error.name = None if last[:1].isupper() else fullname
    return error


#: Systems whose distribution name has two words.
_FAMILIES = ("apache", "microsoft", "cncf", "common", "dbt")


def provider_of(fullname: str) -> str:
    """``airflow.providers.microsoft.azure.hooks`` -> ``microsoft-azure``."""
    words = fullname[len(_PROVIDERS) :].split(".")
    return "-".join(words[:2] if words[0] in _FAMILIES and len(words) > 1 else words[:1])


def install() -> None:
    """Put the finder in place. Cheap, and harmless to repeat."""
    pendulum_names.install()
    if not any(isinstance(finder, AirflowFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, AirflowFinder())


def door() -> AliasModule:
    """The module ``airflow`` of the table, for the distribution that is named so."""
    made = AliasModule(ROOT, "Tradewind's airflow.")
    made._info = _info(ROOT)
    return made
