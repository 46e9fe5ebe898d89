"""``macros`` of templates."""

from __future__ import annotations

import random as _random
import re
import time
import uuid
from datetime import date, datetime, timedelta
from importlib import import_module
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


#: Fields of a CLDR date pattern, as Pendulum spells them.
_CLDR = {"EEEE": "dddd", "EEE": "ddd", "EE": "ddd", "E": "ddd", "dd": "DD", "d": "D", "y": "YYYY", "yyyy": "YYYY",
         "yy": "YY", "a": "A", "D": "DDDD", "SSS": "SSS"}  # fmt: skip


def ds_format_locale(ds: str, input_format: str, output_format: str, locale: str | None = None) -> str:
    """A date text in another format, given as a CLDR pattern ("EEEE dd MMMM yyyy"), in words of ``locale``."""
    from tradewind.sdk.moments import stamp  # noqa: PLC0415  loads Pendulum on use

    moment = stamp(datetime.strptime(str(ds), input_format))  # noqa: DTZ007  only the text matters
    quoted = re.split(r"'([^']*)'", output_format)
    words = [re.sub(r"([a-zA-Z])\1*", lambda field: _CLDR.get(field[0], field[0]), part) for part in quoted[::2]]
    for place, literal in enumerate(quoted[1::2]):
        words[place] += f"[{literal}]" if literal else "'"
    text: str = moment.format("".join(words), locale=locale or "en")
    return text


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
    if name == "yaml":
        try:
            return import_module("yaml")
        except ImportError:
            raise AttributeError("macros.yaml needs PyYAML: pip install pyyaml") from None
    if name == "hive":
        raise AttributeError("macros.hive needs the Hive provider package")
    from tradewind.sdk.plugin_loading import loaded  # noqa: PLC0415  only names that are not ours

    brought = loaded().macros
    if name in brought:
        return brought[name]
    raise AttributeError(f"macros has no member {name!r}")
