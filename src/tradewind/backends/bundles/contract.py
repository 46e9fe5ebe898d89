"""A bundle: a named tree of DAG files. The parser reads its files, a worker imports them again by the same names."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol


class Bundle(Protocol):
    """What a source of DAG files tells about itself. Every file in it is named by its path relative to ``root``."""

    @property
    def name(self) -> str:
        """The name rows and work orders carry; unique in one installation."""
        ...

    @property
    def root(self) -> Path:
        """The folder to read now. Absolute; may be a symbolic link, and need not exist yet."""
        ...

    def current_version(self) -> str | None:
        """What the source calls its present state (a commit, a tag), or None when it keeps no versions."""
        ...

    def refresh(self) -> bool:
        """Fetch what is new from the source; True when something came. Cheap when there is nothing to fetch."""
        ...
