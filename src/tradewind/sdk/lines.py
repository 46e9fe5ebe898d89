"""Lines that the framework itself writes into a task's log.

They are the same whether ``logging`` carries them or not; a worker takes them directly, because in the process of a
short task the machinery of ``logging`` would be a tenth of the whole cost.
"""

from __future__ import annotations

import logging
from collections.abc import Callable

_log = logging.getLogger("airflow.task")
_take: Callable[[str, str, str], None] | None = None


def give_to(take: Callable[[str, str, str], None] | None) -> None:
    """``take(place, level, text)`` gets the lines from now on; None: nobody does."""
    global _take
    _take = take


def say(place: str, text: str) -> bool:
    """Write one line of level INFO. False: use ``logging``, as nobody takes lines or somebody else listens there."""
    if _take is None or len(_log.handlers) != 1 or not _log.isEnabledFor(logging.INFO):
        return False
    _take(place, "INFO", text)
    return True
