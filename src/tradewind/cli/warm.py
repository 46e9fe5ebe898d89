"""The warm root: imports once what scheduler, parser and API have in common, and lets them be forks of it.

Nothing here starts a thread or opens a connection: a fork would take half of it along. What only the API needs
(FastAPI, Pydantic, uvicorn) is imported in its own process, so that the others do not carry it.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from importlib import import_module

#: What is loaded before the rooms are forked. With them come the settings, the store, SQLAlchemy and msgspec.
SHARED = ("tradewind.scheduler.main", "tradewind.parser.main", "tradewind.api.main")
#: What a room loads in its own process.
OWN = {"api": ("uvicorn", "tradewind.api.app")}
#: Set to 0 to have every room in an interpreter of its own.
SWITCH = "TRADEWIND_STANDALONE_FORK"

_loaded: dict[str, tuple[int, int]] = {}


def is_possible(environ: Mapping[str, str] = os.environ) -> bool:
    """Whether rooms may be forks here: Linux, one thread, and nobody has switched it off."""
    wanted = environ.get(SWITCH, "1").strip().lower() not in ("0", "false", "no", "off")
    return wanted and sys.platform == "linux" and threading.active_count() == 1


def load(names: tuple[str, ...] = SHARED, database: str = "") -> None:
    """Import them, and put everything there is out of the garbage collector's sight, so that forks go on sharing it."""
    _import((*names, *(("sqlalchemy.dialects.sqlite",) if database.startswith("sqlite") else ())))
    gc.collect()
    gc.freeze()
    _loaded.update(_stamps())


def _import(names: tuple[str, ...]) -> None:
    """Nothing imported becomes garbage, and the collector would look at it again and again: a fifth of the time."""
    gc.disable()
    try:
        for name in names:
            import_module(name)
    finally:
        gc.enable()


def _stamps() -> dict[str, tuple[int, int]]:
    stamps = {}
    for name, module in list(sys.modules.items()):
        file = getattr(module, "__file__", None) if name.partition(".")[0] == "tradewind" else None
        if file:
            with suppress(OSError):
                facts = os.stat(file)  # noqa: PTH116  hundreds of files: half the time
                stamps[file] = (facts.st_mtime_ns, facts.st_size)
    return stamps


def is_current() -> bool:
    """Whether the files that were imported are still what stands on the disk (false after an upgrade or an edit)."""
    now = _stamps()
    return bool(_loaded) and all(now.get(file) == stamp for file, stamp in _loaded.items())


def room(name: str) -> Callable[[], int]:
    """The ``main`` of a room, to be called in a fork. Imported there if it is not here yet."""

    def live() -> int:
        _import(OWN.get(name, ()))
        code: int = import_module(f"tradewind.{name}.main").main([])
        return code

    return live
