"""``pendulum.utcnow()``: a name that tutorials print and no release of Pendulum has had at its door.

It is added the moment somebody imports Pendulum, so that those who never do pay nothing.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.machinery import ModuleSpec, PathFinder
from types import ModuleType
from typing import Any


class PendulumFinder:
    """Finds Pendulum where everybody finds it, and adds the name when it is loaded."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """The ordinary spec, its loader followed by ours."""
        if fullname != "pendulum":
            return None
        spec = PathFinder.find_spec(fullname, path, target)
        if spec is not None and spec.loader is not None:
            load = spec.loader.exec_module

            def exec_module(module: ModuleType) -> None:
                load(module)
                add_names(module)

            spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def add_names(module: Any) -> None:
    """``utcnow``, where it is missing."""
    if "utcnow" not in vars(module):
        module.utcnow = lambda: module.now("UTC")


def install() -> None:
    """Now, when Pendulum is loaded already; else when it will be."""
    if "pendulum" in sys.modules:
        add_names(sys.modules["pendulum"])
    elif not any(isinstance(finder, PendulumFinder) for finder in sys.meta_path):
        sys.meta_path.insert(0, PendulumFinder())
