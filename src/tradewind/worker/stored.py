"""Where tasks of this worker put values too long for a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tradewind.sdk import configuration, exchange

if TYPE_CHECKING:
    from tradewind.backends.values.contract import ValueStore


def prepare() -> None:
    """Tell the authoring room; nothing is opened before a task needs it."""
    exchange.use_store(_open, _path)


def _open() -> ValueStore:
    from tradewind.backends.values.opening import open_values  # noqa: PLC0415  few tasks have large values

    return open_values(configuration.settings())


def _path(*facts: object) -> str:
    from tradewind.backends.values.paths import value_path  # noqa: PLC0415  few tasks have large values

    return value_path(*facts)  # type: ignore[arg-type]
