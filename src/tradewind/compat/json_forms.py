"""``airflow.utils.json`` and ``airflow.utils.yaml``: the encoders that code of other people subclasses or calls."""

from __future__ import annotations

import json
from typing import Any

from tradewind.sdk.values import from_json, to_json


class XComEncoder(json.JSONEncoder):
    """JSON of any value an XCom may be."""

    def encode(self, o: Any) -> str:
        """The text of the value."""
        return super().encode(to_json(o))

    def iterencode(self, o: Any, _one_shot: bool = False) -> Any:
        """The text in pieces, for ``json.dump``."""
        return super().iterencode(to_json(o), _one_shot)


class XComDecoder(json.JSONDecoder):
    """The value of such a text."""

    def decode(self, s: str, *args: Any) -> Any:
        """Read it."""
        return from_json(super().decode(s, *args))


class WebEncoder(json.JSONEncoder):
    """JSON for pages: whatever has no form of its own is shown as text."""

    def default(self, o: Any) -> Any:
        """Dates by ISO 8601, the rest as text."""
        return o.isoformat() if hasattr(o, "isoformat") else str(o)


AirflowJsonEncoder = WebEncoder


def safe_load(stream: Any) -> Any:
    """The value of a YAML text."""
    import yaml  # noqa: PLC0415  optional

    return yaml.load(stream, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))


def dump(data: Any, **kwargs: Any) -> Any:
    """The YAML text of a value."""
    import yaml  # noqa: PLC0415  optional

    return yaml.dump(data, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), **kwargs)


def __getattr__(name: str) -> Any:
    """Everything else of the package yaml."""
    if name.startswith("__"):
        raise AttributeError(name)
    try:
        import yaml  # noqa: PLC0415  optional
    except ImportError:
        raise AttributeError(f"airflow.utils.yaml.{name} needs the package pyyaml: run `pip install pyyaml`.") from None
    return {"FullLoader": getattr(yaml, "CFullLoader", yaml.FullLoader)}.get(name) or getattr(yaml, name)
