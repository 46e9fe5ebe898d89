"""The value store an installation is set up with."""

from __future__ import annotations

import json
from pathlib import Path

from tradewind.backends.values.contract import ValueStore
from tradewind.backends.values.local import LocalValues
from tradewind.backends.values.objects import ObjectValues
from tradewind.errors import InvalidArgument
from tradewind.settings import Settings


def open_values(settings: Settings) -> ValueStore:
    """[xcom] value_store: an address with ``://`` goes to object storage, anything else is a folder."""
    place = settings.get_str("xcom", "value_store")
    if "://" not in place:
        return LocalValues(Path(place) if place else settings.home / "values")
    text = settings.get_str("xcom", "value_store_options") or "{}"
    try:
        options = json.loads(text)
    except ValueError as error:
        raise InvalidArgument(
            f"[xcom] value_store_options is not JSON: {error}.", field="value_store_options"
        ) from None
    return ObjectValues(place, options)
