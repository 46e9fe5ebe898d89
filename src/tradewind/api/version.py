"""Which release this is."""

from __future__ import annotations

from importlib import metadata


def version() -> str:
    """The installed version; a clone that runs without being installed says so."""
    try:
        return metadata.version("tradewind")
    except metadata.PackageNotFoundError:
        return "0+clone"
