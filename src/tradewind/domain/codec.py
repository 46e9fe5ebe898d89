"""DagSpec to JSON and back. The store keeps what ``dump`` gives; ``load`` reads what any earlier release dumped."""

from __future__ import annotations

from typing import Any

import msgspec

from tradewind.domain.spec import DagSpec

#: Raised when a reader of the old shape would misread the new one; ``load`` must then translate.
FORMAT = 1


def dump(spec: DagSpec) -> dict[str, Any]:
    """JSON-ready values: {"format": 1, "dag": {...}}."""
    return {"format": FORMAT, "dag": msgspec.to_builtins(spec)}


def load(stored: dict[str, Any]) -> DagSpec:
    """The spec again. Raises ValueError for a format newer than ours."""
    if stored.get("format", 0) > FORMAT:
        raise ValueError(f"This DAG was stored in format {stored['format']}; this release reads up to {FORMAT}.")
    return msgspec.convert(stored["dag"], DagSpec)


def dump_bytes(spec: DagSpec) -> bytes:
    """As ``dump``, as JSON text, for pipes."""
    return msgspec.json.encode(dump(spec))


def load_bytes(text: bytes | str) -> DagSpec:
    """As ``load``, from JSON text."""
    return load(msgspec.json.decode(text))
