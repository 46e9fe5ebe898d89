"""Modules below a DAGs folder are always made from their source.

Python's bytecode cache takes a module for unchanged when its size and whole second of change are the same. Two quick
edits of a DAG file look just so, and the second would be lost; so nothing below a bundle's root is cached on disk.
"""

from __future__ import annotations

import sys
from importlib.machinery import (
    EXTENSION_SUFFIXES,
    SOURCE_SUFFIXES,
    ExtensionFileLoader,
    FileFinder,
    SourceFileLoader,
)
from pathlib import Path
from types import CodeType


class UncachedLoader(SourceFileLoader):
    """Reads and compiles the source, whatever lies in ``__pycache__``."""

    def get_code(self, fullname: str) -> CodeType:
        """The module's code, freshly compiled."""
        path = self.get_filename(fullname)
        code: CodeType = self.source_to_code(self.get_data(path), path)
        return code


_roots: set[str] = set()


def _finder_below_roots(entry: str) -> FileFinder:
    inside = any(entry == root or entry.startswith(root + "/") for root in _roots)
    if not inside or not Path(entry).is_dir():  # a zip has its own importer
        raise ImportError("not below a DAGs folder", path=entry)
    return FileFinder(entry, (ExtensionFileLoader, EXTENSION_SUFFIXES), (UncachedLoader, SOURCE_SUFFIXES))


def never_cache(root: Path) -> None:
    """From now on, modules below ``root`` are made from their source. Harmless to repeat.

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
