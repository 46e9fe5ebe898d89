"""Second door: for people who test their DAGs. ``run_dag`` runs a whole DAG in this process on a clock that does not
wait; ``run_task`` one task; ``given`` answers variables and connections in between. No store, no home, no server.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tradewind.testing.run import given as given
    from tradewind.testing.run import load_dags as load_dags
    from tradewind.testing.run import run_dag as run_dag
    from tradewind.testing.run import run_task as run_task
    from tradewind.testing.seen import DagResult as DagResult

__all__ = ["DagResult", "given", "load_dags", "run_dag", "run_task"]
_HOMES = {"DagResult": "tradewind.testing.seen"}


def __getattr__(name: str) -> Any:
    """Loaded when asked for: the home of a plain process lies in this room too."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module  # noqa: PLC0415

    return getattr(import_module(_HOMES.get(name, "tradewind.testing.run")), name)
