"""How zygotes fork: without the at-fork hooks of modules that a single-threaded process does not need.

The hooks of ``logging``, ``threading`` and ``random`` make new locks, look through every logger and thread, and
touch two hundred pages that the kernel must then copy, for each task. A zygote has one thread and holds no lock when it
forks, so only the random numbers must be made afresh. Forks that user code makes run every hook, as anywhere.
"""

from __future__ import annotations

import _random
import os
import sys
from collections.abc import Callable
from typing import Any

_Hooks = tuple[Callable[[], Any] | None, Callable[[], Any] | None, Callable[[], Any] | None]
_gathered: list[_Hooks] = []
_quiet = False
_register: Callable[..., None] | None = None


def gather_hooks() -> None:
    """From now on hooks are kept here instead of in the interpreter, until ``stop_gathering``."""
    global _register
    _register = os.register_at_fork
    os.register_at_fork = _keep


def stop_gathering() -> None:
    """What registers from now on (user code) registers with the interpreter; what was kept goes there as one hook."""
    global _register
    if _register is not None:
        os.register_at_fork, _register = _register, None
        os.register_at_fork(before=_before, after_in_parent=_in_parent, after_in_child=_in_child)


def _keep(
    *,
    before: Callable[[], Any] | None = None,
    after_in_parent: Callable[[], Any] | None = None,
    after_in_child: Callable[[], Any] | None = None,
) -> None:
    _gathered.append((before, after_in_parent, after_in_child))


def _before() -> None:
    if not _quiet:
        for before, _, _ in reversed(_gathered):
            if before is not None:
                before()


def _in_parent() -> None:
    if not _quiet:
        for _, hook, _ in _gathered:
            if hook is not None:
                hook()


def _in_child() -> None:
    if not _quiet:
        for _, _, hook in _gathered:
            if hook is not None:
                hook()


def fork() -> int:
    """``os.fork`` of a zygote: one thread, no lock held."""
    global _quiet
    _quiet = True
    try:
        pid = os.fork()
    finally:
        _quiet = False
    if pid == 0 and _gathered:
        new_random_numbers()
    return pid


def new_random_numbers() -> None:
    """``random.seed()`` without its detours."""
    random = sys.modules.get("random")
    if random is not None:
        _random.Random.seed(random._inst)
        random._inst.gauss_next = None


_POOL = 16384  #: of CPython's allocator for small objects: memory for objects of one size
_LARGEST = 512
_kept: list[bytes] = []


def fill_gaps() -> None:
    """Use up the free places among the small objects of this process, so that what its forks make lies together, in
    memory that nothing else uses: a place found between old objects costs each fork the copy of their page.
    """
    empty = b"".__sizeof__()
    for size in range(48, _LARGEST + 1, 16):
        for _ in range(_POOL):
            filler = bytes(size - empty)
            if id(filler) % _POOL < 2 * size:  # the first place of an empty pool
                break
            _kept.append(filler)
