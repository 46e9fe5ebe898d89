"""Results made to be looked at: images, tables, text. Return one from a task and it is shown on the task's page."""

from __future__ import annotations

import base64
import mimetypes
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


class Artifact:
    """Make one with ``Artifact.image``, ``Artifact.table`` or ``Artifact.markdown``."""

    def __init__(self, form: dict[str, Any]) -> None:
        self._form = form

    @classmethod
    def image(cls, source: str | Path | bytes, media_type: str | None = None) -> Artifact:
        """From a file or from bytes (PNG unless said otherwise)."""
        if isinstance(source, bytes):
            data, kind = source, media_type or "image/png"
        else:
            path = Path(source)
            data, kind = path.read_bytes(), media_type or mimetypes.guess_type(path.name)[0] or "image/png"
        return cls({"__artifact__": "image", "media_type": kind, "data": base64.b64encode(data).decode()})

    @classmethod
    def table(cls, rows: Any, columns: Iterable[str] | None = None) -> Artifact:
        """From a DataFrame, a list of dicts, or a list of rows with ``columns``."""
        if hasattr(rows, "to_dict") and hasattr(rows, "columns"):
            names = [str(name) for name in rows.columns]
            return cls({"__artifact__": "table", "columns": names, "rows": [_row(r) for r in rows.values.tolist()]})
        listed = list(rows)
        if listed and isinstance(listed[0], Mapping):
            names = [str(n) for n in (columns or dict.fromkeys(key for row in listed for key in row))]
            return cls(
                {"__artifact__": "table", "columns": names, "rows": [_row(r.get(n) for n in names) for r in listed]}
            )
        width = max((len(row) for row in listed), default=0)
        names = [str(name) for name in columns] if columns is not None else [str(i + 1) for i in range(width)]
        return cls({"__artifact__": "table", "columns": names, "rows": [_row(row) for row in listed]})

    @classmethod
    def markdown(cls, text: str) -> Artifact:
        """From Markdown text."""
        return cls({"__artifact__": "markdown", "text": str(text)})

    def to_artifact(self) -> dict[str, Any]:
        """The JSON form that travels."""
        return self._form

    def __repr__(self) -> str:
        return f"Artifact({self._form['__artifact__']})"


def _row(values: Iterable[Any]) -> list[Any]:
    return [v if isinstance(v, (str, int, float, bool)) or v is None else str(v) for v in values]
