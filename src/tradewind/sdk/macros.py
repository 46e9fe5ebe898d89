"""``macros`` of templates."""

from __future__ import annotations

import random as _random
import time
import uuid
from datetime import date, datetime, timedelta
from typing import Any

__all__ = ["datetime", "datetime_diff_for_humans", "ds_add", "ds_format", "json", "random", "time", "timedelta", "uuid"]

import json

random = _random.random


def ds_add(ds: str, days: int) -> str:
    """A date text some days later (or earlier)."""
    if not days:
        return str(ds)
    return (date.fromisoformat(str(ds)[:10]) + timedelta(days)).isoformat()


def ds_format(ds: str, input_format: str, output_format: str) -> str:
    """A date text in another format."""
    return datetime.strptime(str(ds), input_format).strftime(output_format)  # noqa: DTZ007  only the text matters


def ds_format_locale(ds: str, input_format: str, output_format: str, locale: str | None = None) -> str:
    """As ``ds_format``; names of months and days in English."""
    del locale
    return ds_format(ds, input_format, output_format)


def datetime_diff_for_humans(dt: Any, since: Any = None) -> str:
    """The difference in words."""
    from tradewind.sdk.moments import stamp  # noqa: PLC0415  loads Pendulum on use

    text: str = stamp(dt).diff_for_humans(stamp(since) if since is not None else None)
    return text


def __getattr__(name: str) -> Any:
    if name == "dateutil":
        import dateutil.parser  # noqa: PLC0415  heavy; most templates never ask
        import dateutil.relativedelta  # noqa: PLC0415

        return dateutil
    if name == "hive":
        raise AttributeError("macros.hive needs the Hive provider package")
    raise AttributeError(f"macros has no member {name!r}")
