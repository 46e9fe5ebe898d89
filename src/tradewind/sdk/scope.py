"""What is open while a DAG file runs: the innermost DAG, task group, label of the file, and DAGs made so far.

Kept in one place so that DAG, group and operator need not know each other to find the one that encloses them.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from tradewind.sdk.exceptions import TradewindDeprecationWarning

#: Innermost last.
dags: list[Any] = []
groups: list[Any] = []
#: Open ``with teardown_task:`` blocks; tasks made inside become part of that scope.
setup_teardown: list[Any] = []
#: DAGs that want to be found though no global name holds them; None while no file is being loaded.
registered: list[Any] | None = None
#: True while instances of mapped tasks are made: their results are already edges.
detached = False
#: Absolute path of the DAG file that is being loaded, or None.
loading_file: str | None = None

_PACKAGE = str(Path(__file__).resolve().parent.parent) + "/"
_EXAMPLES = _PACKAGE + "examples/"


def current_dag() -> Any:
    """The DAG of the innermost ``with`` block, or None."""
    return dags[-1] if dags else None


def current_group() -> Any:
    """The task group of the innermost ``with`` block, or None."""
    return groups[-1] if groups else None


def is_ours(filename: str) -> bool:
    """Whether code of that file is the house's own (examples are authors' code)."""
    return (filename.startswith(_PACKAGE) and not filename.startswith(_EXAMPLES)) or filename.startswith("<frozen")


def authors_place(file: str | None = None) -> tuple[str | None, int | None]:
    """File and line of the author's statement that runs now: the innermost frame in ``file`` if it is on the stack,
    else the innermost frame that is not the house's own.
    """
    wanted = file or loading_file
    first: tuple[str | None, int | None] = (None, None)
    frame: FrameType | None = sys._getframe(1)
    while frame is not None:
        name = frame.f_code.co_filename
        if name == wanted:
            return name, frame.f_lineno
        if first[0] is None and not is_ours(name):
            first = (name, frame.f_lineno)
            if wanted is None:
                return first
        frame = frame.f_back
    return first


def deprecated(message: str) -> None:
    """Warn about an old spelling, pointing at the author's line."""
    frame = sys._getframe(1)
    while frame.f_back is not None and is_ours(frame.f_code.co_filename):
        frame = frame.f_back
    # Explicitly, because ``stacklevel`` does not count the frames of the import machinery and ``is_ours`` may.
    warnings.warn_explicit(
        message,
        TradewindDeprecationWarning,
        frame.f_code.co_filename,
        frame.f_lineno,
        module=frame.f_globals.get("__name__", "unknown"),
        registry=frame.f_globals.setdefault("__warningregistry__", {}),
    )


@contextmanager
def closed() -> Iterator[None]:
    """While the block runs, no DAG or group is open: what is made belongs to nothing, results make no edges."""
    global dags, groups, setup_teardown, detached
    before = dags, groups, setup_teardown, detached
    dags, groups, setup_teardown, detached = [], [], [], True
    try:
        yield
    finally:
        dags, groups, setup_teardown, detached = before
