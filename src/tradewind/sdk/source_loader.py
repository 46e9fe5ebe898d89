"""Bytecode of modules below a DAGs folder is kept by content.

Python's own cache takes a module for unchanged when its size and whole second of change are the same. Two quick edits
of a DAG file look just so, and the second would be lost; so below a bundle's root cached bytecode counts only for the
very text it was made of.
"""

from __future__ import annotations

import importlib.util
import marshal
import sys
from contextlib import suppress
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from pathlib import Path
from types import CodeType

_CHECKED_HASH = (3).to_bytes(4, "little")  # the flags of such a bytecode file (PEP 552): by hash, and checked


class ByContentLoader(SourceFileLoader):
    """Compiles the source, unless the bytecode of this very text is there."""

    def get_code(self, fullname: str) -> CodeType:
        """The module's code."""
        path = self.get_filename(fullname)
        text = self.get_data(path)
        head = importlib.util.MAGIC_NUMBER + _CHECKED_HASH + importlib.util.source_hash(text)
        kept = importlib.util.cache_from_source(path)
        code: CodeType
        with suppress(OSError, ValueError, EOFError, TypeError):  # no bytecode there, or not whole: compile
            known = self.get_data(kept)
            if known.startswith(head):
                code = marshal.loads(known[len(head) :])
                return code
        code = self.source_to_code(text, path)
        if not sys.dont_write_bytecode:
            self.set_data(kept, head + marshal.dumps(code))
        return code


_roots: set[str] = set()


def _finder_below_roots(entry: str) -> FileFinder:
    inside = any(entry == root or entry.startswith(root + "/") for root in _roots)
    if not inside or not Path(entry).is_dir():  # a zip has its own importer
        raise ImportError("not below a DAGs folder", path=entry)
    return FileFinder(entry, (ExtensionFileLoader, EXTENSION_SUFFIXES), (ByContentLoader, SOURCE_SUFFIXES))


def cache_by_content(root: Path) -> None:
    """From now on, bytecode of modules below ``root`` is kept by content. Harmless to repeat.

    The folder of an installed package (the examples) is left alone.
    """
    text = str(root)
    if text in _roots or (root / "__init__.py").is_file():
        return
    _roots.add(text)
    if _finder_below_roots not in sys.path_hooks:
        sys.path_hooks.insert(0, _finder_below_roots)
    for entry in [e for e in sys.path_importer_cache if e == text or e.startswith(text + "/")]:
        del sys.path_importer_cache[entry]
