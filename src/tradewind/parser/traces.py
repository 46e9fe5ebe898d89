"""What a DAG file may leave behind in its process, so that the next file would not start as if it were alone.

A process that is as it was after one file takes the next one: a third of the price of a new process. Whatever cannot be
seen to be harmless ends it: a module that was not there before, an environment, a hook, a thread, a socket, code that
sets attributes of things it did not make.
"""

from __future__ import annotations

import builtins
import logging
import os
import re
import socket
import sys
import warnings
from _signal import getsignal  # type: ignore[import-not-found]  # the enums of ``signal`` cost each file
from pathlib import Path
from typing import Any

#: ``x.y = ...``: of ``self`` it is harmless, of anything else it may be a change to what all files share.
_SETS = re.compile(
    r"(?<![.\w])(?!(?:self|cls)\.)[\w.)\]'\"]*\.\w+\s*(?:[-+*/%&|^@]|//|\*\*|<<|>>)?=(?!=)|\.\w+\[[^\]\n]*\]\s*=(?!=)"
)
_SETS_OTHERWISE = re.compile(
    r"\b(?:setattr|delattr|exec|eval|__dict__|vars|patch|ctypes|register|setdefault)\b|\bdel\s"
)
_SIGNALS = tuple(int(number) for number in range(1, 32) if number not in (9, 19))


def may_change_others(text: str) -> bool:
    """Whether code of this text could change objects that other files see."""
    return _SETS.search(text) is not None or _SETS_OTHERWISE.search(text) is not None


def state_of_process(root: str) -> tuple[Any, ...]:
    """What must be the same before and after; compare with ``==``. Left out is what loading itself adds: the module of
    the file, and ``root`` to the places of modules.
    """
    everything = logging.getLogger()
    return (
        {name for name in sys.modules if not name.startswith("tradewind_dag_")},
        dict(os.environ),
        _folder(),
        [place for place in sys.path if not place.startswith(root)],
        list(sys.meta_path),
        list(sys.path_hooks),
        (sys.stdin, sys.stdout, sys.stderr, sys.excepthook, sys.displayhook),
        (sys.getrecursionlimit(), sys.gettrace(), sys.getprofile(), sys.getswitchinterval()),
        [getsignal(number) for number in _SIGNALS],
        list(warnings.filters),
        (everything.level, list(everything.handlers), list(everything.filters), logging.Logger.manager.disable),
        socket.getdefaulttimeout(),
        vars(builtins).copy(),
        _of_kernel(),
    )


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109  a Path costs each file
    except OSError:
        return ""  # it was removed


def _of_kernel() -> tuple[int, ...]:
    """How many descriptors, threads and children there are."""
    counts = []
    for name in ("/proc/self/fd", "/proc/self/task"):
        try:
            counts.append(len(os.listdir(name)))  # noqa: PTH208  a Path costs each file
        except OSError:
            counts.append(len(sys._current_frames()))
    try:
        children = Path(f"/proc/self/task/{os.getpid()}/children").read_bytes()
    except OSError:
        children = b""
    return (*counts, len(children.split()))
